"""Tests of significance: McNemar's, its clustered form, Fisher's, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from model.intervals import LEVEL
from report.numbers.counts import Proportion

SIGNIFICANCE_LEVEL = 0.05


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided mid-p value that two networks are equally good on the same images.

    `only_first` images did only the first network read correctly, `only_second` only the second;
    images that both got right or both got wrong say nothing. 1 where there is no such image.
    Counted in whole numbers: SciPy has the exact test but not its mid-p version.
    Source: M. W. Fagerland, S. Lydersen and P. Laake, "The McNemar test for binary matched-pairs
    data: mid-p and asymptotic are better than exact conditional", 2013.
    """
    total, fewer = only_first + only_second, min(only_first, only_second)
    ways, below = 1, 0
    for k in range(fewer):
        below += ways
        ways = ways * (total - k) // (k + 1)
    return (2 * below + ways) / 2**total if total else 1.0


def clustered_difference(gaps: np.ndarray, totals: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Test a difference of two shares of the same images, which come in clusters.

    `gaps` float (k,) is the weight of the images that only the second network read correctly, less
    that of those that only the first did, in each cluster; `totals` float (k,) that of all its
    images, above 0. Returns the two-sided p value of no difference and the 95 % interval of the
    second share less the first, by Student's t with k - 1 degrees of freedom. The p value is never
    below the least that McNemar's test can give if each cluster votes once; one cluster alone says
    nothing of others: p is 1 then, and the interval -1 to 1.
    Source: N. A. Obuchowski, "On the comparison of correlated proportions for clustered data",
    1998.
    """
    freedom, total = len(gaps) - 1, totals.sum()
    if freedom < 1:
        return 1.0, (-1.0, 1.0)
    gain = float(gaps.sum() / total)
    residuals = np.square(gaps - gain * totals).sum()
    error = sqrt(residuals * (freedom + 1) / freedom) / float(total)
    p_value, (low, high) = students_t(gain, error, freedom)
    least = mcnemar(int(np.count_nonzero(gaps)), 0)
    return max(p_value, least), (max(-1.0, low), min(1.0, high))


def students_t(gain: float, error: float, freedom: int) -> tuple[float, tuple[float, float]]:
    """Test a number with a standard error: the two-sided p value of 0, and the 95 % interval."""
    from scipy.special import stdtr, stdtrit  # takes a third of a second to import

    reach = float(stdtrit(freedom, (1 + LEVEL) / 2)) * error
    p_value = 2 * float(stdtr(freedom, -abs(gain) / error)) if error else float(gain == 0)
    return p_value, (gain - reach, gain + reach)


def fisher(first: Proportion, second: Proportion) -> float:
    """Return the two-sided p value that two shares, of sets without a common image, are equal.

    Source: R. A. Fisher, "On the interpretation of χ² from contingency tables", 1922.
    """
    from scipy.stats import fisher_exact  # takes half a second to import

    table = [[share.count, share.total - share.count] for share in (first, second)]
    return float(fisher_exact(table).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values so that all tests together stay at the level of one.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    adjusted, highest = [0.0] * len(p_values), 0.0
    ranked = sorted(range(len(p_values)), key=lambda place: p_values[place])
    for rank, place in enumerate(ranked):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
