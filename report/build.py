"""Build a report from top to bottom: bundle and test images in, files out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from model.errors import Unavailable
from report.documents.files import check_writable, documents, write_files
from report.evaluate.bundles import evaluate
from report.evaluate.sets import parse_extras
from report.format.reading import read_snapshot
from report.numbers.check import Threshold
from report.numbers.provenance import environment
from report.numbers.summary import Summary, summarise, with_previous, with_verdicts
from report.record import recall

Option = tuple[str, Any]
Say = Callable[[str], None]


def build(
    bundle: str | Path,
    out: Path,
    data: Path | None = None,
    dataset: str | None = None,
    extra: Sequence[str] = (),
    previous: Path | None = None,
    thresholds: Sequence[Threshold] = (),
    say: Say = lambda line: None,
) -> list[Path]:
    """Evaluate `bundle` and write its report into the folder `out`; return the files written.

    Each `extra` names one more labelled set, as NAME=PATH; `previous` is the report.json to compare
    with, and the report says which `thresholds` hold. Where the test images that nobody asked for
    by name can't be had, the evaluation recorded beside the bundle stands in for them. Raises
    InputError, and writes nothing, when the input can't be used or `out` can't be written.
    """
    sources = parse_extras(extra)
    check_writable(out)
    before = read_snapshot(previous) if previous else None
    made = environment(_choices(bundle, data, dataset, extra, previous, thresholds))
    try:
        evaluation = evaluate(bundle, data, dataset, sources, say)
    except Unavailable as error:
        if dataset is not None:
            raise
        summary = with_previous(recall(bundle, sources, made, error, say), before)
    else:
        summary = summarise(evaluation, made, before)
    return _write(with_verdicts(summary, thresholds), out, say)


def build_keras(
    network: Path,
    data: Path,
    classes: Path,
    out: Path,
    previous: Path | None = None,
    thresholds: Sequence[Threshold] = (),
    say: Say = lambda line: None,
) -> list[Path]:
    """The same for any Keras classifier, on the arrays in `data`, its classes named in `classes`.

    Raises InputError, and writes nothing, as `build` does.
    """
    from report.evaluate.keras import evaluate_keras

    check_writable(out)
    before = read_snapshot(previous) if previous else None
    options = [("--keras", network), ("--data", data), ("--classes", classes)]
    made = environment(_words([*options, *_asked(previous, thresholds)]))
    summary = summarise(evaluate_keras(network, data, classes, say), made, before)
    return _write(with_verdicts(summary, thresholds), out, say)


def _write(summary: Summary, out: Path, say: Say) -> list[Path]:
    say("drawing and writing")
    return write_files(out, documents(summary))


def _choices(
    bundle: str | Path,
    data: Path | None,
    dataset: str | None,
    extra: Sequence[str],
    previous: Path | None,
    thresholds: Sequence[Threshold],
) -> list[str]:
    """The options that choose what a report says; where it is written changes nothing in it."""
    options = [("--bundle", bundle), ("--data", data), ("--dataset", dataset)]
    options += [("--extra", text) for text in extra]
    return _words([*options, *_asked(previous, thresholds)])


def _asked(previous: Path | None, thresholds: Sequence[Threshold]) -> list[Option]:
    return [("--previous", previous), *(threshold.option for threshold in thresholds)]


def _words(options: Sequence[Option]) -> list[str]:
    """Options as the words of a command line, less those that were not given."""
    return [word for name, value in options if value is not None for word in (name, str(value))]
