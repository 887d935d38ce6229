"""The summary of an evaluation, from which every document is written, and its JSON form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from report.numbers.answers import Answers, Evaluation, Facts, LabelledData
from report.numbers.check import Threshold, Verdict, judge
from report.numbers.comparison import Comparison, compare
from report.numbers.curves import Curve
from report.numbers.examples import Example, Examples, choose_examples, make_example
from report.numbers.labels import LabelCheck, check_labels
from report.numbers.metrics import Metrics, measure
from report.numbers.networks import NetworkResult, networks_json, with_tests
from report.numbers.plain import Plain
from report.numbers.predictions import Predictions, numbered
from report.numbers.settings import Questions, Settings
from report.numbers.snapshot import Snapshot

FORMAT_VERSION = 1
EXTRA_FACTS = ("name", "source", "licence", "sha256", "count", "class_counts", "unreadable")


@dataclass(frozen=True)
class ExtraResult:
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
    def from_json(cls, values: Facts) -> ExtraResult:
        """The result that `to_json` wrote, its images under `examples`."""
        facts = {key: values[key] for key in EXTRA_FACTS if key in values}
        return cls(facts, Metrics.from_json(values), Examples.from_json(values["examples"]))


@dataclass(frozen=True)
class Summary(Plain):
    """Everything a report says, as plain values: no model, data set or array is needed beside it.

    `title` is the user's own heading, or None.
    `model`, `dataset`, `training` and `environment` are facts carried along; the rest was measured.
    `training` is None where it is not known; `robustness` holds one curve a way of changing images,
    and none where that was not measured; `previous` says what changed since the report before; None
    where none was given.
    `verdicts` holds each threshold that was asked for.
    """

    model: Facts
    dataset: Facts
    training: Facts | None
    metrics: Metrics
    extras: tuple[ExtraResult, ...]
    networks: tuple[NetworkResult, ...]
    examples: Examples
    predictions: Predictions
    robustness: tuple[Curve, ...]
    labels: LabelCheck
    environment: Facts
    previous: Comparison | None = None
    verdicts: tuple[Verdict, ...] = ()
    title: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What report.json holds."""
        extra = {"extra": [extra.to_json() for extra in self.extras]}
        pictures = {"extra": [extra.examples.to_json() for extra in self.extras]}
        return {
            "format_version": FORMAT_VERSION,
            **({"title": self.title} if self.title else {}),
            "model": self.model,
            "dataset": self.dataset,
            "training": self.training,
            "metrics": self.metrics.to_json() | extra,
            "networks": networks_json(self.networks),
            "examples": self.examples.to_json() | pictures,
            "predictions": self.predictions.to_json(),
            "robustness": [curve.to_json() for curve in self.robustness],
            "labels": self.labels.to_json(),
            "environment": self.environment,
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "previous": self.previous and self.previous.to_json(),
        }

    @classmethod
    def from_json(cls, values: Facts) -> Summary:
        """The summary that `to_json` wrote, also after a trip through JSON text."""
        pairs = zip(values["metrics"]["extra"], values["examples"]["extra"], strict=True)
        extras = [{**numbers, "examples": images} for numbers, images in pairs]
        return super().from_json({**values, "extras": extras})


def summarise(
    evaluation: Evaluation,
    environment: Facts,
    previous: Snapshot | None = None,
    settings: Settings | None = None,
) -> Summary:
    """Summarise an evaluation as `settings` ask, and compare it with the `previous` report.

    Raises InputError for settings that the classes can't answer.
    """
    test, subject, asked = evaluation.test, evaluation.subject, settings or Settings()
    metrics, examples = _read_set(test, subject, asked.questions(test.names))
    named = {"name": asked.model_name} if asked.model_name else {}
    summary = Summary(
        title=asked.title,
        model={**subject.model, **named},
        dataset=test.facts,
        training=subject.training,
        metrics=metrics,
        extras=tuple(summarise_extra(*pair) for pair in evaluation.extras),
        networks=_networks(test, evaluation.networks),
        examples=examples,
        predictions=Predictions.of(test, subject),
        robustness=evaluation.robustness,
        labels=check_labels(test, subject),
        environment=environment,
    )

    def show(place: int) -> Example:
        return make_example(place, test, subject)

    return with_previous(summary, previous, show if test.images.size else None)


def with_previous(
    summary: Summary, previous: Snapshot | None, show: Callable[[int], Example] | None = None
) -> Summary:
    """Add what changed since `previous`; `show` makes an example of a test image's place."""
    if previous is None:
        return summary
    found = compare(previous, snapshot(summary))
    return replace(summary, previous=found.with_examples(show) if show else found)


def with_verdicts(summary: Summary, thresholds: Sequence[Threshold]) -> Summary:
    """Add whether each threshold holds. Raises InputError for a number that does not exist."""
    return replace(summary, verdicts=tuple(judge(summary.to_json(), thresholds)))


def summarise_extra(data: LabelledData, answers: Answers) -> ExtraResult:
    """Count one more set's answers."""
    return ExtraResult(data.facts, *_read_set(data, answers))


def _read_set(
    data: LabelledData, answers: Answers, questions: Questions | None = None
) -> tuple[Metrics, Examples]:
    """Count one set's answers and choose the images to show."""
    metrics = measure(data, answers, questions)
    pairs = [(pair.truth, pair.reading) for pair in metrics.most_confused]
    return metrics, choose_examples(data, answers, pairs)


def _networks(test: LabelledData, networks: Sequence[Answers]) -> tuple[NetworkResult, ...]:
    """The result of each network, tested by writer where images have one."""
    results = [_network_result(test.labels, answers) for answers in networks]
    writers = None if test.writers is None else numbered(test.writers)
    return with_tests(results, writers if writers is not None and writers.any() else None)


def _network_result(labels: np.ndarray, answers: Answers) -> NetworkResult:
    wrong = np.flatnonzero(answers.readings != labels)
    return NetworkResult(
        name=answers.model["name"],
        architecture=answers.model["architecture"]["name"],
        parameters=answers.model["architecture"]["parameters"],
        litert_bytes=answers.model["litert_bytes"],
        count=len(labels),
        wrong=tuple(wrong.tolist()),
        milliseconds=answers.milliseconds,
    )


def snapshot(summary: Summary) -> Snapshot:
    """The part of `summary` that is compared."""
    return Snapshot.from_json(summary.to_json())
