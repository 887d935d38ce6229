import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, roc_auc_score

from model.inference.predictor import Predictor
from model.inference.scoring import AccuracyCounts, auroc
from model.preprocessing import to_glyphs


def score(right, count):
    confusion = np.zeros((10, 10), np.int64)
    confusion[3, 3], confusion[3, 5] = right, count - right
    return AccuracyCounts(confusion, accepted=0, accepted_right=0)


@pytest.mark.parametrize(("right", "count"), [(0, 1), (1, 1), (0, 40), (40, 40), (9964, 10000)])
def test_the_interval_is_scipys(right, count):
    wanted = binomtest(right, count).proportion_ci(method="wilson")
    assert score(right, count).to_json()["accuracy_interval"] == pytest.approx(wanted, abs=1e-12)


def test_without_an_accepted_answer_their_accuracy_is_not_said():
    assert score(1, 2).to_json()["accuracy_when_accepted"] is None


def test_parts_add_up_to_the_whole(digits):
    scores = Predictor.load("linear").score(to_glyphs(digits.test.images))
    columns = scores.probabilities.argmax(1), scores.accepted, digits.test.labels
    first, second, third = (
        AccuracyCounts.of(*(column[start : start + 120] for column in columns))
        for start in (0, 120, 240)
    )
    assert (first + second + third).to_json() == AccuracyCounts.of(*columns).to_json()
    assert first.to_json()["count"] == 120


def test_the_confusion_matrix_is_scikit_learns(digits):
    scores = Predictor.load("linear").score(to_glyphs(digits.test.images))
    read, labels = scores.probabilities.argmax(1), digits.test.labels
    result = AccuracyCounts.of(read, scores.accepted, labels).to_json()
    assert result["confusion_matrix"] == confusion_matrix(labels, read).tolist()
    pairs = [(row["digit"], row["read_as"], row["count"]) for row in result["most_confused"]]
    assert [count for *_, count in pairs] == sorted((c for *_, c in pairs), reverse=True)
    assert sum(count for *_, count in pairs) == (read != labels).sum()
    assert all(((labels == a) & (read == b)).sum() == count for a, b, count in pairs)


def test_the_area_under_the_roc_curve_is_scikit_learns():
    random = np.random.default_rng(0)
    digits, others = random.beta(5, 1, 80).round(2), random.beta(1, 2, 50).round(2)  # with ties
    truth = np.repeat([1, 0], [80, 50])
    assert auroc(digits, others) == pytest.approx(
        roc_auc_score(truth, np.concatenate([digits, others]))
    )
    assert auroc(np.ones(3), np.zeros(4)) == 1
    assert auroc(np.ones(3), np.ones(4)) == 0.5
