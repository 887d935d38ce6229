"""Reads a report.json back as a summary, or refuses it with one line that says why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from model.errors import InputError
from report.format.schema import faults, load_schema, unshown
from report.numbers.classes import fault_of
from report.numbers.comparison import compare
from report.numbers.examples import GRIDS, Example, Examples
from report.numbers.formats import CELL_FORMATS
from report.numbers.metrics import Metrics
from report.numbers.predictions import MOST_KEPT
from report.numbers.provenance import parse_time
from report.numbers.snapshot import Snapshot, check_answers
from report.numbers.summary import FORMAT_VERSION, Summary
from report.numbers.texts import read_text


def read_summary(path: Path) -> Summary:
    """Load the summary that a report.json holds, so that it can be written again byte for byte.

    Raises InputError, which names the file, for anything else: another file, a damaged one, one
    whose numbers contradict each other, or one of a newer format.
    """
    values = _read_json(path, parse_float=_finite, parse_constant=_finite)
    _check_version(path, values)
    schema = load_schema()
    wrong = next(faults(values, schema, schema), None)
    if wrong:
        raise InputError(f"{path} is damaged: {wrong}")
    try:
        summary = Summary.from_json(values)
        check_answers(summary.predictions, summary.metrics)
        wrong = next(contradictions(summary), None)
        if not wrong and not _holds(json.loads(json.dumps(summary.to_json())), values):
            wrong = "some of its numbers do not follow from the others"
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, OSError, SyntaxError):
        wrong = "its parts do not fit together"
    if wrong:
        raise InputError(f"{path} is damaged: {wrong}")
    check_texts(path, values)
    return summary


def _holds(made: Any, values: Any) -> bool:
    """Whether `made` holds all of `values`; keys that older versions did not write may be new."""
    if isinstance(values, dict) and isinstance(made, dict):
        return all(name in made and _holds(made[name], item) for name, item in values.items())
    if isinstance(values, list) and isinstance(made, list):
        return len(made) == len(values) and all(map(_holds, made, values))
    return bool(made == values)


def read_snapshot(path: Path) -> Snapshot:
    """Load the part of a report.json that is compared. Raises InputError for anything else."""
    values, schema = read_report(path), load_schema()
    try:
        for part in ("metrics", "predictions"):
            for wrong in faults(values[part], schema["properties"][part], schema, part):
                raise ValueError(wrong)
        found = Snapshot.from_json(values)
        compare(found, found)  # fails if it contradicts itself
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError,
            InputError):  # fmt: skip
        raise InputError(f"{path}: is not a whole report.json; build it again") from None
    return found


def read_report(path: Path) -> Mapping[str, Any]:
    """Load a report.json. Raises InputError for anything else."""
    report = _read_json(path, parse_int=_whole)
    if not (isinstance(report, dict) and isinstance(report.get("metrics"), dict)):
        raise InputError(f"{path}: has no metrics; give a report.json")
    if report.get("format_version", FORMAT_VERSION) != FORMAT_VERSION:
        _check_version(path, report)
    check_texts(path, report)
    return report


def _whole(text: str) -> int:
    """Read a whole number. Raises ValueError for one too large for a float."""
    _finite(text)
    return int(text)


def check_texts(path: Path, report: Any) -> None:
    """Refuse text that no report holds: it might steer a terminal. Raises InputError."""
    place = next(unshown(report), None)
    if place:
        raise InputError(f"{path} is damaged: {place} holds text that can't be shown")


def _read_json(path: Path, **parsers: Any) -> Any:
    text = read_text(path, "a report.json")
    try:
        return json.loads(text, **parsers)
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is no whole JSON file; give a report.json") from None


def _finite(text: str) -> float:
    """Read a number. Raises ValueError for NaN, Infinity and what is too large for a float."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def _check_version(path: Path, values: Any) -> None:
    found = values.get("format_version") if isinstance(values, dict) else None
    if type(found) is not int or "metrics" not in values:
        raise InputError(f"{path}: is no report; give a report.json that `report build` wrote")
    if found != FORMAT_VERSION:
        age = "a newer" if found > FORMAT_VERSION else "an older"
        raise InputError(
            f"{path}: is in format {found}, of {age} version of this program, which reads "
            f"{FORMAT_VERSION}"
        )


def contradictions(summary: Summary) -> Iterator[str]:
    """Yield contradictions within a summary that neither schema nor derived numbers show."""
    parse_time(summary.environment["created_at"])
    total, recorded = summary.metrics.accuracy.total, "recorded_at" in summary.dataset
    columns = [c for c in summary.predictions.to_json().values() if c is not None]
    kept = 0 if recorded or total > MOST_KEPT else total
    if {len(column) for column in columns} != {kept}:
        yield "its predictions are not one per test image"
    if any(network.count != total for network in summary.networks):
        yield "its networks did not read the same images"
    if any(place >= total for network in summary.networks for place in network.wrong):
        yield "a misread image is none of the test images"
    trained = summary.training and summary.training["data"].get("train_class_counts")
    if trained is not None and len(trained) != len(summary.metrics.confusion):
        yield "its training data has other classes"
    yield from _section_contradictions(summary)
    sets = [(summary.dataset, summary.metrics, summary.examples)]
    for facts, metrics, examples in sets + [
        (e.facts, e.metrics, e.examples) for e in summary.extras
    ]:
        yield from _set_contradictions(facts, metrics)
        yield from _example_contradictions(examples, metrics)


def _section_contradictions(summary: Summary) -> Iterator[str]:
    """Whether the sections that not every report has can be shown."""
    total, previous = summary.metrics.accuracy.total, summary.previous
    for curve in summary.robustness:
        columns = [curve.correct, *([] if curve.prepared is None else [curve.prepared])]
        if any(len(column) != len(curve.levels) for column in columns):
            yield "a robustness curve has not one count a level"
        if not curve.unit and len(curve.levels) != 2:
            yield "a robustness curve without a unit is of more than no and yes"
        if curve.neutral not in curve.levels or max(map(max, columns)) > curve.total:
            yield "a robustness curve is out of its range"
    places, shown = list(summary.labels.suspects), list(summary.labels.shown)
    shown += [error.example for error in summary.labels.known]
    if not len(summary.labels.suspects) <= summary.labels.suspects_count <= total:
        yield "its suspect labels are not as many as it says"
    if bool(summary.labels.known) != bool(summary.labels.corrected):
        yield "its known label errors and its corrected accuracy do not fit"
    if previous:
        places += [*previous.fixed, *previous.broken]
        shown += [*previous.fixed_shown, *previous.broken_shown]
        if any(change.kind not in CELL_FORMATS for change in previous.changes):
            yield "a change is written in no known way"
    if any(place >= total for place in places):
        yield "an image named is none of the test images"
    yield from _picture_contradictions(shown, len(summary.metrics.confusion))


def _set_contradictions(facts: Any, metrics: Metrics) -> Iterator[str]:
    """Whether one set's counts are about the same images."""
    supports = [sum(row) for row in metrics.confusion]
    if any(len(row) != len(supports) for row in metrics.confusion):
        yield "its confusion matrix is not square"
    if fault_of(metrics.names):
        yield "its classes have no proper names"
    totals = {sum(supports), metrics.accuracy.total, facts["count"]}
    shares = [metrics.risk, metrics.accuracy_when_accepted, metrics.accepted, metrics.top2]
    if sure := metrics.confidence:
        totals.add(sure.count)
        answered = [point.answered for point in sure.curve]
        if answered != sorted(set(answered)) or answered[-1:] != [metrics.accuracy.total]:
            yield "its risk–coverage curve does not run through all images"
        shares += [b.right for b in sure.confidence_bins] + [point.risk for point in sure.curve]
    if len(totals) > 1 or facts["class_counts"] != supports:
        yield "its counts do not add up"
    if not all(0 <= share.count <= share.total for share in shares):
        yield "it counts more right answers than answers"
    yield from _part_contradictions(metrics)


def _part_contradictions(metrics: Metrics) -> Iterator[str]:
    """Whether the counts by writer and by group, and the weights, fit the others."""
    if (metrics.top2_correct is None) != (metrics.confidence is None):
        yield "it tells of probabilities here and of none there"
    if writers := metrics.writers:
        sums = sum(writers.counts), sum(writers.correct)
        if sums != (metrics.accuracy.total, metrics.accuracy.count):
            yield "its writers' counts do not add up"
        if any(right > count for _, count, right, _ in writers.worst_first):
            yield "a writer has more right answers than images"
    if groups := metrics.groups:
        rows, count = groups.per_group, sum(row.count for row in groups.per_group)
        if not rows or rows[0].name != groups.worst or len(rows) > groups.count:
            yield "its groups are not as many as it says"
        if count != metrics.accuracy.total and len(rows) == groups.count:
            yield "its groups' counts do not add up"
        if any(row.correct > row.count for row in rows):
            yield "a group has more right answers than images"
    if weighted := metrics.weighted:
        tables = weighted.confusion_matrix, weighted.squares
        if {len(part) for table in tables for part in (table, *table)} != {len(metrics.confusion)}:
            yield "its weights are not one for each cell of the confusion matrix"


def _example_contradictions(examples: Examples, metrics: Metrics) -> Iterator[str]:
    """Whether one set's images can be shown; what is no small PNG raises ValueError or OSError."""
    classes = len(metrics.confusion)
    if examples.samples and len(examples.samples) != classes:
        yield "its sample images are not one strip a class"
    if not all(strip.pixels.size for strip in examples.samples):
        yield "a picture is empty"
    shown = [example for name in GRIDS for example in getattr(examples, name)]
    yield from _picture_contradictions(shown, classes)


def _picture_contradictions(shown: Iterable[Example], classes: int) -> Iterator[str]:
    """Whether images with their readings can be shown."""
    for example in shown:
        if not example.picture.pixels.size:
            yield "a picture is empty"
        readings = [example.label, *(reading for reading, _ in example.top)]
        if not all(reading in range(classes) for reading in readings):
            yield "an image is of no class"
        if not all(chance is None or chance <= 1 for _, chance in example.top):
            yield "a probability is above 1"
