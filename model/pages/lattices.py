"""Cells that adjoin one another: their rows and columns, and the cells that were not found.

Lines may be too faint to be seen, digits may cross them, and paper curls: cells are followed from
each to the next, and are cut, filled in and continued where lines and writing bear it out.
"""

from __future__ import annotations

import cv2
import numpy as np

from model.pages.connected import Components
from model.pages.page import Box
from model.pages.settings import TUNED

Lattice = tuple[np.ndarray, np.ndarray]  # row and column (n, 2) of each cell, and its box (n, 4)
_ASIDE = [1, 0, 3, 2]  # a box (left, top, width, height) seen from the side


def ground_between(ink: np.ndarray, side: float) -> Components:
    """What lies between the lines in ink, uint8 (h, w), whose cells are about `side` px wide.

    Lines go on across small gaps.
    """
    gap = np.ones((1, 2 * round(TUNED.wall_gap * side / 2) + 1), np.uint8)
    thick = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    closed = [cv2.morphologyEx(thick, cv2.MORPH_CLOSE, kernel) for kernel in (gap, gap.T)]
    return Components.of(1 - np.maximum(*closed), connectivity=4)


def hull_of(hole: np.ndarray) -> np.ndarray:
    """The corners (x, y) of the convex hull of a hole, bool (h, w): int32 (n, 1, 2)."""
    y = np.flatnonzero(hole.any(1))
    left, right = hole[y].argmax(1), hole.shape[1] - 1 - hole[y, ::-1].argmax(1)
    ends = [np.stack([x, y], 1) for x in (left, right)]  # the others lie between them
    return cv2.convexHull(np.concatenate(ends).astype(np.int32))


def with_leaning(cells: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Cells (n, 4), and other holes of their size in the ink, uint8 (h, w), that have four sides.

    These lean where paper curls or is seen askew. The box of one is as wide and as high as it is on
    average. Cells that are only pieces of one are left out.
    """
    if len(cells) < TUNED.least_upright:
        return cells
    usual = np.median(cells[:, 2:], axis=0)
    holes = ground_between(ink, usual.min())
    low, high = (share * usual for share in TUNED.cell_sizes)
    start, sides = holes.boxes[:, :2], holes.boxes[:, 2:]
    is_inside = (start > 0) & (start + sides < ink.shape[::-1])  # lines are seen on all its sides
    is_whole = (cells[:, 2:] > low).all(1)
    found = [np.zeros((0, 4))]
    for row in np.flatnonzero((is_inside & (sides > low) & (sides < high)).all(1)):
        (left, top, _, _), hole = holes.cut(row)
        hull = hull_of(hole)
        corners = cv2.approxPolyDP(hull, TUNED.corner * cv2.arcLength(hull, True), True)
        area, most = cv2.contourArea(corners), cv2.contourArea(hull)
        if len(corners) == 4 and area > TUNED.four_sided * most:
            first, last = np.sort(corners[:, 0], axis=0).reshape(2, 2, 2).mean(1)
            found.append(np.array([[*first + (left, top), *last - first]]))
    leaning = np.concatenate(found)
    cells = cells[is_whole | ~within(cells, leaning).any(1)]
    return np.concatenate([cells, leaning[~within(leaning, cells).any(1)]])


def complete_cells(
    cells: np.ndarray, drawn: np.ndarray, strokes: np.ndarray, erased: np.ndarray
) -> np.ndarray:
    """Cells (n, 4) cut into single rows and columns, with those beside them that lack a side.

    Lines may be seen in what is `drawn`, uint8 (h, w). `strokes`, boxes (m, 4), are what is
    written; `erased`, uint8 (h, w), is 1 on ink taken for rules. A box around others is no cell.
    """
    cells = _single_rows(cells[~_around_others(cells)], strokes, drawn)
    cells = _single_rows(cells[:, _ASIDE], strokes[:, _ASIDE], drawn.T)[:, _ASIDE]
    for _ in range(TUNED.open_ends):
        wholes = [_whole(*lattice) for lattice in _lattices(cells)]
        ends = [_open_ends(*whole, drawn, strokes, erased) for whole in wholes]
        if not sum(map(len, ends)):
            break
        cells = np.concatenate([cells, *ends])
    return cells[~_around_others(cells)]


def find_lattices(cells: np.ndarray, strokes: np.ndarray) -> list[list[Lattice]]:
    """Bring cells (n, 4) that adjoin one another together, with those not found between them.

    Each of these may be read in several ways, the first of them the likeliest: as cells, or as the
    blocks of a puzzle.
    """
    wholes = [_whole(*lattice) for lattice in _lattices(cells)]
    return [[whole, *_by_blocks(*whole, strokes)] for whole in wholes]


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
    inside = within(marks, box[None])[:, 0]
    place = (marks[inside, 1] + marks[inside, 3] / 2 - box[1]) / box[3] * rows
    is_several = len(np.unique(place.astype(int))) == rows > 1
    return bool(is_several and (np.abs(place % 1 - 0.5) < 0.3).all())


def _lattices(boxes: np.ndarray) -> list[Lattice]:
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
    higher = np.maximum(height[:, None], height)
    is_alike = np.minimum(height[:, None], height) > 0.75 * higher
    return (np.abs(gap) < most) & is_alike & (shared > 0.6 * higher)


def _whole(places: np.ndarray, boxes: np.ndarray) -> Lattice:
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


def _by_blocks(places: np.ndarray, blocks: np.ndarray, strokes: np.ndarray) -> list[Lattice]:
    """The lattice of a puzzle of blocks (n, 4) of three by three whose inner lines are too faint.

    Empty unless strokes, boxes (m, 4), stand in the middle of such cells.
    """
    if (places.max(0) + 1 < TUNED.table).any():
        return []
    inside = within(strokes, blocks)
    marks, of = strokes[inside.any(1)], blocks[inside.argmax(1)[inside.any(1)]]
    at = 3 * (marks[:, :2] + marks[:, 2:] / 2 - of[:, :2]) / of[:, 2:]
    if not len(at) or (np.abs(at % 1 - 0.5) < 0.35).all(1).mean() < TUNED.cells_kept:
        return []
    inner = np.array(list(np.ndindex(3, 3)))
    size = np.repeat(blocks[:, None, 2:] / 3, 9, axis=1)
    cells = np.concatenate([blocks[:, None, :2] + inner[:, ::-1] * size, size], 2)
    return [((3 * places[:, None] + inner).reshape(-1, 2), cells.reshape(-1, 4))]


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
            gone = [_share_of(erased[inside_of(cell, TUNED.deep_in_cell)]) for cell in beyond]
            if np.median(gone) > TUNED.erased_in_cell:
                continue
            moved = [_on_line(drawn, cell, end < inner) for cell in beyond]
            if np.mean([is_on_line for _, is_on_line in moved]) > 0.5:
                out = np.concatenate([out, [cell for cell, _ in moved]])
        places, cells, out = places[:, ::-1], cells[:, _ASIDE], out[:, _ASIDE]
        drawn, strokes, erased = drawn.T, strokes[:, _ASIDE], erased.T
    return out[~within(out, cells).any(1)]


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


def _hold_words(cells: np.ndarray, strokes: np.ndarray) -> bool:
    """Say whether strokes, boxes (m, 4), in cells (n, 4) are more than a digit in each."""
    marks = strokes[strokes[:, 2:].max(1) > 0.5 * TUNED.least_in_cell * np.median(cells[:, 3])]
    counts = within(marks, cells).sum(0)
    several = counts.any() and np.median(counts[counts > 0]) > 2
    return bool(several or (counts.any() and not keep_to(cells, strokes)))


def keep_to(cells: np.ndarray, strokes: np.ndarray) -> bool:
    """Say whether strokes that stand in cells (n, 4) keep to them, one line in each.

    Blocks of a puzzle whose inner lines are too faint hold several lines, and so do words.
    """
    height = float(np.median(cells[:, 3]))
    marks = strokes[strokes[:, 3] > TUNED.least_in_cell * height].astype(float)
    inside = within(marks, cells)
    marks, of = marks[inside.any(1)], inside[inside.any(1)].argmax(1)
    if not len(marks) or np.median(marks[:, 3]) > TUNED.highest_in_cell * height:
        return False
    over = np.maximum(cells[of, :2] - marks[:, :2],
                      marks[:, :2] + marks[:, 2:] - cells[of, :2] - cells[of, 2:])  # fmt: skip
    fits = (over < TUNED.beyond_box * height).all(1)
    top, bottom = marks[:, 1], marks[:, 1] + marks[:, 3]
    is_under = ((top[:, None] > bottom) & (of[:, None] == of)).any(1)
    return bool(fits.mean() > TUNED.cells_kept and is_under.mean() < 1 - TUNED.cells_kept)


def _around_others(boxes: np.ndarray) -> np.ndarray:
    """Whether the middle of a smaller box lies in each box (n, 4): bool (n,)."""
    area = boxes[:, 2] * boxes[:, 3]
    return (within(boxes, boxes).T & (area < 0.8 * area[:, None])).any(1)


def within(boxes: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Whether the middle of each box (m, 4) lies in each cell (n, 4): bool (m, n)."""
    middle = boxes[:, None, :2] + boxes[:, None, 2:] / 2
    return ((middle > cells[:, :2]) & (middle < cells[:, :2] + cells[:, 2:])).all(2)


def inside_of(cell: Box | np.ndarray, rim: float) -> tuple[slice, slice]:
    """Rows and columns of a cell (left, top, width, height) without a share of it on all sides."""
    left, top, width, height = cell
    deep = rim * min(width, height)
    rows, columns = (slice(max(0, round(start + deep)), max(0, round(start + side - deep)))
                     for start, side in ((top, height), (left, width)))  # fmt: skip
    return rows, columns


def _share_of(part: np.ndarray) -> float:
    """Share of a part (h, w) that is 1; 0 if it is empty."""
    return float(part.mean()) if part.size else 0.0
