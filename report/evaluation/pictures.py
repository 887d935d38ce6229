"""Pictures in files, each opened only when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.errors import InputError
from model.files.pictures import load_image

THUMBNAIL_SIDE = 64  # Larger images would make the report's file larger than anyone needs.


class PictureFiles:
    """The pictures at `paths`, relative to `folder`, as `report.numbers.examples.Images`.

    Each is uint8 (h, w, 3), its longer side at most 64.
    """

    def __init__(self, paths: Sequence[str], folder: Path):
        self._paths, self._folder = paths, folder

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
            picture = load_image(path).convert("RGB")
        except InputError as error:
            raise InputError(f"row {place} (counted from 0): {error}") from None
        picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return np.asarray(picture)
