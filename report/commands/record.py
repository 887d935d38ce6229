"""`record`: the test results of the networks that are part of the project."""

from __future__ import annotations

import argparse

from report.commands.options import print_paths


def add_record(commands) -> None:
    command = commands.add_parser("record", help="test the shipped networks and record the results "
                                  "beside each, for use without MNIST")  # fmt: skip
    command.set_defaults(run=_record)


def _record(_options: argparse.Namespace) -> int:
    from report.record import record

    return print_paths(record())
