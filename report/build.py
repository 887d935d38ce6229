"""Build a report: test a network, sum up its answers, write the files; or from a report.json."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import Unavailable
from report.apart import run_apart
from report.documents.files import Further, check_writable, documents, write_files
from report.format.reading import read_snapshot, read_summary
from report.format.schema import check_names
from report.numbers.check import Threshold
from report.numbers.formats import plural
from report.numbers.provenance import environment
from report.numbers.settings import Settings
from report.numbers.snapshot import Snapshot
from report.numbers.summary import Summary, summarise, with_previous, with_verdicts

if TYPE_CHECKING:
    from report.evaluation.bundles import BundleTest
    from report.evaluation.models import ModelFile
    from report.evaluation.predictions import PredictionsFile

    Source = BundleTest | ModelFile | PredictionsFile

_log = logging.getLogger(__name__)


def build(
    source: Source,
    out: Path,
    previous: Path | None = None,
    thresholds: Sequence[Threshold] = (),
    settings: Settings | None = None,
    further: Further | None = None,
    words: Sequence[str] = (),
) -> list[Path]:
    """Evaluate `source` and write its report into the folder `out`; return the paths written.

    `previous` is the report.json to compare with; the report says which `thresholds` hold, and what
    `settings` ask for; `further` files are written beside the four. `words` are those of the
    command line that asked for it. Where a bundle's test images
    are not available, the results recorded beside it are used. Raises InputError, and writes
    nothing, when the input can't be used or `out` can't be written.
    """
    settings = settings or Settings()
    check_names(thresholds)
    if source.names:  # else what they can't answer is said once they are known
        settings.questions(source.names)
    check_writable(out)
    before = read_snapshot(previous) if previous else None
    summary = _summary(source, environment(words), before, settings)
    _log.info("drawing and writing")
    return write_files(out, documents(with_verdicts(summary, thresholds), further))


def _summary(
    source: Source, made: dict[str, Any], before: Snapshot | None, settings: Settings
) -> Summary:
    """Evaluate `source` and sum up; images and answers are freed before anything is drawn."""
    try:
        if apart := source.when_killed:
            evaluation = run_apart(apart, source.evaluate, time_limit=source.time_limit)
        else:
            evaluation = source.evaluate()
    except Unavailable as error:
        from report.evaluation.bundles import BundleTest  # other classifiers need none of it
        from report.record import recall

        assert isinstance(source, BundleTest)
        return with_previous(recall(source, made, error), before)
    test = evaluation.test
    _log.info("%s: read %s", test.facts["name"], plural(len(test.labels), "row"))
    return summarise(evaluation, made, before, settings)


def rebuild(source: Path, out: Path, further: Further | None = None) -> list[Path]:
    """Write the report that `source` holds into the folder `out`; return the paths written.

    `further` files are written beside the four. The same versions of the libraries write the same
    bytes as the first time. Raises InputError, and writes nothing, when `source` is no whole report
    or `out` can't be written.
    """
    summary = read_summary(source)
    check_writable(out)
    _log.info("drawing and writing")
    return write_files(out, documents(summary, further))
