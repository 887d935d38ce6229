"""What is read on a page: its digits, lines, groups, signs and cells."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class PageDigit:
    """One mark on a page: `box` is (left, top, width, height) in pixels of the picture.

    `accepted`: it surely is this digit. `line` is its row in `Page.lines`; None for a mark that
    stands with none that is read. `guessed`: it is not sure, and yet read there as the likeliest
    digit, for it stands among digits; other marks that are not accepted are left out of the line.
    """

    box: Box
    digit: int
    confidence: float
    accepted: bool
    line: int | None
    guessed: bool = False

    @property
    def is_read(self) -> bool:
        """Whether `Page.lines` hold it."""
        return self.accepted or self.guessed


@dataclass(frozen=True)
class PageSign:
    """A sign on a page, as its likeliest character: one of - + . , : / % x ÷ = ( ) $."""

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

    `lines` are those of digits accepted or guessed, from top to bottom; `text` the same lines with
    signs and a space between `groups`; `digits` and `signs` are all marks in that order. `turned`
    is by how many degrees clockwise the picture has to be turned to stand upright: 0, 90, 180, 270.
    """

    lines: tuple[str, ...]
    digits: tuple[PageDigit, ...]
    text: tuple[str, ...] = ()
    groups: tuple[tuple[Group, ...], ...] = ()
    signs: tuple[PageSign, ...] = ()
    cells: tuple[Cell, ...] = ()
    turned: int = 0

    @property
    def number(self) -> str | None:
        """What the only line reads, unsure digits as well; None where there are more lines.

        Low marks are no digits: a flag that came off, or a dot.
        """
        text = self.text or self.lines
        if len(text) != 1:
            return None
        boxes = [turn_box(digit.box, self.turned) for digit in self.digits]
        least = 0.5 * max((height for *_, height in boxes), default=0)
        low = max((box[1] for box, digit in zip(boxes, self.digits, strict=True)
                   if digit.is_read), default=0)  # fmt: skip
        marks = [(turn_box(sign.box, self.turned)[0], sign.char)
                 for sign in self.signs if sign.line == 0]  # fmt: skip
        for (left, top, _, height), digit in zip(boxes, self.digits, strict=True):
            if not digit.is_read and height > least and top + height <= low:
                return text[0]  # another line, of which nothing is sure
            if digit.is_read or height > least:
                marks.append((left, str(digit.digit)))
        is_whole = all(digit.is_read for digit in self.digits)
        return text[0] if is_whole else "".join(char for _, char in sorted(marks))


def turn_box(box: Box, turned: int, size: tuple[int, int] = (0, 0)) -> Box:
    """A box in a picture of `size` (width, height) after that is turned clockwise, by degrees.

    Without the size it is moved as a whole: boxes turned alike lie to each other as they should.
    """
    (left, top, wide, high), (width, height) = box, size
    return {
        0: box,
        90: (height - top - high, left, high, wide),
        180: (width - left - wide, height - top - high, wide, high),
        270: (top, width - left - wide, high, wide),
    }[turned]
