"""How sure a network is against how often it is right: calibration, Brier score, risk–coverage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from report.numbers.answers import Answers, LabelledData
from report.numbers.calibration import CONFIDENCE_BINS, bin_places, ece_interval
from report.numbers.counts import Proportion, Share, Weights, share_of
from report.numbers.plain import Plain

CURVE_POINTS = 100  # over all images, and as many again over the least sure tenth
STEPS_OF_CONFIDENCE = 10**6


@dataclass(frozen=True)
class ConfidenceBin(Plain):
    """The images whose confidence fell in one range: how many, how many right, summed up.

    Where images have weights, `weights` holds those of the right ones and of all, and
    `confidence_sum` is weighted.
    """

    count: int
    correct: int
    confidence_sum: float
    weights: Weights | None = None

    @property
    def weight(self) -> float:
        """The weight of these images: how many there are, where all weigh the same."""
        return self.weights.total if self.weights else self.count

    @property
    def gap(self) -> float:
        """Confidence minus correctness, both summed over the bin: positive when too sure."""
        return self.confidence_sum - (self.weights.part if self.weights else self.correct)

    @property
    def mean_confidence(self) -> float | None:
        """How sure the network says it is in this range, 0 to 1."""
        return self.confidence_sum / self.weight if self.weight else None

    @property
    def right(self) -> Share:
        """The share of these images that was read correctly."""
        return share_of(self.correct, self.count, self.weights)

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in super().to_json().items() if value is not None}


@dataclass(frozen=True)
class CoveragePoint:
    """The `answered` images with at least this `confidence`, and how many of them are right."""

    confidence: float
    answered: int
    correct: int

    @property
    def risk(self) -> Proportion:
        """The share of the answers that is wrong."""
        return Proportion(self.answered - self.correct, self.answered)


@dataclass(frozen=True)
class RiskCoverage(Plain):
    """Points from the surest images to all, as columns of what a `CoveragePoint` holds."""

    confidence: tuple[float, ...]
    answered: tuple[int, ...]
    correct: tuple[int, ...]


@dataclass(frozen=True)
class Confidence(Plain):
    """How sure a network was of one test set's images, against how often it was right.

    `confidence_bins` are equal ranges of confidence, lowest first. `ece_interval` is None where
    there are too few images to tell. Raises ValueError where there is no image at all.
    """

    ece_interval: tuple[float, float] | None
    brier_sum: float
    confidence_bins: tuple[ConfidenceBin, ...]
    risk_coverage: RiskCoverage

    def __post_init__(self) -> None:
        if not self.count:
            raise ValueError("there are no images")

    @property
    def count(self) -> int:
        """How many images there are."""
        return sum(b.count for b in self.confidence_bins)

    @property
    def weight(self) -> float:
        """The weight of all images: how many there are, where all weigh the same."""
        return sum(b.weight for b in self.confidence_bins)

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean distance between confidence and correctness, 0 to 1.

        Source: C. Guo et al., "On calibration of modern neural networks", 2017.
        """
        return sum(abs(b.gap) for b in self.confidence_bins) / self.weight

    @property
    def mean_confidence(self) -> float:
        """How sure the network says it is, on average, 0 to 1."""
        return sum(b.confidence_sum for b in self.confidence_bins) / self.weight

    @property
    def brier(self) -> float:
        """Brier score: mean squared distance of the probabilities from the truth, 0 to 2.

        Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950.
        """
        return self.brier_sum / self.weight

    @property
    def curve(self) -> tuple[CoveragePoint, ...]:
        """The points of `risk_coverage`."""
        columns = self.risk_coverage
        rows = zip(columns.confidence, columns.answered, columns.correct, strict=True)
        return tuple(CoveragePoint(*row) for row in rows)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, with the ratios spelt out."""
        names = "ece", "ece_interval", "mean_confidence", "brier"
        return {name: getattr(self, name) for name in names} | super().to_json()


NOT_MEASURED: dict[str, Any] = dict.fromkeys(
    ("ece", "ece_interval", "mean_confidence", "brier", "brier_sum", "confidence_bins",
     "risk_coverage")
)  # fmt: skip


def measure_confidence(data: LabelledData, answers: Answers) -> Confidence:
    """Compare confidence, which is the probability of the answer, with correctness.

    There must be probabilities.
    """
    assert answers.probabilities is not None
    confidence, right = answers.confidence.astype(np.float64), answers.readings == data.labels
    distances = _squared_distances(data.labels, answers.probabilities)
    places = bin_places(confidence)
    return Confidence(
        ece_interval=ece_interval(places, confidence - right, data.row_weights),
        brier_sum=float((data.row_weights * distances).sum()),
        confidence_bins=_bins(places, confidence, right, data.weights),
        risk_coverage=_risk_coverage(confidence, right),
    )


def _squared_distances(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """The squared distance of each row of probabilities from the truth, float64 (n,)."""
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    squares = np.einsum("nc,nc->n", probabilities, probabilities, dtype=np.float64)
    return (squares - 2 * own + 1).clip(0)


def _bins(
    places: np.ndarray, confidence: np.ndarray, right: np.ndarray, weights: np.ndarray | None
) -> tuple[ConfidenceBin, ...]:
    """Sum the answers up by range of confidence."""

    def sums(values: np.ndarray) -> list[float]:
        return np.bincount(places, values, minlength=CONFIDENCE_BINS).tolist()

    counts = np.bincount(places, minlength=CONFIDENCE_BINS).tolist()
    correct, weighed = map(int, sums(right)), confidence
    each: Iterable[Weights | None] = [None] * CONFIDENCE_BINS
    if weights is not None:
        weighed = weights * confidence
        each = map(Weights, sums(weights * right), sums(weights), sums(weights**2))
    return tuple(map(ConfidenceBin, counts, correct, sums(weighed), each))


def _risk_coverage(confidence: np.ndarray, right: np.ndarray) -> RiskCoverage:
    """Answer the surest images first: how many are answered, and right, down to each confidence.

    Points lie closer in the last tenth, where the errors are; images of equal confidence are never
    parted. Confidences are rounded down: a threshold of that value lets all those images pass.
    Source: Y. Geifman and R. El-Yaniv, "Selective classification for deep neural networks", 2017.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, correct = confidence[order], np.cumsum(right[order])
    ends = np.flatnonzero(np.diff(ranked, append=-1.0) < 0)
    last = len(ranked) - 1
    wanted = [np.linspace(start, last, CURVE_POINTS).round() for start in (0, 0.9 * last)]
    kept = np.unique(ends[np.searchsorted(ends, np.concatenate(wanted))])
    levels = np.floor(ranked[kept] * STEPS_OF_CONFIDENCE) / STEPS_OF_CONFIDENCE
    return RiskCoverage(*(tuple(x.tolist()) for x in (levels, kept + 1, correct[kept])))
