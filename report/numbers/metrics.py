"""One test set's numbers: counts, everything derived from them, and their JSON form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.writers import WriterCounts
from report.numbers.answers import Answers, Facts, LabelledData
from report.numbers.classes import DIGIT_NAMES, Words, noun_of, words_of
from report.numbers.confidence import NOT_MEASURED, Confidence, measure_confidence
from report.numbers.counts import (
    ClassCounts,
    ConfusedPair,
    NothingCounted,
    Proportion,
    Share,
    WeightedProportion,
    share_of,
)
from report.numbers.groups import Groups, measure_groups
from report.numbers.scores import OverallScores, ranks_of, score
from report.numbers.settings import Questions
from report.numbers.weights import WeightedConfusion, measure_weights

# What is known of some sets only.
PARTS: Any = (("writers", WriterCounts), ("groups", Groups), ("weighted", WeightedConfusion))


@dataclass(frozen=True)
class Metrics:
    """Counts over one test set, and everything derived from them.

    `confusion[truth][reading]` holds counts; `names` are what the classes are called; `writers` and
    `groups` are counts by who wrote the images and by slices of them, where these are known.
    `weighted` is given where images have weights: shares are then those of the weight, while counts
    stay counts. `top2_correct` and `confidence` are None where there are no probabilities, `scores`
    only for a report that an earlier version wrote. `item` is what one row of the data is called.
    """

    confusion: tuple[tuple[int, ...], ...]
    top2_correct: int | None
    accepted: Proportion
    accepted_correct: int
    confidence: Confidence | None
    names: tuple[str, ...] = DIGIT_NAMES
    writers: WriterCounts | None = None
    groups: Groups | None = None
    weighted: WeightedConfusion | None = None
    scores: OverallScores | None = None
    item: str = "image"

    @property
    def words(self) -> Words:
        """What is said of the answers."""
        return words_of(self.names)

    @property
    def noun(self) -> str:
        """What one of the classes is."""
        return noun_of(self.names)

    @property
    def accuracy(self) -> Proportion:
        """The share of images read correctly."""
        correct, total = sum(row[c] for c, row in enumerate(self.confusion)), self.accepted.total
        if self.weighted:
            return WeightedProportion(correct, total, self.weighted.accuracy)
        return Proportion(correct, total)

    @property
    def errors(self) -> int:
        """How many images were misread."""
        return self.accuracy.total - self.accuracy.count

    @property
    def beats_baseline(self) -> bool:
        """Whether the accuracy's interval lies above always answering the most common class."""
        return self.scores is None or self.accuracy.interval[0] > self.scores.baseline_accuracy

    @property
    def top2(self) -> Share:
        """The share of images whose label is one of the two likeliest readings."""
        if self.top2_correct is None:
            return NothingCounted()
        weights = self.weighted.top2 if self.weighted else None
        return share_of(self.top2_correct, self.accuracy.total, weights)

    @property
    def accuracy_when_accepted(self) -> Share:
        """The share read correctly among the images that the network did not decline."""
        if self.accepted.count == self.accepted.total:
            return self.accuracy
        return share_of(self.accepted_correct, self.accepted.count)

    @property
    def per_class(self) -> tuple[ClassCounts, ...]:
        """Each class's counts, in class order."""
        read_as = [sum(column) for column in zip(*self.confusion, strict=True)]
        weights = self.weighted.per_class if self.weighted else [(None, None)] * len(read_as)
        return tuple(
            ClassCounts(self.names[c], row[c], sum(row), read_as[c], *weights[c])
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
        found = [(c.recall.value, c) for c in self.per_class if c.recall.value is not None]
        return min(found, key=lambda pair: pair[0])[1]

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
        known = {name: part.to_json() for name, _ in PARTS if (part := getattr(self, name))}
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
                "most_confused": [
                    {**asdict(p), "share": p.share.value, "share_interval": p.share.interval}
                    for p in self.most_confused
                ],
            }
            | (self.confidence.to_json() if self.confidence else NOT_MEASURED)
            | (self.scores.to_json() if self.scores else {})
            | ({} if self.item == "image" else {"item": self.item})
            | known
        )

    @classmethod
    def from_json(cls, values: Facts) -> Metrics:
        return cls(
            confusion=tuple(tuple(row) for row in values["confusion_matrix"]),
            top2_correct=values["top2_correct"],
            accepted=Proportion(values["accepted"], values["count"]),
            accepted_correct=values["accepted_correct"],
            confidence=None if values["ece"] is None else Confidence.from_json(values),
            names=tuple(scores["label"] for scores in values["per_class"]),
            **{name: kind.from_json(values[name]) for name, kind in PARTS if name in values},
            scores=OverallScores.from_json(values) if "balanced_accuracy" in values else None,
            item=values.get("item", "image"),
        )


def measure(data: LabelledData, answers: Answers, questions: Questions | None = None) -> Metrics:
    """Count what matters; `questions` are what was asked beyond what is always answered."""
    labels, readings, classes = data.labels, answers.readings, len(data.names)
    right, pairs = readings == labels, labels * classes + readings
    counts = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    in_top2 = confidence = weighted = groups = None
    if answers.probabilities is not None:
        in_top2 = ranks_of(labels, answers.probabilities, last_first=False) < 2
        confidence = measure_confidence(data, answers)
    if data.weights is not None:
        weighted = measure_weights(pairs, classes, data.weights, in_top2)
    if data.groups is not None:
        groups = measure_groups(data, right)
    return Metrics(
        confusion=tuple(map(tuple, counts.tolist())),
        top2_correct=None if in_top2 is None else int(in_top2.sum()),
        accepted=Proportion(int(answers.accepted.sum()), len(labels)),
        accepted_correct=int((right & answers.accepted).sum()),
        confidence=confidence,
        names=data.names,
        writers=None if data.writers is None else WriterCounts.of(data.writers, right),
        groups=groups,
        weighted=weighted,
        scores=score(data, answers, questions or Questions()),
        item="image" if data.images.size else "row",
    )


def _class_json(scores: ClassCounts) -> dict[str, Any]:
    found: dict[str, Any] = {"label": scores.label}
    for name in ("precision", "recall"):
        share = getattr(scores, name)
        found |= {name: share.value, f"{name}_interval": share.interval}
    return found | {n: getattr(scores, n) for n in ("f1", "support", "predicted", "correct")}
