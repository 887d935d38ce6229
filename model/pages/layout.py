"""Marks brought into lines as a person reads them, lines into groups, boxes into rows of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.pages.candidates import box_around
from model.pages.found import Found, doubted, sure_heights
from model.pages.grids import Grid
from model.pages.page import Box, Cell, Group, Page, PageDigit, PageSign
from model.pages.settings import TUNED

_ALONE = "+=x÷"  # signs that mean something wherever they stand


def lay_out(marks: list[Found], grids: Sequence[Grid] = (), turned: int = 0) -> Page:
    """Bring marks into lines: those in a table by its rows, all others by where they stand."""
    parts = [_lines_of(part, grid) for part, grid in by_grid(marks, grids)]
    if len(parts) > 1:
        parts[-1] = [_no_words(line) for line in parts[-1]]
    lines = [line for part in parts for line in part]
    if len(parts) > 1:
        lines.sort(key=_top)
    texts = [line for line in lines if line.text]
    number = {id(line): row for row, line in enumerate(texts)}
    return Page(
        lines=tuple("".join(str(mark.digit) for mark in line.read) for line in texts),
        digits=tuple(_digit(m, number.get(id(line))) for line in lines for m in line.marks),
        text=tuple(line.text for line in texts),
        groups=tuple(line.groups for line in texts),
        signs=tuple(
            PageSign(m.box, m.char, number.get(id(line))) for line in lines for m in line.signs
        ),
        cells=_cells(grids, [mark for line in lines for mark in line.marks if mark.accepted]),
        turned=turned,
    )


def by_grid(marks: list[Found], grids: Sequence[Grid]) -> list[tuple[list[Found], Grid | None]]:
    """Part marks into those of each table and, with None, all others."""
    parts: list[tuple[list[Found], Grid | None]] = []
    rest = marks
    for grid in grids:
        if grid.is_table and rest:
            inside = grid.holds(np.array([mark.upright for mark in rest]))
            parts.append(([m for m, is_in in zip(rest, inside, strict=True) if is_in], grid))
            rest = [m for m, is_in in zip(rest, inside, strict=True) if not is_in]
    return [*parts, (rest, None)]


@dataclass(frozen=True)
class _Line:
    """A line: its marks from left to right, those of them that are read, its signs and groups."""

    marks: list[Found]
    read: list[Found]
    signs: list[Found]
    groups: tuple[Group, ...]

    @property
    def text(self) -> str:
        return " ".join(group.text for group in self.groups)


def _top(line: _Line) -> float:
    return float(np.mean([_middle(mark.upright)[1] for mark in line.marks]))


def _lines_of(marks: list[Found], grid: Grid | None) -> list[_Line]:
    """The lines of a table, or of what stands in none."""
    found, signs = [m for m in marks if not m.char], [m for m in marks if m.char]
    rows = find_lines([m.upright for m in found]) if grid is None else _rows(found, grid)
    lines = [[found[row] for row in line] for line in rows]
    lines = _no_letters(lines) if grid is None else lines  # before they vouch for one another
    page = [mark for line in lines for mark in line]
    lines = [line if _is_stray(line, page) else _by_company(line, page) for line in lines]
    lines = _no_letters(lines) if grid is None else lines
    usual = _usual_gap(lines)
    out = []
    for line, here in zip(lines, _signs_of(lines, signs), strict=True):
        read = [] if _is_stray(line, found) else [mark for mark in line if mark.accepted]
        groups = tuple(_groups(read, here, usual)) if read else ()
        out.append(_Line(line, read, here, groups))
    return out


def _no_words(line: _Line) -> _Line:
    """A line beside a table; none of its marks is accepted where many are not: it is print."""
    if len(line.read) >= TUNED.words * len(line.marks):
        return line
    marks = [replace(mark, accepted=False) for mark in line.marks]
    return replace(line, marks=marks, read=[], groups=())


def _rows(marks: list[Found], grid: Grid) -> list[list[int]]:
    """Marks by the rows of their table, from left to right; a cell may hold several lines."""
    slots = [grid.slot_at(_middle(mark.upright)) for mark in marks]
    lines: list[list[int]] = []
    for row in sorted({slot.row for slot in slots if slot}):
        here = [k for k, slot in enumerate(slots) if slot and slot.row == row]
        here.sort(key=lambda k: marks[k].upright[0])
        stacked = {
            slots[i]
            for i in here
            for j in here
            if slots[i] == slots[j]
            and marks[i].upright[1] > marks[j].upright[1] + marks[j].upright[3]
        }
        one_line = len(stacked) < (1 - TUNED.cells_kept) * len({slots[k] for k in here})
        parts = [range(len(here))] if one_line else find_lines([marks[k].upright for k in here])
        lines += [[here[k] for k in part] for part in parts]
    return lines


def _digit(mark: Found, line: int | None) -> PageDigit:
    is_sure = mark.accepted and mark.is_sure
    is_guess = mark.accepted and not mark.is_sure and line is not None
    return PageDigit(mark.box, mark.digit, mark.confidence, is_sure, line, is_guess)


def _signs_of(lines: list[list[Found]], signs: list[Found]) -> list[list[Found]]:
    """The signs of each line: each goes to the line whose nearest mark is most level with it."""
    out: list[list[Found]] = [[] for _ in lines]
    for sign in signs:
        x, y = _middle(sign.upright)
        offs = []
        for line in lines:
            near = min(line, key=lambda mark: abs(_middle(mark.upright)[0] - x))
            top, height = near.upright[1], near.upright[3]
            offs.append(max(top - y, y - top - height, 0) + 0.1 * abs(y - top - height / 2))
        if offs:
            out[int(np.argmin(offs))].append(sign)
    return out


def _middle(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def _usual_gap(lines: list[list[Found]]) -> float:
    """Median gap between neighbouring marks on all lines, px; 0 where there are none."""
    gaps = [
        max(0, b.upright[0] - a.upright[0] - a.upright[2])
        for line in lines
        for a, b in zip(line, line[1:], strict=False)
    ]
    return float(np.median(gaps)) if gaps else 0.0


def _groups(read: list[Found], signs: list[Found], usual: float) -> list[Group]:
    """Part a line where its marks stand far apart; signs without a meaning are left out."""
    marks = sorted([*read, *signs], key=lambda mark: mark.upright[0] + mark.upright[2] / 2)
    height = float(np.median([mark.upright[3] for mark in read]))
    far = max(TUNED.group_gap * height, TUNED.group_share * usual)
    if len(read) + len(signs) < 4:
        far = max(far, 2 * height)
    parts: list[list[Found]] = [[]]
    end = marks[0].upright[0]
    for mark in marks:
        if mark.upright[0] - end > far:
            parts.append([])
        parts[-1].append(mark)
        end = max(end, mark.upright[0] + mark.upright[2])
    groups = []
    for part in parts:
        text = "".join(_char(part, place) for place in range(len(part)))
        if any(char.isdigit() for char in text):
            groups.append(Group(text, box_around([mark.box for mark in part])))
    return groups


def _char(part: list[Found], place: int) -> str:
    """The character of a mark in its group, empty for a sign that means nothing there."""
    mark = part[place]
    if not mark.char:
        return str(mark.digit)
    before = place > 0 and not part[place - 1].char
    after = place + 1 < len(part) and not part[place + 1].char
    if mark.char in _ALONE or (mark.char == "-" and (before or after)):
        return mark.char
    if mark.char in "%)":
        return mark.char if before else ""
    if mark.char in "($":
        return mark.char if after else ""
    return mark.char if before and after else ""


def _cells(grids: Sequence[Grid], read: list[Found]) -> tuple[Cell, ...]:
    """Cells of a form, by row and column, with what is read in each; grids below one another.

    Of empty paper, squares are no form.
    """
    cells: list[Cell] = []
    for grid in grids:
        texts = dict.fromkeys(grid.slots, "")
        for mark in sorted(read, key=lambda mark: mark.upright[0]):
            slot = grid.slot_at(_middle(mark.upright))
            if slot is not None:
                texts[slot] += str(mark.digit)
        filled = sum(bool(text) for text in texts.values())
        if filled and (grid.is_table or filled >= TUNED.filled_share * len(texts)):
            first = cells[-1].row + 1 if cells else 0
            cells += [Cell(first + s.row, s.column, s.box, text) for s, text in texts.items()]
    return tuple(cells)


def _is_stray(line: list[Found], found: list[Found]) -> bool:
    """Say whether a line is a stroke alone, unlike the digits of the page: an edge, a crease."""
    heights = sure_heights(found)
    if len(line) > 1 or line[0].digit != 1 or len(heights) < 5:
        return False
    return not 0.6 < line[0].upright[3] / np.median(heights) < 1.6


def _by_company(line: list[Found], page: list[Found]) -> list[Found]:
    """Read what may be no digit among sure digits of its size, as a reader would.

    A company tells that a mark is a digit, never which: what was unsure remains so. A line that is
    mostly refused is left alone, whatever the rest of the page: it is words.
    """
    sure, most = _company(line, page)
    refused = sum(not mark.accepted for mark in line)
    if not sure or refused > (len(line) + 1) // 2:
        return line
    low, high = 0.6 * np.median(sure), 1.6 * np.median(sure)
    least, share, between = TUNED.between
    is_number = len(line) - refused >= max(least, share * len(line))

    def fits(place: int, mark: Found) -> bool:
        beside = line[max(0, place - 1) : place + 2]
        is_between = len(beside) == 3 and beside[0].accepted and beside[2].accepted
        limit = between if is_number and is_between else most
        return mark.doubt < limit and bool(low < max(mark.upright[2:]) and mark.upright[3] < high)

    return [
        replace(mark, accepted=True) if fits(place, mark) else mark
        for place, mark in enumerate(line)
    ]


def _no_letters(lines: list[list[Found]]) -> list[list[Found]]:
    """Refuse what is read in words on a page with numbers, some of whose letters are refused.

    Most of a word is not sure, or a third of it is refused and some of the rest is lower than that.
    """
    words = [_words(line) for line in lines]
    numbers = [len(word) for line in words for word in line if all(m.accepted for m in word)]
    if sum(numbers) < 2:
        return lines

    def is_text(word: list[Found]) -> bool:
        sure = [mark.upright[3] for mark in word if mark.accepted and mark.is_sure]
        refused = [mark.upright[3] for mark in word if not mark.accepted]
        if not refused or len(word) < 2:
            return False
        least, most = TUNED.low_letter
        is_low = 3 * len(refused) >= len(word)
        is_low &= any(least < one / other < most for one in sure for other in refused)
        return is_low or (len(word) > 2 and 2 * len(sure) < len(word))

    def without_letters(word: list[Found]) -> list[Found]:
        return [doubted(mark) for mark in word] if is_text(word) else word

    return [[mark for word in line for mark in without_letters(word)] for line in words]


def _words(line: list[Found]) -> list[list[Found]]:
    """Marks of a line that stand close to each other, as letters of a word do."""
    words: list[list[Found]] = []
    height = max((mark.upright[3] for mark in line if mark.accepted), default=0)
    for mark in line:
        before = words[-1][-1].upright if words else (0, 0, 0, 0)
        if words and mark.upright[0] - before[0] - before[2] < TUNED.letter_gap * height:
            words[-1].append(mark)
        else:
            words.append([mark])
    return words


def _company(line: list[Found], page: list[Found]) -> tuple[list[int], float]:
    """Heights of the sure digits that vouch for a line's doubtful marks, and the doubt allowed."""
    for name, least, share, most in TUNED.companies:
        marks_there = line if name == "line" else page
        sure = sure_heights(marks_there)
        if len(sure) >= max(least, share * len(marks_there)):
            return sure, most
    return [], 0.0


def find_lines(boxes: list[tuple[int, int, int, int]]) -> list[list[int]]:
    """Rows of boxes (left, top, width, height) on an upright page: lines down, then left to right.

    From left to right, each box goes on the line whose last boxes lie most level with it.
    """
    if not boxes:
        return []
    places = np.array([(x + w / 2, y + h / 2, h) for x, y, w, h in boxes])
    for _ in range(2):  # the second look sees neighbours better
        places[:, 1] -= _slope(places) * places[:, 0]
    typical = float(np.median(places[:, 2]))
    lines: list[list[int]] = []
    for row in np.argsort(places[:, 0], kind="stable"):
        x, y, height = places[row]
        best, least = None, 0.6
        for line in lines:
            last = places[line[-3:]]
            reach = max(height, float(last[-1, 2]), 0.7 * typical)
            off = abs(y - last[:, 1].mean()) / reach
            if off < least:
                best, least = line, off
        if best is None:
            lines.append([int(row)])
        else:
            best.append(int(row))
    return sorted(lines, key=lambda line: places[line, 1].mean())


def _slope(places: np.ndarray) -> float:
    """Typical climb, px down a px right, from each (x, y, height) to its neighbour at the right."""
    x, y, height = places.T
    across, down = x[None] - x[:, None], y[None] - y[:, None]
    reach = np.median(height)
    across = np.where((across > 0.3 * reach) & (np.abs(down) < 0.35 * across), across, np.inf)
    nearest = across.argmin(1)
    rows = np.flatnonzero(across.min(1) < 4 * reach)
    if len(rows) < 2:
        return 0.0
    return float(np.median(down[rows, nearest[rows]] / across[rows, nearest[rows]]))
