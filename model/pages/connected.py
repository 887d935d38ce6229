"""Connected components of ink: found by OpenCV, measured, chosen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from model.pages.page import Box


@dataclass(frozen=True, eq=False)
class Components:
    """Connected components of a mask. Row 0 is the ground, in all that has a row for each.

    `labels`, int32 (h, w), is each pixel's row; `stats`, int32 (n, 5), are left, top, width, height
    and area in px.
    """

    labels: np.ndarray
    stats: np.ndarray

    @classmethod
    def of(cls, mask: np.ndarray, connectivity: int = 8) -> Components:
        """Find those of a mask, uint8 (h, w), whose pixels have 4 or 8 neighbours."""
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
        return cls(labels, stats)

    def __len__(self) -> int:
        return len(self.stats)

    @property
    def boxes(self) -> np.ndarray:
        return self.stats[:, :4]

    @property
    def width(self) -> np.ndarray:
        return self.stats[:, cv2.CC_STAT_WIDTH]

    @property
    def height(self) -> np.ndarray:
        return self.stats[:, cv2.CC_STAT_HEIGHT]

    @property
    def area(self) -> np.ndarray:
        return self.stats[:, cv2.CC_STAT_AREA]

    @property
    def longest(self) -> np.ndarray:
        """The longer side of each, px."""
        return self.stats[:, 2:4].max(1)

    @property
    def shortest(self) -> np.ndarray:
        """The shorter side of each, px."""
        return self.stats[:, 2:4].min(1)

    @property
    def T(self) -> Components:
        """The same, seen from the side."""
        return Components(self.labels.T, self.stats[:, [1, 0, 3, 2, 4]])

    def on(self, mask: np.ndarray) -> np.ndarray:
        """How many pixels of each lie on a mask (h, w): int (n,)."""
        return np.bincount(self.labels[mask > 0], minlength=len(self))

    def chosen(self, rows: np.ndarray) -> np.ndarray:
        """The ink, uint8 (h, w), of those that `rows`, bool (n,), says; never the ground."""
        rows = rows.astype(np.uint8)
        rows[0] = 0
        return rows[self.labels]

    def cut(self, row: int | np.integer) -> tuple[Box, np.ndarray]:
        """The box of one, and its ink in it, bool (h, w)."""
        left, top, width, height, _ = self.stats[row].tolist()
        mask = self.labels[top : top + height, left : left + width] == row
        return (left, top, width, height), mask
