"""Keras files: opened in one place, never as code, never to far more than their size."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from model import InputError

if TYPE_CHECKING:
    import keras

MOST_SWELLING = 20  # times its own size: Keras packs without compressing, so honest files stay at 1
SMALL_BYTES = 2**26  # so much is nothing to any machine


def load_keras(path: Path) -> keras.Model:
    """Load a .keras file, not compiled, in safe mode: code that it brings along is not run.

    Raises InputError for a file that needs such code, that unpacks to over `SMALL_BYTES` and
    `MOST_SWELLING` times its size, or that Keras cannot load for any other reason, and where there
    is no Keras.
    """
    try:
        import keras
    except ImportError:
        raise InputError(f"to open {path} takes TensorFlow: install requirements.txt") from None
    try:
        swelling = _swelling(path)
        if swelling <= MOST_SWELLING:
            return keras.models.load_model(path, safe_mode=True, compile=False)
    except Exception as error:  # A file from elsewhere may fail in any way that Keras has.
        if "safe_mode" in str(error) or "Could not locate" in str(error):
            raise InputError(
                f"{path}: needs code of its own (a Lambda layer, a class), which is not run "
                "here; save the network without it"
            ) from None
        raise InputError(f"{path}: Keras can't load it ({first_line(error)})") from None
    raise InputError(
        f"{path}: unpacks to {swelling:,.0f} times its size, as no network does; it is not opened"
    )


def _swelling(path: Path) -> float:
    """How many times its size a file unpacks to, by its list of contents; 1 for a small one."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    return unpacked / path.stat().st_size if unpacked > SMALL_BYTES else 1


def first_line(error: Exception) -> str:
    """What an error says, cut to one line of at most 200 letters."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
