"""Formats numbers for readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

MISSING = "–"
NARROW_SPACE = "\u202f"


def percent(share: float | None, decimals: int = 2) -> str:
    """Write a share as a percentage that never claims too much: 0.99999 is 99.99 %, not 100 %."""
    if share is None:
        return MISSING
    return f"{_percentage(share, decimals)}{NARROW_SPACE}%"


def interval(bounds: tuple[float, float] | None, decimals: int = 2) -> str:
    """Write two shares as a range of percentages."""
    if bounds is None:
        return MISSING
    low, high = (_percentage(bound, decimals) for bound in bounds)
    return f"{low}–{high}{NARROW_SPACE}%"


def _percentage(share: float, decimals: int) -> str:
    step = 10.0**-decimals
    value = 100 * share
    if 0 < share < 1:
        value = min(max(value, step), 100 - step)
    return f"{value:.{decimals}f}"


def count(number: int | None) -> str:
    """Write a whole number with its thousands set apart."""
    return MISSING if number is None else f"{number:,}"


def decimal(number: float | None, decimals: int = 3) -> str:
    """Write a number that is no share."""
    return MISSING if number is None else f"{number:.{decimals}f}".replace("-", "−")


def large(number: int) -> str:
    """Write a number, in millions from one of those."""
    return f"{number / 1e6:.1f} million" if number >= 999_950 else count(number)


def rate(number: float) -> str:
    """Write a learning rate with two significant digits."""
    return f"{number:.2g}"


def size(amount: int) -> str:
    """Write a number of bytes: kilobytes of 1,000, megabytes from 1,000 of those."""
    kilobytes = amount / 1000
    return f"{kilobytes:.0f} kB" if kilobytes < 999.5 else f"{kilobytes / 1000:.1f} MB"


def milliseconds(duration: float) -> str:
    """Write a duration in thousandths of a second, with two significant digits."""
    return f"{duration:.2g} ms" if duration < 10 else f"{duration:,.0f} ms"


def chance(p_value: float) -> str:
    """Write the probability of a result if only chance were at work."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def seconds(duration: float) -> str:
    """Write a duration, in minutes when it is long."""
    if duration < 100:
        return f"{duration:.0f} s"
    return f"{duration / 60:.0f} min" if duration < 5700 else f"{duration / 3600:.1f} h"


def plural(number: int, noun: str) -> str:
    """Write how many of a thing there are."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def part_of(part: int, whole: int) -> str:
    """Write a count beside what it is a part of."""
    return f"{count(part)} of {count(whole)}"


def listed(items: Iterable[Any]) -> str:
    """Write things one after the other."""
    return ", ".join(map(str, items))


def shape(sides: Any) -> str:
    """Write an array's shape the way people say it: 14×14×24."""
    return "×".join(count(side) for side in sides)


def epoch(created_at: str) -> int:
    """Write a report's time in seconds since 1970, as SOURCE_DATE_EPOCH has it."""
    return int(datetime.fromisoformat(created_at).timestamp())


def areas(bounds: tuple[float, float]) -> str:
    """Write the interval of a number that is no share."""
    return f"{decimal(bounds[0], 4)}–{decimal(bounds[1], 4)}"


_NAMED = (areas, chance, count, decimal, interval, milliseconds, percent, rate, shape, size)
CELL_FORMATS: Mapping[str, Callable[[Any], str]] = {write.__name__: write for write in _NAMED} | {
    "text": str,
    "written": str,  # a number that was written already
    "share": partial(percent, decimals=1),
    "shares": partial(interval, decimals=1),
    "area": partial(decimal, decimals=4),
}


def cell(value: Any, kind: str) -> str:
    """Write a table's cell; `kind` is one of `CELL_FORMATS`."""
    return CELL_FORMATS[kind](value) if value is not None else MISSING
