"""Touching digits: a piece of ink cut where its parts look more like digits than the whole does.

Seams that cross little ink are sought (`seams`), and the network says where both sides are digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import cv2
import numpy as np

from model.pages.components import Piece
from model.pages.seams import find_seams
from model.pages.settings import TUNED
from model.preprocessing import pen_width

Rings = dict[tuple[int, int], Piece]
Doubts = Callable[[Sequence[Piece]], np.ndarray]


def part_touching(
    pieces: list[Piece], size: float, doubts: Doubts, among_digits: bool
) -> list[Piece]:
    """Cut the pieces that hold several touching digits: refused as they are, or far too wide.

    An accepted but broad one is cut as well where its parts are surer digits than the whole.
    `size` is the typical digit's height in px; `doubts` tells for pieces how many nats speak
    against each being a digit, float (n,), over 2 where it is refused. Letters, too, have parts
    that look like digits: unless the page is known to hold little but digits (`among_digits`),
    only what is wider than high, or holds two rings, and parts without doubt are cut.
    """
    slim, most = (
        (TUNED.slim, TUNED.parts_doubt)
        if among_digits
        else (TUNED.slim_alone, TUNED.parts_doubt_alone)
    )
    rows = [k for k, p in enumerate(pieces) if p.height >= max(12, 0.4 * size)]
    rows = [k for k in rows if _is_wider(pieces[k], slim) or has_rings_abreast(pieces[k])]
    rows = sorted(rows, key=lambda k: abs(np.log(pieces[k].height / size)))
    believed = doubts([pieces[k] for k in rows]) if rows else np.zeros(0)
    whole = [
        TUNED.refused + TUNED.hopeless if _too_wide(pieces[k]) else doubt
        for k, doubt in zip(rows, believed, strict=True)
    ]
    refused = [(k, d) for k, d in zip(rows, whole, strict=True) if d > TUNED.refused]
    if len(refused) > TUNED.most_cut and not among_digits:
        return pieces
    limits = {k: most * _hope(pieces[k], d - TUNED.refused) for k, d in refused[: TUNED.most_cut]}
    unsure = [
        (k, d) for k, d in zip(rows, whole, strict=True) if TUNED.broad_doubt < d <= TUNED.refused
    ]
    unsure = [(k, d) for k, d in unsure if _is_wider(pieces[k], TUNED.broad)]
    broad = dict(unsure[: TUNED.most_cut])
    limits |= {k: 0.5 * doubt for k, doubt in broad.items()}
    for k, doubt in zip(rows, believed, strict=True):
        if k in limits and doubt < TUNED.refused and not has_rings_abreast(pieces[k]):
            limits[k] = min(limits[k], TUNED.parts_doubt_accepted)

    def strict(parts):
        return doubts(parts) + TUNED.refused * np.array([has_rings_of_several(p) for p in parts])

    out = []
    sources = count(1 + max((piece.cut_from for piece in pieces), default=0))
    for k, piece in enumerate(pieces):
        parts, doubt = list[Piece](), np.inf
        if k in limits:
            widest, lowest = TUNED.widest_part * piece.height, TUNED.least_part * piece.height
            parts, doubt = _parted(piece, strict, widest, lowest)
        if k in broad or _too_wide(piece):  # surer than the whole, so they are not joined again
            parts = [replace(part, cut_from=next(sources)) for part in parts]
        out += parts if doubt < limits.get(k, 0) * max(1, len(parts) - 1) else [piece]
    return out


def part_stacked(pieces: list[Piece], size: float, doubts: Doubts) -> list[Piece]:
    """Cut the pieces that are far higher than a digit, `size` px, where two lines touch.

    Bands that are as wide as several digits are left to `part_touching`.
    """

    def band_doubts(lying):
        bands = [_turned(part) for part in lying]
        wide = np.array([band.box[2] > TUNED.too_wide * size for band in bands])
        low = np.array([band.height < TUNED.tall_share * size for band in bands])
        return np.where(wide, TUNED.band_doubt, doubts(bands)) + TUNED.refused * low

    high = [p for p in pieces if p.height > TUNED.like_height[1] * size]
    refused = [p for p in high if doubts([p])[0] > TUNED.refused][: TUNED.most_cut]
    out = []
    for piece in pieces:
        parts, doubt = list[Piece](), np.inf
        if any(piece is other for other in refused):
            widest = TUNED.like_height[1] * size
            parts, doubt = _parted(_turned(piece), band_doubts, widest, 0, with_rings=False)
        is_cut = doubt < TUNED.parts_doubt * max(1, len(parts) - 1)
        out += [_turned(part) for part in parts] if is_cut else [piece]
    sources = count(1 + max((piece.cut_from for piece in pieces), default=0))
    known = {id(piece) for piece in pieces}
    return [p if id(p) in known else replace(p, cut_from=next(sources)) for p in out]


def _turned(piece: Piece) -> Piece:
    left, top, width, height = piece.box
    return Piece((top, left, height, width), piece.mask.T, piece.cut_from, piece.is_part)


def _is_wider(piece: Piece, share: float) -> bool:
    """Say whether a piece is at least a share of its height wide."""
    return piece.box[2] >= share * piece.height


def _too_wide(piece: Piece) -> bool:
    """Say whether a piece is hardly one digit, whatever the network makes of it."""
    return piece.box[2] > TUNED.too_wide * piece.height or has_rings_of_several(piece)


def has_rings_of_several(piece: Piece) -> bool:
    """Say whether a piece has more holes than a digit has, or two side by side."""
    return has_rings_abreast(piece) or len(_holes(piece, 0.0, 0.003)) > TUNED.most_holes


def has_rings_abreast(piece: Piece) -> bool:
    """Say whether a piece has two holes side by side, as joined zeros have and no digit has."""
    if not _is_wider(piece, TUNED.abreast):
        return False
    holes = np.array([cv2.boundingRect(hole) for hole in _holes(piece)])
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
) -> list[np.ndarray]:
    """Masks uint8 (h, w) of a piece's holes, from left to right.

    Those over a share of its height, `tall`, and of its area, `large`.
    """
    ground = np.pad(~piece.mask, 1, constant_values=True).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ground, connectivity=4)
    kept = stats[:, cv2.CC_STAT_HEIGHT] > tall * piece.height
    kept &= stats[:, cv2.CC_STAT_AREA] > max(4, large * piece.mask.size)
    kept[[0, labels[0, 0]]] = False
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(stats[rows, cv2.CC_STAT_LEFT] + stats[rows, cv2.CC_STAT_WIDTH] / 2)]
    return [(labels == row)[1:-1, 1:-1].astype(np.uint8) for row in rows]


def _rings(piece: Piece, places: np.ndarray) -> tuple[Rings, Rings]:
    """The rings around holes of a piece, by the seams next to their ends: around one, and more.

    Rings that overlap have a hole in common; what lies inside of a ring is left out.
    """
    holes = _holes(piece) if _is_wider(piece, TUNED.abreast) else []
    pen = pen_width(piece.mask * np.uint8(255))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(0.75 * pen) + 3,) * 2)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(1.1 * pen) + 3,) * 2)
    single, merged = Rings(), Rings()
    for first in range(len(holes) if len(holes) > 1 else 0):
        for last in range(first, min(first + 3, len(holes))):
            together = np.pad(np.max(holes[first : last + 1], axis=0), len(brush))
            inside = cv2.morphologyEx(together, cv2.MORPH_CLOSE, brush)
            inside = inside[len(brush) : -len(brush), len(brush) : -len(brush)]
            ring = (cv2.dilate(inside, around) > inside) & piece.mask
            part = _part(piece, ring)
            left = part.box[0] - piece.box[0]
            ends = [int(np.abs(places - x).argmin()) for x in (left, left + part.box[2])]
            is_whole = part.box[2] > 0.9 * piece.box[2]
            widest = TUNED.widest_part if first == last else TUNED.broad
            if ends[0] < ends[1] and not is_whole and part.box[2] < widest * part.height:
                (single if first == last else merged)[ends[0], ends[1]] = part
    return single, merged


def _hope(piece: Piece, doubt: float) -> float:
    """How far a piece may be several digits, 0 to 1: a narrow one may be a digit itself."""
    return 1.0 if _is_wider(piece, TUNED.broad) else min(1.0, doubt / TUNED.hopeless)


def _parted(
    piece: Piece, doubts: Doubts, widest: float, lowest: float, with_rings: bool = True
) -> tuple[list[Piece], float]:
    """The parts of a piece, two or more, that are all digits with least doubt in all, and that.

    A part is what lies between two seams, or a ring. Neighbours share a seam; where rings run into
    each other, they share the ink between two seams. Infinite doubt where there is no such way.
    Parts are `widest` px wide at most and higher than `lowest`.
    """
    columns = np.arange(piece.box[2])
    seams = sorted(find_seams(piece.mask), key=lambda seam: seam.mean())
    lefts = [np.zeros_like(piece.mask), *(columns < seam[:, None] for seam in seams)]
    lefts.append(np.ones_like(piece.mask))
    edges = {
        (i, j): part
        for i in range(len(lefts) - 1)
        for j in range(i + 1, len(lefts) - (i == 0))
        if (part := _between(piece, lefts[i], lefts[j], widest, lowest)) is not None
    }
    places = np.array([0.0, *(seam.mean() for seam in seams), piece.box[2]])
    single, merged = _rings(piece, places) if with_rings else ({}, {})
    edges |= merged | single
    if not edges:
        return [], np.inf
    costs = dict(zip(edges, doubts(list(edges.values())).tolist(), strict=True))
    most = TUNED.shared * piece.height if single or merged else 0

    def judged(kept: dict[tuple[int, int], float]) -> tuple[list[Piece], float]:
        way, doubt = _best_way(kept, places, most)
        parts = [edges[edge] for edge in way]
        return parts, doubt + TUNED.left_out * _share_left_out(piece, parts)

    if not merged:
        return judged(costs)
    unmerged = {edge: c for edge, c in costs.items() if edge in single or edge not in merged}
    return min(judged(costs), judged(unmerged), key=lambda way: way[1])


def _share_left_out(piece: Piece, parts: list[Piece]) -> float:
    """The share of a piece's ink that is in none of its parts."""
    rest = piece.mask.copy()
    for part in parts:
        left, top = part.box[0] - piece.box[0], part.box[1] - piece.box[1]
        rest[top : top + part.height, left : left + part.box[2]] &= ~part.mask
    return np.count_nonzero(rest) / np.count_nonzero(piece.mask)


def _best_way(
    costs: dict[tuple[int, int], float], places: np.ndarray, most: float
) -> tuple[list[tuple[int, int]], float]:
    """The cheapest row of parts, each from one seam to another, from the first seam to the last.

    `places` are the seams' columns; neighbours share `most` px at most.
    """
    edges = np.array(sorted(costs))
    totals, before = np.full(len(edges), np.inf), np.full(len(edges), -1)
    for row, (i, j) in enumerate(edges.tolist()):
        starts, ends = edges[:row].T
        if i == 0:
            totals[row] = costs[i, j]
            continue
        shared = places[ends] - places[i]
        may = (starts < i) & (ends >= i) & (ends < j)
        may &= shared <= np.minimum(most, (places[j] - places[starts]) / 3)
        if may.any():
            ways = np.where(may, totals[:row] + TUNED.share * (ends > i), np.inf)
            before[row] = ways.argmin()
            totals[row] = ways.min() + costs[i, j]
    last = np.where(edges[:, 1] == len(places) - 1, totals, np.inf)
    row, way = int(last.argmin()), list[tuple[int, int]]()
    while row >= 0 and np.isfinite(last.min()):
        way.insert(0, (int(edges[row, 0]), int(edges[row, 1])))
        row = int(before[row])
    return way, float(last.min())


def _between(piece, left: np.ndarray, right: np.ndarray, widest, lowest) -> Piece | None:
    """The part of a piece between two seams; None where a digit cannot be so slim, wide or low."""
    mask = piece.mask & ~left & right
    if np.count_nonzero(mask) < TUNED.least_ink * np.count_nonzero(piece.mask) / max(
        1.0, piece.box[2] / piece.height
    ):
        return None
    part = _part(piece, mask)
    return None if part.box[2] > widest or part.height <= lowest else part


def _part(piece: Piece, mask: np.ndarray) -> Piece:
    x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
    box = (piece.box[0] + x, piece.box[1] + y, w, h)
    return Piece(box, mask[y : y + h, x : x + w], piece.cut_from, True)
