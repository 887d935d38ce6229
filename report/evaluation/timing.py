"""How long one image takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

TIMED_READINGS = 50


def median_milliseconds(read: Callable[[], Any]) -> float | None:
    """Median milliseconds of a reading, once it is warm.

    None where SOURCE_DATE_EPOCH asks for equal bytes on every run: no two runs take equal time.
    """
    if "SOURCE_DATE_EPOCH" in os.environ:
        return None
    read()
    durations = []
    for _ in range(TIMED_READINGS):
        start = perf_counter()
        read()
        durations.append(perf_counter() - start)
    return round(1000 * median(durations), 3)
