"""The commands `python -m report build`, `check`, `compare` and `record`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from model.errors import InputError, run_command

if TYPE_CHECKING:
    from report.evaluation.models import ModelFile
    from report.evaluation.predictions import PredictionsFile
    from report.gate import Outputs

DEFAULT_BUNDLE = "cnn"
DEFAULT_OUT = "report-out"
FILES = ("model", "predictions")
ANY = ("column", "classes", "outputs", "trust_pickle")  # options for either of them


def main(argv: Sequence[str] | None = None, prog: str = "python -m report") -> int:
    """Run one command: 0 done, 1 a check did not hold, 2 wrong input, 130 interrupted."""
    arguments = _parser(prog).parse_args(argv)
    _print_log(sys.stderr)
    interrupted = "report: interrupted; nothing was written"
    return run_command(lambda: arguments.run(arguments), "report", interrupted)


def _print_log(stream: TextIO) -> None:
    """Print what the report logs, `report: ` before each message, to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("report: %(message)s"))
    logger = logging.getLogger("report")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser(prog: str = "python -m report") -> argparse.ArgumentParser:
    parser = _Parser(prog=prog, description="Reports on how well a network reads digits.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_build(commands)
    _add_check(commands)
    _add_compare(commands)
    _add_record(commands)
    return parser


def _add_build(commands) -> None:
    build = commands.add_parser(
        "build", help="test a network and write its report: HTML, PDF, JSON and release notes"
    )
    build.add_argument(
        "--bundle", metavar="NAME|DIR", help=f"the network (default: {DEFAULT_BUNDLE})"
    )
    build.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="labelled images of your own (.npz, IDX or folder)",
    )
    build.add_argument(
        "--dataset",
        metavar="NAME",
        help="mnist, digits, unipen or pendigits (default: what it learnt from)",
    )
    build.add_argument(
        "--extra",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="one more labelled set to read, such as a folder of your own digits; or the name of a "
        "data set, such as digits, which needs no file, or unipen; repeatable",
    )
    _add_any_classifier(build)
    build.add_argument(
        "--previous",
        type=Path,
        metavar="report.json",
        help="an earlier report: the new one then says what changed since",
    )
    _add_thresholds(build)
    _add_settings(build)
    build.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="report.json",
        help="write the report that this file holds again, without network or images",
    )
    build.add_argument(
        "--figures",
        choices=("svg", "png"),
        help="write every figure as a file as well, with its numbers as CSV, into DIR/figures",
    )
    build.add_argument(
        "--metadata",
        action="store_true",
        help="write a Hugging Face model card and a CycloneDX ML-BOM as well",
    )
    build.add_argument(
        "--out",
        type=Path,
        default=Path(DEFAULT_OUT),
        metavar="DIR",
        help=f"default: {DEFAULT_OUT}",
    )
    build.set_defaults(run=_build)


def _add_any_classifier(build) -> None:
    """The options for classifiers that are no bundle."""
    group = build.add_argument_group("any classifier, instead of a bundle")
    group.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="its predictions: a CSV, JSON lines (.jsonl), NPZ or Parquet file with y_true "
        "and, beside it, one probability a class (y_prob_<class>), a score for the second of two "
        "classes (y_score), or the class answered (y_pred); and, if you like, id, image (a "
        "picture's path), weight and group",
    )
    group.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="a column of --predictions that goes by another name, as in y_true=label or "
        "group=site; y_prob=PREFIX is the beginning of those with probabilities; repeatable",
    )
    group.add_argument(
        "--model",
        "--keras",
        type=Path,
        metavar="FILE|DIR",
        help="the classifier itself: .keras, .h5, .tflite, .onnx, a SavedModel folder or a "
        "scikit-learn estimator (.skops). It needs --data with an .npz of x and y (or x_test and "
        "y_test), and --classes where it does not name them. x goes in as it is: scale it as in "
        "training. y holds class numbers from 0, class names or one-hot rows. --keras is the old "
        "name of this option",
    )
    group.add_argument(
        "--classes",
        type=Path,
        metavar="NAMES.txt",
        help="the classes' names, one a line in the order of its outputs",
    )
    group.add_argument(
        "--outputs",
        choices=("probabilities", "logits", "percent"),
        help="what its outputs are, where the file does not tell",
    )
    group.add_argument(
        "--trust-pickle",
        action="store_true",
        help="open a --model that is a pickle (.pkl, .joblib): THIS RUNS WHATEVER CODE IS IN THE "
        "FILE, so do it only with one that you made yourself",
    )


def _add_compare(commands) -> None:
    compare = commands.add_parser("compare", help="say what changed from one report to the next")
    compare.add_argument("old", type=Path, metavar="OLD.json")
    compare.add_argument("new", type=Path, metavar="NEW.json")
    compare.add_argument(
        "--fail-on-regression",
        action="store_true",
        help="exit 1 when something became worse, more than chance explains, or when a class or a "
        "set of the old report is missing in the new one",
    )
    compare.add_argument(
        "--unpaired",
        action="store_true",
        help="compare reports of different test images as well, as separate samples",
    )
    _add_outputs(compare)
    compare.set_defaults(run=_compare)


def _add_check(commands) -> None:
    check = commands.add_parser("check", help="exit 1 when a number in a report falls short")
    check.add_argument("report", type=Path, metavar="report.json")
    _add_thresholds(check)
    _add_outputs(check)
    check.add_argument(
        "--badge", type=Path, metavar="FILE.svg", help="draw a badge: the accuracy and the verdict"
    )
    check.set_defaults(run=_check)


def _add_thresholds(command) -> None:
    for option, example in (("--min", "accuracy=0.995"), ("--max", "ece=0.01")):
        command.add_argument(
            option,
            action="append",
            default=[],
            metavar="NAME=NUMBER",
            help=f"a bound on a number, as in {example}; repeatable",
        )


def _add_outputs(command) -> None:
    command.add_argument(
        "--junit", type=Path, metavar="FILE.xml", help="write the verdicts as JUnit XML, for CI"
    )
    command.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE.md",
        help="write them as Markdown, for a pull request; to $GITHUB_STEP_SUMMARY they are added",
    )


def _add_settings(build) -> None:
    build.add_argument("--title", metavar="TEXT", help="the report's heading")
    build.add_argument("--model-name", metavar="TEXT", help="what the network is called in it")
    build.add_argument(
        "--positive",
        metavar="CLASS",
        help="of two classes the one that is looked for, such as the illness (default: the second)",
    )
    build.add_argument(
        "--top-k",
        type=int,
        action="append",
        default=[],
        metavar="K",
        help="also count whether the label is among the K likeliest classes; repeatable "
        "(default: 5 from 12 classes on)",
    )
    build.add_argument(
        "--costs",
        type=Path,
        metavar="COSTS.csv",
        help="what answers cost: a first row “true,CLASS,CLASS…” and a row for each true class",
    )


def _add_record(commands) -> None:
    record = commands.add_parser(
        "record",
        help="test the shipped networks and record the results beside each, for use without MNIST",
    )
    record.set_defaults(run=_record)


def _build(arguments: argparse.Namespace) -> int:
    if arguments.source:
        return _print(_rebuild(arguments))
    from report.build import build, build_any
    from report.documents.files import Further
    from report.numbers.check import parse_thresholds
    from report.numbers.settings import Settings

    settings = Settings(
        title=arguments.title,
        model_name=arguments.model_name,
        positive=arguments.positive,
        top_k=tuple(arguments.top_k),
        costs=arguments.costs,
    )
    further = Further(arguments.figures, arguments.metadata)
    thresholds = parse_thresholds(arguments.min, arguments.max)
    asked = arguments.previous, thresholds, settings, further
    if arguments.model or arguments.predictions:
        return _print(build_any(_any_classifier(arguments), arguments.out, *asked))
    given = [name for name in ANY if getattr(arguments, name)]
    if given:
        raise InputError(
            f"{_option(given[0])} goes with --model or --predictions; give one of them"
        )
    bundle, data = arguments.bundle or DEFAULT_BUNDLE, arguments.data
    return _print(build(bundle, arguments.out, data, arguments.dataset, arguments.extra, *asked))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _rebuild(arguments: argparse.Namespace) -> list[Path]:
    from report.documents.files import Further
    from report.rebuild import rebuild

    choices = ["bundle", "data", "dataset", "extra", "previous", "min", "max", *FILES, *ANY]
    choices += ["title", "model_name", "positive", "top_k", "costs"]
    if any(getattr(arguments, choice) for choice in choices):
        raise InputError(
            "--from takes everything from its file; give no other choice beside --out, --figures "
            "and --metadata"
        )
    return rebuild(arguments.source, arguments.out, Further(arguments.figures, arguments.metadata))


def _any_classifier(arguments: argparse.Namespace) -> ModelFile | PredictionsFile:
    """The file to report on. Raises InputError for options that do not go together."""
    from report.evaluation.models import ModelFile
    from report.evaluation.predictions import PredictionsFile, parse_columns

    name = "model" if arguments.model else "predictions"
    strange = ["bundle", "extra", "dataset"]
    strange += ["predictions", "column"] if arguments.model else ["data", "trust_pickle"]
    for other in strange:
        if getattr(arguments, other):
            raise InputError(f"--{name} takes no {_option(other)}; leave it out")
    classes, outputs = arguments.classes, arguments.outputs
    if arguments.predictions:
        columns = parse_columns(arguments.column)
        return PredictionsFile(arguments.predictions, columns, classes, outputs, arguments.positive)
    if not arguments.data:
        raise InputError("--model needs --data, an .npz of x and y to test it with")
    return ModelFile(arguments.model, arguments.data, classes, outputs, arguments.trust_pickle)


def _record(arguments: argparse.Namespace) -> int:
    from report.record import record

    return _print(record())


def _print(written: Sequence[Path]) -> int:
    for path in written:
        print(path)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from report.gate import check
    from report.numbers.check import parse_thresholds

    thresholds = parse_thresholds(arguments.min, arguments.max)
    if not thresholds:
        raise InputError("nothing to check; give --min NAME=NUMBER or --max NAME=NUMBER")
    return check(arguments.report, thresholds, _outputs(arguments))


def _compare(arguments: argparse.Namespace) -> int:
    from report.gate import compare

    outputs, is_gate = _outputs(arguments), arguments.fail_on_regression
    return compare(arguments.old, arguments.new, outputs, is_gate, arguments.unpaired)


def _outputs(arguments: argparse.Namespace) -> Outputs:
    from report.gate import Outputs

    return Outputs(arguments.junit, arguments.markdown, getattr(arguments, "badge", None))


if __name__ == "__main__":
    sys.exit(main())
