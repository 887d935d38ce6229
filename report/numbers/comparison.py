"""Two reports side by side: what changed, image by image where both read the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from report.numbers.classes import short
from report.numbers.counts import NothingCounted, Proportion
from report.numbers.examples import Example
from report.numbers.metrics import Metrics
from report.numbers.significance import SIGNIFICANCE_LEVEL, fisher, holm, mcnemar

SHOWN = 12


@dataclass(frozen=True)
class Snapshot:
    """What a comparison needs of a report: `labels` and `readings` hold one class an image.

    Both are empty where a report does not keep the answer to each image. `extras` are the further
    sets' hashes and numbers by name.
    """

    model: str
    created_at: str
    dataset: str
    sha256: str
    metrics: Metrics
    extras: Mapping[str, tuple[str, Metrics]]
    labels: tuple[int, ...]
    readings: tuple[int, ...]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Snapshot:
        """Read it from a report.json, also from one that other versions of this program wrote."""
        answers, extras = values["predictions"], values["metrics"].get("extra", ())
        found = cls(
            model=str(values["model"]["name"]),
            created_at=str(values["environment"]["created_at"]),
            dataset=str(values["dataset"]["name"]),
            sha256=values["dataset"]["sha256"],
            metrics=Metrics.from_json(values["metrics"]),
            extras={e["name"]: (e["sha256"], Metrics.from_json(e)) for e in extras},
            labels=tuple(answers["label"]),
            readings=tuple(answers["digit"]),
        )
        lengths = len(found.labels), len(found.readings)
        if lengths not in ((0, 0), (found.metrics.accuracy.total,) * 2):
            raise ValueError("as many predictions as images are needed")
        return found


@dataclass(frozen=True)
class Change:
    """One number before and now; `name` is its dotted name, as `report check` takes it.

    `kind` says how it is written. `p_value` is that of no difference, adjusted for the number
    of like tests (Holm), or None where nothing was tested. `better` is 1 where more of it is
    better, -1 where less is, 0 where neither.
    """

    name: str
    words: str
    kind: str
    old: float | None
    new: float | None
    better: int
    p_value: float | None

    @property
    def gain(self) -> float:
        """How much better it became; negative where worse, 0 where that can't be said."""
        if self.old is None or self.new is None:
            return 0
        return self.better * (self.new - self.old)

    @property
    def is_significant(self) -> bool:
        """Whether chance alone hardly explains the change."""
        return self.p_value is not None and self.p_value < SIGNIFICANCE_LEVEL

    @property
    def is_regression(self) -> bool:
        """Whether it became worse, and chance alone hardly explains that."""
        return self.is_significant and self.gain < 0


@dataclass(frozen=True)
class Comparison:
    """A report against the one before it.

    `is_paired` says that both read the same test images; then `fixed` and `broken` are the places
    of those that only the new or only the old one read correctly, with some of them as pictures.
    `changes` begins with the accuracy.
    """

    model: str
    created_at: str
    dataset: str
    is_paired: bool
    changes: tuple[Change, ...]
    fixed: tuple[int, ...]
    broken: tuple[int, ...]
    fixed_shown: tuple[Example, ...] = ()
    broken_shown: tuple[Example, ...] = ()

    @property
    def accuracy(self) -> Change:
        """The change that matters most."""
        return self.changes[0]

    @property
    def regressions(self) -> tuple[Change, ...]:
        """All that became worse, more than chance explains."""
        return tuple(change for change in self.changes if change.is_regression)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        shown = {name: [e.to_json() for e in getattr(self, name)] for name in PICTURED}
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in PICTURED}
        return plain | {"changes": [asdict(change) for change in self.changes]} | shown

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Comparison:
        """The comparison that `to_json` wrote."""
        kept = {f.name: values[f.name] for f in fields(cls)}
        kept |= {name: tuple(values[name]) for name in ("fixed", "broken")}
        kept |= {name: tuple(map(Example.from_json, values[name])) for name in PICTURED}
        return cls(**kept | {"changes": tuple(Change(**change) for change in values["changes"])})

    def with_examples(self, show) -> Comparison:
        """Add pictures of the first images broken and fixed; `show` makes an example of a place."""
        return replace(
            self,
            fixed_shown=tuple(map(show, self.fixed[:SHOWN])),
            broken_shown=tuple(map(show, self.broken[:SHOWN])),
        )


PICTURED = ("fixed_shown", "broken_shown")


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    """Say what changed from `old` to `new`, number by number, and whether chance explains it."""
    is_paired = old.sha256 == new.sha256 and old.labels == new.labels != ()
    fixed, broken = _differing(old, new) if is_paired else ((), ())
    p_accuracy = (
        mcnemar(len(broken), len(fixed))
        if is_paired
        else fisher(old.metrics.accuracy, new.metrics.accuracy)
    )
    changes = [
        *_overall(old.metrics, new.metrics, p_accuracy),
        *_classes(old, new, fixed, broken, is_paired),
        *_sets(old, new),
    ]
    facts = old.model, old.created_at, old.dataset
    return Comparison(*facts, is_paired, tuple(changes), fixed, broken)


def _differing(old: Snapshot, new: Snapshot) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Places of the images that only the new, and that only the old report read correctly."""
    labels = np.array(new.labels)
    was, now = (np.array(s.readings) == labels for s in (old, new))
    return tuple(np.flatnonzero(now & ~was).tolist()), tuple(np.flatnonzero(was & ~now).tolist())


def _overall(old: Metrics, new: Metrics, p_accuracy: float) -> Iterator[Change]:
    values = [
        ("accuracy", "Read correctly", "percent", 1, lambda m: m.accuracy.value),
        ("errors", "Misread", "count", -1, lambda m: m.errors),
        ("top2_accuracy", "Right within two guesses", "percent", 1, lambda m: m.top2.value),
        ("accepted_fraction", "Accepted", "percent", 0, lambda m: m.accepted.value),
        ("accuracy_when_accepted", "Right when accepted", "percent", 1,
         lambda m: m.accuracy_when_accepted.value),
        ("ece", "Confidence off by (ECE)", "percent", -1, lambda m: m.confidence.ece),
        ("brier", "Brier score", "decimal", -1, lambda m: m.confidence.brier),
    ]  # fmt: skip
    for name, words, kind, better, value in values:
        p_value = p_accuracy if name == "accuracy" else None
        yield Change(name, words, kind, value(old), value(new), better, p_value)


def _classes(
    old: Snapshot, new: Snapshot, fixed: Sequence[int], broken: Sequence[int], is_paired: bool
) -> list[Change]:
    """The recall of every class that both test sets hold."""
    found, p_values = [], []
    for place, (was, now) in enumerate(
        zip(old.metrics.per_class, new.metrics.per_class, strict=False)
    ):
        before, after = was.recall, now.recall
        if was.label != now.label:
            continue
        if isinstance(before, NothingCounted) or isinstance(after, NothingCounted):
            continue
        counts = (sum(new.labels[i] == place for i in rows) for rows in (broken, fixed))
        p_values.append(mcnemar(*counts) if is_paired else fisher(before, after))
        name, words = f"per_class.{place}.recall", f"Found of {short(now.label)} (recall)"
        found.append((name, words, before, after))
    return _tested(found, p_values)


def _sets(old: Snapshot, new: Snapshot) -> list[Change]:
    """The accuracy on every further set that both reports hold.

    Reports don't keep the answers for those image by image, so the test can't be a paired one.
    """
    found, p_values = [], []
    for name, (sha256, now) in new.extras.items():
        if name in old.extras and old.extras[name][0] == sha256:
            was = old.extras[name][1]
            found.append((f"extra.{name}.accuracy", f"Read correctly of “{name}”",
                          was.accuracy, now.accuracy))  # fmt: skip
            p_values.append(fisher(was.accuracy, now.accuracy))
    return _tested(found, p_values)


def _tested(
    found: Sequence[tuple[str, str, Proportion, Proportion]], p_values: Sequence[float]
) -> list[Change]:
    """Shares with their p values, adjusted for the number of tests."""
    return [
        Change(name, words, "percent", was.value, now.value, 1, p_value)
        for (name, words, was, now), p_value in zip(found, holm(p_values), strict=True)
    ]
