"""Calibration, Brier score and risk–coverage: against scikit-learn, by hand, and by simulation."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from report.numbers.confidence import Confidence, CoveragePoint, measure_confidence
from tests.report.answered import answered


def two_ways(confidence, right) -> Confidence:
    """Measure answers of given confidence (n,) in a choice of two, right (n,) or wrong."""
    confidence = np.asarray(confidence, np.float64)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    return measure_confidence(*answered(np.where(right, 0, 1), probabilities))


@pytest.fixture(scope="module")
def measured(evaluation):
    """Labels, probabilities and what was measured on them."""
    labels, probabilities = evaluation.test.labels, evaluation.subject.probabilities
    return labels, probabilities, measure_confidence(evaluation.test, evaluation.subject)


def test_brier_score_is_scikit_learns(measured):
    labels, probabilities, found = measured
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)  # scikit-learn wants sums of 1 beyond float32
    expected = brier_score_loss(labels, exact, labels=range(10))
    assert found.brier == pytest.approx(expected, abs=1e-7)


def test_brier_score_of_known_answers():
    certain = np.eye(10)[[3, 3]]
    assert measure_confidence(*answered([3, 3], certain)).brier == 0
    assert measure_confidence(*answered([4, 4], certain)).brier == 2
    assert two_ways([0.8], [True]).brier == pytest.approx(2 * 0.2**2)


def test_bins_are_scikit_learns_calibration_curve(measured):
    labels, probabilities, found = measured
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected_right, expected_said = calibration_curve(right, confidence, n_bins=15)
    filled = [b for b in found.confidence_bins if b.count]
    assert [b.right.value for b in filled] == pytest.approx(expected_right)
    assert [b.mean_confidence for b in filled] == pytest.approx(expected_said, abs=1e-6)
    assert sum(b.count for b in found.confidence_bins) == found.count == len(labels)


def test_calibration_error_is_the_definitions(measured):
    labels, probabilities, found = measured
    probabilities = probabilities.astype(np.float64)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence > low) & (confidence <= low + 1 / 15)
        if inside.any():
            expected += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    assert found.ece == pytest.approx(expected, abs=1e-6)
    assert found.mean_confidence == pytest.approx(confidence.mean(), abs=1e-6)


def test_calibration_error_of_known_answers():
    right = [True] * 9 + [False] + [True] * 5  # 9 of 10 at 0.9, 5 of 5 at 0.6
    assert two_ways([0.9] * 10 + [0.6] * 5, right).ece == pytest.approx(5 / 15 * 0.4)


def test_interval_of_the_calibration_error_holds_it_and_stays_equal(measured):
    labels, probabilities, found = measured
    low, high = found.ece_interval
    assert 0 <= low < found.ece <= high <= 1
    assert measure_confidence(*answered(labels, probabilities)) == found


def test_too_few_images_have_no_interval():
    assert two_ways([0.9] * 29, [True] * 29).ece_interval is None
    assert two_ways([0.9] * 30, [True] * 30).ece_interval is not None


@pytest.mark.parametrize("gap", [0.05, 0.15])
def test_the_interval_covers_the_true_error_as_often_as_it_says(gap):
    """Answers at four confidences, each right less often by `gap`: 38 of 40 should cover it."""
    random = np.random.default_rng(3)
    covered = 0
    for _ in range(40):
        confidence = random.choice([0.65, 0.75, 0.85, 0.95], 400)
        low, high = two_ways(confidence, random.random(400) < confidence - gap).ece_interval
        covered += low <= gap <= high
    assert covered >= 35


def test_risk_and_coverage_of_known_answers():
    found = two_ways([0.9, 0.8, 0.7, 0.6], [True, False, True, True])
    assert found.curve == (
        CoveragePoint(0.9, 1, 1),
        CoveragePoint(0.8, 2, 1),
        CoveragePoint(0.7, 3, 2),
        CoveragePoint(0.6, 4, 3),
    )
    assert [point.risk.value for point in found.curve] == [0, 1 / 2, 1 / 3, 1 / 4]


def test_equally_sure_answers_are_never_parted():
    found = two_ways([0.9] * 5 + [0.6] * 5, [True, False] * 5)
    assert [(point.answered, point.correct) for point in found.curve] == [(5, 3), (10, 5)]


def test_every_point_counts_the_images_above_its_threshold(measured):
    labels, probabilities, found = measured
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    assert found.curve[-1].answered == len(labels)
    assert found.curve[-1].correct == right.sum()
    for point in found.curve:
        kept = confidence >= np.sort(confidence)[::-1][point.answered - 1]
        assert (kept.sum(), right[kept].sum()) == (point.answered, point.correct)
        assert confidence[kept].min() - 1e-6 < point.confidence <= confidence[kept].min()


def test_a_long_curve_is_thinned_and_densest_where_the_errors_are():
    random = np.random.default_rng(5)
    confidence = random.uniform(0.5, 1, 20_000)
    curve = two_ways(confidence, random.random(20_000) < confidence).curve
    assert 150 <= len(curve) <= 200
    assert sum(point.answered > 18_000 for point in curve) > 90


def test_it_survives_json_text(measured):
    found = measured[2]
    record = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert Confidence.from_json(record) == found
