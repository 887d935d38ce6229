"""Test results recorded beside each shipped bundle, for reports where MNIST can't be had."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.bundles.store import load_bundle, shipped_bundles
from model.errors import InputError, Unavailable
from model.inference.predictor import Predictor
from report.documents.files import json_text, write_files
from report.evaluation.bundles import BundleTest, answer
from report.evaluation.sets import load_extra, parse_extras
from report.format.reading import read_summary
from report.numbers.examples import NO_EXAMPLES
from report.numbers.labels import LabelCheck
from report.numbers.predictions import NONE_KEPT
from report.numbers.provenance import environment
from report.numbers.summary import Summary, summarise, summarise_extra

RECORD_NAME = "evaluation.json"
NO_LABELS = LabelCheck(suspects=(), suspects_count=0, shown=(), known=(), corrected=None)
_log = logging.getLogger(__name__)


def record() -> list[Path]:
    """Test every shipped bundle and record the results in its folder; return the files written.

    Raises InputError when the test images can't be had.
    """
    written = []
    for bundle in shipped_bundles():
        evaluation = BundleTest(bundle.path).evaluate()
        summary = summarise(evaluation, environment(["--bundle", bundle.name]))
        text = f"{json_text(without_images(summary))}\n"
        written += write_files(bundle.path, {RECORD_NAME: text.encode()})
    return written


def without_images(summary: Summary) -> Summary:
    """The summary less the images it shows and the answers to each, and marked as a record."""
    return replace(
        summary,
        dataset={**summary.dataset, "recorded_at": summary.environment["created_at"]},
        extras=(),
        examples=NO_EXAMPLES,
        predictions=NONE_KEPT,
        labels=NO_LABELS,
    )


def recall(source: BundleTest, made: Mapping[str, Any], missing: Unavailable) -> Summary:
    """The summary recorded beside a bundle, its extra sets read now; `missing` says why.

    Raises InputError where a data set was asked for, or when the bundle, as it is now, was not
    recorded.
    """
    bundle = load_bundle(source.bundle)
    path = bundle.path / RECORD_NAME
    if source.dataset is not None or not path.is_file():
        raise missing
    recorded = read_summary(path)
    if recorded.model["files"] != bundle.metadata["files"]:
        raise InputError(f"{missing}; what is recorded in {path} is another network's test")
    _log.info("%s; going by the test recorded beside the network", missing)
    predictor, trained_on = Predictor(bundle), bundle.metadata["data"]
    found = parse_extras(source.extra)
    sets = [load_extra(extra, trained_on, source.batch) for extra in found]
    extras = tuple(summarise_extra(glyphs, answer(predictor, glyphs)) for glyphs in sets)
    return replace(recorded, extras=extras, environment=made)
