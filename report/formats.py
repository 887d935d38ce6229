"""How numbers are written for people; the only place where they lose digits."""

from __future__ import annotations

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
    return MISSING if number is None else f"{number:.{decimals}f}"


def size(amount: int) -> str:
    """Write a number of bytes: kilobytes of 1,000, megabytes from 1,000 of those."""
    kilobytes = amount / 1000
    return f"{kilobytes:.0f} kB" if kilobytes < 999.5 else f"{kilobytes / 1000:.1f} MB"


def seconds(duration: float) -> str:
    """Write a duration, in minutes when it is long."""
    if duration < 100:
        return f"{duration:.0f} s"
    return f"{duration / 60:.0f} min" if duration < 5700 else f"{duration / 3600:.1f} h"


def plural(number: int, noun: str) -> str:
    """Write how many of a thing there are."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shape(sides: Any) -> str:
    """Write an array's shape the way people say it: 14×14×24."""
    return "×".join(count(side) for side in sides)


def epoch(created_at: str) -> int:
    """Write a report's time in seconds since 1970, as SOURCE_DATE_EPOCH has it."""
    return int(datetime.fromisoformat(created_at).timestamp())


KINDS = {
    "text": str,
    "count": count,
    "percent": percent,
    "interval": interval,
    "share": partial(percent, decimals=1),
    "shares": partial(interval, decimals=1),
    "decimal": decimal,
    "shape": shape,
    "size": size,
}


def cell(value: Any, kind: str) -> str:
    """Write a table's cell; `kind` is one of `KINDS`."""
    return KINDS[kind](value) if value is not None else MISSING
