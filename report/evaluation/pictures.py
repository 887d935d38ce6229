"""Pictures in files, each opened only when it is shown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.errors import InputError
from model.files.pictures import load_image

THUMBNAIL_SIDE = 64  # Larger images would make the report's file larger than anyone needs.


class PictureFiles:
    """The pictures at `paths`, relative to `folder`, as `report.numbers.examples.Images`.

    Each is uint8 (h, w, 3), its longer side at most 64. Raises InputError for a path that leads out
    of the folder: whoever wrote the paths may not be who runs the report.
    """

    def __init__(self, paths: Sequence[str], folder: Path):
        self._paths, self._folder = paths, folder
        inside = os.path.join(os.path.abspath(folder), "")
        for row, path in enumerate(paths):
            whole = os.path.normpath(os.path.join(inside, path))
            if "\0" in path or not whole.startswith(inside):
                raise self._outside(row)

    def _outside(self, row: int) -> InputError:
        return InputError(
            f"row {row} (counted from 0): the picture {self._paths[row]!r} is outside the folder "
            f"{self._folder}; name the folder of the pictures by --images DIR"
        )

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self._paths), THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3

    @property
    def size(self) -> int:
        return len(self._paths)

    def __getitem__(self, place: int) -> np.ndarray:
        """Open a picture. Raises InputError, which names its row, where it can't be opened."""
        path = self._folder / self._paths[place]
        try:
            is_inside = path.resolve().is_relative_to(self._folder.resolve())
            picture = load_image(path).convert("RGB") if is_inside else None
        except (InputError, OSError, RuntimeError) as error:
            raise InputError(f"row {place} (counted from 0): {error}") from None
        if picture is None:  # a link led out of the folder
            raise self._outside(place)
        picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return np.asarray(picture)
