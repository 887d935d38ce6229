"""A mark that was read, and what the other marks of its page say against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.pages.grids import Grid, slots_of
from model.pages.page import Box
from model.pages.settings import TUNED


@dataclass(frozen=True)
class Found:
    """A mark read: its box on the page set upright, its answer, and the doubt that it is a digit.

    `accepted`: it is read; `is_sure`: then, which digit it is leaves no doubt. `char` is the
    likeliest sign; empty for a digit, or what may be none. `is_part`: it was cut out of touching
    digits; `may_be_dash`: it is one of so many ones that they may be dashes; `is_cut`: the
    picture's edge cuts it; `is_left_out`: it was left out with what it is joined to.
    """

    upright: Box
    box: Box
    digit: int
    confidence: float
    accepted: bool
    doubt: float
    is_sure: bool = True
    char: str = ""
    is_part: bool = False
    may_be_dash: bool = False
    is_cut: bool = False
    is_left_out: bool = False


def doubt_dashes(found: list[Found]) -> list[Found]:
    """Doubt ones that are many and almost alone on a page: they may be dashes of its print.

    A few that differ in height are streaks, as those of wood are.
    """
    read = [mark for mark in found if mark.accepted]
    heights = np.array([mark.upright[3] for mark in read if mark.digit == 1])
    ones, others = len(heights), len(read) - len(heights)
    is_streaked = ones > 2 * max(1, others) and _is_alike(heights, np.median(heights)).mean() < 0.6
    if not (ones > TUNED.most_ones + 10 * others or is_streaked):
        return found
    return [replace(doubted(mark), may_be_dash=True) if mark.accepted and mark.digit == 1 else mark
            for mark in found]  # fmt: skip


def _is_alike(heights: np.ndarray, height: float) -> np.ndarray:
    """Whether digits may be as high as another on a page: bool (n,)."""
    low, high = TUNED.like_height
    return (heights > low * height) & (heights < high * height)


def doubted(mark: Found) -> Found:
    """A mark that is not accepted, and that the digits beside it do not vouch for."""
    return replace(mark, accepted=False, doubt=np.inf)


def no_rests(found: list[Found], grids: Sequence[Grid]) -> list[Found]:
    """Leave out ones that reach the end of a table's cell with another digit: rests of its line."""
    cells = _cells_of(found, grids)
    others = _with_other_digits(found, cells)
    return [mark for mark, cell in zip(found, cells, strict=True)
            if not (cell in others and _is_at_end(mark, cell, mark.upright[2]))]  # fmt: skip


def doubt_sides(found: list[Found], grids: Sequence[Grid]) -> list[Found]:
    """Doubt ones that stand where a cell of a table ends: they are pieces of the line there.

    The cells of a puzzle hold one digit each: ones beside another digit are doubted, too.
    """
    cells = _cells_of(found, grids)
    puzzle = {slot.upright for grid in grids if grid.is_puzzle for slot in grid.slots}
    full = _with_other_digits(found, cells) & puzzle
    return [doubted(mark)
            if mark.accepted and mark.digit == 1 and (cell in full or _is_at_end(mark, cell))
            else mark for mark, cell in zip(found, cells, strict=True)]  # fmt: skip


def _cells_of(found: list[Found], grids: Sequence[Grid]) -> list[Box | None]:
    """The cell of a table that holds the middle of each mark."""
    tables = [grid for grid in grids if grid.is_table]
    slots = slots_of([mark.upright for mark in found], tables)
    return [slot.upright if slot else None for slot in slots]


def _with_other_digits(found: list[Found], cells: list[Box | None]) -> set[Box | None]:
    """The cells that hold a sure digit other than a one."""
    return {cell for mark, cell in zip(found, cells, strict=True)
            if mark.accepted and mark.digit != 1}  # fmt: skip


def _is_at_end(mark: Found, cell: Box | None, width: float = 0.0) -> bool:
    """Say whether the middle of a one, `width` px wide, comes near to the end of its cell."""
    if not cell or mark.digit != 1:
        return False
    middle = mark.upright[0] + mark.upright[2] / 2 - cell[0]
    near = TUNED.cell_side_near * min(cell[2:]) + width / 2
    return not near < middle < cell[2] - near


def doubt_crowds(found: list[Found]) -> list[Found]:
    """Doubt digits among many marks of their height that are none: a pattern, or text."""
    heights = np.array([mark.upright[3] for mark in found])
    accepted = np.array([mark.accepted for mark in found])

    def is_doubtful(height: int) -> bool:
        alike = _is_alike(heights, height)
        return any(alike.sum() > count and accepted[alike].mean() < share
                   for count, share in TUNED.crowds)  # fmt: skip

    return [doubted(mark) if mark.accepted and is_doubtful(mark.upright[3]) else mark
            for mark in found]  # fmt: skip


def doubt_rows(found: list[Found], grids: Sequence[Grid]) -> list[Found]:
    """Doubt many of one digit at equal distances in a row, and in no cells: a notebook's rings.

    Who practises digits fills several rows with them.
    """
    if grids:
        return found
    rows: list[list[Found]] = []
    for mark in sorted(found, key=lambda mark: mark.upright[0]):
        last = [row for row in rows if row[-1].digit == mark.digit
                and is_on_line(row[-1].upright, mark.upright)]  # fmt: skip
        if last:
            last[0].append(mark)
        else:
            rows.append([mark])
    even = [row for row in rows if len(row) >= TUNED.row_alike and _is_even(row)]
    rings = {id(mark) for row in even for mark in row}
    if any(not is_on_line(row[0].upright, even[0][0].upright) for row in even):
        return found
    return [doubted(mark) if id(mark) in rings else mark for mark in found]


def _is_even(row: list[Found]) -> bool:
    """Say whether marks from left to right stand at equal distances."""
    steps = np.diff([mark.upright[0] + mark.upright[2] / 2 for mark in row])
    return bool(np.ptp(steps) < TUNED.row_uneven * np.median(steps))


def doubt_print(found: list[Found]) -> list[Found]:
    """Doubt digits in words far lower than the writing, where many marks are none: print.

    The writing is the highest marks alike of which nearly all are digits. What stands close beside
    it belongs to it, however low.
    """
    if len(found) > TUNED.most_marks:
        return found
    heights = np.array([mark.upright[3] for mark in found])
    accepted = np.array([mark.accepted for mark in found], bool)
    tells = accepted & np.array([mark.digit != 1 for mark in found], bool)  # no rule's remains
    low = TUNED.small_print
    for height in np.unique(heights[tells])[::-1]:
        alike = (heights > low * height) & (heights < height / low)
        if accepted[alike].sum() > 1 and accepted[alike].mean() >= TUNED.digits_alike:
            break
    else:
        return found
    small = heights < low * np.median(heights[alike & accepted])
    beside = _beside(np.array([mark.upright for mark in found]))
    for _ in range(len(found)):  # from mark to mark of a word
        spread = small & ~(beside & ~small).any(1)
        if (spread == small).all():
            break
        small = spread
    small &= np.array([mark.char in ("", *".,:") for mark in found])  # as beside print
    unsure = ~accepted[small]
    letters = np.array([mark.doubt >= TUNED.refused for mark in found])[small]
    is_print = letters if unsure.sum() < TUNED.many_unsure else unsure
    if not small.any() or is_print.mean() <= TUNED.letters:
        return found
    return [doubted(mark) if is_small else mark
            for mark, is_small in zip(found, small, strict=True)]  # fmt: skip


def _beside(boxes: np.ndarray) -> np.ndarray:
    """Whether a box (n, 4) stands close beside another on its line: bool (n, n)."""
    left, top, width, height = boxes.T
    longest = np.maximum(width, height)  # a dash is low
    lower, shorter = (np.minimum(side[:, None], side) for side in (height, longest))
    shared = np.minimum((top + height)[:, None], top + height) - np.maximum(top[:, None], top)
    gap = np.maximum(left[:, None], left) - np.minimum((left + width)[:, None], left + width)
    return (shared > 0.5 * lower) & (gap < TUNED.word_gap * shorter)


def doubt_odd_ones(found: list[Found], grids: Sequence[Grid]) -> list[Found]:
    """Doubt ones under half as high as the lowest digit on their line, or over twice the highest.

    They are pieces of a ring or of a line. In a table print and pen may differ as much.
    """
    if any(grid.is_table for grid in grids):
        return found
    others = [mark.upright for mark in found if mark.accepted and mark.digit != 1]

    def is_odd(one: Box) -> bool:
        heights = [box[3] for box in others if is_on_line(one, box)]
        return bool(heights) and not 0.5 * min(heights) < one[3] < 2 * max(heights)

    return [doubted(mark) if mark.accepted and mark.digit == 1 and is_odd(mark.upright) else mark
            for mark in found]  # fmt: skip


def sure_heights(found: list[Found]) -> list[int]:
    """Heights of the marks that are accepted, px: how many digits, and how tall."""
    return [mark.upright[3] for mark in found if mark.accepted]


def doubt_overlaps(found: list[Found]) -> list[Found]:
    """Doubt parts that lie far within their neighbours, unless they are zeros: joined rings do."""

    boxes = [mark.upright for mark in found]
    return [
        replace(mark, accepted=False, is_sure=False)
        if mark.is_part and mark.digit != 0 and share_within(mark.upright, boxes) > TUNED.overlap
        else mark
        for mark in found
    ]


def share_within(box: Box, boxes: Sequence[Box]) -> float:
    """How much of a box's width others share that are level with it; twice where two do."""
    left, _, width, _ = box
    beside = [other for other in boxes if other is not box and is_on_line(other, box)]
    shared = [min(left + width, x + w) - max(left, x) for x, _, w, _ in beside]
    return sum(max(0, part) for part in shared) / width


def is_on_line(one: Box, other: Box) -> bool:
    """Say whether two boxes share half the rows of the lower one."""
    shared = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return 2 * shared > min(one[3], other[3])


def is_level(one: Box, other: Box) -> bool:
    """Say whether two boxes share some rows of a page."""
    return min(one[1] + one[3], other[1] + other[3]) > max(one[1], other[1])
