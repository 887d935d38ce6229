"""Counts, and the ratios that follow from them: shares with intervals, classes, confusions."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

from model.intervals import Z, wilson_interval
from report.numbers.plain import Plain


@dataclass(frozen=True)
class Proportion(Plain):
    """`count` of `total`, which is at least 1. Raises ValueError for a smaller total."""

    count: int
    total: int

    def __post_init__(self) -> None:
        if self.total < 1:
            raise ValueError(f"no share of {self.total}")

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.count / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The share's 95 % Wilson interval."""
        return wilson_interval(self.count, self.total)


@dataclass(frozen=True)
class Weights(Plain):
    """The sum of the weights of the rows counted, and the sums of all weights and their squares."""

    part: float
    total: float
    squares: float


@dataclass(frozen=True)
class WeightedProportion(Proportion):
    """`count` of `total` rows that do not all count the same.

    Its interval is that of as many equal rows as tell as much (the effective sample size).
    Source: L. Kish, "Survey sampling", 1965.
    """

    weights: Weights

    @property
    def value(self) -> float:
        """The share of the weight, 0 to 1."""
        return min(1.0, self.weights.part / self.weights.total)

    @property
    def interval(self) -> tuple[float, float]:
        """The share's 95 % Wilson interval."""
        size = self.weights.total**2 / self.weights.squares
        return wilson_interval(self.value * size, size)


@dataclass(frozen=True)
class NothingCounted:
    """Stands for a `Proportion` where there was nothing to count: it has no share."""

    count: ClassVar[int] = 0
    total: ClassVar[int] = 0
    value: ClassVar[None] = None
    interval: ClassVar[None] = None


Share = Proportion | NothingCounted


def share_of(count: int, total: int, weights: Weights | None = None) -> Share:
    """Return the proportion, or `NothingCounted` where `total`, or all weight, is 0."""
    if weights is None:
        return Proportion(count, total) if total else NothingCounted()
    return WeightedProportion(count, total, weights) if weights.total else NothingCounted()


def difference_interval(first: Proportion, second: Proportion) -> tuple[float, float]:
    """Return the 95 % interval of `first` less `second`, shares of two sets without a common image.

    Source: R. G. Newcombe, "Interval estimation for the difference
    between independent proportions", 1998 (method 10).
    """
    difference = first.value - second.value
    (low_1, high_1), (low_2, high_2) = first.interval, second.interval
    below = sqrt((first.value - low_1) ** 2 + (high_2 - second.value) ** 2)
    above = sqrt((high_1 - first.value) ** 2 + (second.value - low_2) ** 2)
    return difference - below, difference + above


def paired_difference_interval(gained: float, lost: float, total: float) -> tuple[float, float]:
    """Return the 95 % interval of the second share less the first, both of the same `total` images.

    `gained` images count in the second share alone, `lost` ones in the first alone.
    Source: D. G. Bonett and R. M. Price, "Adjusted Wald confidence interval for a difference of
    binomial proportions based on paired data", 2012.
    """
    up, down = (gained + 1) / (total + 2), (lost + 1) / (total + 2)
    reach = Z * sqrt((up + down - (up - down) ** 2) / (total + 2))
    return max(-1.0, up - down - reach), min(1.0, up - down + reach)


@dataclass(frozen=True)
class ClassCounts:
    """How one class fared: images that are it, images read as it, and images that are both.

    `support_weights` and `predicted_weights` are given where the images have weights.
    """

    label: str
    correct: int
    support: int
    predicted: int
    support_weights: Weights | None = None
    predicted_weights: Weights | None = None

    @property
    def precision(self) -> Share:
        """Of the images read as this class, the share that is."""
        return share_of(self.correct, self.predicted, self.predicted_weights)

    @property
    def recall(self) -> Share:
        """Of the images that are this class, the share read as it."""
        return share_of(self.correct, self.support, self.support_weights)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None for a class neither seen nor read."""
        correct: float = self.correct
        either: float = self.support + self.predicted
        if self.support_weights and self.predicted_weights:
            correct = self.support_weights.part
            either = self.support_weights.total + self.predicted_weights.total
        return 2 * correct / either if either else None


@dataclass(frozen=True)
class ConfusedPair:
    """`count` images of class `truth`, out of its `support`, that were read as class `reading`."""

    truth: int
    reading: int
    count: int
    support: int

    @property
    def share(self) -> Proportion:
        """The share of the true class that was misread this way."""
        return Proportion(self.count, self.support)
