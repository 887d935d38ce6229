"""How well answers agree with labels, as counts that add up over any number of parts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from model.calibration import DIGITS

_Z = 1.959963984540054  # standard deviations that hold 95 % of a normal distribution


@dataclass(frozen=True)
class Score:
    """Counts over labelled images.

    `labelled` and `right`, int64 (10,), count the images of each digit and those read as it;
    `accepted` and `accepted_right` count the accepted answers and the right ones among them.
    """

    labelled: np.ndarray
    right: np.ndarray
    accepted: int
    accepted_right: int

    @classmethod
    def of(cls, digits: np.ndarray, accepted: np.ndarray, labels: np.ndarray) -> Score:
        """Count answers, int64 (n,) and bool (n,), beside labels, int64 (n,); all in 0..9."""
        right = digits == labels
        return cls(
            labelled=np.bincount(labels, minlength=DIGITS),
            right=np.bincount(labels[right], minlength=DIGITS),
            accepted=int(accepted.sum()),
            accepted_right=int((accepted & right).sum()),
        )

    def __add__(self, other: Score) -> Score:
        """Count both sets as one."""
        return Score(
            self.labelled + other.labelled,
            self.right + other.right,
            self.accepted + other.accepted,
            self.accepted_right + other.accepted_right,
        )

    def record(self) -> dict:
        """The object of `evaluate --json`, of one image at least."""
        count, right = int(self.labelled.sum()), int(self.right.sum())
        when_accepted = self.accepted_right / self.accepted if self.accepted else None
        return {
            "count": count,
            "accuracy": right / count,
            "accuracy_interval": _interval(right, count),
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


def _interval(right: int, count: int) -> list[float]:
    """Wilson's 95 % interval of a share (JASA 1927): [low, high]."""
    share, squared = right / count, _Z**2 / count
    centre, scale = share + squared / 2, 1 + squared
    spread = math.sqrt(squared * (share * (1 - share) + squared / 4))
    return [max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)]
