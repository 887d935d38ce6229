"""Compares answers with labels: counts that can be added up over any number of parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.calibration import DIGITS
from model.intervals import wilson_interval


@dataclass(frozen=True)
class Score:
    """Counts over labelled images.

    `labelled` and `right`, int64 (10,), count the images of each digit and those read correctly;
    `accepted` and `accepted_right` count the accepted answers and the correct ones among them.
    """

    labelled: np.ndarray
    right: np.ndarray
    accepted: int
    accepted_right: int

    @classmethod
    def of(cls, digits: np.ndarray, accepted: np.ndarray, labels: np.ndarray) -> Score:
        """Count answers, int64 (n,) and bool (n,), against labels, int64 (n,); digits in 0..9."""
        right = digits == labels
        return cls(
            labelled=np.bincount(labels, minlength=DIGITS),
            right=np.bincount(labels[right], minlength=DIGITS),
            accepted=int(accepted.sum()),
            accepted_right=int((accepted & right).sum()),
        )

    def __add__(self, other: Score) -> Score:
        """Return the counts over both sets together."""
        return Score(
            self.labelled + other.labelled,
            self.right + other.right,
            self.accepted + other.accepted,
            self.accepted_right + other.accepted_right,
        )

    def record(self) -> dict:
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
                for digit in range(DIGITS)
                if self.labelled[digit]
            ],
        }
