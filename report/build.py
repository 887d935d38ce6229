"""Build a report: test a network, sum up its answers, write the files."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import Unavailable
from report.apart import run_apart
from report.documents.files import Further, check_writable, documents, write_files
from report.format.reading import read_snapshot
from report.numbers.check import Threshold
from report.numbers.provenance import environment
from report.numbers.settings import Settings
from report.numbers.summary import Summary, summarise, with_previous, with_verdicts

if TYPE_CHECKING:
    from report.evaluation.models import ModelFile
    from report.evaluation.predictions import PredictionsFile

Option = tuple[str, Any]
_log = logging.getLogger(__name__)


def build(
    bundle: str | Path,
    out: Path,
    data: Path | None = None,
    dataset: str | None = None,
    extra: Sequence[str] = (),
    previous: Path | None = None,
    thresholds: Sequence[Threshold] = (),
    settings: Settings | None = None,
    further: Further | None = None,
) -> list[Path]:
    """Test `bundle` and write its report into the folder `out`; return the paths written.

    Each `extra` names one more labelled set, as NAME=PATH; `previous` is the report.json to compare
    with; the report says which `thresholds` hold, and what `settings` ask for; `further` files are
    written beside the four. Where `dataset` is None and the test images are not available, the
    results recorded beside the bundle are used. Raises InputError, and writes nothing, when the
    input can't be used or `out` can't be written.
    """
    # Here, as other classifiers need none of it.
    from report.evaluation.bundles import evaluate
    from report.evaluation.sets import parse_extras
    from report.record import recall

    sources = parse_extras(extra)
    check_writable(out)
    before = read_snapshot(previous) if previous else None
    made = environment(_choices(bundle, data, dataset, extra, previous, thresholds, settings))
    try:
        evaluation = evaluate(bundle, data, dataset, sources)
    except Unavailable as error:
        if dataset is not None:
            raise
        summary = with_previous(recall(bundle, sources, made, error), before)
    else:
        summary = summarise(evaluation, made, before, settings)
    return _write(with_verdicts(summary, thresholds), out, further)


def build_any(
    source: ModelFile | PredictionsFile,
    out: Path,
    previous: Path | None = None,
    thresholds: Sequence[Threshold] = (),
    settings: Settings | None = None,
    further: Further | None = None,
) -> list[Path]:
    """Do the same for any classifier: by its file and data, or by its predictions.

    Raises InputError, and writes nothing, as `build` does.
    """
    check_writable(out)
    before = read_snapshot(previous) if previous else None
    made = environment(_words([*source.options, *_asked(previous, thresholds, settings)]))
    apart = source.when_killed
    evaluation = run_apart(apart, source.evaluate) if apart else source.evaluate()
    _log.info("%s: read %s rows", source.path.name, f"{len(evaluation.test.labels):,}")
    summary = summarise(evaluation, made, before, settings)
    return _write(with_verdicts(summary, thresholds), out, further)


def _write(summary: Summary, out: Path, further: Further | None) -> list[Path]:
    _log.info("drawing and writing")
    return write_files(out, documents(summary, further))


def _choices(
    bundle: str | Path,
    data: Path | None,
    dataset: str | None,
    extra: Sequence[str],
    previous: Path | None,
    thresholds: Sequence[Threshold],
    settings: Settings | None,
) -> list[str]:
    """The options that the report's content depends on, which `--out` is not one of."""
    options = [("--bundle", bundle), ("--data", data), ("--dataset", dataset)]
    options += [("--extra", text) for text in extra]
    return _words([*options, *_asked(previous, thresholds, settings)])


def _asked(
    previous: Path | None, thresholds: Sequence[Threshold], settings: Settings | None
) -> list[Option]:
    options = [("--previous", previous), *(threshold.option for threshold in thresholds)]
    return [*options, *(settings.options if settings else [])]


def _words(options: Sequence[Option]) -> list[str]:
    """Write options as the words of a command line, without those that were not given."""
    given = [(name, str(value)) for name, value in options if value is not None]
    return [word for pair in given for word in pair if word]
