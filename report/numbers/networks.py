"""Networks on the same test images: the result of each, tested against the subject's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from report.numbers.counts import Proportion
from report.numbers.pairing import PairedAnswers
from report.numbers.plain import Plain
from report.numbers.significance import SIGNIFICANCE_LEVEL, holm


@dataclass(frozen=True)
class NetworkResult(Plain):
    """One network on the same test images: its size, and the places of the images it misread.

    `parameters` is None where they can't be counted; `milliseconds`, the median time for one image,
    is None where it was not measured. `p_value` is that of being as good as the subject, None for
    the subject itself (see `with_tests`).
    """

    name: str
    architecture: str
    parameters: int | None
    litert_bytes: int | None
    count: int
    wrong: tuple[int, ...]
    milliseconds: float | None
    p_value: float | None = None

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
        plain = super().to_json()
        del plain["p_value"]  # `against_subject` holds it
        return ratios | plain

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> NetworkResult:
        test = values["against_subject"]
        return super().from_json({**values, "p_value": test and test["p_value"]})


@dataclass(frozen=True)
class PairedTest:
    """The test of a network against the subject, on the same images.

    `only_subject` and `only_other` count the images that only one of the two read correctly.
    `p_holm` is `p_value` after Holm's correction for the number of tests.
    """

    only_subject: int
    only_other: int
    p_value: float
    p_holm: float

    @property
    def is_significant(self) -> bool:
        """Whether chance alone hardly explains the difference."""
        return self.p_holm < SIGNIFICANCE_LEVEL


def with_tests(
    results: Sequence[NetworkResult], groups: np.ndarray | None = None
) -> tuple[NetworkResult, ...]:
    """Test every network but the first, the subject, against it.

    By McNemar's test; where images come in `groups`, int (n,), such as who wrote each, by one that
    counts groups instead (see `PairedAnswers.share_change`).
    """
    if not results:
        return ()
    subject, *others = results
    images, right = np.arange(subject.count), np.zeros(subject.count, bool)
    first, *rest = (np.isin(images, result.wrong) for result in results)
    pairs = (PairedAnswers(right, first, wrong, groups=groups) for wrong in rest)
    p_values = (pair.share_change(slice(None))[0] for pair in pairs)
    found = zip(others, p_values, strict=True)
    return (subject, *(replace(other, p_value=p_value) for other, p_value in found))


def paired_tests(results: Sequence[NetworkResult]) -> list[PairedTest]:
    """The test of every network but the first, the subject, as `with_tests` has made it."""
    subject, *others = (set(result.wrong) for result in results) if results else (set(),)
    p_values = [result.p_value for result in results[1:] if result.p_value is not None]
    rows = zip(others, p_values, holm(p_values), strict=True)
    return [PairedTest(len(o - subject), len(subject - o), p, p_holm) for o, p, p_holm in rows]


def networks_json(results: Sequence[NetworkResult]) -> list[dict[str, Any]]:
    """Results as plain values, each with its test; `NetworkResult.from_json` reads them back."""
    tests = [None, *map(asdict, paired_tests(results))][: len(results)]
    return [
        result.to_json() | {"against_subject": test}
        for result, test in zip(results, tests, strict=True)
    ]
