"""The commands `check`, `compare` and `record`."""

from __future__ import annotations

import argparse
from pathlib import Path

from model.errors import InputError
from report.commands.options import add_thresholds, print_paths


# fmt: off
def add_check(commands) -> None:
    command = commands.add_parser("check", help="exit 1 when a number in a report falls short")
    command.add_argument("report", type=Path, metavar="report.json")
    add_thresholds(command)
    _add_outputs(command)
    command.add_argument("--badge", type=Path, metavar="FILE.svg",
                         help="draw a badge: the accuracy and the verdict")
    command.set_defaults(run=_check)


def add_compare(commands) -> None:
    command = commands.add_parser("compare", help="say what changed from one report to the next")
    option = command.add_argument
    option("old", type=Path, metavar="OLD.json")
    option("new", type=Path, metavar="NEW.json")
    option("--fail-on-regression", action="store_true",
           help="exit 1 when something became worse, more than chance explains, or when a class or "
           "a set of the old report is missing in the new one")
    option("--unpaired", action="store_true",
           help="compare reports of different test images as well, as separate samples")
    _add_outputs(command)
    command.set_defaults(run=_compare)


def add_record(commands) -> None:
    command = commands.add_parser("record", help="test the shipped networks and record the results "
                                  "beside each, for use without MNIST")
    command.set_defaults(run=_record)


def _add_outputs(command: argparse.ArgumentParser) -> None:
    """Add the files that verdicts are written to."""
    command.add_argument("--junit", type=Path, metavar="FILE.xml",
                         help="write the verdicts as JUnit XML, for CI")
    command.add_argument("--markdown", type=Path, metavar="FILE.md",
                         help="write them as Markdown, for a pull request; to "
                         "$GITHUB_STEP_SUMMARY they are added")
# fmt: on


def _check(options: argparse.Namespace) -> int:
    from report.gate import check
    from report.numbers.check import parse_thresholds

    thresholds = parse_thresholds(options.min, options.max)
    if not thresholds:
        raise InputError("nothing to check; give --min NAME=NUMBER or --max NAME=NUMBER")
    return check(options.report, thresholds, options.junit, options.markdown, options.badge)


def _compare(options: argparse.Namespace) -> int:
    from report.gate import compare

    files = options.old, options.new, options.junit, options.markdown
    return compare(*files, is_gate=options.fail_on_regression, may_differ=options.unpaired)


def _record(_options: argparse.Namespace) -> int:
    from report.record import record

    return print_paths(record())
