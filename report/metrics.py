"""What an evaluation comes to: one frozen `Summary` that every writer reads, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from report.counts import ClassCounts, ConfidenceBin, ConfusedPair, NetworkScore, Proportion
from report.examples import Examples, choose_examples

if TYPE_CHECKING:
    from report.evaluation import Answers, Evaluation

FORMAT_VERSION = 1
CONFIDENCE_BINS = 15
PROBABILITY_DECIMALS = 6
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Metrics:
    """Counts over one test set, and everything derived from them.

    `confusion[truth][reading]` holds counts; `bins` are equal ranges of confidence, lowest first.
    """

    confusion: tuple[tuple[int, ...], ...]
    top2_correct: int
    accepted: Proportion
    accepted_correct: int
    bins: tuple[ConfidenceBin, ...]

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
    def ece(self) -> float | None:
        """Expected calibration error: the mean distance between confidence and correctness, 0 to 1.

        Source: C. Guo et al., "On calibration of modern neural networks", 2017.
        """
        total = self.accuracy.total
        return sum(abs(b.gap) for b in self.bins) / total if total else None

    @property
    def mean_confidence(self) -> float | None:
        """How sure the network says it is, on average, 0 to 1."""
        total = self.accuracy.total
        return sum(b.confidence_sum for b in self.bins) / total if total else None

    def to_json(self) -> dict[str, Any]:
        """Counts and ratios as plain values; `from_json` needs the counts alone."""
        return {
            "count": self.accuracy.total,
            "errors": self.errors,
            "accuracy": self.accuracy.value,
            "accuracy_interval": self.accuracy.interval,
            "top2_accuracy": self.top2.value,
            "top2_correct": self.top2_correct,
            "ece": self.ece,
            "mean_confidence": self.mean_confidence,
            "accepted": self.accepted.count,
            "accepted_correct": self.accepted_correct,
            "accepted_fraction": self.accepted.value,
            "accuracy_when_accepted": self.accuracy_when_accepted.value,
            "per_class": [_class_json(scores) for scores in self.per_class],
            "confusion_matrix": self.confusion,
            "most_confused": [_pair_json(pair) for pair in self.most_confused],
            "confidence_bins": [asdict(b) for b in self.bins],
        }

    @classmethod
    def from_json(cls, record: Facts) -> Metrics:
        """The metrics that `to_json` wrote."""
        return cls(
            confusion=tuple(tuple(row) for row in record["confusion_matrix"]),
            top2_correct=record["top2_correct"],
            accepted=Proportion(record["accepted"], record["count"]),
            accepted_correct=record["accepted_correct"],
            bins=tuple(ConfidenceBin(**b) for b in record["confidence_bins"]),
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
        bins=_confidence_bins(probabilities.max(axis=1), right),
    )


def _confidence_bins(confidence: np.ndarray, right: np.ndarray) -> tuple[ConfidenceBin, ...]:
    """Sort answers into equal ranges of confidence, each open below and closed above."""
    place = np.ceil(confidence.astype(np.float64) * CONFIDENCE_BINS).astype(int) - 1
    place = place.clip(0, CONFIDENCE_BINS - 1)
    counts = np.bincount(place, minlength=CONFIDENCE_BINS)
    correct = np.bincount(place, weights=right, minlength=CONFIDENCE_BINS).astype(int)
    sums = np.bincount(place, weights=confidence, minlength=CONFIDENCE_BINS)
    columns = zip(counts.tolist(), correct.tolist(), sums.tolist(), strict=True)
    return tuple(ConfidenceBin(*column) for column in columns)


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
class Predictions:
    """One answer per test image, in the test set's order, as parallel columns.

    Probabilities keep six decimals and stay below 1, which a softmax reaches only by rounding.
    `digit_probability` is None where the network does not judge whether an image is a digit at all.
    """

    label: tuple[int, ...]
    digit: tuple[int, ...]
    confidence: tuple[float, ...]
    second: tuple[int, ...]
    second_confidence: tuple[float, ...]
    label_probability: tuple[float, ...]
    accepted: tuple[bool, ...]
    digit_probability: tuple[float, ...] | None

    @classmethod
    def of(cls, labels: np.ndarray, answers: Answers) -> Predictions:
        """The columns for `labels`, int (n,), and one network's `answers`."""
        probabilities, rows = answers.probabilities, np.arange(len(labels))
        first, second = np.argsort(-probabilities, axis=1, kind="stable")[:, :2].T
        digit_probability = answers.digit_probability
        return cls(
            label=tuple(labels.tolist()),
            digit=tuple(first.tolist()),
            confidence=_column(probabilities[rows, first]),
            second=tuple(second.tolist()),
            second_confidence=_column(probabilities[rows, second]),
            label_probability=_column(probabilities[rows, labels]),
            accepted=tuple(answers.accepted.tolist()),
            digit_probability=None if digit_probability is None else _column(digit_probability),
        )

    def to_json(self) -> dict[str, Any]:
        """The columns by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_json(cls, record: Facts) -> Predictions:
        """The predictions that `to_json` wrote."""
        return cls(**{k: None if v is None else tuple(v) for k, v in record.items()})


def _column(probabilities: np.ndarray) -> tuple[float, ...]:
    """Round a column of probabilities for storage."""
    step = 10.0**-PROBABILITY_DECIMALS
    rounded = probabilities.astype(np.float64).clip(0, 1 - step).round(PROBABILITY_DECIMALS)
    return tuple(rounded.tolist())


@dataclass(frozen=True)
class Summary:
    """Everything a report says, as plain values: no model, data set or array is needed beside it.

    `model`, `dataset`, `training` and `environment` are facts carried along; the rest was measured.
    """

    model: Facts
    dataset: Facts
    training: Facts
    metrics: Metrics
    networks: tuple[NetworkScore, ...]
    examples: Examples
    predictions: Predictions
    environment: Facts

    def to_json(self) -> dict[str, Any]:
        """What report.json holds."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"format_version": FORMAT_VERSION} | {
            name: part if isinstance(part, Mapping) else _plain(part)
            for name, part in parts.items()
        }

    @classmethod
    def from_json(cls, record: Facts) -> Summary:
        """The summary that `to_json` wrote, also after a trip through JSON text."""
        return cls(
            model=record["model"],
            dataset=record["dataset"],
            training=record["training"],
            metrics=Metrics.from_json(record["metrics"]),
            networks=tuple(map(NetworkScore.from_json, record["networks"])),
            examples=Examples.from_json(record["examples"]),
            predictions=Predictions.from_json(record["predictions"]),
            environment=record["environment"],
        )


def _plain(part) -> Any:
    return [item.to_json() for item in part] if isinstance(part, tuple) else part.to_json()


def summarise(evaluation: Evaluation, environment: Facts) -> Summary:
    """Boil an evaluation down to its summary."""
    test, subject = evaluation.test, evaluation.subject
    metrics = measure(test.labels, subject.probabilities, subject.accepted)
    pairs = [(pair.truth, pair.reading) for pair in metrics.most_confused]
    return Summary(
        model=subject.model,
        dataset=test.facts,
        training=subject.training,
        metrics=metrics,
        networks=tuple(_network_score(test.labels, answers) for answers in evaluation.networks),
        examples=choose_examples(test.images, test.labels, subject.probabilities, pairs),
        predictions=Predictions.of(test.labels, subject),
        environment=environment,
    )


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
