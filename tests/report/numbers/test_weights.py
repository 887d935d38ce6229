"""Sample weights and answers without probabilities, against scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics as oracle

from report.numbers.metrics import Metrics, measure
from tests.report.answered import answered

NAMES = ("a", "b", "c")


@pytest.fixture(scope="module")
def rows():
    """Labels, probabilities and weights of 300 rows; a fifth of them have no weight."""
    random = np.random.default_rng(5)
    labels = random.integers(0, 3, 300)
    scores = random.random((300, 3)) + 0.8 * np.eye(3)[labels]
    weights = random.gamma(1, 1, 300) * (random.random(300) > 0.2)
    return labels, scores / scores.sum(axis=1, keepdims=True), weights


@pytest.fixture(scope="module")
def weighted(rows) -> Metrics:
    labels, probabilities, weights = rows
    return measure(*answered(labels, probabilities, names=NAMES, weights=weights))


def test_weighted_shares_are_scikit_learns(rows, weighted):
    labels, probabilities, weights = rows
    answers = probabilities.argmax(axis=1)
    close = {"rel": 1e-12, "abs": 1e-12}
    assert weighted.accuracy.value == pytest.approx(
        oracle.accuracy_score(labels, answers, sample_weight=weights), **close
    )
    columns = oracle.precision_recall_fscore_support(labels, answers, sample_weight=weights)
    found = zip(
        *((c.precision.value, c.recall.value, c.f1) for c in weighted.per_class), strict=True
    )
    for ours, theirs in zip(found, columns[:3], strict=True):
        assert ours == pytest.approx(theirs, **close)
    assert weighted.top2.value == pytest.approx(
        oracle.top_k_accuracy_score(labels, probabilities, k=2, sample_weight=weights), **close
    )
    squares = np.square(probabilities - np.eye(3)[labels]).sum(axis=1)
    assert weighted.confidence.brier == pytest.approx(np.average(squares, weights=weights), **close)
    assert weighted.accuracy.count == (answers == labels).sum()


def test_equal_weights_change_nothing_but_the_sums(rows):
    labels, probabilities, _ = rows
    plain = measure(*answered(labels, probabilities))
    equal = measure(*answered(labels, probabilities, weights=np.full(300, 2.0)))
    assert equal.accuracy.interval == pytest.approx(plain.accuracy.interval)
    assert equal.confidence.ece == pytest.approx(plain.confidence.ece)
    assert equal.confidence.ece_interval == pytest.approx(plain.confidence.ece_interval)
    assert [c.f1 for c in equal.per_class] == pytest.approx([c.f1 for c in plain.per_class])


def test_weights_survive_json(weighted):
    values = json.loads(json.dumps(weighted.to_json()))
    assert Metrics.from_json(values) == weighted


def test_answers_need_not_be_the_likeliest_classes(rows):
    labels, probabilities, _ = rows
    answers = np.roll(labels, 1)
    found = measure(*answered(labels, probabilities, readings=answers))
    assert found.accuracy.value == oracle.accuracy_score(labels, answers)
    said = probabilities[np.arange(300), answers].mean()
    assert found.confidence.mean_confidence == pytest.approx(said)


def test_without_probabilities_what_needs_them_is_left_out(rows):
    labels, probabilities, _ = rows
    answers = probabilities.argmax(axis=1)
    found = measure(*answered(labels, None, names=NAMES, readings=answers))
    assert found.confusion == tuple(map(tuple, oracle.confusion_matrix(labels, answers).tolist()))
    values = json.loads(json.dumps(found.to_json()))
    assert [values[k] for k in ("ece", "brier", "top2_accuracy")] == [None] * 3
    assert Metrics.from_json(values) == found
