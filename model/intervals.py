"""The confidence interval of a share of images, such as an accuracy."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson_interval(count: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of `count` successes in `total` trials, within 0 to 1.

    Unlike the textbook interval it stays inside 0 to 1 and keeps its width when nothing went wrong.
    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", 1927.
    Raises ValueError when the counts are impossible.
    """
    if not 0 <= count <= total or total == 0:
        raise ValueError(f"no interval for {count} of {total}")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = count / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    half = spread / (1 + z * z / total)
    # The exact bounds at the ends, where rounding would leave them a hair off.
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == total else centre + half
    return low, high
