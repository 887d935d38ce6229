"""`compare`: what changed from one report to the next."""

from __future__ import annotations

import argparse
from pathlib import Path

from report.commands.options import add_outputs


def add_compare(commands) -> None:
    command = commands.add_parser("compare", help="say what changed from one report to the next")
    command.add_argument("old", type=Path, metavar="OLD.json")
    command.add_argument("new", type=Path, metavar="NEW.json")
    command.add_argument("--fail-on-regression", action="store_true",
                         help="exit 1 when something became worse, more than chance explains, or "
                         "when a class or a set of the old report is missing in the new one"
                         )  # fmt: skip
    command.add_argument("--unpaired", action="store_true",
                         help="compare reports of different test images as well, as separate "
                         "samples")  # fmt: skip
    add_outputs(command)
    command.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> int:
    from report.gate import compare

    files = options.old, options.new, options.junit, options.markdown
    return compare(*files, is_gate=options.fail_on_regression, may_differ=options.unpaired)
