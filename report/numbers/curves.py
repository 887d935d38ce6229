"""Robustness curves: correct answers by the strength of a distortion, and their JSON form."""

from __future__ import annotations

from dataclasses import dataclass

from report.numbers.counts import Proportion
from report.numbers.plain import Plain


@dataclass(frozen=True)
class Curve(Plain):
    """Of `total` images, how many were read correctly at each level of one change.

    `correct` counts what the network read of the changed pixels as they are; `prepared` what it
    read after preparation, as with a user's picture, or is None where that was not measured.
    """

    name: str
    words: str
    unit: str
    neutral: float
    levels: tuple[float, ...]
    total: int
    correct: tuple[int, ...]
    prepared: tuple[int, ...] | None

    def shares(self, counts: tuple[int, ...]) -> tuple[Proportion, ...]:
        """Either of the columns of counts as shares."""
        return tuple(Proportion(correct, self.total) for correct in counts)

    @property
    def as_used(self) -> tuple[Proportion, ...]:
        """The shares that a user meets: after preparation where that undoes the change."""
        return self.shares(self.correct if self.prepared is None else self.prepared)

    @property
    def unchanged(self) -> Proportion:
        """The share read correctly when nothing is changed."""
        return self.as_used[self.levels.index(self.neutral)]
