"""Scores against scikit-learn on eight data sets, with and without weights, and at their edges."""

from __future__ import annotations

import json
import warnings
from functools import cache

import numpy as np
import pytest
from sklearn import datasets, metrics
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import label_binarize

from model.errors import InputError
from model.intervals import wilson_interval
from report.numbers.metrics import measure
from report.numbers.ranking import operating_curve, rank_class
from report.numbers.scores import OverallScores, score
from report.numbers.settings import Questions, Settings
from tests.report.answered import answered

SETS = ("breast_cancer", "iris", "wine", "digits", "rare", "noise", "ties", "twenty")
WEIGHTED = pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
TO_9_DECIMALS = {"abs": 1e-9, "rel": 0}


@cache
def made_up(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities: naive Bayes on real sets, and made-up answers of other kinds."""
    random = np.random.default_rng(5)
    if name in ("breast_cancer", "iris", "wine", "digits"):
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        chances = GaussianNB(var_smoothing=1e-2).fit(x[::3], y[::3]).predict_proba(x)
        return y.astype(np.int64), chances.astype(np.float32)
    classes, share = {"rare": (2, 0.02), "noise": (3, 0.3), "ties": (2, 0.5), "twenty": (20, 0.0)}[
        name
    ]
    labels = random.integers(classes, size=700)
    if name == "rare":
        labels = (random.random(700) < share).astype(int)
    chances = random.dirichlet(np.ones(classes), 700) + 0.6 * np.eye(classes)[labels]
    if name == "ties":
        chances = chances.round(1) + 0.05
    return labels, chances / chances.sum(axis=1, keepdims=True)


def weights_of(labels: np.ndarray, weighted: bool) -> np.ndarray | None:
    return np.random.default_rng(1).gamma(1.0, size=len(labels)) if weighted else None


def measured(name: str, weighted: bool, **asked):
    labels, chances = made_up(name)
    weights = weights_of(labels, weighted)
    found = score(*answered(labels, chances, weights=weights), Questions(**asked))
    return found, labels, chances.astype(np.float64), {"sample_weight": weights}


def log_loss(labels, chances, also):
    with warnings.catch_warnings():  # that rows of float32 sum to 1 only within 1e-7
        warnings.simplefilter("ignore", UserWarning)
        return metrics.log_loss(labels, chances, labels=range(chances.shape[1]), **also)


@WEIGHTED
@pytest.mark.parametrize("name", SETS)
def test_scores_are_scikit_learns(name, weighted):
    k = 2 if made_up(name)[1].shape[1] > 2 else ()
    found, labels, chances, also = measured(name, weighted, top_k=(k,) if k else ())
    readings, classes = chances.argmax(axis=1), chances.shape[1]
    expected = {
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, readings, **also),
        "macro_f1": metrics.f1_score(labels, readings, average="macro", **also),
        "mcc": metrics.matthews_corrcoef(labels, readings, **also),
        "cohen_kappa": metrics.cohen_kappa_score(labels, readings, **also),
        "log_loss": log_loss(labels, chances, also),
        "baseline_accuracy": metrics.accuracy_score(
            labels, np.full_like(labels, found.baseline_class), **also
        ),
    }
    if classes == 2:
        one = chances[:, 1]
        expected |= {
            "roc_auc": metrics.roc_auc_score(labels, one, **also),
            "average_precision": metrics.average_precision_score(labels, one, **also),
            "brier_binary": metrics.brier_score_loss(labels, one, **also),
        }
    else:
        truth = label_binarize(labels, classes=range(classes))
        expected |= {
            "roc_auc": metrics.roc_auc_score(truth, chances, **also),
            "average_precision": metrics.average_precision_score(truth, chances, **also),
        }
        right = metrics.top_k_accuracy_score(labels, chances, k=2, **also)
        assert found.top_k_accuracy["2"] == pytest.approx(right, **TO_9_DECIMALS)
        for name in ("roc_auc", "average_precision"):
            low, high = getattr(found, f"{name}_interval")
            ends = [getattr(ranking, f"{name}_interval") for ranking in found.ranking]
            assert min(ends)[0] <= low <= getattr(found, name) <= high <= max(e[1] for e in ends)
    values = {key: getattr(found, key) for key in expected}
    assert values == pytest.approx(expected, **TO_9_DECIMALS)


@WEIGHTED
@pytest.mark.parametrize("name", SETS)
def test_accuracy_and_brier_score_are_scikit_learns(name, weighted):
    labels, chances = made_up(name)
    chances = chances.astype(np.float64)
    chances /= chances.sum(axis=1, keepdims=True)  # float32 sums to 1 only within 1e-7
    weights = weights_of(labels, weighted)
    found = measure(*answered(labels, chances, weights=weights))
    also = {"sample_weight": weights}
    right = metrics.accuracy_score(labels, chances.argmax(axis=1), **also)
    assert found.accuracy.value == pytest.approx(right, **TO_9_DECIMALS)
    scale = {"scale_by_half": False, "labels": range(chances.shape[1])}
    brier = metrics.brier_score_loss(labels, chances, **scale, **also)
    assert found.confidence.brier == pytest.approx(brier, **TO_9_DECIMALS)


@WEIGHTED
@pytest.mark.parametrize("name", SETS)
def test_each_class_against_the_rest_is_scikit_learns(name, weighted):
    found, labels, chances, also = measured(name, weighted)
    for place, ranking in enumerate(found.ranking):
        truth, scores = labels == place, chances[:, place]
        area = metrics.roc_auc_score(truth, scores, **also)
        precision = metrics.average_precision_score(truth, scores, **also)
        assert ranking.roc_auc == pytest.approx(area, **TO_9_DECIMALS)
        assert ranking.average_precision == pytest.approx(precision, **TO_9_DECIMALS)
        assert ranking.prevalence == pytest.approx(np.average(truth, weights=also["sample_weight"]))
        for value, (low, high) in (
            (area, ranking.roc_auc_interval),
            (precision, ranking.average_precision_interval),
        ):
            assert 0 <= low <= value <= high + 1e-9
            assert high <= 1


@WEIGHTED
@pytest.mark.parametrize("name", ["breast_cancer", "rare", "ties"])
@pytest.mark.parametrize("positive", [0, 1])
def test_a_threshold_gives_what_answering_by_it_gives(name, positive, weighted):
    costs = ((0.0, 1.0), (5.0, 0.0))
    found, labels, chances, also = measured(name, weighted, positive=positive, costs=costs)
    truth = labels == positive
    for point in found.operating.listed:
        answers = made_up(name)[1][:, positive] >= point.threshold
        readings = np.where(answers, positive, 1 - positive)
        assert point.accuracy == pytest.approx(metrics.accuracy_score(truth, answers, **also))
        assert point.recall == pytest.approx(metrics.recall_score(truth, answers, **also))
        assert point.f1 == pytest.approx(metrics.f1_score(truth, answers, **also))
        paid = np.average(np.array(costs)[labels, readings], weights=also["sample_weight"])
        assert point.mean_cost(costs, positive) == pytest.approx(paid)
        shares = point.recall, point.specificity, point.precision
        for share, interval in zip(shares, found.operating.intervals(point), strict=True):
            assert interval is None or interval[0] <= share <= interval[1]
        if not weighted:
            assert found.operating.intervals(point)[0] == wilson_interval(point.hits, truth.sum())
    best = {why: found.operating.chosen(why) for why in ("best F1", "least cost", "as it is")}
    assert best["best F1"].f1 == max(p.f1 for p in found.operating.listed)
    paid = [p.mean_cost(costs, positive) for p in found.operating.listed]
    assert best["least cost"].mean_cost(costs, positive) == pytest.approx(min(paid))
    assert best["as it is"].threshold == 0.5


def test_the_drawn_curve_is_part_of_the_whole_one():
    labels, chances = made_up("breast_cancer")
    curve = operating_curve(labels == 1, chances[:, 1], 1, np.ones(len(labels)), None)
    alarms, recalls, _ = metrics.roc_curve(labels, chances[:, 1], drop_intermediate=False)
    whole = set(zip(alarms.round(9), recalls.round(9), strict=True))
    drawn = [(round(p.alarm_rate, 9), round(p.recall, 9)) for p in curve.points]
    assert set(drawn) <= whole
    assert drawn == sorted(drawn)
    assert len(drawn) <= 202
    assert drawn[-1] == (1, 1)


def test_intervals_hold_the_area_as_often_as_they_say():
    """Normal scores two standard deviations apart, whose area is known, drawn again and again."""
    random = np.random.default_rng(0)
    truth = np.arange(120) < 40
    area = 0.9213503964748575  # of the normal distribution up to the square root of two
    equal = np.ones(120)
    drawn = [rank_class(truth, random.normal(size=120) + 2 * truth, equal) for _ in range(300)]
    held = [d.roc_auc_interval[0] <= area <= d.roc_auc_interval[1] for d in drawn]
    assert 0.92 <= np.mean(held) <= 0.99


@WEIGHTED
def test_calibration_errors_by_hand(weighted):
    chances = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.4, 0.6]])
    labels, weights = np.array([0, 1, 1, 0]), np.array([3.0, 1, 2, 2]) if weighted else None
    found = score(*answered(labels, chances, weights=weights), Questions())
    parts = np.array([1.0, 1, 1, 1]) if weights is None else weights
    gaps = np.array([0.9 - 1, 0.9 - 0, 0.7 - 1, 0.6 - 0])
    pairs = abs(gaps[0] * parts[0] + gaps[1] * parts[1]) + abs(gaps[2:] * parts[2:]).sum()
    assert found.ece_adaptive == pytest.approx(pairs / parts.sum())
    assert found.ece_classwise == pytest.approx(pairs / parts.sum())


def test_with_as_many_bins_as_images_the_adaptive_error_is_the_mean_gap():
    random = np.random.default_rng(2)
    one = random.uniform(0.5, 1, 15)
    chances = np.stack([one, 1 - one], axis=1)
    labels = random.integers(2, size=15)
    found = score(*answered(labels, chances), Questions())
    assert found.ece_adaptive == pytest.approx(np.abs(one - (labels == 0)).mean())


def test_one_class_alone_tells_nothing():
    chances = np.array([[0.8, 0.2], [0.7, 0.3]])
    found = score(*answered(np.zeros(2, int), chances), Questions())
    assert (found.baseline_accuracy, found.balanced_accuracy, found.macro_f1) == (1, 1, 1)
    assert (found.mcc, found.cohen_kappa, found.roc_auc, found.operating) == (None,) * 4


def test_scores_of_very_many_answers_do_not_overflow():
    labels = np.arange(200_000) % 10
    readings = np.where(np.arange(200_000) % 7, labels, 0)
    found = score(*answered(labels, None, readings=readings), Questions())
    assert found.mcc == pytest.approx(metrics.matthews_corrcoef(labels, readings))
    assert found.cohen_kappa == pytest.approx(metrics.cohen_kappa_score(labels, readings))


def test_labels_alone_leave_out_what_needs_probabilities():
    readings, names = np.array([0, 1, 2, 2]), ("a", "b", "c")
    found = score(*answered([0, 1, 2, 1], None, names=names, readings=readings), Questions())
    assert found.balanced_accuracy == pytest.approx(5 / 6)
    assert (found.log_loss, found.roc_auc, found.ece_adaptive, found.ranking) == (*(None,) * 3, ())
    assert OverallScores.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize("name", ["ties", "twenty"])
def test_scores_are_read_back_whole(name):
    found = measured(name, True)[0]
    assert OverallScores.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_costs_are_counted_and_compared_with_other_ways_to_answer():
    chances = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.6, 0.4]])
    labels, costs = np.array([0, 0, 1, 1]), ((0.0, 1.0), (10.0, 0.0))
    found = score(*answered(labels, chances), Questions(costs=costs))
    assert found.mean_cost == 2.5  # one ill image of four taken for healthy
    assert found.mean_cost_constant == 0.5  # always “ill”
    assert found.mean_cost_by_probability == 0.5  # ill from a probability of 1 / 11 on


def test_a_file_of_costs_goes_by_names(tmp_path):
    path = tmp_path / "costs.csv"
    path.write_text("true,ill,well\nwell,1,0\nill,-2,9.5\n", "utf-8")
    settings = Settings(costs=path)
    path.unlink()  # a pipe can be read but once
    assert settings.questions(("well", "ill")).costs == ((0, 1), (9.5, -2))


@pytest.mark.parametrize(
    "text",
    ["", "true,ill\nill,0\n", "true,ill,well\nill,0,x\nwell,0,1", "true,ill,well\nill,0\nwell,0,1"],
)
def test_other_files_of_costs_are_refused(tmp_path, text):
    path = tmp_path / "costs.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match="costs.csv: "):
        Settings(costs=path).questions(("well", "ill"))


def test_costs_that_cannot_be_read_are_refused_before_the_test(tmp_path):
    with pytest.raises(InputError, match="none.csv: can't be read"):
        Settings(costs=tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"positive": "sick"}, ("well", "ill")),
        ({"positive": "1"}, ("0", "1", "2")),
        ({"top_k": (3,)}, ("0", "1", "2")),
        ({"top_k": (0,)}, ("0", "1", "2")),
    ],
)
def test_what_the_classes_cant_answer_is_refused(settings, names):
    with pytest.raises(InputError):
        Settings(**settings).questions(names)


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "x" * 201])
def test_a_title_is_one_line(text):
    with pytest.raises(InputError):
        Settings(title=text)
