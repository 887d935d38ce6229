"""Labelled images, as every data set holds them."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.calibration import DIGIT_CLASSES

Images = Sequence[np.ndarray] | np.ndarray


@dataclass(frozen=True)
class LabelledImages:
    """Images and their labels.

    `images` is uint8 (n, h, w), or a list of n uint8 arrays (h, w) of any sizes; `labels` is int64
    (n,) in 0..9; `writers`, where they are known, an array of n names, and `sources`, where each
    image has a file of its own, of n paths.
    """

    name: str
    images: Images
    labels: np.ndarray
    writers: np.ndarray | None = None
    sources: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def sha256(self) -> str:
        """Hex digest of shapes, pixels and labels, whatever file they were read from."""
        digest = hashlib.sha256(np.ascontiguousarray(self.labels, "<i8").tobytes())
        for image in self.images:
            digest.update(struct.pack("<2q", *image.shape))
            digest.update(np.ascontiguousarray(image).tobytes())
        return digest.hexdigest()

    @property
    def class_counts(self) -> list[int]:
        """How many images each digit has, 0 to 9."""
        return np.bincount(self.labels, minlength=DIGIT_CLASSES).tolist()

    def place(self, row: int) -> tuple[str, int | None]:
        """Where an image came from: its file, or the set's name and its row there."""
        return (self.name, row) if self.sources is None else (str(self.sources[row]), None)

    def take(self, rows: np.ndarray) -> LabelledImages:
        """Select rows, int64 (m,), in that order."""
        images: Images
        if isinstance(self.images, np.ndarray):
            images = self.images[rows]
        else:
            images = [self.images[row] for row in rows]
        writers = None if self.writers is None else self.writers[rows]
        sources = None if self.sources is None else self.sources[rows]
        return LabelledImages(self.name, images, self.labels[rows], writers, sources)
