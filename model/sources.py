"""What is to be read: the paths of a command line → glyphs, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from model import InputError
from model.dataset import PICTURE_SUFFIXES, load_npz_images
from model.pictures import load_image
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
        for file in _picture_files(path):
            image = named(file, load_image, file)
            yield str(file), None, named(file, preprocess, image).glyph[None]


def _picture_files(path: Path) -> list[Path]:
    """A picture's own path, or those of all pictures below a folder. Raises InputError for none."""
    if not path.is_dir():
        return [path]
    files = sorted(f for f in path.rglob("*") if f.suffix.lower() in PICTURE_SUFFIXES)
    if not files:
        raise InputError(f"{path} holds no pictures")
    return files


def named(path: Path, function, argument):
    """Call a function on a file's content; its complaint then says which file."""
    try:
        return function(argument)
    except InputError as error:
        text = str(error)
        raise InputError(text if path.name in text else f"{path.name}: {text}") from None
