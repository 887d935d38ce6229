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
from model.pages.page import Box
from model.pages.settings import TUNED

_ASIDE = [1, 0, 3, 2]  # a box (left, top, width, height) seen from the side


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


def alone_in_cells(boxes: Sequence[Box], grids: Sequence[Grid]) -> np.ndarray:
    """Whether the middle of each of n boxes is the only one in a cell: bool (n,)."""
    middles = [(x + w / 2, y + h / 2) for x, y, w, h in boxes]
    slots = [next(filter(None, (grid.slot_at(place) for grid in grids)), None) for place in middles]
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


def restore_in_cells(
    mask: np.ndarray, before: np.ndarray, lines: np.ndarray, grids: Sequence[Grid]
) -> np.ndarray:
    """Strokes (h, w) with what was taken from those `before` though it lies in a table's cells.

    All uint8, 1 on ink or rules. No rule runs through a cell: writing that lines up, or that blur
    joins, may look like one, and what touches a rule as faint as it. Bits that are lower than a
    digit, and join none, stay out.
    """
    slots = [slot for grid in grids if grid.is_table for slot in grid.slots]
    if not slots:
        return mask
    inner = np.zeros_like(mask)
    for slot in slots:
        inner[_inside(slot.upright, TUNED.cell_rim)] = 1
    erased = before & (1 - mask) & (1 - lines | inner)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(erased, connectivity=8)
    digits = cv2.connectedComponentsWithStats(mask & inner, connectivity=8)[2][1:]
    beside = erased & cv2.dilate(mask, np.ones((3, 3), np.uint8))
    within, joined = (np.bincount(labels[part > 0], minlength=count)
                      for part in (erased & inner, beside))  # fmt: skip
    is_stroke = (joined > 0) | (stats[:, 3] > TUNED.low_digit * typical_size(digits))
    is_stroke &= within > TUNED.kept_in_cell * stats[:, cv2.CC_STAT_AREA]
    is_stroke[0] = False
    return mask | is_stroke.astype(np.uint8)[labels]


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
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    strokes = stats[1:, :4]
    array = np.array(boxes, float).reshape(-1, 4)
    usual, sides = np.median(array[:, 2:]), stats[:, 2:4]
    may_be_rules = (sides.max(1) > usual) | (sides.min(1) < TUNED.line_piece * usual)
    may_be_rules[0] = False
    erased = before & (1 - mask)
    drawn = lines | may_be_rules.astype(np.uint8)[labels]  # too faint to be told from strokes
    array = _single_rows(array[~_around_others(array)], strokes, drawn)
    aside = _single_rows(array[:, _ASIDE], strokes[:, _ASIDE], drawn.T)  # and single columns
    array = aside[:, _ASIDE]
    for _ in range(TUNED.open_ends):
        ends = [_open_ends(*each, drawn, strokes, erased) for each in _lattices(array)]
        if not sum(map(len, ends)):
            break
        array = np.concatenate([array, *ends])
    array = array[~_around_others(array)]
    used = np.zeros(len(array), bool)
    tables = []
    for lattice in _lattices(array):
        lattice = _whole(*lattice)
        for places, cells in (lattice, *_by_blocks(*lattice, strokes)):
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


def _inside(cell: Box | np.ndarray, rim: float) -> tuple[slice, slice]:
    """Rows and columns of a cell (left, top, width, height) without a share of it on all sides."""
    left, top, width, height = cell
    deep = rim * min(width, height)
    rows, columns = (slice(max(0, round(start + deep)), max(0, round(start + side - deep)))
                     for start, side in ((top, height), (left, width)))  # fmt: skip
    return rows, columns


def _share_of(part: np.ndarray) -> float:
    """Share of a part (h, w) that is 1; 0 if it is empty."""
    return float(part.mean()) if part.size else 0.0


def _around_others(boxes: np.ndarray) -> np.ndarray:
    """Whether the middle of a smaller box lies in each box (n, 4): bool (n,)."""
    area = boxes[:, 2] * boxes[:, 3]
    return (_within(boxes, boxes).T & (area < 0.8 * area[:, None])).any(1)


def _single_rows(boxes: np.ndarray, strokes: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Boxes (n, 4), those cut into rows that are several times as high and hold a line in each.

    The line between two cells may not be seen where digits cross it. Nothing need be written in
    them where lines are seen between all rows in what is `drawn`, uint8 (h, w); they may then be as
    high as others are wide.
    """
    if not len(boxes):
        return boxes
    wide, high = 1.08 * np.median(boxes[:, 2:], axis=0)
    marks = strokes[strokes[:, 3] > TUNED.least_in_cell * high]
    out = []
    for box in boxes:
        usual, most = round(box[3] / high), round(box[3] / min(wide, high))
        ruled = [count for count in (usual, most) if _has_walls(drawn, box, count)]
        rows = max(ruled, default=usual if _holds_lines(marks, box, usual) else 1)
        left, top, width, height = box / [1, 1, 1, rows]
        cell = (width, 0.92 * height) if rows > 1 else (width, height)
        out += [(left, top + k * height, *cell) for k in range(rows)]
    return np.array(out)


def _has_walls(drawn: np.ndarray, box: np.ndarray, rows: int) -> bool:
    """Say whether lines are seen between all `rows` of a box (4,), several of them."""
    left, top, width, height = box / [1, 1, 1, max(1, rows)]
    feet = [(left, top + k * height, width, 0.95 * height) for k in range(rows - 1)]
    return rows > 1 and all(_line_at_foot(drawn, foot) > TUNED.faint_wall for foot in feet)


def _holds_lines(marks: np.ndarray, box: np.ndarray, rows: int) -> bool:
    """Say whether marks, boxes (n, 4), stand in the middle of all `rows` of a box, several."""
    inside = _within(marks, box[None])[:, 0]
    place = (marks[inside, 1] + marks[inside, 3] / 2 - box[1]) / box[3] * rows
    is_several = len(np.unique(place.astype(int))) == rows > 1
    return bool(is_several and (np.abs(place % 1 - 0.5) < 0.3).all())


def _lattices(boxes: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Boxes (n, 4) that adjoin one another: their rows and columns (n, 2), and they themselves."""
    if not 0 < len(boxes) <= TUNED.most_cells:
        return []
    beside, below = _next(boxes), _next(boxes[:, _ASIDE])
    lone = ~(beside | beside.T).any(1) | ~(below | below.T).any(1)
    lone &= (boxes[:, 2:] > 1.4 * np.median(boxes[:, 2:], 0)).any(1)  # several cells in one
    for links in (beside, below):
        links[lone] = links[:, lone] = False
    ways = ((beside, 0, 1), (beside.T, 0, -1), (below, 1, 0), (below.T, -1, 0))
    places: dict[int, tuple[int, int]] = {}
    found = []
    for first in range(len(boxes)):
        if first in places:
            continue
        places[first], queue = (0, 0), [first]
        for one in queue:  # from cell to cell, as curled paper bends rows and columns
            row, column = places[one]
            for links, down, right in ways:
                for other in np.flatnonzero(links[one]).tolist():
                    if other not in places:
                        places[other] = row + down, column + right
                        queue.append(other)
        at = np.array([places[one] for one in queue])
        found.append((at - at.min(0), boxes[queue]))
    return found


def _next(boxes: np.ndarray) -> np.ndarray:
    """Whether a box (n, 4) adjoins another, as high as it, on that one's right: bool (n, n)."""
    left, top, width, height = boxes.T
    gap = left - (left + width)[:, None]
    shared = np.minimum((top + height)[:, None], top + height) - np.maximum(top[:, None], top)
    side = np.minimum(width, height)
    most = TUNED.cell_gap * np.minimum(side[:, None], side)
    return (np.abs(gap) < most) & (shared > 0.75 * np.maximum(height[:, None], height))


def _whole(places: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cells of a lattice with those that were not found, each as wide and high as those nearby."""
    at = {tuple(place): box for place, box in zip(places.tolist(), boxes, strict=True)}
    for row, column in np.ndindex(*(places.max(0) + 1)):
        if (row, column) not in at:
            level, upright = places[:, 0] == row, places[:, 1] == column
            if level.any() and upright.any():
                beside = boxes[level][np.abs(places[level, 1] - column).argmin()]
                above = boxes[upright][np.abs(places[upright, 0] - row).argmin()]
                at[row, column] = np.array([above[0], beside[1], above[2], beside[3]])
    return np.array(list(at)), np.array(list(at.values()))


def _by_blocks(
    places: np.ndarray, blocks: np.ndarray, strokes: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The lattice of a puzzle of blocks (n, 4) of three by three whose inner lines are too faint.

    Empty unless strokes, boxes (m, 4), stand in the middle of such cells.
    """
    if (places.max(0) + 1 < TUNED.table).any():
        return []
    inside = _within(strokes, blocks)
    marks, of = strokes[inside.any(1)], blocks[inside.argmax(1)[inside.any(1)]]
    at = 3 * (marks[:, :2] + marks[:, 2:] / 2 - of[:, :2]) / of[:, 2:]
    if not len(at) or (np.abs(at % 1 - 0.5) < 0.35).all(1).mean() < TUNED.cells_kept:
        return []
    inner = np.array(list(np.ndindex(3, 3)))
    size = np.repeat(blocks[:, None, 2:] / 3, 9, axis=1)
    cells = np.concatenate([blocks[:, None, :2] + inner[:, ::-1] * size, size], 2)
    return [((3 * places[:, None] + inner).reshape(-1, 2), cells.reshape(-1, 4))]


def _is_table(places: np.ndarray, cells: np.ndarray, strokes: np.ndarray) -> bool:
    """Say whether strokes, boxes (m, 4), stand in the cells (n, 4) of a lattice, one line in each.

    Squared paper is a lattice, too, but what is written on it keeps to no square, or most of it
    stands beside those few squares that were found, or goes on beside them.
    """
    if (places.max(0) + 1 < TUNED.table).any() or not _keep_to(cells, strokes):
        return False
    inside = _within(strokes, cells).any(1)
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


def _within(boxes: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Whether the middle of each box (m, 4) lies in each cell (n, 4): bool (m, n)."""
    middle = boxes[:, None, :2] + boxes[:, None, 2:] / 2
    return ((middle > cells[:, :2]) & (middle < cells[:, :2] + cells[:, 2:])).all(2)


def _keep_to(cells: np.ndarray, strokes: np.ndarray) -> bool:
    """Say whether strokes that stand in cells (n, 4) keep to them, one line in each.

    Blocks of a puzzle whose inner lines are too faint hold several lines, and so do words.
    """
    height = float(np.median(cells[:, 3]))
    marks = strokes[strokes[:, 3] > TUNED.least_in_cell * height].astype(float)
    inside = _within(marks, cells)
    marks, of = marks[inside.any(1)], inside[inside.any(1)].argmax(1)
    if not len(marks) or np.median(marks[:, 3]) > TUNED.highest_in_cell * height:
        return False
    over = np.maximum(cells[of, :2] - marks[:, :2],
                      marks[:, :2] + marks[:, 2:] - cells[of, :2] - cells[of, 2:])  # fmt: skip
    fits = (over < TUNED.beyond_box * height).all(1)
    top, bottom = marks[:, 1], marks[:, 1] + marks[:, 3]
    is_under = ((top[:, None] > bottom) & (of[:, None] == of)).any(1)
    return bool(fits.mean() > TUNED.cells_kept and is_under.mean() < 1 - TUNED.cells_kept)


def _open_ends(
    places: np.ndarray,
    cells: np.ndarray,
    drawn: np.ndarray,
    strokes: np.ndarray,
    erased: np.ndarray,
) -> np.ndarray:
    """Cells (n, 4) beside a lattice that lack a side, or all whose sides digits cross.

    The lines between rows, or between columns, run on there, and no words stand there, nor were
    any `erased` as rules.
    """
    out = np.zeros((0, 4))
    for _ in range(2):  # columns, and then, seen from the side, rows
        last = places[:, 1].max()
        for end, inner in ((0, 1), (last, last - 1)):
            beyond = _beyond(places, cells, end, inner)
            if len(beyond) < 3 or _hold_words(beyond, strokes):
                continue
            gone = [_share_of(erased[_inside(cell, TUNED.deep_in_cell)]) for cell in beyond]
            if np.median(gone) > TUNED.erased_in_cell:
                continue
            moved = [_on_line(drawn, cell, end < inner) for cell in beyond]
            if np.mean([is_on_line for _, is_on_line in moved]) > 0.5:
                out = np.concatenate([out, [cell for cell, _ in moved]])
        places, cells, out = places[:, ::-1], cells[:, _ASIDE], out[:, _ASIDE]
        drawn, strokes, erased = drawn.T, strokes[:, _ASIDE], erased.T
    return out[~_within(out, cells).any(1)]


def _beyond(places: np.ndarray, cells: np.ndarray, end: int, inner: int) -> np.ndarray:
    """Where the cells (n, 4) of a lattice go on beyond its column `end`, as from `inner` to it."""
    at = {tuple(place): cell for place, cell in zip(places.tolist(), cells, strict=True)}
    beyond = []
    for (row, column), cell in at.items():
        if column == end:
            left, top, width, height = cell
            usual = left + 1.06 * np.sign(inner - end) * width, top
            before = at.get((row, inner), usual)
            beyond.append((2 * left - before[0], 2 * top - before[1], width, height))
    return np.array(beyond)


def _hold_words(cells: np.ndarray, strokes: np.ndarray) -> bool:
    """Say whether strokes, boxes (m, 4), in cells (n, 4) are more than a digit in each."""
    marks = strokes[strokes[:, 2:].max(1) > 0.5 * TUNED.least_in_cell * np.median(cells[:, 3])]
    counts = _within(marks, cells).sum(0)
    several = counts.any() and np.median(counts[counts > 0]) > 2
    return bool(several or (counts.any() and not _keep_to(cells, strokes)))


def _on_line(drawn: np.ndarray, cell: np.ndarray, is_before: bool) -> tuple[np.ndarray, bool]:
    """Move a cell (4,) up or down to a line along its foot; say whether there is one.

    The line is looked for where the cell is next to its neighbour, a little off as paper curls.
    """
    left, top, width, height = cell
    near = left + 0.4 * width * is_before
    shifts = np.array(sorted(np.linspace(-0.25, 0.25, 11), key=abs)) * height
    seen = [_line_at_foot(drawn, (near, top + by, 0.6 * width, height)) for by in shifts]
    best = int(np.argmax(seen))
    return cell + [0, shifts[best], 0, 0], seen[best] > 0.7


def _line_at_foot(drawn: np.ndarray, cell: tuple[float, ...]) -> float:
    """Share of the foot of a cell (left, top, width, height) along which there is a line."""
    left, top, width, height = cell
    deep = 0.1 * height
    x, y = max(0, int(left)), max(0, int(top + height - deep / 2))
    foot = drawn[y : int(y + 2 * deep), x : int(left + width)]
    return _share_of(foot.max(0, initial=0))


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
