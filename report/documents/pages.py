"""Where the pages of a document end: text that follows a figure may stand before it.

A figure or a table that does not fit on the rest of a page would leave that rest blank. So the text
after it is set there, as in a printed paper, and the figure comes first on the next page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LEAST_SIZE = 0.8  # of its size, that a figure may be drawn at to fit on a page
CAPTION = 70.0  # points that a caption of four lines takes, at any size of its figure
LINE = 13.0  # points from one line of text to the next
SLACK = 4.0  # points by which a page may hold less than was measured
TABLE_LEAST = 5  # rows of a table, with its caption and its heading, that stay on a page
COLUMN_SPACE = 20.0  # points above the first table in a column
TABLE_SPACE = 12.0  # points below a table, at least


@dataclass(frozen=True)
class Block:
    """A block of a document: its height and the `space` below it on an endless page, in points.

    It can be broken between its `pieces`, `least` of which stay together on either page; one piece
    is never broken, and 0 pieces are lines of text. `rows` are the heights of the rows of images
    that it can be broken between instead. One that `leads`, such as a heading, stays on the page of
    the next; one that `waits`, such as a figure, may come after the next; one that `shrinks` may be
    drawn smaller. A `column` is one of the tables at the end that are half as wide as the page.
    """

    height: float
    space: float
    pieces: int = 1
    least: int = 2
    leads: bool = False
    waits: bool = False
    shrinks: bool = False
    column: bool = False
    rows: Sequence[float] = ()

    @property
    def head(self) -> float:
        """The least of it that may stand on a page."""
        if self.rows:
            return self.rows[0]
        pieces = self.pieces or max(1, round(self.height / LINE))
        return self.height if pieces < 2 * self.least else self.height * self.least / pieces

    @property
    def repeated(self) -> float:
        """What each further page adds to it: the heading of a table, and half a row left over."""
        return self.height / self.pieces * 2.5 if self.least == TABLE_LEAST else 0.0


@dataclass
class Pages:
    """Blocks in the `order` in which they are set, `sizes` other than 1, and what is `left`.

    `page` is the height of a page, and `left` how much of the last one is; in points.
    """

    blocks: Sequence[Block]
    page: float
    left: float
    order: list[int] = field(default_factory=list)
    sizes: dict[int, float] = field(default_factory=dict)

    def need(self, unit: Sequence[int]) -> float:
        """How much of a page blocks take that follow one another."""
        found = [self.blocks[place] for place in unit]
        return sum(block.height + block.space for block in found) - found[-1].space

    def has_room(self, need: float) -> bool:
        """Whether so much fits on the page; the measures are not exact."""
        return need + SLACK <= self.left

    def set(self, unit: Sequence[int], size: float = 1.0) -> None:
        """Set blocks on this page, at `size`; the last may be broken over further pages."""
        last, need = self.blocks[unit[-1]], self.need(unit)
        if last.rows and not self.has_room(need):
            self.left -= need - last.height
            self._set_rows(last)
        else:
            self.left -= need if size == 1 else self.left
        while self.left < 0:
            self.left += self.page - min(last.repeated, self.page / 2)
        self.left = max(0.0, self.left - last.space)
        self.order += unit
        if size < 1:
            self.sizes[unit[0]] = size

    def _set_rows(self, block: Block) -> None:
        """Set rows of images, each of which stands on one page."""
        gap = (block.height - sum(block.rows)) / max(1, len(block.rows) - 1)
        for row in block.rows:
            self.left = self.page if row > self.left else self.left
            self.left -= row + gap
        self.left += gap

    def set_all(self, waiting: list[list[int]]) -> None:
        """Set the figures that wait for this page: those that it has no room for on the next."""
        for unit in waiting:
            if not self.has_room(self.need(unit)):
                self.left = self.page
            self.set(unit)
        waiting.clear()


def plan(blocks: Sequence[Block], first: float, page: float) -> Pages:
    """Say in which order to set blocks, and at which size those that are drawn smaller.

    `first` is how much of the first page is left for them, and `page` the height of the others, in
    points. Figures and tables keep their order, and text keeps its.
    """
    pages, waiting = Pages(blocks, page, first), list[list[int]]()
    for unit in _units(blocks):
        need, last = pages.need(unit), blocks[unit[-1]]
        if last.waits and len(unit) == 1:
            size = 1.0 if pages.has_room(need) else _smaller(last, pages.left)
            if waiting or size < LEAST_SIZE:
                waiting.append(unit)
            else:
                pages.set(unit, size)
            continue
        head = min(need, need - last.height + last.head + SLACK)
        if not pages.has_room(head) or (waiting and last.waits):  # A figure passes none.
            pages.left = page
            pages.set_all(waiting)
        is_broken = not pages.has_room(need)
        pages.set(unit)
        if is_broken:  # The rest of it is on the next page, and then come the figures.
            pages.set_all(waiting)
    pages.set_all(waiting)
    return pages


def _smaller(figure: Block, left: float) -> float:
    """The size at which a figure fits, 0 for one that can't be drawn smaller."""
    drawing = figure.height - CAPTION
    return (left - SLACK - CAPTION) / drawing if figure.shrinks and drawing > 0 else 0.0


def _units(blocks: Sequence[Block]) -> Iterator[list[int]]:
    """Blocks that begin on one page: those that lead, and what they lead to."""
    unit: list[int] = []
    for place, block in enumerate(blocks):
        unit.append(place)
        if not block.leads or place == len(blocks) - 1:
            yield unit
            unit = []


def column_break(columns: Sequence[Block], left: float, page: float) -> int | None:
    """Say which block begins the second of two columns on the last page, so that both end alike.

    `columns` are blocks as wide as a column, and `left` is what the page has left for them. None
    where they need no such break.
    """
    room, used, is_second, here = left, 0.0, False, dict[int, float]()
    for place, block in enumerate(columns):
        height = block.height + block.space
        while used + height > room and (used or room < page or block.head <= room):
            if block.head <= room - used < height:  # A part of it stands on the rest of it.
                here[place] = here.get(place, 0.0) + room - used
                height -= room - used
            used, is_second = 0.0, not is_second
            room, here = (room, here) if is_second else (page, {})
        here[place] = here.get(place, 0.0) + height
        used += height
    places, heights = list(here), list(here.values())
    ends = [max(sum(heights[:k]), sum(heights[k:])) for k in range(1, len(places))]
    return places[1 + ends.index(min(ends))] if ends and min(ends) <= room else None


def plan_of(measured: Sequence[Mapping[str, Any]], page_end: float, page: float) -> dict[str, Any]:
    """The plan as the template takes it, from what it has `measured` of each block.

    That is where each block has its `top` on an endless page, the `height` of all but tables, in
    points, and how it may be set; the last is where the document ends. The first page ends at
    `page_end`. The tables in columns need so much `room` on the page that they begin on.
    """
    tops = [facts["top"] for facts in measured]
    found = [
        _block(below - top, **facts)
        for facts, top, below in zip(measured, tops, tops[1:], strict=False)
    ]
    blocks, columns = ([b for b in found if b.column == is_one] for is_one in (False, True))
    pages = plan(blocks, page_end - tops[0], page)
    room = columns[0].head + COLUMN_SPACE if columns else 0.0
    return {
        "order": pages.order,
        "sizes": {str(place): size for place, size in pages.sizes.items()},
        "room": room,
        "columnbreak": column_break(columns, pages.left if room < pages.left else page, page),
    }


def _block(pitch: float, top: float, height: float | None = None, **facts: Any) -> Block:
    """A block at `top`, `pitch` above the next."""
    own = pitch - TABLE_SPACE if height is None else height
    return Block(own, pitch - own, **facts)
