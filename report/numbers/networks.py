"""Networks on the same test images: the result of each, tested against the subject's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from report.numbers.counts import Proportion
from report.numbers.significance import SIGNIFICANCE_LEVEL, holm, mcnemar


@dataclass(frozen=True)
class NetworkResult:
    """One network on the same test images: its size, and the places of the images it misread.

    `parameters` is None where they can't be counted; `milliseconds`, the median time for one image,
    is None where it was not measured.
    """

    name: str
    architecture: str
    parameters: int | None
    litert_bytes: int | None
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
    def from_json(cls, values: Mapping[str, Any]) -> NetworkResult:
        """The result that `to_json` wrote."""
        kept = {f.name: values[f.name] for f in fields(cls)}
        return cls(**kept | {"wrong": tuple(values["wrong"])})


@dataclass(frozen=True)
class PairedTest:
    """McNemar's test of a network against the subject, on the same images.

    `only_subject` and `only_other` count the images that only one of the two read correctly.
    `p_value` is the mid-p value; `p_holm` is it after Holm's correction for the number of tests.
    """

    only_subject: int
    only_other: int
    p_value: float
    p_holm: float

    @property
    def is_significant(self) -> bool:
        """Whether chance alone hardly explains the difference."""
        return self.p_holm < SIGNIFICANCE_LEVEL


def paired_tests(results: Sequence[NetworkResult]) -> list[PairedTest]:
    """Test every network but the first, the subject, against it."""
    if not results:
        return []
    subject, *others = (set(result.wrong) for result in results)
    counts = [(len(other - subject), len(subject - other)) for other in others]
    p_values = [mcnemar(*pair) for pair in counts]
    rows = zip(counts, p_values, holm(p_values), strict=True)
    return [PairedTest(*pair, p_value, p_holm) for pair, p_value, p_holm in rows]


def networks_json(results: Sequence[NetworkResult]) -> list[dict[str, Any]]:
    """Results as plain values, each with its test; `NetworkResult.from_json` reads them back."""
    tests = [None, *map(asdict, paired_tests(results))][: len(results)]
    return [
        result.to_json() | {"against_subject": test}
        for result, test in zip(results, tests, strict=True)
    ]
