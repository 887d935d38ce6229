"""How accuracy runs as images are changed on purpose: the counts, and their JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from report.numbers.counts import Proportion

TUPLES = ("levels", "correct", "prepared")


@dataclass(frozen=True)
class Curve:
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

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Curve:
        """The curve that `to_json` wrote."""
        columns = {k: v and tuple(v) for k, v in values.items() if k in TUPLES}
        return cls(**{**values, **columns})
