"""From a report.json back to its summary, or one line that says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from model import InputError
from report.examples import GRIDS, Examples
from report.metrics import FORMAT_VERSION, Metrics, Summary
from report.provenance import parse_time
from report.schema import faults, load_schema


def read_summary(path: Path) -> Summary:
    """Load the summary that a report.json holds, so that it can be written again byte for byte.

    Raises InputError, which names the file, for anything else: another file, a damaged one, one
    whose numbers contradict each other, or one of a newer format.
    """
    record = _read_json(path)
    _check_version(path, record)
    schema = load_schema()
    wrong = next(faults(record, schema, schema), None)
    if wrong:
        raise InputError(f"{path} is damaged: {wrong}")
    try:
        summary = Summary.from_json(record)
        wrong = next(contradictions(summary), None)
        if not wrong and json.loads(json.dumps(summary.to_json())) != record:
            wrong = "some of its numbers do not follow from the others"
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, OSError, SyntaxError):
        wrong = "its parts do not fit together"
    if wrong:
        raise InputError(f"{path} is damaged: {wrong}")
    return summary


def _read_json(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text, parse_float=_finite, parse_constant=_finite)
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); give a report.json") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is no whole JSON file; give a report.json") from None


def _finite(text: str) -> float:
    """Read a number; the names of what is none, and what is too large to be kept, are refused."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def _check_version(path: Path, record: Any) -> None:
    found = record.get("format_version") if isinstance(record, dict) else None
    if type(found) is not int or "metrics" not in record:
        raise InputError(f"{path}: is no report; give a report.json that `report build` wrote")
    if found != FORMAT_VERSION:
        age = "a newer" if found > FORMAT_VERSION else "an older"
        raise InputError(
            f"{path}: is in format {found}, of {age} version of this program, which reads "
            f"{FORMAT_VERSION}"
        )


def contradictions(summary: Summary) -> Iterator[str]:
    """Yield what in a summary can't be so, beyond what the schema and derived numbers tell."""
    parse_time(summary.environment["created_at"])
    total, recorded = summary.metrics.accuracy.total, "recorded_at" in summary.dataset
    columns = [c for c in summary.predictions.to_json().values() if c is not None]
    if {len(column) for column in columns} != ({0} if recorded else {total}):
        yield "its predictions are not one per test image"
    if any(network.count != total for network in summary.networks):
        yield "its networks did not read the same images"
    if any(place >= total for network in summary.networks for place in network.wrong):
        yield "a misread image is none of the test images"
    trained = summary.training["data"].get("train_class_counts")
    if trained is not None and len(trained) != len(summary.metrics.confusion):
        yield "its training data has other classes"
    sets = [(summary.dataset, summary.metrics, summary.examples)]
    for facts, metrics, examples in sets + [
        (e.facts, e.metrics, e.examples) for e in summary.extras
    ]:
        yield from _set_contradictions(facts, metrics)
        yield from _example_contradictions(examples, metrics)


def _set_contradictions(facts: Any, metrics: Metrics) -> Iterator[str]:
    """Whether one set's counts are about the same images."""
    supports = [sum(row) for row in metrics.confusion]
    if any(len(row) != len(supports) for row in metrics.confusion):
        yield "its confusion matrix is not square"
    totals = {sum(supports), metrics.accuracy.total, metrics.confidence.count, facts["count"]}
    if len(totals) > 1 or facts["class_counts"] != supports:
        yield "its counts do not add up"
    curve = metrics.confidence.curve
    answered = [point.answered for point in curve]
    if not answered or answered != sorted(set(answered)) or answered[-1] != metrics.accuracy.total:
        yield "its risk–coverage curve does not run through all images"
    shares = [b.right for b in metrics.confidence.bins] + [point.risk for point in curve]
    shares += [metrics.risk, metrics.accuracy_when_accepted, metrics.accepted, metrics.top2]
    if not all(0 <= share.count <= share.total for share in shares):
        yield "it counts more right answers than answers"


def _example_contradictions(examples: Examples, metrics: Metrics) -> Iterator[str]:
    """Whether one set's images can be shown."""
    classes = range(len(metrics.confusion))
    if examples.samples and len(examples.samples) != len(classes):
        yield "its sample images are not one strip a class"
    shown = [example for name in GRIDS for example in getattr(examples, name)]
    for picture in (*examples.samples, *(example.picture for example in shown)):
        if max(picture.pixels.shape) > 1000:
            yield "a picture is too large"
    for example in shown:
        readings = [example.label, *(reading for reading, _ in example.top)]
        if not all(reading in classes for reading in readings):
            yield "an image is of no class"
        if not all(chance <= 1 for _, chance in example.top):
            yield "a probability is above 1"
