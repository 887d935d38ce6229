"""Thresholds on a report's numbers: which of them fell short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from model.errors import InputError
from report.numbers.plain import Plain


@dataclass(frozen=True)
class Threshold(Plain):
    """A bound on the metric called `name`: at least `bound`, or at most where `is_maximum`."""

    name: str
    bound: float
    is_maximum: bool

    @classmethod
    def parse(cls, text: str, is_maximum: bool) -> Threshold:
        """Read NAME=NUMBER. Raises InputError."""
        name, equals, number = text.partition("=")
        try:
            bound = float(number)
        except ValueError:
            bound = float("nan")
        if not (name.strip() and equals and isfinite(bound)):
            raise InputError(f"“{text}” is not NAME=NUMBER, as in accuracy=0.995")
        return cls(name.strip().removeprefix("metrics."), bound, is_maximum)


@dataclass(frozen=True)
class Verdict(Threshold):
    """A threshold, the value found, and its 95 % interval where the report has one."""

    value: float | None
    interval: tuple[float, float] | None = None

    @property
    def holds(self) -> bool:
        """Whether the value is within the bound; one that could not be measured never is."""
        if self.value is None:
            return False
        return self.value <= self.bound if self.is_maximum else self.value >= self.bound

    def to_json(self) -> dict[str, Any]:
        return super().to_json() | {"holds": self.holds}

    def row(self) -> tuple[str, str, str]:
        """Name, value and demand, as text."""
        sign = "≤" if self.is_maximum else "≥"
        found = "not measurable" if self.value is None else f"{self.value:.6g}"
        return self.name, found, f"{sign} {self.bound:.6g}"


def judge(report: Mapping[str, Any], thresholds: Sequence[Threshold]) -> list[Verdict]:
    """Compare `report`, a report.json read, with every threshold. Raises InputError."""
    values = dict(named_values(report["metrics"]))
    unknown = [threshold.name for threshold in thresholds if threshold.name not in values]
    if unknown:
        raise InputError(f"no metric “{unknown[0]}”; there are: {_listed(values)}")
    verdicts = []
    for threshold in thresholds:
        low, high = (values.get(f"{threshold.name}_interval.{end}") for end in (0, 1))
        interval = None if low is None or high is None else (low, high)
        verdicts.append(Verdict(**vars(threshold), value=values[threshold.name], interval=interval))
    return verdicts


def parse_thresholds(least: Sequence[str], most: Sequence[str]) -> list[Threshold]:
    """Read every --min and --max of a call. Raises InputError."""
    parsed = [Threshold.parse(text, is_maximum=False) for text in least]
    return parsed + [Threshold.parse(text, is_maximum=True) for text in most]


def named_values(metrics: Any, prefix: str = "") -> Iterator[tuple[str, float | None]]:
    """Yield every number in `metrics` with its dotted name, as in per_class.3.recall.

    What has a name of its own goes by that, not by its place: extra.mine.accuracy.
    """
    items: Iterable[tuple[Any, Any]]
    if isinstance(metrics, Mapping):
        items = metrics.items()
    elif isinstance(metrics, Sequence) and not isinstance(metrics, str):
        items = ((item.get("name", place) if isinstance(item, Mapping) else place, item)
                 for place, item in enumerate(metrics))  # fmt: skip
    else:
        if metrics is None or isinstance(metrics, int | float):
            yield prefix, metrics
        return
    for key, value in items:
        yield from named_values(value, f"{prefix}.{key}" if prefix else str(key))


def _listed(names: Mapping[str, Any]) -> str:
    """The names a person would use: single numbers, one class's and one extra set's as patterns."""
    single = [name for name in names if "." not in name]
    single += [n for n in names if n.startswith("per_class.0.") and n.count(".") == 2]
    extras = [n for n in names if n.startswith("extra.") and n.count(".") == 2]
    return ", ".join(single + [n for n in extras if n.endswith(".accuracy")])
