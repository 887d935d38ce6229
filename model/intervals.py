"""Confidence intervals of a share of images, such as an accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

import numpy as np

LEVEL = 0.95  # of all intervals
Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)
FEWEST_CLUSTERS = 5  # With fewer, a bootstrap interval is far too narrow.
RESAMPLES = 2000
MOST_RESAMPLED = 20_000  # With more clusters, the normal interval is as good.


def wilson_interval(count: float, total: float) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of `count` successes in `total` trials, within 0 to 1.

    Unlike the textbook interval it stays inside 0 to 1 and keeps its width when nothing went wrong.
    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", 1927.
    Raises ValueError when the counts are impossible.
    """
    if not 0 <= count <= total or total == 0:
        raise ValueError(f"no interval for {count} of {total}")
    share = count / total
    centre = (share + Z * Z / (2 * total)) / (1 + Z * Z / total)
    spread = Z * sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    half = spread / (1 + Z * Z / total)
    # The exact bounds at the ends, where rounding would leave them a hair off.
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == total else min(1.0, centre + half)
    return low, high


def cluster_interval(
    counts: Sequence[float], totals: Sequence[float]
) -> tuple[float, float] | None:
    """Return the 95 % interval of a share whose trials come in clusters, such as images by writer.

    What one writer wrote is alike, so an interval for independent trials is too narrow for what
    other writers will write. Instead whole clusters are drawn with replacement, again and again
    (the cluster bootstrap; percentile interval), the same on every run. Where hardly a trial failed
    few resamples hold a failure, so the interval always includes Wilson's. `counts` are the
    successes in each cluster, `totals` its trials, at least one; or the sums of their weights.
    None with fewer than five clusters, which say too little about others.
    Source: C. A. Field and A. H. Welsh, "Bootstrapping clustered data", 2007.
    """
    successes, trials = np.array(counts), np.array(totals)
    if len(trials) < FEWEST_CLUSTERS:
        return None
    if len(trials) > MOST_RESAMPLED:
        return _ratio_interval(successes, trials)
    random = np.random.default_rng(0)
    drawn = (random.integers(len(trials), size=len(trials)) for _ in range(RESAMPLES))
    shares = [successes[rows].sum() / trials[rows].sum() for rows in drawn]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(shares, [tail, 1 - tail]).tolist()
    least, most = wilson_interval(sum(counts), sum(totals))
    return min(low, least), max(high, most)


def _ratio_interval(successes: np.ndarray, trials: np.ndarray) -> tuple[float, float]:
    """The normal interval of a ratio of sums over very many clusters.

    Source: W. G. Cochran, "Sampling techniques", 1977 (the ratio estimator, 6.4).
    """
    total = trials.sum()
    share = float(successes.sum() / total)
    deviation = float(np.sqrt(np.square(successes - share * trials).sum()) / total)
    half = Z * deviation
    return max(0.0, share - half), min(1.0, share + half)
