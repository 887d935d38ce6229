"""How well probabilities rank one class above the others: ROC, precision–recall, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.intervals import wilson_interval
from report.numbers.plain import Plain

GRID = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
EVEN = 0.5  # The threshold that answering with the likelier of two classes amounts to.
CURVE_POINTS = 200
Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Ranking(Plain):
    """One class against the rest: areas under two curves, each with its 95 % interval.

    `prevalence` is the class's share, which is the average precision of random scores.
    """

    roc_auc: float
    roc_auc_interval: Interval
    average_precision: float
    average_precision_interval: Interval
    prevalence: float


@dataclass(frozen=True)
class OperatingPoint:
    """What answering the positive class from a probability of `threshold` on would give.

    `hits` and `alarms` are how many positives and how many negatives reach it, of all `positives`
    and `negatives`: sums of weights where images have some. `why` says why it is listed.
    """

    threshold: float
    hits: float
    alarms: float
    positives: float
    negatives: float
    why: str = ""

    @property
    def recall(self) -> float:
        """The share of the positives that is found (sensitivity, true-positive rate)."""
        return self.hits / self.positives

    @property
    def alarm_rate(self) -> float:
        """The share of the negatives taken for positives (false-positive rate)."""
        return self.alarms / self.negatives

    @property
    def specificity(self) -> float:
        """The share of the negatives that is not taken for positives (true-negative rate)."""
        return 1 - self.alarm_rate

    @property
    def precision(self) -> float | None:
        """The share of true ones among the answers; None where there is no such answer."""
        answers = self.hits + self.alarms
        return self.hits / answers if answers else None

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.hits / (self.hits + self.alarms + self.positives)

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        right = self.hits + self.negatives - self.alarms
        return right / (self.positives + self.negatives)

    def mean_cost(self, costs: Sequence[Sequence[float]], positive: int) -> float:
        """The cost of an answer on average; `costs[truth][answer]`, two classes."""
        found, alarm = costs[positive], costs[1 - positive]
        paid = self.hits * found[positive] + (self.positives - self.hits) * found[1 - positive]
        paid += self.alarms * alarm[positive] + (self.negatives - self.alarms) * alarm[1 - positive]
        return paid / (self.positives + self.negatives)


@dataclass(frozen=True)
class OperatingCurve:
    """All that thresholds on the positive class's probability can give, for two classes.

    `points` run from the highest threshold to the lowest, thinned for drawing; `listed` are those
    that a table shows. `sizes` are how many equal images tell as much as the positives and as the
    negatives, None in reports of earlier versions.
    """

    positive: int
    points: tuple[OperatingPoint, ...]
    listed: tuple[OperatingPoint, ...]
    sizes: tuple[float, float] | None = None

    def chosen(self, why: str) -> OperatingPoint | None:
        """The point listed for that reason, which may be one of several."""
        return next((point for point in self.listed if why in point.why.split(", ")), None)

    def intervals(self, point: OperatingPoint) -> tuple[Interval, Interval, Interval]:
        """The 95 % Wilson intervals of a point's recall, specificity and precision."""
        if self.sizes is None:
            return None, None, None
        positives, negatives = self.sizes
        answers = point.recall * positives + point.alarm_rate * negatives
        right = point.precision
        return (
            wilson_interval(point.recall * positives, positives),
            wilson_interval(point.specificity * negatives, negatives),
            None if right is None or not answers else wilson_interval(right * answers, answers),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; the points as columns."""
        first = self.points[0]
        columns = ("threshold", "hits", "alarms")
        return {
            "positive": self.positive,
            "positives": first.positives,
            "negatives": first.negatives,
            "sizes": self.sizes,
            "points": {name: [getattr(p, name) for p in self.points] for name in columns},
            "listed": [{name: getattr(p, name) for name in (*columns, "why")} for p in self.listed],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> OperatingCurve:
        sums = {name: values[name] for name in ("positives", "negatives")}
        columns = values["points"]
        rows = zip(columns["threshold"], columns["hits"], columns["alarms"], strict=True)
        return cls(
            positive=values["positive"],
            points=tuple(OperatingPoint(*row, **sums) for row in rows),
            listed=tuple(OperatingPoint(**row, **sums) for row in values["listed"]),
            sizes=values.get("sizes") and tuple(values["sizes"]),
        )


@dataclass(frozen=True, eq=False)
class _Counts:
    """Hits and false alarms at every threshold, highest first, as float64 columns."""

    thresholds: np.ndarray
    hits: np.ndarray
    alarms: np.ndarray
    positives: float
    negatives: float

    @classmethod
    def of(cls, truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> _Counts:
        """Count down from the highest score; rows without weight set no threshold.

        Not by scikit-learn, which tests compare this with: importing it takes 120 MB.
        """
        order = np.argsort(-scores)
        order = order[weights[order] > 0]
        ranked, marked, weighed = scores[order], truth[order], weights[order]
        ends = np.flatnonzero(np.diff(ranked, append=-np.inf))
        hits, alarms = (np.cumsum(weighed * part)[ends] for part in (marked, ~marked))
        return cls(ranked[ends], hits, alarms, float(hits[-1]), float(alarms[-1]))

    def at(self, threshold: float, why: str = "") -> OperatingPoint:
        """The point at a threshold, which may be above all of the columns."""
        place = int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1
        hits, alarms = (float(c[place]) if place >= 0 else 0.0 for c in (self.hits, self.alarms))
        return OperatingPoint(threshold, hits, alarms, self.positives, self.negatives, why)


def rank_class(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> Ranking | None:
    """Measure how scores rank a class: `truth` bool (n,), `scores` and `weights` float (n,).

    None where all or none of the weight is the class's. Sources of the intervals: J. A. Hanley and
    B. J. McNeil, "The meaning and use of the area under a ROC curve", 1982; K. Boyd, K. H. Eng and
    C. D. Page, "Area under the precision-recall curve", 2013 (binomial); both as Wilson's for the
    number of equal images that tell as much.
    """
    if (sizes := _effective_sizes(truth, weights)) is None:
        return None
    counts = _Counts.of(truth, scores, weights)
    auc, precision = _areas(counts)
    pairs = _auc_size(auc, *sizes)
    return Ranking(
        roc_auc=auc,
        roc_auc_interval=wilson_interval(auc * pairs, pairs),
        average_precision=precision,
        average_precision_interval=wilson_interval(precision * sizes[0], sizes[0]),
        prevalence=counts.positives / (counts.positives + counts.negatives),
    )


def _effective_sizes(truth: np.ndarray, weights: np.ndarray) -> tuple[float, float] | None:
    """How many equal images tell as much as the positives, and as the negatives (Kish, 1965)."""
    parts = weights[truth], weights[~truth]
    sums = [(float(part.sum()), float(np.square(part).sum())) for part in parts]
    positives, negatives = (total**2 / squares if squares else 0.0 for total, squares in sums)
    return (positives, negatives) if min(positives, negatives) > 0 else None


def _areas(counts: _Counts) -> tuple[float, float]:
    """The areas under the ROC curve and, as a sum of steps, under the precision–recall curve."""
    recall, alarm_rate = counts.hits / counts.positives, counts.alarms / counts.negatives
    answers = counts.hits + counts.alarms
    precision = np.divide(counts.hits, answers, out=np.ones_like(answers), where=answers > 0)
    area = np.trapezoid(np.append(0.0, recall), np.append(0.0, alarm_rate))
    steps = float((np.diff(recall, prepend=0.0) * precision).sum())
    return min(1.0, float(area)), min(1.0, steps)


def _auc_size(auc: float, positives: float, negatives: float) -> float:
    """How many independent answers vary as much as the area under the ROC curve does."""
    area = min(max(auc, 1e-9), 1 - 1e-9)
    both_above, both_below = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (both_above - area**2)
    variance += (negatives - 1) * (both_below - area**2)
    return max(1.0, area * (1 - area) * positives * negatives / max(variance, 1e-300))


def operating_curve(
    truth: np.ndarray,
    scores: np.ndarray,
    positive: int,
    weights: np.ndarray,
    costs: Sequence[Sequence[float]] | None,
) -> OperatingCurve | None:
    """Say what every threshold gives: arrays as `rank_class` takes them, and None as there.

    `positive`, 0 or 1, is the class that `truth` marks; `costs[truth][answer]`.
    """
    if (sizes := _effective_sizes(truth, weights)) is None:
        return None
    counts = _Counts.of(truth, scores, weights)
    reasons: dict[float, list[str]] = {threshold: [] for threshold in GRID}
    reasons[EVEN].append("as it is")
    for place, why in _best(counts, positive, costs):
        reasons.setdefault(float(counts.thresholds[place]), []).append(why)
    listed = tuple(counts.at(t, ", ".join(why)) for t, why in sorted(reasons.items()))
    return OperatingCurve(positive, _thinned(counts), listed, sizes)


def _best(
    counts: _Counts, positive: int, costs: Sequence[Sequence[float]] | None
) -> list[tuple[int, str]]:
    """The places of the thresholds that are best by F1, by balanced accuracy and by cost."""
    f1 = 2 * counts.hits / (counts.hits + counts.alarms + counts.positives)
    balanced = counts.hits / counts.positives - counts.alarms / counts.negatives
    found = [(int(f1.argmax()), "best F1"), (int(balanced.argmax()), "best balanced accuracy")]
    if costs is not None:
        table, other = np.asarray(costs, float), 1 - positive
        cost = counts.hits * (table[positive, positive] - table[positive, other])
        cost += counts.alarms * (table[other, positive] - table[other, other])
        found.append((int(cost.argmin()), "least cost"))
    return found


def _thinned(counts: _Counts) -> tuple[OperatingPoint, ...]:
    """The first point, the last, and enough between them, evenly spread along both curves."""
    last = len(counts.hits) - 1
    wanted = np.linspace(0, 1, CURVE_POINTS // 2)
    places = [np.searchsorted(counts.hits, wanted * counts.positives)]
    places.append(np.searchsorted(counts.alarms, wanted * counts.negatives))
    kept = np.unique(np.append(np.concatenate(places).clip(0, last), [0, last]))
    return tuple(counts.at(float(threshold)) for threshold in counts.thresholds[kept])
