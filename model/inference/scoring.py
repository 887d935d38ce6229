"""Compares answers with labels: counts of right answers, and how digits are told from the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.calibration import DIGIT_CLASSES
from model.intervals import wilson_interval


@dataclass(frozen=True)
class AccuracyCounts:
    """Counts over labelled images.

    `labelled` and `right`, int64 (10,), count the images of each digit and those read correctly;
    `accepted` and `accepted_right` count the accepted answers and the correct ones among them.
    """

    labelled: np.ndarray
    right: np.ndarray
    accepted: int
    accepted_right: int

    @classmethod
    def of(cls, digits: np.ndarray, accepted: np.ndarray, labels: np.ndarray) -> AccuracyCounts:
        """Count answers, int64 (n,) and bool (n,), against labels, int64 (n,); digits in 0..9."""
        right = digits == labels
        return cls(
            labelled=np.bincount(labels, minlength=DIGIT_CLASSES),
            right=np.bincount(labels[right], minlength=DIGIT_CLASSES),
            accepted=int(accepted.sum()),
            accepted_right=int((accepted & right).sum()),
        )

    def __add__(self, other: AccuracyCounts) -> AccuracyCounts:
        """Return the counts over both sets together."""
        return AccuracyCounts(
            self.labelled + other.labelled,
            self.right + other.right,
            self.accepted + other.accepted,
            self.accepted_right + other.accepted_right,
        )

    def to_json(self) -> dict:
        """The object of `evaluate --json`; there must be at least one image."""
        count, right = int(self.labelled.sum()), int(self.right.sum())
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
                    "count": int(self.labelled[digit]),
                    "accuracy": float(self.right[digit] / self.labelled[digit]),
                }
                for digit in range(DIGIT_CLASSES)
                if self.labelled[digit]
            ],
        }


def auroc(digits: np.ndarray, others: np.ndarray) -> float:
    """The chance that a digit gets a higher digit probability than what is no digit; ties half.

    `digits` and `others` hold those probabilities, one or more each; 1 is perfect, 0.5 chance.
    Source: J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver
    operating characteristic (ROC) curve", 1982.
    """
    ranked = np.sort(others)
    below, up_to = (np.searchsorted(ranked, digits, side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(others)))
