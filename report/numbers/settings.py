"""What a user asks of a report beside its inputs, and the file of costs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path

from model.errors import InputError, is_printable
from report.numbers.texts import read_text

Costs = tuple[tuple[float, ...], ...]
TITLE_LENGTH = 200
MOST_COST = 1e12


@dataclass(frozen=True)
class Questions:
    """What is asked of the numbers of known classes.

    `positive` is the class that two-class numbers are about, `top_k` how many guesses may be
    right, `costs[truth][answer]` what each answer costs.
    """

    positive: int = 1
    top_k: tuple[int, ...] = ()
    costs: Costs | None = None


@dataclass(frozen=True)
class Settings:
    """What a user chose for a report on any classifier, as given.

    Raises InputError for a title or a name that can't be shown, and for costs that can't be read.
    """

    title: str | None = None
    model_name: str | None = None
    positive: str | None = None
    top_k: tuple[int, ...] = ()
    costs: Path | None = None

    def __post_init__(self) -> None:
        for option, text in (("--title", self.title), ("--model-name", self.model_name)):
            if text is not None and not (
                0 < len(text.strip()) <= TITLE_LENGTH and is_printable(text)
            ):
                raise InputError(f"{option} takes 1 to {TITLE_LENGTH} letters that can be shown")
        _ = self._cost_rows  # what is wrong is said now, not after a long test

    @cached_property
    def _cost_rows(self) -> list[list[str]]:
        """Its cells, read once, as the file may be a pipe."""
        return [] if self.costs is None else _rows(self.costs)

    def questions(self, names: Sequence[str]) -> Questions:
        """What this asks of the classes `names`. Raises InputError for what they can't answer."""
        positive = 1
        if self.positive is not None:
            if len(names) != 2 or self.positive not in names:
                given = f"“{names[0]}” or “{names[1]}”" if len(names) == 2 else "only two classes"
                raise InputError(f"--positive {self.positive}: takes {given}")
            positive = list(names).index(self.positive)
        for k in self.top_k:
            if not 1 <= k < len(names):
                raise InputError(f"--top-k {k}: give 1 to {len(names) - 1}, one less than classes")
        costs = None if self.costs is None else _costs(self.costs, self._cost_rows, names)
        return Questions(positive, tuple(sorted(set(self.top_k))), costs)


def _costs(path: Path, rows: list[list[str]], names: Sequence[str]) -> Costs:
    """What answers cost, by the rows of a CSV file: one per true class, a column per answer.

    The first row names the answers, the first cell of each other row its class, in any order.
    Raises InputError.
    """
    cells = [[cell.strip() for cell in row] for row in rows if any(map(str.strip, row))]
    columns, found = (cells[0][1:] if cells else []), {row[0]: row[1:] for row in cells[1:]}
    if sorted(columns) != sorted(names) or sorted(found) != sorted(names):
        raise InputError(
            f"{path}: needs a row and a column for each class, named as the classes are: "
            f"a first row “true,{','.join(names[:2])}…” and rows such as “{names[0]},0,1…”"
        )
    return tuple(tuple(_cost(path, found[t], columns.index(a)) for a in names) for t in names)


def _rows(path: Path) -> list[list[str]]:
    try:
        return list(csv.reader(read_text(path, "a CSV file").splitlines()))
    except csv.Error as error:
        raise InputError(f"{path}: is no readable CSV file ({error})") from None


def _cost(path: Path, row: Sequence[str], place: int) -> float:
    try:
        cost = float(row[place])
    except (ValueError, IndexError):
        cost = float("nan")
    if not (isfinite(cost) and abs(cost) <= MOST_COST):
        raise InputError(f"{path}: a cost is missing or no number; 0 is no cost")
    return cost
