"""Keras files: opened in one place, never as code, never to far more than their size."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import InputError

if TYPE_CHECKING:
    import h5py
    import keras

MOST_SWELLING = 20  # times its own size: Keras packs without compressing, so honest files stay at 1
SMALL_BYTES = 2**26  # so much is nothing to any machine


def load_keras(path: Path) -> keras.Model:
    """Load a .keras file, not compiled, in safe mode: code that it brings along is not run.

    Raises InputError for a file that needs such code, that unpacks to over `SMALL_BYTES` and
    `MOST_SWELLING` times its size, whose weights lie in it otherwise than Keras writes them, or
    that Keras cannot load for any other reason, and where there is no Keras.
    """
    try:
        import keras
    except ImportError:
        raise InputError(f"to open {path} takes TensorFlow: install requirements.txt") from None
    try:
        with zipfile.ZipFile(path) as archive:
            swelling = _swelling(archive, path.stat().st_size)
            plain = swelling <= MOST_SWELLING and _weights_are_plain(archive)
        if plain:
            return keras.models.load_model(path, safe_mode=True, compile=False)
    except Exception as error:  # A file from elsewhere may fail in any way that Keras has.
        if "safe_mode" in str(error) or "Could not locate" in str(error):
            raise InputError(
                f"{path}: needs code of its own (a Lambda layer, a class), which is not run "
                "here; save the network without it"
            ) from None
        raise InputError(f"{path}: Keras can't load it ({first_line(error)})") from None
    if swelling > MOST_SWELLING:
        said = f"unpacks to {swelling:,.0f} times its size, as no network does"
    else:
        said = "its weights are packed or of odd kinds, as Keras writes none"
    raise InputError(f"{path}: {said}; it is not opened")


def _swelling(archive: zipfile.ZipFile, size: int) -> float:
    """How many times its size a file unpacks to, by its list of contents; 1 for a small one."""
    unpacked = sum(part.file_size for part in archive.infolist())
    return unpacked / size if unpacked > SMALL_BYTES else 1


def _weights_are_plain(archive: zipfile.ZipFile) -> bool:
    """Whether every array is as Keras writes it: unpacked, whole, here, of a type that NumPy has.

    In a few bytes, HDF5 can promise arrays of gigabytes, or name another file that holds them; and
    its filters, layouts and odd types are where files made to harm reach the known faults of the
    HDF5 that h5py brings.
    """
    import h5py

    for part in archive.namelist():
        if part.endswith(".h5"):
            with h5py.File(io.BytesIO(archive.read(part))) as file:
                for array in _arrays(file):
                    laid_out = array.id.get_create_plist()
                    plain = laid_out.get_layout() == h5py.h5d.CONTIGUOUS
                    here = laid_out.get_external_count() == 0
                    whole = array.id.get_storage_size() == array.nbytes
                    usual = array.id.get_type().equal(h5py.h5t.py_create(array.dtype))
                    if not (plain and here and whole and usual):
                        return False
    return True


def _arrays(file: h5py.File) -> Iterator[h5py.Dataset]:
    """Every array of a file once, however many names it has and however deep it lies."""
    import h5py

    seen, groups = set(), [file]
    while groups:
        group = groups.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue  # Keras follows no others
            part = group[name]
            address = h5py.h5o.get_info(part.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(part, h5py.Group):
                groups.append(part)
            elif isinstance(part, h5py.Dataset):
                yield part


def first_line(error: Exception) -> str:
    """What an error says, cut to one line of at most 200 letters."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
