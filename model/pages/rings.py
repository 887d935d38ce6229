"""Rings of ink: holes side by side, as joined zeros have, and the ink around each of them."""

from __future__ import annotations

import cv2
import numpy as np

from model.pages.components import Piece
from model.pages.settings import TUNED

Rings = dict[tuple[int, int], Piece]


def has_rings_of_several(piece: Piece) -> bool:
    """Say whether a piece has more holes than a digit has, or two side by side."""
    return has_rings_abreast(piece) or has_many_holes(piece)


def has_many_holes(piece: Piece) -> bool:
    """Say whether a piece has more holes than a digit has."""
    return len(_holes(piece, 0.0, 0.003)[1]) > TUNED.most_holes


def count_holes(piece: Piece) -> int:
    """The number of a piece's holes that are no specks."""
    return len(_holes(piece)[1])


def hole_boxes(piece: Piece) -> np.ndarray:
    """The boxes, int32 (n, 4), of a piece's holes that are no specks, from left to right."""
    return _holes(piece, 0.0, TUNED.percent_hole)[2]


def has_rings_abreast(piece: Piece) -> bool:
    """Say whether a piece has two holes side by side, as joined zeros have and no digit has."""
    if not piece.is_wider(TUNED.abreast):
        return False
    _, _, holes = _holes(piece.closed)
    for left, top, width, height in holes:
        level = np.minimum(top + height, holes[:, 1] + holes[:, 3]) - np.maximum(top, holes[:, 1])
        is_beside = holes[:, 0] > left + width - 2
        if (is_beside & (level > 0.6 * np.maximum(height, holes[:, 3]))).any():
            return True
    return False


def is_one_ring(piece: Piece) -> bool:
    """Say whether no stroke stands in a piece's middle, as in a wide zero and not in two joined."""
    height, width = piece.mask.shape
    middle = piece.mask[
        int(0.35 * height) : int(0.65 * height), int(0.4 * width) : int(0.6 * width)
    ]
    return not middle.any()


def _holes(
    piece: Piece, tall: float = TUNED.tall_hole, large: float = TUNED.large_hole
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A piece's holes over a share of its height, `tall`, and of its area, `large`.

    Labels of all holes, int32 (h, w); the labels of those, int (n,), from left to right, and their
    boxes, int32 (n, 4).
    """
    ground = piece.ground
    kept = ground.height > tall * piece.height
    kept &= ground.area > max(4, large * piece.mask.size)
    kept[[0, ground.labels[0, 0]]] = False
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(ground.boxes[rows, 0] + ground.width[rows] / 2)]
    return ground.labels[1:-1, 1:-1], rows, ground.boxes[rows]


def find_rings(piece: Piece, places: np.ndarray) -> tuple[Rings, Rings, Rings]:
    """The rings around holes of a piece, by the seams next to their ends.

    Rings around one hole, around several, and around one with what a stroke across the ring parts
    off it. Rings that overlap have a hole in common; what lies inside of a ring is left out.
    """
    single, merged, crossed = Rings(), Rings(), Rings()
    if not piece.is_wider(TUNED.abreast):
        return single, merged, crossed
    pen = piece.pen
    labels, rows, _ = _holes(piece.closed, *TUNED.hole_part)
    is_whole = np.isin(rows, _holes(piece.closed)[1])
    holes = [(labels == row).astype(np.uint8) for row in rows]
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(0.75 * pen) + 3,) * 2)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(1.1 * pen) + 3,) * 2)
    for first in range(len(holes) if is_whole.sum() > 1 else 0):
        for last in range(first, min(first + 3, len(holes))):
            whole = np.count_nonzero(is_whole[first : last + 1])
            if not whole:
                continue
            together = np.pad(np.max(holes[first : last + 1], axis=0), len(brush))
            inside = cv2.morphologyEx(together, cv2.MORPH_CLOSE, brush)
            inside = inside[len(brush) : -len(brush), len(brush) : -len(brush)]
            ring = (cv2.dilate(inside, around) > inside) & piece.mask
            part = piece.part(ring)
            left = part.box[0] - piece.box[0]
            ends = [int(np.abs(places - x).argmin()) for x in (left, left + part.box[2])]
            fills = part.box[2] > 0.9 * piece.box[2]
            widest = TUNED.widest_part if whole == 1 else TUNED.broad
            if ends[0] < ends[1] and not fills and part.box[2] < widest * part.height:
                kind = merged if whole > 1 else single if first == last else crossed
                kind[ends[0], ends[1]] = part
    return {ends: ring for ends, ring in single.items() if ends not in crossed}, merged, crossed
