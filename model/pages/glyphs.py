"""The glyphs of a page's pieces of ink, and the network's answers to them.

Components are looked at several times: whole, off the paper's edges, to be cut, and put together.
Each glyph is made and read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from model.inference.predictor import Scores
from model.pages.candidates import box_around
from model.pages.components import Piece
from model.preprocessing import GLYPH_SIDE, glyph_of

if TYPE_CHECKING:
    from model.inference.predictor import Predictor


class Glyphs:
    """The glyphs of pieces of one page's ink, and the answers to them."""

    def __init__(self, strength: np.ndarray, predictor: Predictor):
        """Keep the page's `strength` (see `PageInk`) and the network that reads it."""
        self._strength, self._predictor = strength, predictor
        self._drawn: dict[tuple, np.ndarray] = {}
        self._answers: dict[bytes, tuple[np.ndarray, np.float32 | None, np.bool]] = {}

    def draw(self, marks: Sequence[Sequence[Piece]]) -> np.ndarray:
        """Draw marks, each of one piece or several: uint8 (n, 28, 28)."""
        glyphs = np.zeros((len(marks), GLYPH_SIDE, GLYPH_SIDE), np.uint8)
        for row, pieces in enumerate(marks):
            key = tuple((piece.box, piece.mask.tobytes()) for piece in pieces)
            if key not in self._drawn:
                self._drawn[key] = _draw(pieces, self._strength)
            glyphs[row] = self._drawn[key]
        return glyphs

    def read(self, marks: Sequence[Sequence[Piece]]) -> Scores:
        """Read marks, one or more."""
        return self.answer(self.draw(marks))

    def answer(self, glyphs: np.ndarray) -> Scores:
        """Read glyphs, uint8 (n, 28, 28), one or more."""
        keys = [glyph.tobytes() for glyph in glyphs]
        new = {key: row for row, key in enumerate(keys) if key not in self._answers}
        if new:
            scores = self._predictor.score(glyphs[list(new.values())])
            belief = scores.digit_probability
            beliefs = [None] * len(new) if belief is None else belief
            answers = zip(scores.probabilities, beliefs, scores.accepted, strict=True)
            self._answers |= zip(new, answers, strict=True)
        chances, beliefs, accepted = zip(*(self._answers[key] for key in keys), strict=True)
        belief = None if beliefs[0] is None else np.array(beliefs)
        return Scores(np.stack(chances), belief, np.array(accepted))


def _draw(pieces: Sequence[Piece], page: np.ndarray) -> np.ndarray:
    """The glyph of some pieces, uint8 (28, 28): their ink alone, made even."""
    left, top, width, height = box_around([piece.box for piece in pieces])
    mask = np.zeros((height + 4, width + 4), np.uint8)
    for piece in pieces:
        x, y, w, h = piece.box
        mask[y - top + 2 : y - top + 2 + h, x - left + 2 : x - left + 2 + w] |= piece.mask
    strength = np.zeros(mask.shape, np.float32)
    y0, x0 = max(top - 2, 0), max(left - 2, 0)
    part = page[y0 : top + height + 2, x0 : left + width + 2]
    oy, ox = y0 - (top - 2), x0 - (left - 2)
    strength[oy : oy + part.shape[0], ox : ox + part.shape[1]] = part
    strength *= cv2.dilate(mask, np.ones((3, 3), np.uint8))
    strong = strength[mask > 0]
    level = float(np.percentile(strong, 60))
    even = np.clip(strength / max(level, 1e-6), 0, 1)
    even = np.round(even * 255).astype(np.uint8)
    x, y, w, h = cv2.boundingRect((even > 50).astype(np.uint8))
    return glyph_of(even[y : y + h, x : x + w])
