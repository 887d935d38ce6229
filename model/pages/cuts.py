"""Touching digits: a piece of ink cut where its parts look more like digits than the whole does.

Seams that cross little ink are sought from top to bottom (seam carving: Avidan and Shamir, ACM
Transactions on Graphics 26(3), 2007), upright and slanted, and the network says where both sides
are digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import cv2
import numpy as np

from model.pages.components import Piece
from model.pages.settings import TUNED

_SLANTS = np.array(TUNED.seam_slants)

Doubts = Callable[[Sequence[Piece]], np.ndarray]


def part_touching(
    pieces: list[Piece], size: float, doubts: Doubts, among_digits: bool
) -> list[Piece]:
    """Cut the pieces that hold several touching digits: refused as they are, or far too wide.

    An accepted but broad one is cut as well where its parts are surer digits than the whole.
    `size` is the typical digit's height in px; `doubts` tells for pieces how many nats speak
    against each being a digit, float (n,), over 2 where it is refused. Letters, too, have parts
    that look like digits: unless the page is known to hold little but digits (`among_digits`),
    only what is wider than high and parts without doubt are cut.
    """
    slim, most = (
        (TUNED.slim, TUNED.parts_doubt)
        if among_digits
        else (TUNED.slim_alone, TUNED.parts_doubt_alone)
    )
    rows = [k for k, p in enumerate(pieces) if p.box[2] >= slim * p.height]
    rows = [k for k in rows if pieces[k].height >= max(12, 0.4 * size)]
    rows = sorted(rows, key=lambda k: abs(np.log(pieces[k].height / size)))
    whole = doubts([pieces[k] for k in rows]) if rows else []
    whole = [
        TUNED.refused + TUNED.hopeless if among_digits and _too_wide(pieces[k]) else doubt
        for k, doubt in zip(rows, whole, strict=True)
    ]
    refused = [(k, d) for k, d in zip(rows, whole, strict=True) if d > TUNED.refused]
    if len(refused) > TUNED.most_cut and not among_digits:
        return pieces
    limits = {k: most * _hope(pieces[k], d - TUNED.refused) for k, d in refused[: TUNED.most_cut]}
    unsure = [
        (k, d) for k, d in zip(rows, whole, strict=True) if TUNED.broad_doubt < d <= TUNED.refused
    ]
    unsure = [(k, d) for k, d in unsure if pieces[k].box[2] >= TUNED.broad * pieces[k].height]
    broad = dict(unsure[: TUNED.most_cut])
    limits |= broad
    out = []
    sources = count(1 + max((piece.cut_from for piece in pieces), default=0))
    for k, piece in enumerate(pieces):
        parts, doubt = _parted(piece, doubts) if k in limits else ([], np.inf)
        if k in broad:  # surer than the whole, so they are not joined again
            parts = [replace(part, cut_from=next(sources)) for part in parts]
        out += parts if doubt < limits.get(k, 0) else [piece]
    return out


def _too_wide(piece: Piece) -> bool:
    """Say whether a piece is hardly one digit, whatever the network makes of it."""
    return piece.box[2] > TUNED.too_wide * piece.height


def _hope(piece: Piece, doubt: float) -> float:
    """How far a piece may be several digits, 0 to 1: a narrow one may be a digit itself."""
    return 1.0 if piece.box[2] >= TUNED.broad * piece.height else min(1.0, doubt / TUNED.hopeless)


def _parted(piece: Piece, doubts: Doubts) -> tuple[list[Piece], float]:
    """The parts of a piece that are all digits with least doubt, and that; infinite for none."""
    splits = _splits(piece)
    if not splits:
        return [], np.inf
    each = doubts([side for sides in splits for side in sides]).reshape(-1, 2)
    again = np.array([[_may_be_several(side, piece) for side in sides] for sides in splits])
    best = int(np.argmin(np.where(again, np.minimum(each, TUNED.refused), each).sum(1)))
    found, total = [], 0.0
    for side, doubt, wide in zip(splits[best], each[best], again[best], strict=True):
        parts, cost = _parted(side, doubts) if doubt > TUNED.refused and wide else ([side], doubt)
        found += parts
        total += cost
    return found, float(total)


def _may_be_several(side: Piece, whole: Piece) -> bool:
    return side.box[2] > TUNED.cut_again * side.height and side.box[2] < whole.box[2]


def _splits(piece: Piece) -> list[tuple[Piece, Piece]]:
    """Left and right side of each seam through a piece that leaves two."""
    columns = np.arange(piece.box[2])
    out = []
    for seam in _seams(piece.mask):
        left = columns < seam[:, None]
        sides = _part(piece, piece.mask & left), _part(piece, piece.mask & ~left)
        if min(side.height for side in sides) > TUNED.least_part * piece.height:
            out.append(sides)
    return out


def _part(piece: Piece, mask: np.ndarray) -> Piece:
    x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
    box = (piece.box[0] + x, piece.box[1] + y, w, h)
    return Piece(box, mask[y : y + h, x : x + w], piece.cut_from)


def _seams(mask: np.ndarray) -> list[np.ndarray]:
    """Cuts from top to bottom, those that cross least ink first: columns, int (height,) each."""
    height, width = mask.shape
    small_width = max(8, round(width * TUNED.seam_side / height))
    small = cv2.resize(
        mask.astype(np.float32), (small_width, TUNED.seam_side), interpolation=cv2.INTER_AREA
    )
    paths, costs = _cheapest_paths(small)
    before = np.pad(np.cumsum(small, 1), ((0, 0), (1, 0)))
    left = before[np.arange(TUNED.seam_side), np.clip(paths, 0, small_width)].sum(1) / small.sum()
    inside = (left > TUNED.least_ink) & (left < 1 - TUNED.least_ink)
    chosen: list[int] = []
    order = np.argsort(costs, kind="stable")
    for row in order[inside[order]]:
        if np.abs(paths[chosen] - paths[row]).mean(1).min(initial=np.inf) > TUNED.seam_gap:
            chosen.append(int(row))
        if len(chosen) == min(TUNED.seam_count, round(20 * width / height)):
            break
    rows = np.linspace(0, TUNED.seam_side - 1, height).round().astype(int)
    return [np.round(paths[k][rows] * width / small_width).astype(int) for k in chosen]


def _cheapest_paths(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From each column at the top, for each slant, the path that crosses least ink.

    Returns columns, int (slants · width, height), and the ink crossed with the bends on the way,
    (slants · width,).
    """
    height, width = ink.shape
    lean = np.round(_SLANTS[:, None] * (np.arange(height) - height / 2)).astype(int)
    wide = np.pad(ink, ((0, 0), (2 * height, 2 * height)))
    columns = np.arange(height, width + 3 * height)
    level = wide[np.arange(height)[:, None], columns + lean[..., None]]
    total, steps = level[:, -1], np.zeros(level.shape, int)
    padded = np.full((len(lean), level.shape[2] + 2), np.inf, level.dtype)
    for row in range(height - 2, -1, -1):
        padded[:, 1:-1] = total
        ways = np.stack(
            [
                padded[:, :-2] + TUNED.seam_bend,
                padded[:, 1:-1],
                padded[:, 2:] + TUNED.seam_bend,
            ]
        )
        steps[:, row] = ways.argmin(0) - 1
        total = ways.min(0) + level[:, row]
    paths = np.empty((len(lean), width, height), int)
    paths[..., 0] = np.arange(width) + height
    for row in range(height - 1):
        step = np.take_along_axis(steps[:, row], paths[..., row], 1)
        paths[..., row + 1] = paths[..., row] + step
    paths += lean[:, None] - height
    return paths.reshape(-1, height), total[:, height : height + width].ravel()
