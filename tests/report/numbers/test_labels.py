"""Labels in doubt: found by the network's certainty, and counted with what people found."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from report.charts import label_errors
from report.numbers.counts import Proportion
from report.numbers.formats import NARROW_SPACE
from report.numbers.labels import (
    MNIST_TEST_SHA256,
    MNIST_VOTES,
    REVIEWERS,
    LabelCheck,
    LabelVote,
    check_labels,
)
from tests.report.answered import answered
from tests.report.rendering import render_html


def check(labels, probabilities, sha256):
    return check_labels(*answered(labels, probabilities, sha256=sha256))


def answers(readings, confidence=0.999) -> np.ndarray:
    """Probabilities (n, 10) that give each reading this confidence, or one each."""
    n = len(readings)
    confidence = np.broadcast_to(confidence, n)
    probabilities = np.repeat(((1 - confidence) / 9)[:, None], 10, axis=1)
    probabilities[np.arange(n), readings] = confidence
    return probabilities


def test_only_sure_contradictions_are_suspect_surest_first():
    labels = np.array([1, 1, 1, 1])
    probabilities = answers([7, 7, 1, 7], [0.96, 0.94, 0.999, 0.9999])
    found = check(labels, probabilities, "0")
    assert found.suspects == (3, 0)
    assert [(e.index, e.label, e.digit) for e in found.shown] == [(3, 1, 7), (0, 1, 7)]
    assert (found.known, found.corrected) == ((), None)


def test_many_suspects_are_all_counted_and_some_shown():
    found = check(np.zeros(50, int), answers([1] * 50), "0")
    assert (len(found.suspects), len(found.shown)) == (50, 24)


def test_the_published_votes_are_whole_and_reject_their_labels():
    assert len(MNIST_VOTES) == len({vote.index for vote in MNIST_VOTES}) == 15
    for vote in MNIST_VOTES:
        assert vote.for_label + vote.for_proposed + vote.for_neither == REVIEWERS
        assert 2 * vote.for_label < REVIEWERS
        assert vote.label != vote.proposed
    assert sum(vote.agreed is None for vote in MNIST_VOTES) == 5


@pytest.mark.parametrize(("votes", "agreed"), [((0, 5, 0), 9), ((2, 3, 0), 9), ((2, 2, 1), None)])
def test_a_label_is_agreed_by_most(votes, agreed):
    assert LabelVote(0, 8, 9, *votes).agreed == agreed


@pytest.fixture(scope="module")
def as_mnist():
    """Readings that are right by the given labels, but for two images that people relabelled."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 10_000)
    for vote in MNIST_VOTES:
        labels[vote.index] = vote.label
    readings = labels.copy()
    readings[[947, 6651]] = 9, 6
    readings[8527] = 0
    return labels, readings


def test_corrections_change_the_accuracy_and_leave_the_undecided_out(as_mnist):
    labels, readings = as_mnist
    found = check(labels, answers(readings), MNIST_TEST_SHA256)
    # Of the ten relabelled images two are read as people see them; 8527 and four more are left out.
    assert found.corrected == Proportion(9_995 - 8, 9_995)
    assert [error.vote for error in found.known] == list(MNIST_VOTES)
    assert found.suspects == (947, 6651, 8527)


def test_other_data_are_not_taken_for_mnist(as_mnist):
    labels, readings = as_mnist
    assert check(labels, answers(readings), "ab").known == ()


@pytest.fixture(scope="module")
def with_known_errors(as_mnist):
    labels, readings = as_mnist
    return check(labels, answers(readings), MNIST_TEST_SHA256)


def test_the_finding_says_both_accuracies(with_known_errors):
    given, corrected = Proportion(9_997, 10_000), with_known_errors.corrected
    found = label_errors.find(given, corrected, with_known_errors.known)
    assert found.title.replace(NARROW_SPACE, " ") == (
        "With 10 labels corrected and 5 undecided images left out, accuracy is 99.92 % instead of "
        "99.97 %"
    )
    rows = {row[0]: row[1:5] for row in found.table.rows}
    assert rows["947"] == ("8", "9", "0, 5, 0", "9")
    assert rows["8527"] == ("4", "no agreement", "2, 2, 1", "0")
    assert rows["3520"][1] == "neither digit"
    axes = label_errors.draw(given, corrected).axes[0]
    assert [line.get_xdata()[0] for line in axes.lines] == [0.9997, 9_987 / 9_995]


def test_a_check_survives_json(with_known_errors, summary):
    for check in (with_known_errors, summary.labels):
        assert LabelCheck.from_json(json.loads(json.dumps(check.to_json()))) == check


def test_the_page_shows_suspects_and_says_where_there_are_none(summary, flawless):
    html = render_html(summary)
    section = html[html.index('<section id="labels"') : html.index('<section id="confidence"')]
    assert section.count('class="example wrong"') == len(summary.labels.shown)
    assert "people found wrong" not in section
    assert "contradicts none of them" in render_html(flawless)


@pytest.mark.mnist
@pytest.mark.skipif("MNIST_PATH" not in os.environ, reason="$MNIST_PATH is not set")
def test_mnists_hash_and_labels_are_the_ones_that_people_voted_on(mnist):
    assert mnist.test.sha256 == MNIST_TEST_SHA256
    assert [int(mnist.test.labels[vote.index]) for vote in MNIST_VOTES] == [
        vote.label for vote in MNIST_VOTES
    ]
