"""Networks on the same test images: how each scored, and whether it differs from the subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from report.numbers.counts import Proportion
from report.numbers.significance import SIGNIFICANCE_LEVEL, holm, mcnemar


@dataclass(frozen=True)
class NetworkScore:
    """One network on the same test images: its size, and the places of the images it misread.

    `milliseconds` is the median time for one image; None where that was not measured.
    """

    name: str
    architecture: str
    parameters: int
    litert_bytes: int
    count: int
    wrong: tuple[int, ...]
    milliseconds: float | None

    @property
    def accuracy(self) -> Proportion:
        """The share of images read correctly."""
        return Proportion(self.count - len(self.wrong), self.count)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON, with the accuracy spelt out."""
        ratios = {
            "errors": len(self.wrong),
            "accuracy": self.accuracy.value,
            "accuracy_interval": self.accuracy.interval,
        }
        return ratios | asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> NetworkScore:
        """The score that `to_json` wrote."""
        kept = {f.name: record[f.name] for f in fields(cls)}
        return cls(**kept | {"wrong": tuple(record["wrong"])})


@dataclass(frozen=True)
class Duel:
    """A network against the subject: images that only one of them read correctly, and chance.

    `p_value` is McNemar's mid-p; `p_holm` is it raised for as many duels as there are.
    """

    only_subject: int
    only_other: int
    p_value: float
    p_holm: float

    @property
    def is_decided(self) -> bool:
        """Whether chance alone hardly explains the difference."""
        return self.p_holm < SIGNIFICANCE_LEVEL


def duels(scores: Sequence[NetworkScore]) -> list[Duel | None]:
    """Test every network against the first; None in that one's own place."""
    subject, *others = (set(score.wrong) for score in scores)
    counts = [(len(other - subject), len(subject - other)) for other in others]
    p_values = [mcnemar(*pair) for pair in counts]
    rows = zip(counts, p_values, holm(p_values), strict=True)
    return [None, *(Duel(*pair, p, adjusted) for pair, p, adjusted in rows)]


def networks_json(scores: Sequence[NetworkScore]) -> list[dict[str, Any]]:
    """Scores as plain values, each with its duel; `NetworkScore.from_json` reads them back."""
    return [
        score.to_json() | {"against_subject": duel and asdict(duel)}
        for score, duel in zip(scores, duels(scores), strict=True)
    ]
