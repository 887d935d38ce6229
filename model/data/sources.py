"""What is to be read: the paths of a command line → glyphs, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np

from model.data.own_files import PICTURE_SUFFIXES, load_npz_images
from model.errors import InputError
from model.files.pictures import load_image
from model.preprocessing import preprocess, to_glyphs

ROWS = 2000  # of an .npz that are held as glyphs at a time


def glyph_sources(
    paths: Iterable[str | Path],
) -> Iterator[tuple[str, int | None, np.ndarray]]:
    """Glyphs to read, in input order: (source, first row in an .npz or None, uint8 (n, 28, 28)).

    Raises InputError, naming the file, when a picture cannot be read.
    """
    for path in map(Path, paths):
        if path.suffix == ".npz":
            images = load_npz_images(path)
            for start in range(0, len(images), ROWS):
                yield str(path), start, named(path, to_glyphs, images[start : start + ROWS])
            continue
        for file in files_at(path, PICTURE_SUFFIXES, "no pictures"):
            image = named(file, load_image, file)
            yield str(file), None, named(file, preprocess, image).glyph[None]


def files_at(path: Path, kinds: Collection[str], lack: str) -> list[Path]:
    """A file's own path, or those of all files of some kinds (".png") below a folder.

    Raises InputError where a folder holds none, with the words for what it lacks.
    """
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in kinds)
    if not files:
        raise InputError(f"{path} holds {lack}")
    return files


def named(path: Path, function, argument):
    """Call a function on a file's content; its complaint then says which file."""
    try:
        return function(argument)
    except InputError as error:
        text = str(error)
        raise InputError(text if path.name in text else f"{path.name}: {text}") from None
