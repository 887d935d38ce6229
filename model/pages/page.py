"""What is read on a page: its digits, lines, groups, signs and cells."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class PageDigit:
    """One mark on a page: `box` is (left, top, width, height) in pixels of the picture.

    `line` is its row in `Page.lines`; None for a mark that stands with no accepted digit.
    """

    box: Box
    digit: int
    confidence: float
    accepted: bool
    line: int | None


@dataclass(frozen=True)
class PageSign:
    """A sign on a page, as its likeliest character: one of - + . , : / % x ÷ =."""

    box: Box
    char: str
    line: int | None


@dataclass(frozen=True)
class Group:
    """Digits and signs that stand close together on a line, as `text`, and the box around them."""

    text: str
    box: Box


@dataclass(frozen=True)
class Cell:
    """A cell of a table or a form: its row and column, both from 0, and the digits in it."""

    row: int
    column: int
    box: Box
    text: str


@dataclass(frozen=True)
class Page:
    """What was read.

    `lines` are those of accepted digits, from top to bottom; `text` the same lines with signs and
    a space between `groups`; `digits` and `signs` are all marks in that order. `turned` is by how
    many degrees clockwise the picture has to be turned to stand upright: 0, 90, 180 or 270.
    """

    lines: tuple[str, ...]
    digits: tuple[PageDigit, ...]
    text: tuple[str, ...] = ()
    groups: tuple[tuple[Group, ...], ...] = ()
    signs: tuple[PageSign, ...] = ()
    cells: tuple[Cell, ...] = ()
    turned: int = 0
