"""One test set's numbers: counts, everything derived from them, and their JSON form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.writers import WriterCounts
from report.numbers.classes import DIGIT_NAMES, noun_of
from report.numbers.confidence import Confidence, measure_confidence
from report.numbers.counts import ClassCounts, ConfusedPair, Proportion, Share, share_of

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Metrics:
    """Counts over one test set, and everything derived from them.

    `confusion[truth][reading]` holds counts; `names` are what the classes are called; `writers` are
    counts by who wrote the images, where that is known.
    """

    confusion: tuple[tuple[int, ...], ...]
    top2_correct: int
    accepted: Proportion
    accepted_correct: int
    confidence: Confidence
    names: tuple[str, ...] = DIGIT_NAMES
    writers: WriterCounts | None = None

    @property
    def noun(self) -> str:
        """What one of the classes is."""
        return noun_of(self.names)

    @property
    def accuracy(self) -> Proportion:
        """The share of images read correctly."""
        correct = sum(self.confusion[c][c] for c in range(len(self.confusion)))
        return Proportion(correct, self.accepted.total)

    @property
    def errors(self) -> int:
        """How many images were misread."""
        return self.accuracy.total - self.accuracy.count

    @property
    def top2(self) -> Proportion:
        """The share of images whose label is one of the two likeliest readings."""
        return Proportion(self.top2_correct, self.accuracy.total)

    @property
    def accuracy_when_accepted(self) -> Share:
        """The share read correctly among the images that the network did not decline."""
        return share_of(self.accepted_correct, self.accepted.count)

    @property
    def per_class(self) -> tuple[ClassCounts, ...]:
        """Each class's counts, in class order."""
        read_as = [sum(column) for column in zip(*self.confusion, strict=True)]
        return tuple(
            ClassCounts(self.names[c], row[c], sum(row), read_as[c])
            for c, row in enumerate(self.confusion)
        )

    @property
    def most_confused(self) -> tuple[ConfusedPair, ...]:
        """Every (truth, reading) pair that occurred, most frequent first, then by share."""
        pairs = [
            ConfusedPair(truth, reading, count, sum(row))
            for truth, row in enumerate(self.confusion)
            for reading, count in enumerate(row)
            if count and truth != reading
        ]
        return tuple(sorted(pairs, key=lambda p: (-p.count, p.support, p.truth, p.reading)))

    @property
    def worst_class(self) -> ClassCounts:
        """The class whose images are misread most often. There must be an image."""
        return min((c for c in self.per_class if c.support), key=lambda c: c.correct / c.support)

    @property
    def declined(self) -> Proportion:
        """The share of images that the network did not accept, and so gives no firm answer to."""
        return Proportion(self.accepted.total - self.accepted.count, self.accepted.total)

    @property
    def declined_errors(self) -> int:
        """How many of the declined images would have been misread."""
        return self.errors - (self.accepted.count - self.accepted_correct)

    @property
    def risk(self) -> Share:
        """The share misread among the images that the network accepted."""
        return share_of(self.accepted.count - self.accepted_correct, self.accepted.count)

    def to_json(self) -> dict[str, Any]:
        """Counts and ratios as plain values; `from_json` needs the counts alone."""
        by_writer = {"writers": self.writers.to_json()} if self.writers else {}
        return (
            {
                "count": self.accuracy.total,
                "errors": self.errors,
                "accuracy": self.accuracy.value,
                "accuracy_interval": self.accuracy.interval,
                "top2_accuracy": self.top2.value,
                "top2_correct": self.top2_correct,
                "accepted": self.accepted.count,
                "accepted_correct": self.accepted_correct,
                "accepted_fraction": self.accepted.value,
                "accuracy_when_accepted": self.accuracy_when_accepted.value,
                "per_class": [_class_json(scores) for scores in self.per_class],
                "confusion_matrix": self.confusion,
                "most_confused": [_pair_json(pair) for pair in self.most_confused],
            }
            | self.confidence.to_json()
            | by_writer
        )

    @classmethod
    def from_json(cls, values: Facts) -> Metrics:
        """The metrics that `to_json` wrote."""
        return cls(
            confusion=tuple(tuple(row) for row in values["confusion_matrix"]),
            top2_correct=values["top2_correct"],
            accepted=Proportion(values["accepted"], values["count"]),
            accepted_correct=values["accepted_correct"],
            confidence=Confidence.from_json(values),
            names=tuple(scores["label"] for scores in values["per_class"]),
            writers=WriterCounts.from_json(values["writers"]) if "writers" in values else None,
        )


def measure(
    labels: np.ndarray,
    probabilities: np.ndarray,
    accepted: np.ndarray,
    names: Sequence[str] = DIGIT_NAMES,
    writers: np.ndarray | None = None,
) -> Metrics:
    """Count what matters.

    `labels` int (n,), `probabilities` (n, c) with rows that sum to 1, `accepted` bool (n,), `names`
    what the c classes are called, `writers` who wrote the images (n,), where that is known.
    """
    classes = probabilities.shape[1]
    readings = probabilities.argmax(axis=1)
    right = readings == labels
    pairs = np.bincount(labels * classes + readings, minlength=classes**2)
    top2 = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    return Metrics(
        confusion=tuple(map(tuple, pairs.reshape(classes, classes).tolist())),
        top2_correct=int((top2 == labels[:, None]).any(axis=1).sum()),
        accepted=Proportion(int(accepted.sum()), len(labels)),
        accepted_correct=int((right & accepted).sum()),
        confidence=measure_confidence(labels, probabilities),
        names=tuple(names),
        writers=None if writers is None else WriterCounts.of(writers, right),
    )


def _class_json(scores: ClassCounts) -> dict[str, Any]:
    return {
        "label": scores.label,
        "precision": scores.precision.value,
        "precision_interval": scores.precision.interval,
        "recall": scores.recall.value,
        "recall_interval": scores.recall.interval,
        "f1": scores.f1,
        "support": scores.support,
        "predicted": scores.predicted,
        "correct": scores.correct,
    }


def _pair_json(pair: ConfusedPair) -> dict[str, Any]:
    return asdict(pair) | {"share": pair.share.value, "share_interval": pair.share.interval}
