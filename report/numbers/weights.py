"""Sample weights: the confusion matrix of weights, and the weighted shares that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from report.numbers.counts import Weights
from report.numbers.plain import Plain

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class WeightedConfusion(Plain):
    """Weights summed by label and answer, `confusion_matrix[truth][reading]`, and their squares.

    `top2_sum` is the weight of the images whose label is one of the two likeliest classes, or None
    where there are no probabilities.
    """

    confusion_matrix: Matrix
    squares: Matrix
    top2_sum: float | None

    @property
    def accuracy(self) -> Weights:
        """The weights of the images answered correctly, and of all."""
        return self._weights(sum(row[place] for place, row in enumerate(self.confusion_matrix)))

    @property
    def top2(self) -> Weights | None:
        """The weights of the images whose label is one of the two likeliest, and of all."""
        return None if self.top2_sum is None else self._weights(self.top2_sum)

    @property
    def per_class(self) -> list[tuple[Weights, Weights]]:
        """For each class the weights of the images that are it, and of those taken for it."""
        taken = list(zip(*self.confusion_matrix, strict=True))
        squares = list(zip(*self.squares, strict=True))
        return [
            (Weights(row[place], sum(row), sum(self.squares[place])),
             Weights(row[place], sum(taken[place]), sum(squares[place])))
            for place, row in enumerate(self.confusion_matrix)
        ]  # fmt: skip

    def _weights(self, part: float) -> Weights:
        return Weights(part, sum(map(sum, self.confusion_matrix)), sum(map(sum, self.squares)))


def measure_weights(
    pairs: np.ndarray, classes: int, weights: np.ndarray, in_top2: np.ndarray | None
) -> WeightedConfusion:
    """Sum up weights, float (n,), by `pairs`, int (n,): label times `classes`, plus the answer.

    `in_top2`, bool (n,), says whether a label is one of the two likeliest classes, where that is
    known.
    """

    def table(values: np.ndarray) -> Matrix:
        sums = np.bincount(pairs, values, minlength=classes**2)
        return tuple(map(tuple, sums.reshape(classes, classes).tolist()))

    top2 = None if in_top2 is None else float(weights[in_top2].sum())
    return WeightedConfusion(table(weights), table(weights**2), top2)
