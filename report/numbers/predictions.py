"""One answer per test image, as compact columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from report.numbers.answers import Answers, LabelledData
from report.numbers.plain import Plain

PROBABILITY_DECIMALS = 6
MOST_KEPT = 100_000  # rows; of more, nobody reads each, and their text would take 60 bytes a row


@dataclass(frozen=True)
class Predictions(Plain):
    """One answer per test image, in the test set's order, as parallel columns.

    `second` is the likeliest class beside the answer, `digit`. Probabilities keep six decimals and
    stay below 1, which a softmax reaches only by rounding; their columns and `second` are None
    where they are not known. `digit_probability` is None where the network does not judge whether
    an image is a digit at all. `group` numbers the group that each image belongs to, such as its
    writer, and `weight` is how much it counts; None where there are none.
    """

    label: tuple[int, ...]
    digit: tuple[int, ...]
    confidence: tuple[float, ...] | None
    second: tuple[int, ...] | None
    second_confidence: tuple[float, ...] | None
    label_probability: tuple[float, ...] | None
    accepted: tuple[bool, ...]
    digit_probability: tuple[float, ...] | None
    group: tuple[int, ...] | None = None
    weight: tuple[float, ...] | None = None

    @classmethod
    def of(cls, data: LabelledData, answers: Answers) -> Predictions:
        """The columns for a test set and one network's `answers`.

        All are empty where there are more than `MOST_KEPT` rows.
        """
        labels = data.labels
        groups = data.writers if data.groups is None else data.groups
        if len(labels) > MOST_KEPT:
            return NONE_KEPT
        digit_probability = answers.digit_probability
        return cls(
            label=tuple(labels.tolist()),
            digit=tuple(answers.readings.tolist()),
            **_probable(labels, answers),
            accepted=tuple(answers.accepted.tolist()),
            digit_probability=None if digit_probability is None else _column(digit_probability),
            group=None if groups is None else tuple(numbered(groups).tolist()),
            weight=None if data.weights is None else tuple(data.weights.tolist()),
        )


NONE_KEPT = Predictions(*[()] * len(fields(Predictions)))


def numbered(groups: np.ndarray | Sequence[int]) -> np.ndarray:
    """Number the different values, int (n,) from 0."""
    return np.unique(groups, return_inverse=True)[1]


def _probable(labels: np.ndarray, answers: Answers) -> dict[str, Any]:
    """The columns that take probabilities, each None without them."""
    probabilities = answers.probabilities
    if probabilities is None:
        return dict.fromkeys(("confidence", "second", "second_confidence", "label_probability"))
    rows = np.arange(len(labels))
    return {
        "confidence": _column(answers.confidence),
        "second": tuple(answers.second.tolist()),
        "second_confidence": _column(probabilities[rows, answers.second]),
        "label_probability": _column(probabilities[rows, labels]),
    }


def _column(probabilities: np.ndarray) -> tuple[float, ...]:
    """Round a column of probabilities for storage."""
    step = 10.0**-PROBABILITY_DECIMALS
    rounded = probabilities.astype(np.float64).clip(0, 1 - step).round(PROBABILITY_DECIMALS)
    return tuple(rounded.tolist())
