"""Tests of significance: McNemar's, Fisher's, and Holm's correction for multiple tests."""

from __future__ import annotations

from collections.abc import Sequence

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
