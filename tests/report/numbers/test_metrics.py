"""The numbers, against scikit-learn and SciPy, and at their edges."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as oracle

from model.intervals import wilson_interval
from report.numbers.counts import NothingCounted, Proportion, difference_interval, share_of
from report.numbers.metrics import measure
from report.numbers.summary import Summary
from tests.report.answered import answered


@pytest.mark.parametrize(
    ("count", "total"), [(0, 1), (1, 1), (0, 40), (40, 40), (9948, 10_000), (7, 9)]
)
def test_wilson_interval_is_scipys(count, total):
    expected = binomtest(count, total).proportion_ci(0.95, method="wilson")
    assert wilson_interval(count, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_interval_ends_exactly_at_its_bounds_and_refuses_the_impossible():
    assert wilson_interval(0, 10)[0] == 0
    assert wilson_interval(10, 10)[1] == 1
    for count, total in ((1, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no interval"):
            wilson_interval(count, total)


def test_the_interval_of_a_difference_is_newcombes():
    found = difference_interval(Proportion(56, 70), Proportion(48, 80))
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)  # his table II, row (a)
    found = difference_interval(Proportion(48, 80), Proportion(56, 70))
    assert found == pytest.approx((-0.3339, -0.0524), abs=5e-5)


def test_a_share_of_nothing_is_unknown_not_zero():
    assert share_of(0, 0) == NothingCounted()
    assert share_of(0, 0).value is None
    assert share_of(0, 0).interval is None
    with pytest.raises(ValueError, match="no share of 0"):
        Proportion(0, 0)


def test_counts_are_scikit_learns(evaluation):
    labels, probabilities = evaluation.test.labels, evaluation.subject.probabilities
    readings = probabilities.argmax(axis=1)
    ours = measure(evaluation.test, evaluation.subject)
    precision, recall, f1, support = oracle.precision_recall_fscore_support(labels, readings)
    assert ours.accuracy.value == oracle.accuracy_score(labels, readings)
    assert ours.errors == (labels != readings).sum() > 0
    assert np.array_equal(ours.confusion, oracle.confusion_matrix(labels, readings))
    assert [c.precision.value for c in ours.per_class] == pytest.approx(precision)
    assert [c.recall.value for c in ours.per_class] == pytest.approx(recall)
    assert [c.f1 for c in ours.per_class] == pytest.approx(f1)
    assert [c.support for c in ours.per_class] == support.tolist()
    assert ours.top2.value == oracle.top_k_accuracy_score(labels, probabilities, k=2)


def test_confused_pairs_are_ordered_both_ways_and_ranked():
    truth = np.array([4] * 5 + [9] * 4 + [4] * 3 + [1])
    reading = np.array([9] * 5 + [4] * 4 + [4] * 3 + [7])
    found = measure(*answered(truth, np.eye(10)[reading])).most_confused
    assert [(p.truth, p.reading, p.count) for p in found] == [(4, 9, 5), (9, 4, 4), (1, 7, 1)]
    assert [p.share for p in found] == [Proportion(5, 8), Proportion(4, 4), Proportion(1, 1)]


def test_accepted_answers_are_counted_apart():
    labels, readings = np.array([0, 1, 2, 3]), np.array([0, 1, 3, 3])
    accepted = np.array([True, False, True, False])
    found = measure(*answered(labels, np.eye(10)[readings], accepted))
    assert found.accepted == Proportion(2, 4)
    assert found.accuracy_when_accepted == Proportion(1, 2)
    assert found.risk == Proportion(1, 2)
    assert (found.declined, found.declined_errors) == (Proportion(2, 4), 0)


def test_declined_mistakes_are_those_that_acceptance_holds_back():
    labels, readings = np.array([0, 1, 2, 3, 4]), np.array([0, 9, 9, 3, 4])
    accepted = np.array([True, False, True, False, True])
    found = measure(*answered(labels, np.eye(10)[readings], accepted))
    assert (found.declined.count, found.declined_errors, found.risk) == (2, 1, Proportion(1, 3))


def test_the_worst_class_is_the_one_most_often_misread():
    truth, reading = np.array([3] * 4 + [5] * 4), np.array([3, 3, 5, 5] + [5] * 4)
    found = measure(*answered(truth, np.eye(10)[reading]))
    assert (found.worst_class.label, found.worst_class.recall) == ("3", Proportion(2, 4))


def test_no_errors_at_all(flawless):
    assert flawless.metrics.errors == 0
    assert flawless.metrics.accuracy.interval[0] < 1
    assert flawless.metrics.most_confused == ()
    assert flawless.examples.confident_mistakes == ()


def test_a_class_that_is_absent_has_no_scores_and_breaks_nothing():
    found = measure(*answered([0, 1], np.eye(10)[[0, 1]]))
    absent = found.per_class[7]
    assert (absent.recall.value, absent.precision.value, absent.f1) == (None, None, None)
    assert (
        json.loads(json.dumps(found.to_json(), allow_nan=False))["per_class"][7]["recall"] is None
    )


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("error_share", [0.0, 1.0])
def test_one_or_two_samples_make_a_summary(summarise_made_up, count, error_share):
    found = summarise_made_up(count, error_share)
    assert found.metrics.accuracy == Proportion(0 if error_share else count, count)
    assert Summary.from_json(found.to_json()) == found


def test_summary_survives_json_text(summary):
    text = json.dumps(summary.to_json(), allow_nan=False)
    assert Summary.from_json(json.loads(text)) == summary


def test_extra_sets_are_measured_as_the_test_set_is(evaluation, summary):
    for (glyphs, answers), score in zip(evaluation.extras, summary.extras, strict=True):
        assert score.facts == glyphs.facts
        assert score.metrics == measure(glyphs, answers)
        for shown in score.examples.confident_mistakes:
            assert np.array_equal(shown.picture.pixels, glyphs.images[shown.index])


def test_json_lists_the_extra_sets_with_their_numbers(summary):
    records = summary.to_json()["metrics"]["extra"]
    assert [record["name"] for record in records] == ["mine", "yours"]
    promised = {"count", "sha256", "accuracy", "accuracy_interval", "accepted_fraction"}
    for record, score in zip(records, summary.extras, strict=True):
        assert promised | {"accuracy_when_accepted", "per_class"} <= set(record)
        assert record["accuracy"] == score.metrics.accuracy.value


def test_writers_are_counted_where_they_are_known(make_up, summarise_made_up):
    glyphs, answers = make_up(signed=("yours",)).extras[1]
    mine, yours = (extra.metrics for extra in summarise_made_up(signed=("yours",)).extras)
    assert mine.writers is None
    assert "writers" not in mine.to_json()
    by_writer = yours.to_json()["writers"]
    assert by_writer["count"] == 12
    right = answers.probabilities.argmax(axis=1) == glyphs.labels
    for row in by_writer["per_writer"]:
        assert row["accuracy"] == right[glyphs.writers == row["name"]].mean()
    low, high = by_writer["accuracy_interval"]
    assert low < right.mean() < high


def test_ratios_are_derived_again_not_believed(summary):
    record = json.loads(json.dumps(summary.to_json()))
    record["metrics"]["accuracy"] = 1.0
    assert Summary.from_json(record).metrics.accuracy == summary.metrics.accuracy


def test_json_has_the_keys_promised(summary):
    record = summary.to_json()
    promised = [
        "format_version",
        "model",
        "dataset",
        "training",
        "metrics",
        "predictions",
        "environment",
    ]
    assert set(promised) <= set(record)
    promised = [
        "accuracy",
        "accuracy_interval",
        "per_class",
        "confusion_matrix",
        "most_confused",
        "ece",
    ]
    assert set(promised) <= set(record["metrics"])
    assert {"precision", "recall", "f1", "support"} <= set(record["metrics"]["per_class"][0])


def test_predictions_hold_one_answer_per_image(evaluation, summary):
    labels, probabilities = evaluation.test.labels, evaluation.subject.probabilities
    columns = summary.predictions
    assert columns.label == tuple(labels.tolist())
    assert columns.digit == tuple(probabilities.argmax(axis=1).tolist())
    assert columns.confidence == pytest.approx(probabilities.max(axis=1), abs=1e-6)
    assert columns.second == tuple(np.argsort(-probabilities, axis=1)[:, 1].tolist())
    of_label = probabilities[np.arange(len(labels)), labels]
    assert columns.label_probability == pytest.approx(of_label, abs=1e-6)
    assert max(columns.confidence) < 1


def test_networks_name_the_images_they_misread(evaluation, summary):
    for answers, score in zip(evaluation.networks, summary.networks, strict=True):
        wrong = np.flatnonzero(answers.probabilities.argmax(axis=1) != evaluation.test.labels)
        assert score.wrong == tuple(wrong.tolist())
        assert score.accuracy.count == len(evaluation.test.labels) - len(wrong)
