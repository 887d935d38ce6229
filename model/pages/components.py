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
from model.pages.connected import Components
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
    def ground(self) -> Components:
        """Connected components of what is not ink, with a margin of one pixel around the piece."""
        ground = np.pad(~self.mask, 1, constant_values=True).astype(np.uint8)
        return Components.of(ground, connectivity=4)

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
    found = ink.components
    if len(found) < 2:
        return [], 0.0
    keep = no_specks(found)
    keep &= ~find_around(found, keep)
    size = typical_size(found.stats[keep & ~ink.is_cut]) or typical_size(found.stats[keep])
    lines = keep.copy()
    keep &= ~_at_border(ink, keep, size)
    size = typical_size(found.stats[keep])
    keep &= found.longest >= 0.17 * size
    is_line = _lines(found, size)
    lines &= is_line & ~_along_border(ink)
    keep &= ~is_line
    keep &= _strong_enough(ink, keep, size)
    if not keep.any():
        return [], 0.0
    size = typical_size(found.stats[keep])
    if size < TUNED.least_legible:
        return [], 0.0
    return _pieces(found, keep) + _off_lines(_pieces(found, lines), size), size


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
        parts = Components.of(rest)
        for part in _pieces(parts, (parts.height > low) & (parts.height < high)):
            x, y, w, h = part.box
            box = (line.box[0] + x, line.box[1] + y, w, h)
            out.append(Piece(box, part.mask, -1 - len(out), True))
    return out


def find_cut_off(ink: PageInk, size: float) -> list[Piece]:
    """Find what may be a digit of `size` px that the picture's edge cuts."""
    height, width = ink.components.height, ink.components.width
    low, high = (share * size for share in TUNED.like_height)
    like = (height > low) & (height < high) & (width < 2 * size)
    return _pieces(ink.components, ink.is_cut & like)


def find_like(mask: np.ndarray, size: float) -> list[Piece]:
    """Find the pieces of a mask, uint8 (h, w), that are as high as a digit of `size` px.

    Those as slim as a stroke are none.
    """
    found = Components.of(mask)
    low, high = (share * size for share in TUNED.like_height)
    like = (found.height > low) & (found.height < high)
    like &= found.width > TUNED.slim_alone / 2 * found.height
    return _pieces(found, like)


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
    """Find the components that may be digits as they stand, the largest first, words last."""
    found = ink.components
    rows = np.flatnonzero(no_specks(found))
    is_word = found.width > TUNED.word * found.height
    rows = rows[np.lexsort((-found.area[rows], is_word[rows]))][: TUNED.most_evidence]
    return [Piece(*found.cut(row), int(row)) for row in rows]


def _pieces(found: Components, keep: np.ndarray) -> list[Piece]:
    """Those that are kept, bool (n,), but never the ground."""
    return [Piece(*found.cut(row), int(row)) for row in 1 + np.flatnonzero(keep[1:])]


def find_dots(ink: PageInk, size: float) -> list[Piece]:
    """Find the pieces of ink too small for a digit of `size` px, yet no grain."""
    longest = ink.components.longest
    rows = (longest < 0.17 * size) & (longest >= max(2.5, TUNED.least_dot * size))
    if not 0 < rows[1:].sum() <= 500:
        return []
    level = np.median(ink.strength[ink.mask > 0])
    pieces = _pieces(ink.components, rows)
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


def no_specks(found: Components) -> np.ndarray:
    """Which components are large enough to be marks: bool (n,)."""
    keep = (found.area >= 12) & (found.longest >= 8)
    keep[0] = False
    return keep


def _at_border(ink: PageInk, keep: np.ndarray, size: float) -> np.ndarray:
    """Marks at the picture's edge that are no whole digits: desk, shadow, parts of other things."""
    found = ink.components
    width, height = found.width, found.height
    digit_like = (height > 0.7 * size) & (height < 1.5 * size)
    digit_like &= (width > 0.35 * height) & (width < 1.5 * size)
    digit_like &= ~_along_border(ink)
    for piece in _pieces(found, ink.is_cut & digit_like):
        digit_like[piece.cut_from] = not is_cut_off(piece, ink)
    dropped = ink.is_cut & ~digit_like | (found.on(ink.edge) > 0.5 * found.area)
    mass = found.area * keep
    large = keep & (found.longest > 0.03 * max(ink.mask.shape))
    if mass[~dropped].sum() > 0.1 * mass.sum() or (large & ~dropped).sum() > 1:
        return dropped
    return np.zeros_like(dropped)  # a digit that fills its picture


def _along_border(ink: PageInk) -> np.ndarray:
    """What lies along the picture's edge, as a desk does; a digit or a rule only meets it."""
    return ink.components.on(ink.border) > 0.4 * ink.components.longest


def _lines(found: Components, size: float) -> np.ndarray:
    """What is left of rules: far longer than the digits, and thin."""
    slim = found.shortest < 0.15 * found.longest
    hollow = found.area < 0.08 * found.width * found.height
    return (found.longest > 2 * size) & (slim | hollow)


def _strong_enough(ink: PageInk, keep: np.ndarray, size: float) -> np.ndarray:
    """Marks not much fainter than those of digit's size: creases, show-through, noise go."""
    found = ink.components
    level = np.zeros(len(found), np.float32)
    calm = cv2.blur(ink.strength, (3, 3))
    np.maximum.at(level, found.labels[ink.mask > 0], calm[ink.mask > 0])
    large = keep & (found.height > 0.5 * size)
    mass = level[large] * found.area[large]
    typical = weighted_median(level[large], mass) if large.any() else 0.0
    small = found.longest < 0.4 * size
    return level > np.where(small, 0.4, 0.25) * typical


def find_around(found: Components, keep: np.ndarray, within: float = 0.25) -> np.ndarray:
    """Which components, bool (n,), are hollow boxes or rings around others that are kept.

    Their ink lies along the sides; a share of it `within` may not.
    """
    frames = np.zeros(len(found), bool)
    x, y = (found.boxes[:, :2] + found.boxes[:, 2:] / 2).T
    for row in np.flatnonzero(keep & (found.area < 0.35 * found.width * found.height)):
        left, top, width, height, area = found.stats[row]
        inner = (x > left) & (x < left + width) & (y > top) & (y < top + height) & keep
        inner &= (found.height > 0.04 * height) & (found.height < 0.95 * height)
        inner[row] = False
        large = max(width, height) > 0.3 * max(found.labels.shape)
        if (found.height[inner] > 0.25 * height).any() or (large and inner.sum() >= 3):
            _, mask = found.cut(row)
            by, bx = max(1, height // 7), max(1, width // 7)
            sides = mask[:by], mask[-by:], mask[:, :bx].T, mask[:, -bx:].T
            is_around = all(side.any(0).mean() > TUNED.ring_side for side in sides)
            frames[row] = is_around and mask[by:-by, bx:-bx].sum() < within * area
    return frames
