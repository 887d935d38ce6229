"""Pieces of ink on a page: the connected components that may belong to digits.

What is no writing is left out here: specks, frames, remains of rules, the desk at the border.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np

from model.pages.binarization import PageInk
from model.pages.settings import TUNED
from model.preprocessing import pen_width


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of the ink: its (left, top, width, height) in page pixels and mask, bool (h, w).

    `cut_from` is the component it is part of, negative for what was written on a line of print;
    `is_part`: it was cut out of touching digits, or off such a line; `is_unsure`: it may be a sign.
    """

    box: tuple[int, int, int, int]
    mask: np.ndarray
    cut_from: int
    is_part: bool = False
    is_unsure: bool = False

    @property
    def height(self) -> int:
        return self.box[3]

    @property
    def centre(self) -> float:
        return self.box[0] + self.box[2] / 2

    @cached_property
    def stroke(self) -> tuple[float, bool]:
        """How far it leans to the right, px across a px up; whether it is one straight stroke."""
        y, x = np.nonzero(self.mask)
        if len(y) < 5 or np.ptp(y) < 4:
            return 0.0, False
        down = y - y.mean()
        slope = float((down * x).sum() / (down * down).sum())  # `@` would start threads for this
        pen = len(y) / (self.height * np.hypot(1, slope))  # of one stroke from top to bottom
        if pen >= TUNED.stroke_width * self.height:
            return -slope, False
        off = np.abs(x - x.mean() - slope * down)
        return -slope, bool(np.percentile(off, 95) < 0.7 * pen * np.hypot(1, slope) + 1)

    @cached_property
    def is_blot(self) -> bool:
        """Whether it is solid but for grain, as a punched hole or a magnet is; no pen is."""
        longest = max(self.mask.shape)
        if np.count_nonzero(self.mask) < TUNED.blot**2 * longest**2:
            return False
        side = round(TUNED.blot_grain * longest) | 1
        around = np.pad(self.mask, side).astype(np.uint8)
        closed = cv2.morphologyEx(around, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
        solid = cv2.distanceTransform(closed, cv2.DIST_L2, 5)
        return bool(2 * solid.max() > TUNED.blot * longest)

    @cached_property
    def ground(self) -> tuple[np.ndarray, np.ndarray]:
        """Connected components of what is not ink, with a margin of one pixel around the piece.

        Labels, int32 (h + 2, w + 2), and statistics, int32 (n, 5), as OpenCV gives them.
        """
        ground = np.pad(~self.mask, 1, constant_values=True).astype(np.uint8)
        return cv2.connectedComponentsWithStats(ground, connectivity=4)[1:3]

    @cached_property
    def pen(self) -> float:
        """The width of its strokes, px."""
        return pen_width(np.pad(self.mask, 1) * np.uint8(255))  # it may fill its box

    @cached_property
    def closed(self) -> Piece:
        """It with whole rings where they do not quite close, by half a pen at most."""
        gap = 2 * round(self.pen / 4) + 1
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap))
        around = np.pad(self.mask, gap).astype(np.uint8)
        closed = cv2.morphologyEx(around, cv2.MORPH_CLOSE, brush)[gap:-gap, gap:-gap]
        return replace(self, mask=closed > 0)

    def is_wider(self, share: float) -> bool:
        """Say whether it is at least a share of its height wide."""
        return self.box[2] >= share * self.height

    def part(self, mask: np.ndarray) -> Piece:
        """What a mask, bool (h, w) as its own, cuts out of it."""
        x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
        box = (self.box[0] + x, self.box[1] + y, w, h)
        return Piece(box, mask[y : y + h, x : x + w], self.cut_from, True)


def find_pieces(ink: PageInk) -> tuple[list[Piece], float]:
    """Find a page's pieces of ink; give them with the typical digit's height in pixels."""
    labels, stats = ink.components
    if len(stats) < 2:
        return [], 0.0
    keep = no_specks(stats)
    keep &= ~find_around(stats, labels, keep)
    size = typical_size(stats[keep & ~ink.is_cut]) or typical_size(stats[keep])
    lines = keep.copy()
    keep &= ~_at_border(ink, labels, stats, keep, size)
    size = typical_size(stats[keep])
    keep &= stats[:, 2:4].max(1) >= 0.17 * size
    is_line = _lines(stats, size)
    lines &= is_line & ~_along_border(ink, labels, stats)
    keep &= ~is_line
    keep &= _strong_enough(ink, labels, stats, keep, size)
    if not keep.any():
        return [], 0.0
    size = typical_size(stats[keep])
    if size < TUNED.least_legible:
        return [], 0.0
    pieces = [_piece(labels, stats[row], row) for row in np.flatnonzero(keep)]
    printed = [_piece(labels, stats[row], row) for row in np.flatnonzero(lines)]
    return pieces + _off_lines(printed, size), size


def _off_lines(lines: list[Piece], size: float) -> list[Piece]:
    """What is written on lines of print: parts of a digit's height that straight runs leave."""
    run = max(3, round(TUNED.straight * size))
    low, high = (share * size for share in TUNED.like_height)
    out: list[Piece] = []
    for line in lines:
        mask = line.mask.astype(np.uint8)
        runs = np.zeros_like(mask)
        for kernel in (np.ones((1, run), np.uint8), np.ones((run, 1), np.uint8)):
            runs = np.maximum(runs, cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel))
        rest = np.where(cv2.dilate(runs, np.ones((3, 3), np.uint8)) > 0, np.uint8(0), mask)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
        for row in 1 + np.flatnonzero((stats[1:, 3] > low) & (stats[1:, 3] < high)):
            part = _piece(labels, stats[row], row)
            x, y, w, h = part.box
            box = (line.box[0] + x, line.box[1] + y, w, h)
            out.append(Piece(box, part.mask, -1 - len(out), True))
    return out


def find_cut_off(ink: PageInk, size: float) -> list[Piece]:
    """Find what may be a digit of `size` px that the picture's edge cuts."""
    labels, stats = ink.components
    low, high = (share * size for share in TUNED.like_height)
    like = (stats[:, 3] > low) & (stats[:, 3] < high) & (stats[:, 2] < 2 * size)
    return [_piece(labels, stats[row], row) for row in np.flatnonzero(ink.is_cut & like)]


def is_cut_off(piece: Piece, ink: PageInk) -> bool:
    """Say whether a side of the picture cuts a piece: it crosses more than one of its strokes.

    A whole digit that touches the picture's end does so in one place.
    """
    left, top, width, height = piece.box
    border = ink.border[top : top + height, left : left + width]
    if not border.any():
        return False
    _, _, _, places = cv2.connectedComponentsWithStats(border * piece.mask, connectivity=8)
    border = cv2.dilate(border, np.ones((5, 5), np.uint8))  # it may be askew
    for one, other in pairwise(places[1:]):
        x, y = (one + other) / 2
        if np.hypot(*(one - other)) > TUNED.cut_places * height and border[round(y), round(x)]:
            return True
    return False


def find_free(ink: PageInk) -> list[Piece]:
    """Find the components that may be digits as they stand, the largest first."""
    labels, stats = ink.components
    rows = np.flatnonzero(no_specks(stats))
    rows = rows[np.argsort(-stats[rows, cv2.CC_STAT_AREA], kind="stable")][: TUNED.most_evidence]
    return [_piece(labels, stats[row], row) for row in rows]


def _piece(labels: np.ndarray, stats: np.ndarray, row: int | np.integer) -> Piece:
    left, top, width, height, _ = stats.tolist()
    mask = labels[top : top + height, left : left + width] == row
    return Piece((left, top, width, height), mask, int(row))


def find_dots(ink: PageInk, size: float) -> list[Piece]:
    """Find the pieces of ink too small for a digit of `size` px, yet no grain."""
    labels, stats = ink.components
    longest = stats[:, 2:4].max(1)
    rows = (longest < 0.17 * size) & (longest >= max(2.5, TUNED.least_dot * size))
    rows[0] = False
    if not rows.any() or rows.sum() > 500:
        return []
    level = np.median(ink.strength[ink.mask > 0])
    pieces = [_piece(labels, stats[row], row) for row in np.flatnonzero(rows)]
    return [piece for piece in pieces if strength_of(piece, ink).max() > 0.6 * level]


def is_frame(mask: np.ndarray) -> bool:
    """Say whether ink lies along all four sides of its box, as that of a frame or a grid does."""
    return all(share > TUNED.box_side for share in along_sides(mask, 0.06))


def along_sides(mask: np.ndarray, deep: float) -> list[float]:
    """Share of each side of a mask, bool (h, w), that it reaches, `deep` of its shorter side."""
    near = max(2, round(deep * min(mask.shape)))
    sides = mask[:near], mask[-near:], mask[:, :near].T, mask[:, -near:].T
    return [float(side.any(0).mean()) for side in sides]


def strength_of(piece: Piece, ink: PageInk) -> np.ndarray:
    """The strength of a piece's ink: float32 (n,)."""
    left, top, width, height = piece.box
    return ink.strength[top : top + height, left : left + width][piece.mask]


def typical_size(stats: np.ndarray) -> float:
    """Height of the marks that hold most ink, from components' statistics (n, 5), px."""
    if len(stats) == 0:
        return 0.0
    return float(weighted_median(stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]))


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value (of n) up to which half of the weight (n,) lies."""
    order = np.argsort(values)
    mass = np.cumsum(weights[order].astype(float))
    return values[order[np.searchsorted(mass, mass[-1] / 2)]]


def no_specks(stats: np.ndarray) -> np.ndarray:
    """Which components, by their statistics (n, 5), are large enough to be marks: bool (n,)."""
    keep = (stats[:, cv2.CC_STAT_AREA] >= 12) & (stats[:, 2:4].max(1) >= 8)
    keep[0] = False
    return keep


def _at_border(ink: PageInk, labels, stats, keep, size: float) -> np.ndarray:
    """Marks at the picture's edge that are no whole digits: desk, shadow, parts of other things."""
    on_edge = np.bincount(labels[ink.edge > 0], minlength=len(stats)) > 0.5 * stats[:, 4]
    width, height = stats[:, 2], stats[:, 3]
    digit_like = (height > 0.7 * size) & (height < 1.5 * size)
    digit_like &= (width > 0.35 * height) & (width < 1.5 * size)
    digit_like &= ~_along_border(ink, labels, stats)
    for row in np.flatnonzero(ink.is_cut & digit_like):
        digit_like[row] = not is_cut_off(_piece(labels, stats[row], row), ink)
    dropped = ink.is_cut & ~digit_like | on_edge
    mass = stats[:, 4] * keep
    large = keep & (stats[:, 2:4].max(1) > 0.03 * max(labels.shape))
    if mass[~dropped].sum() > 0.1 * mass.sum() or (large & ~dropped).sum() > 1:
        return dropped
    return np.zeros_like(dropped)  # a digit that fills its picture


def _along_border(ink: PageInk, labels: np.ndarray, stats: np.ndarray) -> np.ndarray:
    """What lies along the picture's edge, as a desk does; a digit or a rule only meets it."""
    along = np.bincount(labels[ink.border > 0], minlength=len(stats))
    return along > 0.4 * stats[:, 2:4].max(1)


def _lines(stats: np.ndarray, size: float) -> np.ndarray:
    """What is left of rules: far longer than the digits, and thin."""
    longest = stats[:, 2:4].max(1)
    slim = stats[:, 2:4].min(1) < 0.15 * longest
    hollow = stats[:, 4] < 0.08 * stats[:, 2] * stats[:, 3]
    return (longest > 2 * size) & (slim | hollow)


def _strong_enough(ink, labels, stats, keep, size) -> np.ndarray:
    """Marks not much fainter than those of digit's size: creases, show-through, noise go."""
    level = np.zeros(len(stats), np.float32)
    calm = cv2.blur(ink.strength, (3, 3))
    np.maximum.at(level, labels[ink.mask > 0], calm[ink.mask > 0])
    large = keep & (stats[:, 3] > 0.5 * size)
    mass = level[large] * stats[large, 4]
    typical = weighted_median(level[large], mass) if large.any() else 0.0
    small = stats[:, 2:4].max(1) < 0.4 * size
    return level > np.where(small, 0.4, 0.25) * typical


def find_around(
    stats: np.ndarray, labels: np.ndarray, keep: np.ndarray, within: float = 0.25
) -> np.ndarray:
    """Which components, bool (n,), are hollow boxes or rings around others that are kept.

    Their ink lies along the sides; a share of it `within` may not.
    """
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
            sides = mask[:by], mask[-by:], mask[:, :bx].T, mask[:, -bx:].T
            is_around = all(side.any(0).mean() > TUNED.ring_side for side in sides)
            frames[row] = is_around and mask[by:-by, bx:-bx].sum() < within * area
    return frames
