"""Compares answers with labels: counts of correct ones; AUROC of digits against non-digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.calibration import DIGIT_CLASSES
from model.intervals import wilson_interval


@dataclass(frozen=True)
class AccuracyCounts:
    """Counts over labelled images.

    `confusion`, int64 (10, 10), counts the images by label (row) and digit read (column);
    `accepted` and `accepted_right` count the accepted answers and the correct ones among them.
    """

    confusion: np.ndarray
    accepted: int
    accepted_right: int

    @classmethod
    def of(cls, digits: np.ndarray, accepted: np.ndarray, labels: np.ndarray) -> AccuracyCounts:
        """Count answers, int64 (n,) and bool (n,), against labels, int64 (n,); digits in 0..9."""
        pairs = np.bincount(labels * DIGIT_CLASSES + digits, minlength=DIGIT_CLASSES**2)
        return cls(
            confusion=pairs.reshape(DIGIT_CLASSES, DIGIT_CLASSES),
            accepted=int(accepted.sum()),
            accepted_right=int((accepted & (digits == labels)).sum()),
        )

    def __add__(self, other: AccuracyCounts) -> AccuracyCounts:
        return AccuracyCounts(
            self.confusion + other.confusion,
            self.accepted + other.accepted,
            self.accepted_right + other.accepted_right,
        )

    def most_confused(self) -> list[dict[str, int]]:
        """Each pair of label and another digit read that occurred, the most frequent first."""
        wrong = self.confusion.copy()
        np.fill_diagonal(wrong, 0)
        pairs = [(-int(wrong[label, digit]), label, digit) for label, digit in np.argwhere(wrong)]
        return [
            {"digit": int(label), "read_as": int(digit), "count": -count}
            for count, label, digit in sorted(pairs)
        ]

    def to_json(self) -> dict:
        """The object of `evaluate --json`; there must be at least one image."""
        labelled, hits = self.confusion.sum(axis=1), self.confusion.diagonal()
        count, right = int(labelled.sum()), int(hits.sum())
        when_accepted = self.accepted_right / self.accepted if self.accepted else None
        return {
            "count": count,
            "accuracy": right / count,
            "accuracy_interval": list(wilson_interval(right, count)),
            "accepted_fraction": self.accepted / count,
            "accuracy_when_accepted": when_accepted,
            "per_class": [
                {
                    "digit": digit,
                    "count": int(labelled[digit]),
                    "accuracy": float(hits[digit] / labelled[digit]),
                }
                for digit in range(DIGIT_CLASSES)
                if labelled[digit]
            ],
            "confusion_matrix": self.confusion.tolist(),
            "most_confused": self.most_confused(),
        }


def auroc(digits: np.ndarray, others: np.ndarray) -> float:
    """The probability that a digit gets a higher digit probability than a non-digit; ties half.

    `digits` and `others` hold those probabilities, one or more each; 1 is perfect, 0.5 chance.
    Source: J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver
    operating characteristic (ROC) curve", 1982.
    """
    ranked = np.sort(others)
    below, up_to = (np.searchsorted(ranked, digits, side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(others)))
