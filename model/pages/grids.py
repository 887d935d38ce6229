"""Grids: cells of tables, puzzles and forms, found as one and numbered by row and column.

Cells that adjoin one another form a table, whose rows are lines of their own, whatever stands
beside them. All other boxes of a page are numbered by where they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from model.pages.components import typical_size
from model.pages.connected import Components
from model.pages.lattices import (
    complete_cells,
    find_lattices,
    ground_between,
    hull_of,
    inside_of,
    keep_to,
    with_leaning,
    within,
)
from model.pages.page import Box
from model.pages.settings import TUNED


@dataclass(frozen=True)
class Slot:
    """A cell: its row and column, both from 0; its inside on the page set upright and as given."""

    row: int
    column: int
    upright: Box
    box: Box


@dataclass(frozen=True)
class Grid:
    """Cells that belong together; of a table there is one for each row and column."""

    slots: tuple[Slot, ...]
    is_table: bool

    @property
    def is_puzzle(self) -> bool:
        """Whether it is a table of nine rows and columns, as that of a number puzzle is."""
        places = {(slot.row, slot.column) for slot in self.slots}
        return self.is_table and places == set(np.ndindex(9, 9))

    def slot_at(self, place: tuple[float, float]) -> Slot | None:
        """The cell that holds a place (x, y) on the upright page; in a table, or is next to it."""
        boxes = np.array([slot.upright for slot in self.slots], float)
        low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
        off = np.maximum(np.maximum(low - place, place - high), 0).max(1)
        most = TUNED.beyond_box * boxes[:, 2:].min(1) if self.is_table else np.zeros(len(boxes))
        nearest = int(np.argmin(off))
        return self.slots[nearest] if off[nearest] <= most[nearest] else None

    def holds(self, boxes: np.ndarray) -> np.ndarray:
        """Whether the middle of each box (n, 4) lies in the grid: bool (n,)."""
        return np.array([self.slot_at((x + w / 2, y + h / 2)) is not None for x, y, w, h in boxes],
                        bool)  # fmt: skip


def slots_of(boxes: Sequence[Box], grids: Sequence[Grid]) -> list[Slot | None]:
    """The cell that holds the middle of each of n boxes, where one does."""
    middles = [(x + w / 2, y + h / 2) for x, y, w, h in boxes]
    return [next(filter(None, (grid.slot_at(place) for grid in grids)), None) for place in middles]


def alone_in_cells(boxes: Sequence[Box], grids: Sequence[Grid]) -> np.ndarray:
    """Whether the middle of each of n boxes is the only one in a cell: bool (n,)."""
    slots = slots_of(boxes, grids)
    counts = Counter(slot for slot in slots if slot)
    return np.array([counts[slot] == 1 if slot else False for slot in slots], bool)


def fit_cells(boxes: Sequence[Box], grids: Sequence[Grid]) -> np.ndarray:
    """Whether each of n boxes lies in one cell, or hardly beyond it: bool (n,).

    What is far higher than the others of its grid may be two cells.
    """
    cells = np.zeros((0, 4))
    for grid in grids:
        own = np.array([slot.upright for slot in grid.slots], float)
        cells = np.concatenate([cells, own[own[:, 3] < 1.4 * np.median(own[:, 3])]])
    beyond = TUNED.beyond_box * cells[:, 2:]
    low, high = cells[:, :2] - beyond, cells[:, :2] + cells[:, 2:] + beyond
    inner = np.array(boxes, float).reshape(-1, 1, 4)
    fits = (inner[..., :2] >= low) & (inner[..., :2] + inner[..., 2:] <= high)
    return fits.all(2).any(1)


def keep_in_cells(
    mask: np.ndarray, before: np.ndarray, lines: np.ndarray, grids: Sequence[Grid]
) -> np.ndarray:
    """Strokes (h, w) with what was taken from those `before` though it lies in a table's cells.

    All uint8, 1 on ink or rules. No rule runs through a cell: writing that lines up, or that blur
    joins, may look like one, and what touches a rule as faint as it. Bits that are lower than a
    digit, and join none, stay out. What is left of the lines between cells is taken out: on paper
    that curls they are not straight.
    """
    slots = [slot for grid in grids if grid.is_table for slot in grid.slots]
    if not slots:
        return mask
    side = np.median([min(slot.upright[2:]) for slot in slots])
    cells = _insides(slots, before, side)
    inner = cv2.erode(cells, _square(TUNED.cell_rim * side))
    erased = before & (1 - mask) & (1 - lines | inner)
    found, digits = Components.of(erased), Components.of(mask & inner)
    is_joined = found.on(cv2.dilate(mask, np.ones((3, 3), np.uint8))) > 0
    is_high = found.height > TUNED.low_digit * typical_size(digits.stats[1:])
    is_within = found.on(inner) > TUNED.kept_in_cell * found.area
    kept = mask | found.chosen((is_joined | is_high) & is_within)
    drawn, strokes = Components.of(before), Components.of(kept)
    near = cv2.dilate(cells, _square(TUNED.cell_gap * side))
    walls = drawn.chosen(drawn.longest > 2 * side) & near & (1 - inner)
    is_wall = strokes.on(walls) > TUNED.on_wall * strokes.area
    is_wall &= strokes.shortest < TUNED.slim_wall * strokes.longest
    return kept - strokes.chosen(is_wall)


def _square(reach: float) -> np.ndarray:
    """What goes as far as `reach` px on all sides."""
    return np.ones((2 * round(reach) + 1,) * 2, np.uint8)


def _insides(slots: Sequence[Slot], ink: np.ndarray, side: float) -> np.ndarray:
    """The cells as they are drawn: uint8 (h, w), 1 where no line of theirs is.

    That is the hull of the ground between the lines of each; its box where that is no cell.
    """
    ground, inner = ground_between(ink, side), np.zeros_like(ink)
    usual = np.median([slot.upright[2:] for slot in slots], axis=0)
    low, high = (share * usual for share in TUNED.cell_sizes)
    for slot in slots:
        rows, columns = inside_of(slot.upright, TUNED.cell_rim)
        counts = np.bincount(ground.labels[rows, columns].ravel(), minlength=2)[1:]
        row = 1 + int(counts.argmax()) if counts.any() else 0
        (left, top, width, height), hole = ground.cut(row)
        if row and (low < (width, height)).all() and ((width, height) < high).all():
            inner[inside_of(slot.upright, TUNED.middle_of_cell)] = 1  # a digit may part the ground
            cv2.fillConvexPoly(inner, hull_of(hole) + np.array((left, top), np.int32), 1)
        else:
            inner[rows, columns] = 1
    return inner


def find_grids(
    boxes: Sequence[Box],
    mask: np.ndarray,
    before: np.ndarray,
    lines: np.ndarray,
    to_picture: np.ndarray,
) -> tuple[Grid, ...]:
    """Bring boxes of a page into grids: tables from top to bottom, then all other boxes as one.

    `mask`, uint8 (h, w), is 1 on the strokes that are left without rules, `before` on all ink,
    `lines` on the rules; `to_picture` (3, 3) maps the page's pixels to the picture's. A box around
    others is no cell.
    """
    if not boxes:
        return ()
    found = Components.of(mask)
    strokes = found.boxes[1:]
    array = np.array(boxes, float).reshape(-1, 4)
    usual = np.median(array[:, 2:])
    may_be_rules = (found.longest > usual) | (found.shortest < TUNED.line_piece * usual)
    drawn = lines | found.chosen(may_be_rules)  # too faint to be told from strokes
    array = complete_cells(with_leaning(array, before), drawn, strokes, before & (1 - mask))
    used = np.zeros(len(array), bool)
    tables = []
    for ways in find_lattices(array, strokes):
        for places, cells in ways:
            if _is_table(places, cells, strokes):
                tables.append(_grid(places, cells, True, to_picture))
                used |= tables[-1].holds(array)
                break
    tables.sort(key=lambda grid: grid.slots[0].upright[1])
    rest = array[~used]
    if not len(rest):
        return tuple(tables)
    ranks = np.stack([_ranks(rest[:, k] + rest[:, k + 2] / 2, rest[:, k + 2]) for k in (1, 0)], 1)
    return (*tables, _grid(ranks, rest, False, to_picture))


def _is_table(places: np.ndarray, cells: np.ndarray, strokes: np.ndarray) -> bool:
    """Say whether strokes, boxes (m, 4), stand in the cells (n, 4) of a lattice, one line in each.

    Squared paper is a lattice, too, but what is written on it keeps to no square, or most of it
    stands beside those few squares that were found, or goes on beside them.
    """
    if (places.max(0) + 1 < TUNED.table).any() or not keep_to(cells, strokes):
        return False
    inside = within(strokes, cells).any(1)
    alike = strokes[:, 3] > TUNED.like_height[0] * np.median(strokes[inside, 3])
    if len(cells) <= TUNED.few_squares:
        middle = strokes[:, 0] + strokes[:, 2] / 2
        beside = (middle < cells[:, 0].min()) | (middle > (cells[:, 0] + cells[:, 2]).max())
        gaps = _gaps(strokes[inside & alike], strokes[beside & alike])
        if (gaps < TUNED.goes_on * np.median(cells[:, 2])).any():
            return False
    return bool((inside & alike).sum() > min(TUNED.filled_share * len(cells), 0.5 * alike.sum()))


def _gaps(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How far apart boxes (n, 4) and others (m, 4) stand on one line: (n, m), else infinite."""
    low, high = ones[:, None, :2], ones[:, None, :2] + ones[:, None, 2:]
    apart = np.maximum(low - others[:, :2] - others[:, 2:], others[:, :2] - high)
    is_level = -apart[..., 1] > 0.5 * np.minimum(ones[:, None, 3], others[:, 3])
    return np.where(is_level, apart[..., 0], np.inf)


def _grid(places: np.ndarray, cells: np.ndarray, is_table: bool, to_picture: np.ndarray) -> Grid:
    slots = []
    for (row, column), cell in zip(places.tolist(), cells, strict=True):
        left, top, width, height = (int(side) for side in cell)
        corners = np.array([(left, top), (left + width, top), (left + width, top + height),
                            (left, top + height)], float)  # fmt: skip
        moved = cv2.perspectiveTransform(corners[None], to_picture)[0].astype(np.float32)
        box = cv2.boundingRect(moved)
        slots.append(
            Slot(row, column, (left, top, width, height), (box[0], box[1], box[2], box[3]))
        )
    return Grid(tuple(sorted(slots, key=lambda slot: (slot.row, slot.column))), is_table)


def _ranks(places: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Number places (n,) from 0 on, those less than half a size apart alike: int (n,)."""
    order = np.argsort(places)
    near = 0.5 * float(np.median(sizes))
    ranks = np.zeros(len(places), int)
    ranks[order[1:]] = np.cumsum(np.diff(places[order]) > near)
    return ranks
