"""Single numbers over a test set that stand beside the accuracy, as scikit-learn defines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from report.numbers.answers import Answers, LabelledData
from report.numbers.calibration import adaptive_ece, classwise_ece
from report.numbers.plain import Plain
from report.numbers.ranking import (
    Interval,
    OperatingCurve,
    Ranking,
    operating_curve,
    rank_class,
)
from report.numbers.settings import Costs, Questions

DEFAULT_TOP_K = 5
FEWEST_FOR_TOP_K = 12  # With fewer classes, five guesses say little.


@dataclass(frozen=True)
class OverallScores(Plain):
    """What guards against a misleading accuracy; None stands for what can't be measured.

    `baseline_class` is the commonest class and `baseline_accuracy` the share right if it were
    always the answer. `top_k_accuracy` goes by k. `brier_binary`, from 0 to 1, is that of two
    classes; `roc_auc` and `average_precision` are of the positive one of two classes, and of
    several the mean over all (macro) of `ranking`, one class against the rest. Costs are per image:
    of the answers given, of the cheapest constant answer, and of the answers that the probabilities
    say are cheapest.
    """

    baseline_class: int
    baseline_accuracy: float
    balanced_accuracy: float | None
    macro_f1: float | None
    mcc: float | None
    cohen_kappa: float | None
    log_loss: float | None
    brier_binary: float | None
    top_k_accuracy: Mapping[str, float]
    ece_classwise: float | None
    ece_adaptive: float | None
    roc_auc: float | None
    roc_auc_interval: Interval
    average_precision: float | None
    average_precision_interval: Interval
    ranking: tuple[Ranking | None, ...]
    operating: OperatingCurve | None
    costs: Costs | None
    mean_cost: float | None
    mean_cost_constant: float | None
    mean_cost_by_probability: float | None


def score(data: LabelledData, answers: Answers, asked: Questions) -> OverallScores:
    """Score answers."""
    labels, classes = data.labels, len(data.names)
    pairs = labels * classes + answers.readings
    cells = np.bincount(pairs, data.row_weights, classes**2)
    confusion = cells.reshape(classes, classes)
    support = confusion.sum(axis=1)
    return OverallScores(
        baseline_class=int(support.argmax()),
        baseline_accuracy=float(support.max() / support.sum()),
        **of_confusion(cells, np.bincount(pairs, minlength=classes**2)),
        **_of_probabilities(data, answers, asked),
        **_rankings(data, answers, asked),
        costs=asked.costs,
        **_costs(confusion, data, answers, asked.costs),
    )


def of_confusion(cells: np.ndarray, counts: np.ndarray | None = None) -> dict[str, Any]:
    """What follows from the confusion matrix, c² `cells` of weights, row by row.

    `counts` are how many images each cell stands for, where some have no weight.
    """
    classes = round(len(cells) ** 0.5)
    confusion = cells.reshape(classes, classes).astype(float)  # whole numbers would overflow
    table = confusion if counts is None else counts.reshape(classes, classes)
    seen = table.sum(axis=0) + table.sum(axis=1) > 0
    if seen.sum() == 1:  # There is only one class.
        return {"balanced_accuracy": 1.0, "macro_f1": 1.0, "mcc": None, "cohen_kappa": None}
    right, support, answered = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    either, held = support + answered, support > 0
    f1 = np.divide(2 * right, either, out=np.zeros(classes), where=either > 0)[seen]
    return {
        "balanced_accuracy": mean_of((right[held] / support[held]).tolist()),
        "macro_f1": float(f1.mean()),
        "mcc": _matthews(right.sum(), support, answered),
        "cohen_kappa": _kappa(right.sum(), support, answered),
    }


def _matthews(right: float, support: np.ndarray, answered: np.ndarray) -> float:
    """Matthews' correlation coefficient of labels and answers, by their sums; 0 where one is fixed.

    Source: J. Gorodkin, "Comparing two K-category assignments by a K-category correlation
    coefficient", 2004.
    """
    total = support.sum()
    spreads = (total**2 - (side**2).sum() for side in (support, answered))
    scale = float(np.sqrt(np.prod(list(spreads)).clip(0)))
    found = (right * total - (support * answered).sum()) / scale if scale else 0.0
    return float(np.clip(found, -1, 1))


def _kappa(right: float, support: np.ndarray, answered: np.ndarray) -> float | None:
    """Cohen's kappa: agreement beyond chance, as a share of what chance leaves, or None.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", 1960.
    """
    total = float(support.sum())
    left = total - float((support * answered).sum()) / total
    return 1 - (total - float(right)) / left if left > 0 else None


def mean_of(values: Sequence[float]) -> float | None:
    """The mean (macro average), or None where there are no values."""
    return sum(values) / len(values) if values else None


def _of_probabilities(data: LabelledData, answers: Answers, asked: Questions) -> dict[str, Any]:
    labels, probabilities, weights = data.labels, answers.probabilities, data.row_weights
    if probabilities is None:
        names = ("log_loss", "brier_binary", "ece_classwise", "ece_adaptive")
        return {**dict.fromkeys(names), "top_k_accuracy": {}}
    binary = None
    if probabilities.shape[1] == 2:
        said = probabilities[:, asked.positive].astype(np.float64)
        gaps = np.square(said - (labels == asked.positive))
        binary = float(np.average(gaps, weights=weights))
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    least = np.finfo(np.float64).eps  # as scikit-learn has it: no loss is infinite
    confidence, right = answers.confidence.astype(np.float64), answers.readings == labels
    return {
        "log_loss": float(np.average(-np.log(given.clip(least, 1 - least)), weights=weights)),
        "brier_binary": binary,
        "top_k_accuracy": _top_k(labels, probabilities, weights, asked.top_k),
        "ece_classwise": classwise_ece(labels, probabilities, weights),
        "ece_adaptive": adaptive_ece(confidence, right, weights),
    }


def _top_k(
    labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray, asked: tuple[int, ...]
) -> dict[str, float]:
    """The share of the labels among the k likeliest classes."""
    classes = probabilities.shape[1]
    default = (DEFAULT_TOP_K,) if classes >= FEWEST_FOR_TOP_K else ()
    counts = (asked or default) if classes > 2 else ()
    if not counts:
        return {}
    ranks = ranks_of(labels, probabilities, last_first=True)
    return {str(k): float(np.average(ranks < k, weights=weights)) for k in counts}


def ranks_of(labels: np.ndarray, probabilities: np.ndarray, last_first: bool) -> np.ndarray:
    """How many classes are likelier than each label, int (n,); of equal ones the first or last."""
    label, classes = labels[:, None], np.arange(probabilities.shape[1])
    own = np.take_along_axis(probabilities, label, axis=1)
    goes_first = classes > label if last_first else classes < label
    return ((probabilities > own) | ((probabilities == own) & goes_first)).sum(axis=1)


def _rankings(data: LabelledData, answers: Answers, asked: Questions) -> dict[str, Any]:
    """The areas under the curves of each class, and of the positive one of two or of all."""
    labels, weights, place = data.labels, data.row_weights, asked.positive
    columns = [] if answers.probabilities is None else list(answers.probabilities.T)
    rankings = tuple(rank_class(labels == c, said, weights) for c, said in enumerate(columns))
    operating, is_of_two = None, len(data.names) == 2
    if columns and is_of_two:
        operating = operating_curve(labels == place, columns[place], place, weights, asked.costs)
    known = [row for row in (rankings[place : place + 1] if is_of_two else rankings) if row]
    return {
        "roc_auc": mean_of([row.roc_auc for row in known]),
        "roc_auc_interval": _mean_interval([row.roc_auc_interval for row in known]),
        "average_precision": mean_of([row.average_precision for row in known]),
        "average_precision_interval": _mean_interval(
            [row.average_precision_interval for row in known]
        ),
        "ranking": rankings,
        "operating": operating,
    }


def _mean_interval(intervals: Sequence[Interval]) -> Interval:
    """An interval of the mean of numbers by theirs: the means of the lower and the upper ends.

    A mean deviates at most as much as its numbers do on average, whatever goes together, so it is
    wide enough, and wider than need be where the numbers are independent.
    """
    ends = [bounds for bounds in intervals if bounds]
    if not ends:
        return None
    low, high = np.mean(ends, axis=0).tolist()
    return low, high


def _costs(
    confusion: np.ndarray, data: LabelledData, answers: Answers, costs: Costs | None
) -> dict[str, Any]:
    """The mean cost of three ways to answer."""
    if costs is None:
        return dict.fromkeys(("mean_cost", "mean_cost_constant", "mean_cost_by_probability"))
    table, total = np.asarray(costs, float), confusion.sum()
    cheapest = None
    if answers.probabilities is not None:
        choices = (answers.probabilities @ table).argmin(axis=1)
        cheapest = float(np.average(table[data.labels, choices], weights=data.row_weights))
    return {
        "mean_cost": float((confusion * table).sum() / total),
        "mean_cost_constant": float((confusion.sum(axis=1) @ table).min() / total),
        "mean_cost_by_probability": cheapest,
    }
