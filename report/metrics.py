"""What an evaluation comes to: one frozen `Summary` that every writer reads, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from report.confidence import Confidence, measure_confidence
from report.counts import ClassCounts, ConfusedPair, NetworkScore, Proportion
from report.examples import Examples, choose_examples
from report.predictions import Predictions

if TYPE_CHECKING:
    from report.evaluation import Answers, Evaluation, LabelledGlyphs

FORMAT_VERSION = 1
EXTRA_FACTS = ("name", "source", "licence", "sha256", "count", "class_counts")
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Metrics:
    """Counts over one test set, and everything derived from them.

    `confusion[truth][reading]` holds counts.
    """

    confusion: tuple[tuple[int, ...], ...]
    top2_correct: int
    accepted: Proportion
    accepted_correct: int
    confidence: Confidence

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
    def accuracy_when_accepted(self) -> Proportion:
        """The share read correctly among the images that the network did not decline."""
        return Proportion(self.accepted_correct, self.accepted.count)

    @property
    def per_class(self) -> tuple[ClassCounts, ...]:
        """Each class's counts, in class order."""
        read_as = [sum(column) for column in zip(*self.confusion, strict=True)]
        return tuple(
            ClassCounts(str(c), row[c], sum(row), read_as[c])
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
        return min((c for c in self.per_class if c.support), key=lambda c: c.recall.value)

    @property
    def declined(self) -> Proportion:
        """The share of images that the network did not accept, and so gives no firm answer to."""
        return Proportion(self.accepted.total - self.accepted.count, self.accepted.total)

    @property
    def declined_errors(self) -> int:
        """How many of the declined images would have been misread."""
        return self.errors - (self.accepted.count - self.accepted_correct)

    @property
    def risk(self) -> Proportion:
        """The share misread among the images that the network accepted."""
        return Proportion(self.accepted.count - self.accepted_correct, self.accepted.count)

    def to_json(self) -> dict[str, Any]:
        """Counts and ratios as plain values; `from_json` needs the counts alone."""
        return {
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
        } | self.confidence.to_json()

    @classmethod
    def from_json(cls, record: Facts) -> Metrics:
        """The metrics that `to_json` wrote."""
        return cls(
            confusion=tuple(tuple(row) for row in record["confusion_matrix"]),
            top2_correct=record["top2_correct"],
            accepted=Proportion(record["accepted"], record["count"]),
            accepted_correct=record["accepted_correct"],
            confidence=Confidence.from_json(record),
        )


def measure(labels: np.ndarray, probabilities: np.ndarray, accepted: np.ndarray) -> Metrics:
    """Count what matters.

    `labels` int (n,), `probabilities` (n, c) with rows that sum to 1, `accepted` bool (n,).
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


@dataclass(frozen=True)
class ExtraScore:
    """One more labelled set, read as the test set is: its facts, numbers and images."""

    facts: Facts
    metrics: Metrics
    examples: Examples

    @property
    def name(self) -> str:
        """What the set was called when it was asked for."""
        return self.facts["name"]

    def to_json(self) -> dict[str, Any]:
        """Facts and numbers as plain values; the images are kept elsewhere."""
        return {**self.facts, **self.metrics.to_json()}

    @classmethod
    def from_json(cls, record: Facts, examples: Facts) -> ExtraScore:
        """The score that `to_json` wrote, with its images."""
        facts = {key: record[key] for key in EXTRA_FACTS}
        return cls(facts, Metrics.from_json(record), Examples.from_json(examples))


@dataclass(frozen=True)
class Summary:
    """Everything a report says, as plain values: no model, data set or array is needed beside it.

    `model`, `dataset`, `training` and `environment` are facts carried along; the rest was measured.
    """

    model: Facts
    dataset: Facts
    training: Facts
    metrics: Metrics
    extras: tuple[ExtraScore, ...]
    networks: tuple[NetworkScore, ...]
    examples: Examples
    predictions: Predictions
    environment: Facts

    def to_json(self) -> dict[str, Any]:
        """What report.json holds."""
        extra = {"extra": [extra.to_json() for extra in self.extras]}
        pictures = {"extra": [extra.examples.to_json() for extra in self.extras]}
        return {
            "format_version": FORMAT_VERSION,
            "model": self.model,
            "dataset": self.dataset,
            "training": self.training,
            "metrics": self.metrics.to_json() | extra,
            "networks": [score.to_json() for score in self.networks],
            "examples": self.examples.to_json() | pictures,
            "predictions": self.predictions.to_json(),
            "environment": self.environment,
        }

    @classmethod
    def from_json(cls, record: Facts) -> Summary:
        """The summary that `to_json` wrote, also after a trip through JSON text."""
        extras = zip(record["metrics"]["extra"], record["examples"]["extra"], strict=True)
        return cls(
            model=record["model"],
            dataset=record["dataset"],
            training=record["training"],
            metrics=Metrics.from_json(record["metrics"]),
            extras=tuple(ExtraScore.from_json(*parts) for parts in extras),
            networks=tuple(map(NetworkScore.from_json, record["networks"])),
            examples=Examples.from_json(record["examples"]),
            predictions=Predictions.from_json(record["predictions"]),
            environment=record["environment"],
        )


def summarise(evaluation: Evaluation, environment: Facts) -> Summary:
    """Boil an evaluation down to its summary."""
    test, subject = evaluation.test, evaluation.subject
    metrics, examples = _read_set(test, subject)
    return Summary(
        model=subject.model,
        dataset=test.facts,
        training=subject.training,
        metrics=metrics,
        extras=tuple(score_extra(*pair) for pair in evaluation.extras),
        networks=tuple(_network_score(test.labels, answers) for answers in evaluation.networks),
        examples=examples,
        predictions=Predictions.of(test.labels, subject),
        environment=environment,
    )


def score_extra(glyphs: LabelledGlyphs, answers: Answers) -> ExtraScore:
    """Boil one more set's answers down to its score."""
    return ExtraScore(glyphs.facts, *_read_set(glyphs, answers))


def _read_set(glyphs: LabelledGlyphs, answers: Answers) -> tuple[Metrics, Examples]:
    """Count one set's answers and choose the images to show."""
    labels, probabilities = glyphs.labels, answers.probabilities
    metrics = measure(labels, probabilities, answers.accepted)
    pairs = [(pair.truth, pair.reading) for pair in metrics.most_confused]
    return metrics, choose_examples(glyphs.images, labels, probabilities, pairs)


def _network_score(labels: np.ndarray, answers: Answers) -> NetworkScore:
    wrong = np.flatnonzero(answers.probabilities.argmax(axis=1) != labels)
    return NetworkScore(
        name=answers.model["name"],
        architecture=answers.model["architecture"]["name"],
        parameters=answers.model["architecture"]["parameters"],
        litert_bytes=answers.model["litert_bytes"],
        count=len(labels),
        wrong=tuple(wrong.tolist()),
    )
