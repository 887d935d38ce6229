"""Marks brought into lines as a person reads them, lines into groups, boxes into rows of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from model.pages.page import Cell, Group, Page, PageDigit, PageSign
from model.pages.recognition import Box, Found, sure_heights
from model.pages.settings import TUNED

_ALONE = "+=x÷"  # signs that mean something wherever they stand


def lay_out(marks: list[Found], boxes: Sequence[tuple[Box, Box]] = (), turned: int = 0) -> Page:
    """Bring marks into lines; `boxes` are those of a form, upright and in the picture."""
    found, signs = [m for m in marks if not m.char], [m for m in marks if m.char]
    lines = [[found[row] for row in line] for line in find_lines([m.upright for m in found])]
    lines = [line if _is_stray(line, found) else _by_company(line, found) for line in lines]
    usual = _usual_gap(lines)
    kept: list[str] = []
    texts: list[str] = []
    digits: list[PageDigit] = []
    placed: list[PageSign] = []
    groups: list[tuple[Group, ...]] = []
    signs_of = _signs_of(lines, signs)
    for line, here in zip(lines, signs_of, strict=True):
        read = [] if _is_stray(line, found) else [mark for mark in line if mark.accepted]
        number = len(kept) if read else None
        digits += [_digit(mark, number) for mark in line]
        placed += [PageSign(mark.box, mark.char, number) for mark in here]
        if read:
            kept.append("".join(str(mark.digit) for mark in read))
            parts = _groups(read, here, usual)
            texts.append(" ".join(group.text for group in parts))
            groups.append(tuple(parts))
    return Page(
        lines=tuple(kept),
        digits=tuple(digits),
        text=tuple(texts),
        groups=tuple(groups),
        signs=tuple(placed),
        cells=_cells(boxes, _accepted(lines)),
        turned=turned,
    )


def _accepted(lines: list[list[Found]]) -> list[Found]:
    return [mark for line in lines for mark in line if mark.accepted]


def _digit(mark: Found, line: int | None) -> PageDigit:
    return PageDigit(mark.box, mark.digit, mark.confidence, mark.accepted, line)


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
            groups.append(Group(text, _around([mark.box for mark in part])))
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
    if mark.char == "%":
        return "%" if before else ""
    return mark.char if before and after else ""


def _around(boxes: Sequence[Box]) -> Box:
    array = np.array(boxes)
    low, high = array[:, :2].min(0), (array[:, :2] + array[:, 2:]).max(0)
    left, top, right, bottom = (int(v) for v in (*low, *high))
    return left, top, right - left, bottom - top


def _cells(boxes: Sequence[tuple[Box, Box]], read: list[Found]) -> tuple[Cell, ...]:
    """Cells of a form, by row and column, with what is read in each.

    A frame around others is none of them; of empty paper, squares are no form.
    """
    inner = [pair for pair in boxes if not any(_is_in(o[0], pair[0]) for o in boxes if o != pair)]
    texts = dict.fromkeys(range(len(inner)), "")
    for mark in read:
        x, y = _middle(mark.upright)
        for k, (box, _) in enumerate(inner):
            if box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]:
                texts[k] += str(mark.digit)
    filled = sum(bool(text) for text in texts.values())
    if filled < TUNED.filled_share * len(inner) or not filled:
        return ()
    rows = _ranks([_middle(box)[1] for box, _ in inner], [box[3] for box, _ in inner])
    columns = _ranks([_middle(box)[0] for box, _ in inner], [box[2] for box, _ in inner])
    cells = [Cell(rows[k], columns[k], inner[k][1], texts[k]) for k in range(len(inner))]
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.column)))


def _is_in(box: Box, other: Box) -> bool:
    x, y = _middle(box)
    inside = other[0] < x < other[0] + other[2] and other[1] < y < other[1] + other[3]
    return inside and box[2] * box[3] < 0.8 * other[2] * other[3]


def _ranks(places: Sequence[float], sizes: Sequence[int]) -> list[int]:
    """Number places from 0 on, those less than half a size apart alike."""
    order = np.argsort(places)
    near = 0.5 * float(np.median(sizes))
    ranks, rank = [0] * len(places), 0
    for one, other in zip(order, order[1:], strict=False):
        rank += places[other] - places[one] > near
        ranks[other] = rank
    return ranks


def _is_stray(line: list[Found], found: list[Found]) -> bool:
    """Say whether a line is a stroke alone, unlike the digits of the page: an edge, a crease."""
    heights = sure_heights(found)
    if len(line) > 1 or line[0].digit != 1 or len(heights) < 5:
        return False
    return not 0.6 < line[0].upright[3] / np.median(heights) < 1.6


def _by_company(line: list[Found], page: list[Found]) -> list[Found]:
    """Accept doubtful marks among sure digits of their size, as a reader would.

    A line that is mostly refused is left alone, whatever the rest of the page: it is words.
    """
    sure, most = _company(line, page)
    refused = sum(not mark.accepted for mark in line)
    if not sure or refused > (len(line) + 1) // 2:
        return line
    low, high = 0.6 * np.median(sure), 1.6 * np.median(sure)
    return [
        replace(mark, accepted=True) if mark.doubt < most and low < mark.upright[3] < high else mark
        for mark in line
    ]


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
    if len(rows) < 3:
        return 0.0
    return float(np.median(down[rows, nearest[rows]] / across[rows, nearest[rows]]))
