"""The answers of two reports to the same test images, and the test of a share of these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from report.numbers.counts import paired_difference_interval
from report.numbers.significance import clustered_difference, mcnemar


@dataclass(frozen=True, eq=False)
class PairedAnswers:
    """The answers of two reports to the same n images: `labels`, `before` and `after` int (n,).

    An answer is -1 where the new report has no such class. Where they are known, `probabilities`
    float (2, n) are those of the label, before and after; `weights` float (n,), and `groups` int
    (n,), such as who wrote an image.
    """

    labels: np.ndarray
    before: np.ndarray
    after: np.ndarray
    probabilities: np.ndarray | None = None
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def is_unchanged(self) -> bool:
        """Whether both reports give every image the same answer, with the same probability."""
        given = (self.before, self.after), self.probabilities
        return all(np.array_equal(*pair) for pair in given if pair is not None)

    def differing(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether only the new, and whether only the old answer is right, bool (n,) each."""
        was, now = self.before == self.labels, self.after == self.labels
        return now & ~was, was & ~now

    def share_change(self, rows: np.ndarray | slice) -> tuple[float, tuple[float, float]]:
        """Test the change of the share answered correctly: the p value of none, the 95 % interval.

        Of the images `rows`, bool (n,) or a slice. By McNemar's test; where images have weights, or
        come in groups, by one that counts these (see `clustered_difference`), and the interval is
        at least as wide as for as many images that are independent.
        """
        gained, lost = (found[rows] for found in self.differing())
        if self.weights is None and self.groups is None:
            moved = int(gained.sum()), int(lost.sum())
            return mcnemar(*moved), paired_difference_interval(*moved, len(gained))
        weights = np.ones(len(gained)) if self.weights is None else self.weights[rows]
        units = np.arange(len(gained)) if self.groups is None else self.groups[rows]
        totals = np.bincount(units, weights)
        gaps = np.bincount(units, weights * gained) - np.bincount(units, weights * lost)
        p_value, (low, high) = clustered_difference(gaps[totals > 0], totals[totals > 0])
        # Images of weight 1 that tell as much, for each unit of weight (Kish's effective size).
        worth = weights.sum() / np.square(weights).sum()
        up, down, count = (
            float(worth * (weights * part).sum()) for part in (gained, lost, np.ones(len(gained)))
        )
        least, most = paired_difference_interval(up, down, count)
        return p_value, (min(low, least), max(high, most))
