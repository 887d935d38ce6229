"""Rules, frames and the boxes of forms: told from the strokes of digits, and taken out of the ink.

A rule is long compared with the digits around it, thin, and goes on in pieces that line up. A box
is a hole in the ink with four straight sides. What the network reads as a digit among its like is
never taken for either: it is kept out of the search (see `reader`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from model.pages.binarization import PageInk
from model.pages.boxes import (
    and_others,
    drawn_alone,
    find_boxes,
    find_frames,
    find_rows_of_boxes,
    find_rows_of_cells,
    one_a_cell,
)
from model.pages.components import typical_size
from model.pages.connected import Components
from model.pages.erasing import (
    cut_on_rules,
    evenly,
    ink_of_rules,
    off_border,
    without_crumbs,
    without_faint,
    without_lines,
    without_solids,
)
from model.pages.page import Box
from model.pages.settings import TUNED
from model.preprocessing import pen_width


@dataclass(frozen=True)
class Rules:
    """What is printed on a page: `lines` uint8 (h, w), 1 on rules, and the inside of its boxes."""

    lines: np.ndarray
    boxes: tuple[Box, ...]

    def __or__(self, other: Rules) -> Rules:
        boxes = and_others([*self.boxes], [*other.boxes])
        return Rules(self.lines | other.lines, tuple(boxes))


def remove_boxes(ink: PageInk) -> tuple[PageInk, Rules]:
    """Take out boxes alike that stand apart from each other, whatever touches them inside."""
    frames = find_rows_of_boxes(ink.components)
    lines, beside = np.zeros_like(ink.mask), np.zeros_like(ink.mask)
    for outer, inner in frames:
        (left, top, width, height), (x, y, w, h) = outer, inner
        lines[top : top + height, left : left + width] = 1
        lines[y : y + h, x : x + w] = 0
        deep = max(2, round(TUNED.box_rim * min(w, h)))
        beside[y : y + h, x : x + w] = 1
        beside[y + deep : y + h - deep, x + deep : x + w - deep] = 0
    boxes = tuple(inner for _, inner in frames)
    if not boxes:
        return ink, Rules(lines, boxes)
    usual = float(np.median(ink.strength[(lines & ink.mask) > 0]))
    erased = np.where(ink.strength > TUNED.darker * usual, 0, lines)
    erased |= ink.components.chosen(drawn_alone(ink.components, frames))
    left_over = Components.of(ink.mask & (1 - erased))
    mask = left_over.chosen(left_over.on(beside == 0) > 0)
    return replace(ink, mask=mask), Rules(lines, boxes)


def remove_rules(ink: PageInk, kept: np.ndarray, size: float) -> tuple[PageInk, Rules]:
    """Take rules, frames and boxes out of a page's ink; strokes that they cross stay whole.

    `kept`, uint8 (h, w), is 1 on those components that surely are digits. `size` is the height of a
    digit in px, 0 where it is not known.
    """
    if (ink.border & kept).any():  # a digit may touch the picture's end
        ink = replace(ink, border=ink.border & (1 - kept))
    mask = ink.mask & (1 - kept)
    thin = without_solids(mask)
    if (thin != mask).any():
        thin = without_solids(mask, 3 * pen_width(kept * np.uint8(255)))
    if kept.any():  # a desk is no writing, nor is a stamp
        gone = _no_writing(mask - thin, ink)
        if gone.any():
            mask = mask & (1 - gone)
            thin &= mask
            ink = replace(ink, mask=mask | kept)
    found = ink.components
    loose = found.on(kept) == 0
    loose[0] = False
    if not thin.any() or not _may_hold_rules(found, loose, size):
        return ink, Rules(np.zeros_like(mask), ())
    strength = np.where(cv2.dilate(kept, np.ones((5, 5), np.uint8)) > 0, 0, ink.strength)
    run = max(9, max(mask.shape) // 30)
    least = max(run, round(size / 3))  # in a picture that digits fill, no run of a fat stroke
    faint = np.where(mask > thin, 0, strength)
    across, down = _runs(thin, faint, least), _runs(thin.T, faint.T, least).T
    dashed_across, dashed_down = _dashed(found, loose, size), _dashed(found.T, loose, size).T
    is_known = size > 0
    size = size or _typical_height(mask & (1 - (across | down)), run)
    pen = pen_width(mask * np.uint8(255))
    long_across = _long(across, kept, run, size, pen)
    long_down = _long(down.T, kept.T, run, size, pen).T
    across, down = (
        long_across | _sides((across & mask).T, long_down.T, run).T,
        long_down | _sides(down & mask, long_across, run),
    )
    across, down = across | dashed_across, down | dashed_down
    size = size if is_known else _typical_height(mask & (1 - (across | down)), run) or size
    frames = find_frames(found, loose, size)
    rows = find_rows_of_cells(found.labels, frames)
    boxes = [inner for _, inner in rows]
    for lines in (across | down, ink.mask):  # in the ink, a digit that touches its box parts it
        boxes = and_others(boxes, find_boxes(lines, size))
    boxes = and_others(boxes, [inner for _, inner in frames])
    boxes = one_a_cell(boxes, across, down, size)
    for box in boxes:
        _add_sides(box, mask, across, down)
    for (left, top, width, height), (x, y, w, h) in rows:
        across[top:y, left : left + width] = across[y + h : top + height, left : left + width] = 1
        down[top : top + height, left:x] = down[top : top + height, x + w : left + width] = 1
    if not (across | down).any():
        return ink, Rules(np.zeros_like(mask), ())
    level, upright, usual = ink_of_rules(across, down, mask, strength, size)
    own = level.own, upright.own
    cleaned = without_lines(mask, strength, ink.border, (across, down), (level, upright))
    if is_known and boxes and np.median([box[3] for box in boxes]) > size:  # no squared paper
        cleaned = cut_on_rules(cleaned, *own, size)
    is_dark = ink.strength > TUNED.darker * usual
    cleaned = without_crumbs(cleaned, across | down, is_dark, size)
    cleaned = without_faint(cleaned, ink.strength, kept, own[0] | own[1])
    joined = _joined_up(across, size) | _joined_up(down.T, size).T  # behind digits that cross them
    cells = and_others(find_boxes(joined, size), boxes)
    alone = drawn_alone(found, frames)
    if alone.any():  # drawn by hand, askew
        cleaned &= 1 - found.chosen(alone)
    cleaned = _off_empty_form(cleaned | kept, across, down)
    return replace(ink, mask=cleaned), Rules(across | down, tuple(cells))


def _off_empty_form(mask: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Take what lies on the rules out of an empty form's strokes (h, w): it may look like digits.

    The rules of a grid go on where they are not seen, and as far as all others do. A form is not
    empty where anything half as long as these pieces lies on no rule.
    """
    level, upright = _long_lines(across, across | down), _long_lines(down.T, (across | down).T)
    if min(len(level), len(upright)) < 2:
        return mask
    lines = across | down
    for first, last, thick in level:
        cv2.line(lines, first, last, 1, thick + 2)
    for first, last, thick in upright:
        cv2.line(lines, first[::-1], last[::-1], 1, thick + 2)
    strokes = Components.of(mask)
    on, longest = (strokes.on(lines) > 0.9 * strokes.area)[1:], strokes.longest[1:]
    is_empty = longest[~on].max(initial=0) < 0.5 * longest[on].max(initial=0)
    return strokes.chosen(np.append(False, ~on)) if is_empty else mask


def _no_writing(solid: np.ndarray, ink: PageInk) -> np.ndarray:
    """Ink, uint8 (h, w), of what is mostly solid, as a stamp is; of a desk around a page the solid.

    What is solid up to the border is a desk, and may be joined to rules; a six may have a filled
    loop, and stand on squares that reach the border.
    """
    if not solid.any():
        return solid
    found = ink.components
    is_solid = (found.on(solid) > 0.5 * found.area) & ~ink.is_cut
    return (solid - off_border(solid, ink.border)) | found.chosen(is_solid)


def _may_hold_rules(found: Components, loose: np.ndarray, size: float) -> bool:
    """Say whether anything is far larger than a digit of `size` px, or often small, or a box.

    `loose`, bool (n,), are the components that may be anything.
    """
    longest = found.longest[loose]
    if not size:
        return len(longest) > 0
    few = np.count_nonzero(longest < TUNED.dash * size) < TUNED.least_dashes
    is_long = (longest > TUNED.rule_at_edge * size).any()
    return bool(is_long or not few or find_frames(found, loose, size))


def _joined_up(pieces: np.ndarray, gap: float) -> np.ndarray:
    """Pieces of level rules (h, w), joined where they lie less than `gap` px apart on one rule."""
    thick = cv2.dilate(pieces, np.ones((3, 1), np.uint8))
    return cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, round(gap) | 1), np.uint8))


def _long_lines(pieces: np.ndarray, rules: np.ndarray) -> list[tuple[list[int], list[int], int]]:
    """Level rules at least half as long as all `rules` are wide: both ends (x, y), width in px."""
    columns = np.flatnonzero(rules.any(0))
    joined = _joined_up(pieces, pieces.shape[1] // 3)
    found = Components.of(joined)
    lines = []
    for row, (left, top, width, _, area) in enumerate(found.stats[1:].tolist(), 1):
        if width > 0.5 * np.ptp(columns):
            y, x = np.nonzero(found.cut(row)[1])
            at = np.polyval(np.polyfit(x + left, y + top, 1), columns[[0, -1]])
            first, last = np.round(np.stack([columns[[0, -1]], at], 1)).astype(int).tolist()
            lines.append((first, last, round(area / width)))
    return lines


def _add_sides(box: Box, mask: np.ndarray, across: np.ndarray, down: np.ndarray) -> None:
    """Add the four sides of a hole to the pieces of rules, in place, as thick as they are."""
    left, top, width, height = box
    right, bottom = left + width, top + height
    deep = max(1, round(0.03 * min(width, height)))
    most = max(3, round(0.12 * min(width, height)))

    def thickness(outward: np.ndarray) -> int:
        """Of the ink that starts at the hole: (distance, along) → the median."""
        return int(np.median(np.cumprod(outward, axis=0).sum(0))) if outward.size else 0

    up = thickness(mask[max(0, top - most) : top, left:right][::-1])
    low = thickness(mask[bottom : bottom + most, left:right])
    west = thickness(mask[top:bottom, max(0, left - most) : left][:, ::-1].T)
    east = thickness(mask[top:bottom, right : right + most].T)
    x0, x1 = max(0, left - west), right + east
    y0, y1 = max(0, top - up), bottom + low
    across[y0 : top + deep, x0:x1] = 1
    across[bottom - deep : y1, x0:x1] = 1
    down[y0:y1, x0 : left + deep] = 1
    down[y0:y1, right - deep : x1] = 1


def _runs(mask: np.ndarray, strength: np.ndarray, run: int) -> np.ndarray:
    """Strokes (h, w) that go on nearly level for `run` px, gaps of an eighth of it filled.

    Rules too faint to be whole in the mask show in the strength's mean along them.
    """
    low, pen = np.percentile(strength[mask > 0], [20, 98])
    along = cv2.blur(np.where(strength < 0.4 * pen, strength, 0), (run // 2 | 1, 1))
    faint = along > 0.5 * low
    thick = cv2.dilate(mask | faint.astype(np.uint8), np.ones((3, 1), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, max(3, run // 8)), np.uint8))
    return cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))


def _dashed(found: Components, loose: np.ndarray, size: float) -> np.ndarray:
    """Level rules that are printed as dashes or dots: uint8 (h, w), 1 along them.

    `loose` is as in `_may_hold_rules`.
    """
    longest = found.longest
    small = loose & (longest < (TUNED.dash * size or np.inf))
    if np.count_nonzero(small) < TUNED.least_dashes:
        return np.zeros(found.labels.shape, np.uint8)
    length = float(np.median(longest[small]))
    alike = small & (longest > 0.5 * length) & (longest < 2 * length)
    if not size and alike.sum() < 0.7 * loose.sum():
        return np.zeros(found.labels.shape, np.uint8)
    thick = cv2.dilate(found.chosen(alike), np.ones((5, 1), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, int(2 * length) + 1), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, int(6 * length)), np.uint8))
    high = np.ones((int(max(10, 0.6 * length)), 1), np.uint8)  # rows of digits are higher
    rows = cv2.morphologyEx(thick, cv2.MORPH_OPEN, high)
    return np.where(rows > 0, 0, thick).astype(np.uint8)


def _sides(down: np.ndarray, across: np.ndarray, run: int) -> np.ndarray:
    """Upright pieces (h, w) that stand on level rules, as the sides of cells and combs do.

    A digit may do so too; cells have several sides of one height, evenly spaced.
    """
    found = Components.of(down)
    if len(found) < 4 or not across.any():
        return np.zeros_like(down)
    near = cv2.dilate(across, np.ones((max(3, run // 2) | 1, 3), np.uint8))
    left, top, width, height = found.boxes.T
    middle = np.minimum(left + width // 2, down.shape[1] - 1)
    on_top, on_foot = near[top, middle] > 0, near[top + height - 1, middle] > 0
    slim = width < 0.25 * height
    slim[0] = False
    sides = np.zeros(len(found), bool)
    for ends, is_comb in ((on_top & on_foot & slim, False), ((on_top ^ on_foot) & slim, True)):
        alike = ends & (np.abs(height[:, None] - height) < 0.1 * height)
        ends &= alike.sum(1) > 2
        for row in _between(left, top, height, ends):
            ends[row] = False
        sides |= evenly(left, top, height, ends) if is_comb else ends
    return found.chosen(sides)


def _between(left, top, height, ends: np.ndarray) -> list[int]:
    """Rows of pieces that stand between two sides of a cell as wide as the others: ones do so.

    Two that stand side by side are sides of neighbouring cells.
    """
    rows = np.flatnonzero(ends)
    rows = rows[np.lexsort((left[rows], top[rows] // np.maximum(1, height[rows] // 2)))]
    steps = np.diff(left[rows])
    cell = float(np.percentile(steps[steps > 0], 75)) if (steps > 0).any() else 0.0
    middle = [
        k + 1
        for k in range(len(steps) - 1)
        if 0.2 * cell < steps[k] < 0.8 * cell
        and 0.85 * cell < steps[k] + steps[k + 1] < 1.15 * cell
    ]
    return rows[middle].tolist()


def _long(pieces: np.ndarray, kept: np.ndarray, run: int, size: float, pen: float) -> np.ndarray:
    """Those pieces that together go on far longer than digits of `size` px and are thin.

    They go on behind digits that are `kept`. `pen` is the width of a stroke, px.
    """
    behind = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, np.ones((1, int(2 * size) | 1), np.uint8))
    near = cv2.dilate(kept, np.ones((3, 2 * (run // 4) + 1), np.uint8))
    behind = np.where(near > 0, behind, 0).astype(np.uint8)
    joined = cv2.dilate(pieces | behind, np.ones((3, run), np.uint8))
    found = Components.of(joined)
    whole = pieces.shape[1]
    left, width = found.boxes[:, 0], found.width
    most = np.minimum((width - run) * TUNED.rule_slim, 2 * pen)  # as thick as a small picture's
    thin = found.on(pieces) < (width - run) * np.maximum(
        most, max(max(pieces.shape) / 60, 6, TUNED.rule_width * size)
    )
    at_edge = (left <= run) | (left + width >= whole - run)
    least = np.maximum(0.25 * whole, np.where(at_edge, TUNED.rule_at_edge, TUNED.rule) * size)
    long = width - run > least
    y, x = np.nonzero(pieces | behind)
    columns = np.unique(found.labels[y, x].astype(np.int64) * whole + x) // whole
    inked = np.bincount(columns, minlength=len(found))
    dense = inked > 0.4 * (width - run)  # a row of digits is not
    return found.chosen(thin & long & dense) & pieces


def _typical_height(mask: np.ndarray, run: int) -> float:
    """Height of the marks that hold most ink, and are no specks, px."""
    stats = Components.of(mask).stats[1:]
    return typical_size(stats[stats[:, cv2.CC_STAT_HEIGHT] > run / 4])
