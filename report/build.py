"""Build a report from top to bottom: bundle and test images in, files out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from model import Unavailable
from report.check import Threshold
from report.comparison import read_snapshot
from report.evaluation import evaluate, parse_extras
from report.files import check_writable, documents, write_files
from report.provenance import environment
from report.record import recall
from report.summary import summarise, with_previous, with_verdicts


def build(
    bundle: str | Path,
    out: Path,
    data: Path | None = None,
    dataset: str | None = None,
    extra: Sequence[str] = (),
    previous: Path | None = None,
    thresholds: Sequence[Threshold] = (),
    say: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """Evaluate `bundle` and write its report into the folder `out`; return the files written.

    Each `extra` names one more labelled set, as NAME=PATH; `previous` is the report.json to compare
    with, and the report says which `thresholds` hold. Where the test images that nobody asked for
    by name can't be had, the evaluation recorded beside the bundle stands in for them. Raises
    InputError, and writes nothing, when the input can't be used or `out` can't be written.
    """
    sources = parse_extras(extra)
    check_writable(out)
    before = previous and read_snapshot(previous)
    made = environment(_choices(bundle, data, dataset, extra, previous, thresholds))
    try:
        evaluation = evaluate(bundle, data, dataset, sources, say)
    except Unavailable as error:
        if dataset is not None:
            raise
        summary = with_previous(recall(bundle, sources, made, error, say), before)
    else:
        summary = summarise(evaluation, made, before)
    summary = with_verdicts(summary, thresholds)
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
    options += [("--previous", previous), *(threshold.option for threshold in thresholds)]
    return [word for name, value in options if value is not None for word in (name, str(value))]
