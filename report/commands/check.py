"""`check`: whether the numbers of a report keep to thresholds."""

from __future__ import annotations

import argparse
from pathlib import Path

from model.errors import InputError
from report.commands.options import add_outputs, add_thresholds


def add_check(commands) -> None:
    command = commands.add_parser("check", help="exit 1 when a number in a report falls short")
    command.add_argument("report", type=Path, metavar="report.json")
    add_thresholds(command)
    add_outputs(command)
    command.add_argument("--badge", type=Path, metavar="FILE.svg",
                         help="draw a badge: the accuracy and the verdict")  # fmt: skip
    command.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from report.gate import check
    from report.numbers.check import parse_thresholds

    thresholds = parse_thresholds(options.min, options.max)
    if not thresholds:
        raise InputError("nothing to check; give --min NAME=NUMBER or --max NAME=NUMBER")
    return check(options.report, thresholds, options.junit, options.markdown, options.badge)
