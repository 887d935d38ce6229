"""The paired bootstrap of scores that are no shares of images."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

from report.numbers import resampling
from report.numbers.pairing import PairedAnswers
from report.numbers.resampling import resampled_changes
from report.numbers.significance import clustered_difference

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(4, size=400)
GROUPS = np.repeat(np.arange(20), 20)
SCORES = {"balanced_accuracy", "macro_f1", "mcc"}


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(resampling, "RESAMPLES", 200)


def answers(is_wrong: np.ndarray) -> np.ndarray:
    return np.where(is_wrong, (LABELS + 1) % 4, LABELS)


def test_a_gain_of_many_images_is_none_of_chance_and_no_gain_is():
    worse, better = answers(RANDOM.random(400) < 0.2), answers(RANDOM.random(400) < 0.05)
    found = resampled_changes(PairedAnswers(LABELS, worse, better), 4)
    assert set(found) == SCORES
    scores = {
        "balanced_accuracy": balanced_accuracy_score,
        "macro_f1": lambda *a: f1_score(*a, average="macro"),
        "mcc": matthews_corrcoef,
    }
    for name, (p_value, (low, high)) in found.items():
        assert p_value == pytest.approx(2 / 201)
        assert 0 < low < scores[name](LABELS, better) - scores[name](LABELS, worse) < high
    for p_value, interval in resampled_changes(PairedAnswers(LABELS, worse, worse), 4).values():
        assert (p_value, interval) == (1, (0, 0))


def test_whole_groups_are_drawn_where_they_are_known():
    # Of five groups all answers became worse, of the others none: chance in the choice of groups.
    before, after = answers(np.zeros(400, bool)), answers(GROUPS < 5)
    alone = resampled_changes(PairedAnswers(LABELS, before, after), 4)["mcc"][1]
    grouped = resampled_changes(PairedAnswers(LABELS, before, after, groups=GROUPS), 4)["mcc"][1]
    assert grouped[1] - grouped[0] > 3 * (alone[1] - alone[0])
    everywhere = PairedAnswers(LABELS, before, answers(GROUPS < 5), groups=GROUPS // 4)
    p_value, (low, high) = resampled_changes(everywhere, 4)["mcc"]  # of five groups, two fell
    assert p_value > 0.1
    assert low < 0 < high
    few_groups = PairedAnswers(LABELS, before, after, groups=GROUPS // 5)
    assert resampled_changes(few_groups, 4) == {}


def test_weights_and_probabilities_count():
    before, after = answers(GROUPS < 5), answers(GROUPS < 2)
    said = np.array([np.where(before == LABELS, 0.9, 0.0), np.where(after == LABELS, 0.9, 0.1)])
    pairs = PairedAnswers(LABELS, before, after, said, weights=(GROUPS > 4).astype(float))
    found = resampled_changes(pairs, 4)
    assert found["log_loss"][1] == found["mcc"][1] == (0, 0)  # what differs has no weight
    low, high = resampled_changes(PairedAnswers(LABELS, before, after, said), 4)["log_loss"][1]
    loss = [np.mean(-np.log(np.where(p == 0, 5e-7, p))) for p in said]
    assert low < loss[1] - loss[0] < high < 0


def test_a_share_is_tested_by_whole_groups_where_they_are_known():
    before, after = answers(RANDOM.random(400) < 0.2), answers(RANDOM.random(400) < 0.13)
    columns = LABELS, before, after
    alone, (low, high) = PairedAnswers(*columns).share_change(slice(None))
    each = PairedAnswers(*columns, groups=np.arange(400)).share_change(slice(None))
    assert each[0] == pytest.approx(alone, abs=0.01)
    assert each[1] == pytest.approx((low, high), abs=0.005)
    # Ten copies of each image say no more than one, once they are known to be of a group.
    copied = PairedAnswers(*(np.repeat(column, 10) for column in columns))
    assert copied.share_change(slice(None))[0] < alone / 100
    grouped = PairedAnswers(copied.labels, copied.before, copied.after, None, None,
                            np.repeat(np.arange(400), 10))  # fmt: skip
    assert grouped.share_change(slice(None))[0] == pytest.approx(each[0])
    rows = LABELS == 2
    of_class = PairedAnswers(*columns, groups=GROUPS).share_change(rows)
    gaps = np.bincount(GROUPS[rows], (after[rows] == 2).astype(int) - (before[rows] == 2))
    wanted = clustered_difference(gaps, np.bincount(GROUPS[rows]).astype(float))
    assert of_class[0] == wanted[0]


def test_a_share_is_tested_with_the_weights_that_it_is_told_with():
    before, after = answers(GROUPS < 8), answers((GROUPS >= 8) & (GROUPS < 16))
    pairs = PairedAnswers(LABELS, before, after)
    assert pairs.share_change(slice(None))[0] > 0.9  # as many gained as lost
    weighed = PairedAnswers(LABELS, before, after, weights=np.where(GROUPS < 8, 3.0, 1.0))
    p_value, (low, high) = weighed.share_change(slice(None))
    assert p_value < 0.001
    assert 0 < low < (3 * 160 - 160) / (3 * 160 + 240) < high
