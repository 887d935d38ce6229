"""Percent signs: a leaning bar with a ring before its head and one behind its foot.

A pen often joins the rings to the bar, or does not close them.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from model.pages.candidates import box_around
from model.pages.components import Piece
from model.pages.rings import hole_boxes
from model.pages.settings import TUNED

_SIDE = 40  # px; the height at which the bar is sought


def find_percents(pieces: Sequence[Piece], size: float) -> list[list[Piece]]:
    """The pieces of each percent sign behind a number, of pieces by digits `size` px high."""
    found: list[list[Piece]] = []
    for piece in pieces:
        if piece.height > TUNED.tall_share * size:
            group = [piece, *_beside_bar(piece, pieces, size)]
            if _is_behind_number(group, pieces, size) and _is_percent(group):
                found.append(group)
    return found


def _beside_bar(bar: Piece, pieces: Sequence[Piece], size: float) -> list[Piece]:
    """Low pieces before the upper half of what may be a bar, or behind its lower half.

    They may be dots only where the bar is straight: a digit may have a point behind it.
    """
    left, top, width, height = bar.box

    def is_ring(piece: Piece) -> bool:
        x, y = piece.centre - bar.centre, piece.box[1] + piece.height / 2 - top
        side = -1 if y < height / 2 else 1
        gap = max(piece.box[0] - left - width, left - piece.box[0] - piece.box[2])
        is_low = max(piece.box[2:]) < TUNED.percent_ring * max(size, height)
        is_low &= bar.stroke[1] or piece.box[2] > TUNED.dot_side * size
        is_near = gap < TUNED.percent_gap * height and -0.25 < y / height < 1.25
        return is_low and is_near and side * x > 0

    return [piece for piece in pieces if piece is not bar and is_ring(piece)]


def _is_behind_number(group: Sequence[Piece], pieces: Sequence[Piece], size: float) -> bool:
    """Say whether a group has a piece as high as digits close before it, and none close behind."""
    left, top, width, height = box_around([piece.box for piece in group])
    level = [p for p in pieces if p not in group and p.height > TUNED.tall_share * size
             and abs(p.box[1] + p.height / 2 - top - height / 2) < size / 2]  # fmt: skip
    before = [left - p.box[0] - p.box[2] for p in level if p.box[0] < left]
    behind = [p.box[0] - left - width for p in level if p.box[0] > left]
    is_near = min(before, default=np.inf) < TUNED.sign_reach * size
    return is_near and min(behind, default=np.inf) > TUNED.percent_space * size


def _is_percent(group: Sequence[Piece]) -> bool:
    """Say whether a bar and the pieces beside it form a percent sign.

    One that is alone needs two rings that stand apart, a straight one a piece on each side.
    """
    left, top, width, height = box = box_around([piece.box for piece in group])
    low, high = TUNED.percent_width
    if not low * height < width < high * height:
        return False
    bar, *beside = group
    if not beside and not _has_rings_apart(bar):
        return False
    if bar.stroke[1] and len({piece.centre < bar.centre for piece in beside}) < 2:
        return False
    mask = np.zeros(box[:1:-1], np.uint8)
    for piece in group:
        x, y, w, h = piece.box
        mask[y - top : y - top + h, x - left : x - left + w] |= piece.mask
    return _has_bar(mask[bar.box[1] - top :][: bar.height])


def _has_rings_apart(piece: Piece) -> bool:
    """Say whether one of a piece's two largest holes is left of the other, and above it.

    An eight's lie above one another.
    """
    holes = hole_boxes(piece)
    largest = np.argsort(holes[:, 2] * holes[:, 3])[:-3:-1]
    if len(largest) < 2:
        return False
    (left, top, width, height), (x, y, _, h) = holes[np.sort(largest)]
    is_apart = x - left - width > TUNED.percent_apart * piece.box[2]
    return bool(is_apart and y + h / 2 - top - height / 2 > piece.height / 4)


def _has_bar(mask: np.ndarray) -> bool:
    """Say whether a straight stroke leans from the top of a mask, uint8 (h, w), to its foot.

    What lies before it lies above, and what lies behind it below, each at some distance from it.
    """
    width = max(2, round(mask.shape[1] * _SIDE / mask.shape[0]))
    mask = cv2.resize(255 * mask, (width, _SIDE), interpolation=cv2.INTER_AREA) > 100
    head, foot = np.meshgrid(np.linspace(0.3, 1, 20), np.linspace(0, 0.7, 20))
    head, foot = (width - 1) * head.ravel(), (width - 1) * foot.ravel()
    leans = head - foot > TUNED.percent_lean * _SIDE
    rows = np.arange(_SIDE)
    bars = head[leans, None] + (foot - head)[leans, None] * rows / (_SIDE - 1)
    within = mask[rows[6:-6], bars[:, 6:-6].round().astype(int)].mean(1)
    for bar in bars[within > TUNED.percent_bar]:
        off = np.arange(width) - bar[:, None]
        sides = mask & (off < -5), mask & (off > 5)
        wrong = sides[0][25:].sum() + sides[1][:15].sum()
        most = TUNED.percent_wrong * (sides[0].sum() + sides[1].sum())
        if wrong < most and all(map(_is_ring, sides)):
            return True
    return False


def _is_ring(side: np.ndarray) -> bool:
    """Say whether what lies on one side of a bar is large enough for what is left of a ring."""
    least = TUNED.percent_rest * _SIDE
    return bool(side.any(0).sum() > least and side.any(1).sum() > least)
