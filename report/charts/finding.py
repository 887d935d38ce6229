"""The parts of a chart as plain values: its title, its description, its table, its image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """Numbers in rows and columns.

    A column is its heading and its kind, which is a key of `CELL_FORMATS`. The first cell of each
    row is the row's heading; None is a number that is not known.
    """

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def headings(self) -> list[str]:
        """The headings, no two alike: one that comes again begins with the heading before it."""
        names = [name for name, _ in self.columns]
        return [
            f"{names[place - 1]}: {name}" if names.count(name) > 1 else name
            for place, name in enumerate(names)
        ]


@dataclass(frozen=True)
class Finding:
    """What a figure shows: in one sentence (`title`), for readers who cannot see it (`alt`), and
    in numbers (`table`). Raises ValueError for a blank `alt`.
    """

    title: str
    alt: str
    table: Table

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("a figure needs alt text that tells what it shows")


@dataclass(frozen=True)
class Link:
    """A part of a figure that leads to a place on the page, by its sides in percent."""

    left: float
    top: float
    width: float
    height: float
    target: str
    words: str


@dataclass(frozen=True)
class Chart(Finding):
    """A figure ready for the page: what it shows, and `src`, its drawing as a data URI.

    `key` says which classes the numbers in the figure stand for, where it has no letters for their
    names; `is_wide` that it needs the page's width; `is_dense` that its letters are small even so.
    `figure` is the drawing itself, for other formats and for notebooks.
    """

    src: str
    figure: Figure
    key: tuple[tuple[str, str], ...] = ()
    links: tuple[Link, ...] = ()
    is_wide: bool = False
    is_dense: bool = False
