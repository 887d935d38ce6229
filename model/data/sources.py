"""The pictures at the paths of a command line, in order."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from model.data.own_files import PICTURE_SUFFIXES, load_npz_images
from model.errors import InputError
from model.files.listing import files_below
from model.files.pictures import load_image

ROWS = 2000  # of an .npz that are read at a time
Pictures = Sequence[Image.Image | np.ndarray] | np.ndarray


def picture_sources(
    paths: Iterable[str | Path],
) -> Iterator[tuple[str, int | None, Pictures | InputError]]:
    """Pictures to read, in input order: (source, first row in an .npz or None, pictures).

    Where a source cannot be read, the reason stands in the place of its pictures.
    """
    for path in map(Path, paths):
        try:
            files = files_at(path, PICTURE_SUFFIXES, "no pictures")
        except InputError as error:
            yield str(path), None, error
            continue
        for file in files:
            yield from _pictures(file)


def _pictures(file: Path) -> Iterator[tuple[str, int | None, Pictures | InputError]]:
    try:
        if file.suffix.lower() != ".npz":
            yield str(file), None, [load_image(file)]
            return
        images = load_npz_images(file)
    except InputError as error:
        yield str(file), None, error
        return
    for start in range(0, len(images), ROWS):
        yield str(file), start, images[start : start + ROWS]


def files_at(path: Path, kinds: Collection[str], lack: str) -> list[Path]:
    """A file's own path, or those of all files of some kinds (".png") below a folder.

    Raises InputError where a folder holds none; `lack` names what it should hold, as "no pictures".
    """
    if not os.path.isdir(path):
        return [path]
    if files := files_below(path, kinds):
        return files
    raise InputError(f"{path} holds {lack}")
