"""Options that several commands take, and the printing of what a command wrote."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path


def add_thresholds(command: argparse.ArgumentParser) -> None:
    """Add `--min` and `--max`."""
    for option, example in (("--min", "accuracy=0.995"), ("--max", "ece=0.01")):
        command.add_argument(option, action="append", default=[], metavar="NAME=NUMBER",
                             help=f"a bound on a number, as in {example}; repeatable")  # fmt: skip


def print_paths(written: Iterable[Path]) -> int:
    """Print the paths of the files that were written; return the exit code."""
    for path in written:
        print(path)
    return 0
