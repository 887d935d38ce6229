"""A folder replaced as a whole: if that is interrupted, the old or the new one is complete.

Two names beside the folder are used meanwhile, always the same, so that nothing piles up:
`.NAME.half`, which nobody reads, and `.NAME.replaced`, the old folder until the new one is there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill; at the context's end it takes the place of `folder`.

    When the context is left by an error, `folder` stays as it was. One process at a time may do
    this for a folder. Raises OSError.
    """
    half = folder.parent / f".{folder.name}.half"
    _delete(half)
    half.mkdir(parents=True)
    try:
        yield half
        _move(half, folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def standing(folder: Path) -> Path:
    """Return where a folder's content is: there, or aside if its replacement was interrupted."""
    aside = _aside(folder)  # `os.path.exists` is false, and no error, without permission to look
    is_aside = not os.path.exists(folder) and os.path.exists(aside)
    return aside if is_aside else folder


def folders(root: Path) -> list[Path]:
    """All folders in `root` but hidden ones, each where its content is."""
    try:
        names = {path.name for path in root.iterdir()}
    except OSError:  # there is none, or it may not be read
        return []
    names |= {name[1:].removesuffix(".replaced") for name in names if name.endswith(".replaced")}
    return [standing(root / name) for name in sorted(names) if not name.startswith(".")]


def _move(half: Path, folder: Path) -> None:
    """Put a filled folder in its place; one that is there is put back if that fails."""
    aside = _aside(folder)
    if folder.exists():
        _delete(aside)  # left over if the last replacement was interrupted at its end
        os.replace(folder, aside)
    try:
        os.replace(half, folder)
    except OSError:
        if aside.exists():
            os.replace(aside, folder)
        raise
    if aside.exists():
        os.replace(aside, half)  # at once out of the way: deleting takes a while


def _aside(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.replaced"


def _delete(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
