"""Pen tracks as a network learns from them: many drawings of each, as glyphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.data.pen_tracks import PenTrack, digits_of, others_of
from model.data.renderings import render

DRAWINGS = 8  # of each digit; a letter or symbol is drawn once


@dataclass(frozen=True)
class PenGlyphs:
    """Drawn tracks: `digits` uint8 (n, 28, 28) with `labels` int64 (n,); `others` (m, 28, 28)."""

    digits: np.ndarray
    labels: np.ndarray
    others: np.ndarray

    @classmethod
    def drawn(cls, tracks: Sequence[PenTrack], seed: int) -> PenGlyphs:
        """Render tracks with random variations; look-alikes of digits are left out."""
        digits, others = digits_of(tracks), others_of(tracks)
        labels = np.repeat([int(track.label) for track in digits], DRAWINGS)
        return cls(render(digits, DRAWINGS, seed), labels, render(others, 1, seed))
