"""The tests for chance, against SciPy's distributions and at their edges."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binom, fisher_exact, ttest_1samp

from report.numbers.counts import Proportion
from report.numbers.significance import clustered_difference, fisher, holm, mcnemar

few = some.integers(0, 60)


@given(few, few)
def test_mcnemar_is_the_mid_p_value_of_the_binomial(a, b):
    k, n = min(a, b), a + b
    expected = min(1.0, 2 * binom.cdf(k, n, 0.5) - binom.pmf(k, n, 0.5)) if n else 1.0
    assert mcnemar(a, b) == pytest.approx(expected, abs=1e-12)
    assert mcnemar(a, b) == mcnemar(b, a)
    assert 0 < mcnemar(a, b) <= 1


def test_mcnemar_gives_a_published_value():
    # Fagerland, Lydersen and Laake 2013, table 1: 1 and 7 discordant pairs.
    assert mcnemar(1, 7) == pytest.approx(0.0391, abs=5e-5)


def test_mcnemar_without_a_differing_image_finds_no_difference():
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 5) == 1


def test_clusters_of_one_size_are_students_t_of_their_differences():
    gaps = np.random.default_rng(0).normal(0.5, 2, 30).round()
    wanted = ttest_1samp(gaps / 8, 0)
    p_value, interval = clustered_difference(gaps, np.full(30, 8.0))
    assert p_value == pytest.approx(wanted.pvalue)
    assert interval == pytest.approx(tuple(wanted.confidence_interval()))


def test_few_clusters_say_little_however_large_they_are():
    assert clustered_difference(np.array([90.0]), np.array([100.0])) == (1, (-1, 1))
    p_value, _ = clustered_difference(np.full(5, 20.0), np.full(5, 100.0))  # all alike: no spread
    assert p_value == mcnemar(5, 0)
    assert clustered_difference(np.zeros(9), np.ones(9)) == (1, (0, 0))


@given(few, few, few, few)
def test_fisher_is_scipys(a, b, c, d):
    if not (a + b and c + d):
        return
    expected = fisher_exact([[a, b], [c, d]]).pvalue
    found = fisher(Proportion(a, a + b), Proportion(c, c + d))
    assert found == pytest.approx(expected, abs=1e-9)


def test_large_sets_are_tested_exactly_and_fast():
    start = time.perf_counter()
    assert mcnemar(40, 4000) < 1e-300
    assert 0.8 < fisher(Proportion(9961, 10_000), Proportion(9960, 10_000)) <= 1
    assert fisher(Proportion(9266, 10_000), Proportion(9961, 10_000)) < 1e-100
    assert time.perf_counter() - start < 5


@given(some.lists(some.floats(0, 1), max_size=8))
def test_holm_follows_its_definition(p_values):
    order = sorted(p_values)
    m = len(order)
    steps = [min(1.0, max((m - j) * order[j] for j in range(k + 1))) for k in range(m)]
    assert sorted(holm(p_values)) == pytest.approx(steps)
    assert all(a >= p for a, p in zip(holm(p_values), p_values, strict=True))


def test_holm_keeps_the_order_given():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
