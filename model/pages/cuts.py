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
    unsure = [(k, d) for k, d in unsure if pieces[k].box[2] >= TUNED.broad * pieces[k].height]
    broad = dict(unsure[: TUNED.most_cut])
    limits |= {k: 0.5 * doubt for k, doubt in broad.items()}
    for k, doubt in zip(rows, believed, strict=True):
        if k in limits and doubt < TUNED.refused and not has_rings_abreast(pieces[k]):
            limits[k] = min(limits[k], TUNED.parts_doubt_accepted)
    out = []
    sources = count(1 + max((piece.cut_from for piece in pieces), default=0))
    for k, piece in enumerate(pieces):
        parts, doubt = _parted(piece, doubts) if k in limits else ([], np.inf)
        if k in broad:  # surer than the whole, so they are not joined again
            parts = [replace(part, cut_from=next(sources)) for part in parts]
        out += parts if doubt < limits.get(k, 0) * max(1, len(parts) - 1) else [piece]
    return out


def _too_wide(piece: Piece) -> bool:
    """Say whether a piece is hardly one digit, whatever the network makes of it."""
    return piece.box[2] > TUNED.too_wide * piece.height or has_rings_abreast(piece)


def has_rings_abreast(piece: Piece) -> bool:
    """Say whether a piece has two holes side by side, as joined zeros have and no digit has."""
    if piece.box[2] < TUNED.abreast * piece.height:
        return False
    wide = np.pad(piece.mask, 1)
    count, _, stats, _ = cv2.connectedComponentsWithStats((~wide).astype(np.uint8), connectivity=4)
    if count < 4:  # the ink, what is around it, and one hole
        return False
    holes = stats[1:][stats[1:, cv2.CC_STAT_AREA] < stats[1:, cv2.CC_STAT_AREA].max()]
    holes = holes[holes[:, cv2.CC_STAT_HEIGHT] > TUNED.tall_hole * piece.height]
    holes = holes[holes[:, cv2.CC_STAT_AREA] > TUNED.large_hole * piece.mask.size]
    for left, top, width, height, _ in holes:
        level = np.minimum(top + height, holes[:, 1] + holes[:, 3]) - np.maximum(top, holes[:, 1])
        is_beside = holes[:, 0] > left + width - 2
        if (is_beside & (level > 0.6 * np.maximum(height, holes[:, 3]))).any():
            return True
    return False


def _hope(piece: Piece, doubt: float) -> float:
    """How far a piece may be several digits, 0 to 1: a narrow one may be a digit itself."""
    return 1.0 if piece.box[2] >= TUNED.broad * piece.height else min(1.0, doubt / TUNED.hopeless)


def _parted(piece: Piece, doubts: Doubts) -> tuple[list[Piece], float]:
    """The parts of a piece, two or more, that are all digits with least doubt in all, and that.

    Seams are nodes of a graph, the parts between two of them its edges; the shortest path reads the
    string whole. Infinite doubt where there is none.
    """
    columns = np.arange(piece.box[2])
    seams = sorted(_seams(piece.mask), key=lambda seam: seam.mean())
    lefts = [np.zeros_like(piece.mask), *(columns < seam[:, None] for seam in seams)]
    lefts.append(np.ones_like(piece.mask))
    edges = {
        (i, j): part
        for i in range(len(lefts) - 1)
        for j in range(i + 1, len(lefts) - (i == 0))
        if (part := _between(piece, lefts[i], lefts[j])) is not None
    }
    if not edges:
        return [], np.inf
    costs = dict(zip(edges, doubts(list(edges.values())).tolist(), strict=True))
    best: list[tuple[float, list[Piece]]] = [(np.inf, [])] * len(lefts)
    best[0] = (0.0, [])
    for (i, j), cost in sorted(costs.items(), key=lambda item: item[0][0]):
        if best[i][0] + cost < best[j][0]:
            best[j] = (best[i][0] + cost, [*best[i][1], edges[i, j]])
    doubt, parts = best[-1]
    return parts, doubt


def _between(piece: Piece, left: np.ndarray, right: np.ndarray) -> Piece | None:
    """The part of a piece between two seams; None where a digit cannot be so slim, wide or low."""
    mask = piece.mask & ~left & right
    if np.count_nonzero(mask) < TUNED.least_ink * np.count_nonzero(piece.mask) / max(
        1.0, piece.box[2] / piece.height
    ):
        return None
    part = _part(piece, mask)
    is_wide = part.box[2] > TUNED.widest_part * piece.height
    return None if is_wide or part.height <= TUNED.least_part * piece.height else part


def _part(piece: Piece, mask: np.ndarray) -> Piece:
    x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
    box = (piece.box[0] + x, piece.box[1] + y, w, h)
    return Piece(box, mask[y : y + h, x : x + w], piece.cut_from)


def _seams(mask: np.ndarray) -> list[np.ndarray]:
    """Cuts from top to bottom, columns, int (height,) each.

    Half of them cross least ink; the other half are where the ink is lowest from its upper to its
    lower outline, as it is where rings touch side by side.
    """
    height, width = mask.shape
    side = TUNED.seam_side
    small_width = max(8, round(width * side / height))
    small = cv2.resize(mask.astype(np.float32), (small_width, side), interpolation=cv2.INTER_AREA)
    most = min(TUNED.seam_count, round(TUNED.seams_a_width * width / height))
    before = np.pad(np.cumsum(small, 1), ((0, 0), (1, 0)))
    chosen: list[np.ndarray] = []
    for paths, costs in (_cheapest_paths(small), _lowest_lines(small)):
        left = before[np.arange(side), np.clip(paths, 0, small_width)].sum(1) / small.sum()
        least = TUNED.least_ink / max(1.0, width / height)
        inside = (left > least) & (left < 1 - least)
        limit = len(chosen) + most // 2
        order = np.argsort(costs, kind="stable")
        for row in order[inside[order]]:
            if len(chosen) >= limit:
                break
            if all(np.abs(path - paths[row]).mean() > TUNED.seam_gap for path in chosen):
                chosen.append(paths[row])
    rows = np.linspace(0, side - 1, height).round().astype(int)
    return [np.round(path[rows] * width / small_width).astype(int) for path in chosen]


def _sheared(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ink along each slanted line, (slants, height, width + 2 · height), and how they lean."""
    height, width = ink.shape
    lean = np.round(_SLANTS[:, None] * (np.arange(height) - height / 2)).astype(int)
    wide = np.pad(ink, ((0, 0), (2 * height, 2 * height)))
    columns = np.arange(height, width + 3 * height)
    return wide[np.arange(height)[:, None], columns + lean[..., None]], lean


def _lowest_lines(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Straight lines of each slant, (slants · width, height), and how high the ink is on them."""
    height, width = ink.shape
    level, lean = _sheared(ink)
    inked = level[:, :, height : height + width] > 0.4
    last = height - inked[:, ::-1].argmax(1)
    tall = np.where(inked.any(1), last - inked.argmax(1), 0)
    paths = np.arange(width)[None, :, None] + lean[:, None]
    return paths.reshape(-1, height), tall.ravel().astype(float)


def _cheapest_paths(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From each column at the top, for each slant, the path that crosses least ink.

    Returns columns, int (slants · width, height), and the ink crossed with the bends on the way,
    (slants · width,).
    """
    height, width = ink.shape
    level, lean = _sheared(ink)
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
