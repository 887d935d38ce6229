"""Pieces of ink on a page: components that may belong to digits, wide ones cut at likely joints.

What is no writing is left out here: specks, frames, remains of rules, the desk at the border.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from model.ink import PageInk

_CUT_SIDE = 40  # px; height at which seams are sought
_WIDE = 0.85  # width over height from which on a piece may be several digits


@dataclass(frozen=True)
class Piece:
    """A part of the ink: its (left, top, width, height) in page pixels and mask, bool (h, w)."""

    box: tuple[int, int, int, int]
    mask: np.ndarray
    cut_from: int  # the component it is part of

    @property
    def height(self) -> int:
        return self.box[3]

    @property
    def centre(self) -> float:
        return self.box[0] + self.box[2] / 2


def find_pieces(ink: PageInk) -> tuple[list[Piece], float]:
    """Cut a page's ink into pieces; give them with the typical digit's height in pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.mask, connectivity=8)
    if count < 2:
        return [], 0.0
    keep = _no_specks(stats)
    keep &= ~_frames(stats, labels, keep)
    touching = np.zeros(count, bool)
    touching[np.unique(labels[ink.border > 0])] = True
    size = typical_size(stats[keep & ~touching]) or typical_size(stats[keep])
    keep &= ~_at_border(ink, labels, stats, keep, touching, size)
    keep &= stats[:, 2:4].max(1) >= 0.17 * size
    keep &= ~_lines(stats, size)
    keep &= _strong_enough(ink, labels, stats, keep, size)
    if not keep.any():
        return [], 0.0
    size = typical_size(stats[keep])
    pieces = []
    for row in np.flatnonzero(keep):
        left, top, width, height, _ = stats[row]
        mask = labels[top : top + height, left : left + width] == row
        pieces += _cut(Piece(tuple(stats[row, :4].tolist()), mask, int(row)), size)
    return pieces, size


def typical_size(stats: np.ndarray) -> float:
    """Height of the marks that hold most ink, from components' statistics (n, 5), px."""
    if len(stats) == 0:
        return 0.0
    order = np.argsort(stats[:, cv2.CC_STAT_HEIGHT])
    mass = np.cumsum(stats[order, cv2.CC_STAT_AREA].astype(float))
    return float(stats[order[np.searchsorted(mass, mass[-1] / 2)], cv2.CC_STAT_HEIGHT])


def _no_specks(stats: np.ndarray) -> np.ndarray:
    keep = (stats[:, cv2.CC_STAT_AREA] >= 12) & (stats[:, 2:4].max(1) >= 6)
    keep[0] = False
    return keep


def _at_border(ink: PageInk, labels, stats, keep, touching, size: float) -> np.ndarray:
    """Marks at the picture's edge that are no whole digits: desk, shadow, parts of other things."""
    on_edge = np.bincount(labels[ink.edge > 0], minlength=len(stats)) > 0.5 * stats[:, 4]
    width, height = stats[:, 2], stats[:, 3]
    digit_like = (height > 0.7 * size) & (height < 1.5 * size)
    digit_like &= (width > 0.35 * height) & (width < 1.5 * size)
    dropped = touching & ~digit_like | on_edge
    mass = stats[:, 4] * keep
    large = keep & (stats[:, 2:4].max(1) > 0.03 * max(labels.shape))
    if mass[~dropped].sum() > 0.1 * mass.sum() or (large & ~dropped).sum() > 1:
        return dropped
    return np.zeros_like(dropped)  # a digit that fills its picture


def _lines(stats: np.ndarray, size: float) -> np.ndarray:
    """What is left of rules: far longer than the digits, and thin."""
    longest = stats[:, 2:4].max(1)
    slim = stats[:, 2:4].min(1) < 0.15 * longest
    hollow = stats[:, 4] < 0.08 * stats[:, 2] * stats[:, 3]
    return (longest > 2 * size) & (slim | hollow)


def _strong_enough(ink, labels, stats, keep, size) -> np.ndarray:
    """Marks not much fainter than those of digit's size: creases, show-through, noise go."""
    level = np.zeros(len(stats))
    calm = cv2.blur(ink.strength, (3, 3))
    np.maximum.at(level, labels[labels > 0], calm[labels > 0])
    large = keep & (stats[:, 3] > 0.5 * size)
    typical = np.median(level[large]) if large.any() else 0
    small = stats[:, 2:4].max(1) < 0.4 * size
    return level > np.where(small, 0.4, 0.25) * typical


def _frames(stats: np.ndarray, labels: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Hollow boxes around other marks: their ink lies along the sides."""
    frames = np.zeros(len(stats), bool)
    x, y = stats[:, 0] + stats[:, 2] / 2, stats[:, 1] + stats[:, 3] / 2
    for row in np.flatnonzero(keep & (stats[:, 4] < 0.35 * stats[:, 2] * stats[:, 3])):
        left, top, width, height, area = stats[row]
        inner = (x > left) & (x < left + width) & (y > top) & (y < top + height) & keep
        inner &= (stats[:, 3] > 0.04 * height) & (stats[:, 3] < 0.95 * height)
        inner[row] = False
        large = max(width, height) > 0.3 * max(labels.shape)
        if (stats[inner, 3] > 0.25 * height).any() or (large and inner.sum() >= 3):
            mask = labels[top : top + height, left : left + width] == row
            by, bx = max(1, height // 7), max(1, width // 7)
            frames[row] = mask[by:-by, bx:-bx].sum() < 0.2 * area
    return frames


def _cut(piece: Piece, size: float) -> list[Piece]:
    """Part a wide piece at the seams that cross least ink."""
    left, top, width, height = piece.box
    if width < _WIDE * height or height < max(12, 0.4 * size):
        return [piece]
    least = 0.06 * np.count_nonzero(piece.mask)
    columns = np.arange(width)
    parts, rest = [], piece.mask
    for seam in [*_seams(piece.mask), np.full(height, width)]:
        mask = rest & (columns < seam[:, None])
        if min(np.count_nonzero(mask), np.count_nonzero(rest & ~mask) or least) < least:
            continue  # a sliver is no part of its own
        rest = rest & ~mask
        x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
        parts.append(Piece((left + x, top + y, w, h), mask[y : y + h, x : x + w], piece.cut_from))
    return parts


def _seams(mask: np.ndarray) -> list[np.ndarray]:
    """Columns, one a row, of cuts from top to bottom through a wide piece: int (height,) each."""
    height, width = mask.shape
    small_width = max(8, round(width * _CUT_SIDE / height))
    small = cv2.resize(mask.astype(np.float32), (small_width, _CUT_SIDE),
                       interpolation=cv2.INTER_AREA)  # fmt: skip
    paths, costs = _cheapest_paths(small)
    least_gap = 0.22 * _CUT_SIDE
    chosen: list[np.ndarray] = []
    for end in np.argsort(costs):
        middle = paths[end].mean()
        inside = 0.2 * _CUT_SIDE < middle < small_width - 0.2 * _CUT_SIDE
        if inside and all(abs(middle - other.mean()) > least_gap for other in chosen):
            chosen.append(paths[end])
        if len(chosen) >= min(7, round(2 * width / height)):
            break
    rows = np.linspace(0, _CUT_SIDE - 1, height).round().astype(int)
    chosen.sort(key=lambda path: path.mean())
    return [np.round(path[rows] * width / small_width).astype(int) for path in chosen]


def _cheapest_paths(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each column at the bottom, the path from the top that crosses least ink, and that."""
    height, width = ink.shape
    total = ink[0].copy()
    steps = np.zeros((height, width), int)
    for row in range(1, height):
        padded = np.pad(total, 1, constant_values=np.inf)
        ways = np.stack([padded[:-2] + 0.1, padded[1:-1], padded[2:] + 0.1])
        best = ways.argmin(0)
        steps[row] = best - 1
        total = ways.min(0) + ink[row]
    paths = np.zeros((width, height), int)
    paths[:, -1] = np.arange(width)
    for row in range(height - 1, 0, -1):
        paths[:, row - 1] = paths[:, row] + steps[row, paths[:, row]]
    return paths, total
