"""Sample weights: the confusion matrix of weights, and the weighted shares that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from report.numbers.counts import Weights
from report.numbers.plain import Plain

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class WeightedConfusion(Plain):
    """Weights summed by label and answer, `sums[truth][reading]`, and the sums of their squares.

    `top2_sum` is the weight of the images whose label is one of the two likeliest classes, or None
    where there are no probabilities.
    """

    sums: Matrix
    squares: Matrix
    top2_sum: float | None

    @property
    def accuracy(self) -> Weights:
        """The weights of the images answered correctly, and of all."""
        return self._weights(sum(row[place] for place, row in enumerate(self.sums)))

    @property
    def top2(self) -> Weights | None:
        """The weights of the images whose label is one of the two likeliest, and of all."""
        return None if self.top2_sum is None else self._weights(self.top2_sum)

    @property
    def per_class(self) -> list[tuple[Weights, Weights]]:
        """For each class the weights of the images that are it, and of those taken for it."""
        taken, squares = (list(zip(*matrix, strict=True)) for matrix in (self.sums, self.squares))
        return [
            (Weights(row[place], sum(row), sum(self.squares[place])),
             Weights(row[place], sum(taken[place]), sum(squares[place])))
            for place, row in enumerate(self.sums)
        ]  # fmt: skip

    def _weights(self, part: float) -> Weights:
        return Weights(part, sum(map(sum, self.sums)), sum(map(sum, self.squares)))

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "confusion_matrix": self.sums,
            "squares": self.squares,
            "top2_sum": self.top2_sum,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> WeightedConfusion:
        """The weights that `to_json` wrote."""
        return super().from_json({**values, "sums": values["confusion_matrix"]})


def measure_weights(
    labels: np.ndarray,
    readings: np.ndarray,
    classes: int,
    weights: np.ndarray,
    in_top2: np.ndarray | None,
) -> WeightedConfusion:
    """Sum up weights, float (n,), by `labels` and `readings`, int (n,).

    `in_top2`, bool (n,), says whether a label is one of the two likeliest classes, where that is
    known.
    """
    pairs = labels * classes + readings

    def table(values: np.ndarray) -> Matrix:
        sums = np.bincount(pairs, values, minlength=classes**2)
        return tuple(map(tuple, sums.reshape(classes, classes).tolist()))

    top2 = None if in_top2 is None else float(weights[in_top2].sum())
    return WeightedConfusion(table(weights), table(weights**2), top2)
