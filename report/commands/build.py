"""`build`: test a classifier, or read its predictions, and write its report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import Batch, InputError
from report.commands.options import add_thresholds, print_paths

if TYPE_CHECKING:
    from report.build import Source
    from report.documents.files import Further

DEFAULT_BUNDLE = "cnn"
DEFAULT_OUT = "report-out"
BUNDLE = ("bundle", "extra", "dataset", "strict")  # options for a bundle alone
PREDICTIONS = ("predictions", "column", "images")
MODEL = ("trust_pickle", "time_limit")  # for a classifier in a file alone
ANY = (*PREDICTIONS, *MODEL, "classes", "outputs")  # and for any other classifier
SETTINGS = ("title", "model_name", "positive", "top_k", "costs")
# What chooses what a report says, in the order in which it records the command.
RECORDED = ("predictions", "column", "bundle", "model", "data", "dataset", "extra", "classes",
            "outputs", "images", "trust_pickle", "previous", "min", "max", *SETTINGS)  # fmt: skip
FROM_TAKES_NONE = ("model", "data", "previous", "min", "max")


# fmt: off
def add_build(commands) -> None:
    command = commands.add_parser("build", help="test a network and write its report: HTML, PDF, "
                                  "JSON and release notes")
    _add_bundle(command)
    _add_any_classifier(command)
    option = command.add_argument
    option("--previous", type=Path, metavar="report.json",
           help="an earlier report: the new one then says what changed since")
    add_thresholds(command)
    _add_settings(command)
    option("--from", dest="source", type=Path, metavar="report.json",
           help="write the report that this file holds again, without network or images")
    option("--figures", choices=("svg", "png"),
           help="write every figure as a file as well, with its numbers as CSV, into DIR/figures")
    option("--metadata", action="store_true",
           help="write a Hugging Face model card and a CycloneDX ML-BOM as well")
    option("--out", type=Path, default=Path(DEFAULT_OUT), metavar="DIR",
           help=f"default: {DEFAULT_OUT}")
    command.set_defaults(run=_build)


def _add_bundle(command: argparse.ArgumentParser) -> None:
    option = command.add_argument
    option("--bundle", metavar="NAME|DIR", help=f"the network (default: {DEFAULT_BUNDLE})")
    option("--data", type=Path, metavar="PATH",
           help="labelled images of your own (.npz, IDX or folder)")
    option("--dataset", metavar="NAME",
           help="mnist, digits, unipen or pendigits (default: what it learnt from)")
    option("--extra", action="append", default=[], metavar="NAME=PATH",
           help="one more labelled set to read, such as a folder of your own digits; or the name "
           "of a data set, such as digits, which needs no file, or unipen; repeatable")
    option("--strict", action="store_true", help="stop at the first picture that can't be read")


def _add_any_classifier(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("any classifier, instead of a bundle")
    option = group.add_argument
    option("--predictions", type=Path, metavar="FILE",
           help="its predictions: a CSV, JSON lines (.jsonl), NPZ or Parquet file with y_true and, "
           "beside it, one probability a class (y_prob_<class>), a score for the second of two "
           "classes (y_score), or the class answered (y_pred); and, if you like, id, image (a "
           "picture's path), weight and group")
    option("--column", action="append", default=[], metavar="ROLE=NAME",
           help="a column of --predictions that goes by another name, as in y_true=label or "
           "group=site; y_prob=PREFIX is the beginning of those with probabilities; repeatable")
    option("--images", type=Path, metavar="DIR",
           help="the folder that the paths in the column image lead from, and must not lead out of "
           "(default: the folder of --predictions)")
    option("--model", "--keras", type=Path, metavar="FILE|DIR",
           help="the classifier itself: .keras, .h5, .tflite, .onnx, a SavedModel folder or a "
           "scikit-learn estimator (.skops). It needs --data with an .npz of x and y (or x_test "
           "and y_test), and --classes where it does not name them. x goes in as it is: scale it "
           "as in training. y holds class numbers from 0, class names or one-hot rows. --keras is "
           "the old name of this option")
    option("--classes", type=Path, metavar="NAMES.txt",
           help="the classes' names, one a line in the order of its outputs")
    option("--outputs", choices=("probabilities", "logits", "percent"),
           help="what its outputs are, where the file does not tell")
    option("--time-limit", type=float, metavar="MINUTES",
           help="how long a --model may take to answer before it is stopped (default: 60)")
    option("--trust-pickle", action="store_true",
           help="open a --model that is a pickle (.pkl, .joblib): THIS RUNS WHATEVER CODE IS IN "
           "THE FILE, so do it only with one that you made yourself")


def _add_settings(command: argparse.ArgumentParser) -> None:
    option = command.add_argument
    option("--title", metavar="TEXT", help="the report's heading")
    option("--model-name", metavar="TEXT", help="what the network is called in it")
    option("--positive", metavar="CLASS",
           help="of two classes the one that is looked for, such as the illness (default: the "
           "second)")
    option("--top-k", type=int, action="append", default=[], metavar="K",
           help="also count whether the label is among the K likeliest classes; repeatable "
           "(default: 5 from 12 classes on)")
    option("--costs", type=Path, metavar="COSTS.csv",
           help="what answers cost: a first row “true,CLASS,CLASS…” and a row for each true class")
# fmt: on


def _build(options: argparse.Namespace) -> int:
    from report.build import build
    from report.documents.files import Further
    from report.numbers.check import parse_thresholds
    from report.numbers.settings import Settings

    further = Further(options.figures, options.metadata)
    if options.source:
        return _rebuild(options, further)
    settings = Settings(**{name: getattr(options, name) for name in SETTINGS})
    thresholds = parse_thresholds(options.min, options.max)
    batch = Batch(strict=options.strict)
    source = _source(options, batch)
    asked = options.previous, thresholds, settings, further, _recorded(options)
    return print_paths(build(source, options.out, *asked)) or batch.exit_code()


def _recorded(options: argparse.Namespace) -> list[str]:
    """The options that choose what the report says, as words of a command line."""
    words = []
    for name in RECORDED:
        given = getattr(options, name)
        for value in given if isinstance(given, list) else [given]:
            if value:
                words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return words


def _rebuild(options: argparse.Namespace, further: Further) -> int:
    from report.build import rebuild

    if any(getattr(options, name) for name in (*BUNDLE, *ANY, *SETTINGS, *FROM_TAKES_NONE)):
        raise InputError("--from takes everything from its file; give no other choice beside "
                         "--out, --figures and --metadata")  # fmt: skip
    return print_paths(rebuild(options.source, options.out, further))


def _source(options: argparse.Namespace, batch: Batch) -> Source:
    """What is reported on; the test of a bundle tells `batch` of bad pictures.

    Raises InputError for options that do not go together.
    """
    classes, outputs = options.classes, options.outputs
    if options.model:
        from report.evaluation.models import TIME_LIMIT, ModelFile

        _refuse(options, "--model takes no", *BUNDLE, *PREDICTIONS)
        if not options.data:
            raise InputError("--model needs --data, an .npz of x and y to test it with")
        minutes = TIME_LIMIT if options.time_limit is None else options.time_limit
        if not 0 < minutes < 1e6:
            raise InputError(f"--time-limit {minutes:g}: give minutes, more than 0")
        return ModelFile(options.model, options.data, classes, outputs, options.trust_pickle,
                         minutes)  # fmt: skip
    if options.predictions:
        from report.evaluation.predictions import PredictionsFile, parse_columns

        _refuse(options, "--predictions takes no", *BUNDLE, *MODEL, "data")
        columns = parse_columns(options.column)
        return PredictionsFile(options.predictions, columns, classes, outputs, options.positive,
                               options.images)  # fmt: skip
    from report.evaluation.bundles import BundleTest

    _refuse(options, "without --model or --predictions, there is no", *ANY)
    bundle = DEFAULT_BUNDLE if options.bundle is None else options.bundle
    return BundleTest(bundle, options.data, options.dataset, tuple(options.extra), batch)


def _refuse(options: argparse.Namespace, words: str, *names: str) -> None:
    for name in names:
        if getattr(options, name):
            raise InputError(f"{words} --{name.replace('_', '-')}; leave it out")
