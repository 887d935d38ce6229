"""Groups of a test set: how each fares, which is surely the worst, and the interval by group."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from model.intervals import wilson_interval
from report.numbers.groups import Groups, measure_groups
from tests.report.answered import answered

LABELS = np.arange(240) % 3
NAMES = np.array([f"site {row % 8}" for row in range(240)])
RANDOM = np.random.default_rng(2)
ANSWERS = np.where(RANDOM.random(240) < np.where(NAMES == "site 4", 0.6, 0.1), 0, LABELS)
WEIGHTS = RANDOM.random(240)


def grouped(names, right, labels=None, **known) -> Groups:
    """Measure groups of images, by default all of one class."""
    labels = np.zeros(len(right), int) if labels is None else labels
    return measure_groups(answered(labels, None, groups=names, **known)[0], right)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_each_group_is_scored_as_scikit_learn_does(weights):
    found = grouped(NAMES, ANSWERS == LABELS, LABELS, weights=weights)
    assert found.count == len(found.per_group) == 8
    for row in found.per_group:
        here = row.name == NAMES
        weighed = None if weights is None else weights[here]
        part = LABELS[here], ANSWERS[here]
        assert row.count == here.sum()
        assert row.accuracy.value == pytest.approx(accuracy_score(*part, sample_weight=weighed))
        assert row.balanced_accuracy == pytest.approx(
            balanced_accuracy_score(*part, sample_weight=weighed)
        )
    assert found.worst == "site 4"
    assert Groups.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_group_of_one_image_is_not_the_worst():
    names = np.array(["large"] * 100 + ["tiny"])
    right = np.array([True] * 40 + [False] * 61)
    found = grouped(names, right)
    assert [row.name for row in found.per_group] == ["large", "tiny"]


def test_the_interval_is_by_group():
    """Ten groups, half of them all right and half all wrong: other groups may be either."""
    names = np.arange(1000) // 100
    low, high = grouped(names, names < 5).accuracy_interval
    assert high - low > 0.4
    few = names[:400]
    assert grouped(few, few < 2).accuracy_interval is None


def test_of_very_many_groups_the_worst_are_kept():
    found = grouped(np.arange(3000), np.arange(3000) > 5)
    assert (found.count, len(found.per_group)) == (3000, 1000)
    assert {row.name for row in found.per_group[:6]} == set("012345")


def test_very_many_groups_are_not_resampled():
    right = np.random.default_rng(3).random(25_000) < 0.8
    low, high = grouped(np.arange(25_000), right).accuracy_interval
    assert (low, high) == pytest.approx(wilson_interval(right.sum(), 25_000), abs=1e-4)


def test_a_group_without_weight_comes_last():
    weights = np.array([0.0, 0, 1, 1])
    right = np.array([True, False, True, True])
    found = grouped(np.array(["a", "a", "b", "b"]), right, np.array([0, 1, 0, 1]), weights=weights)
    assert [(row.name, row.accuracy.value) for row in found.per_group] == [("b", 1.0), ("a", None)]
