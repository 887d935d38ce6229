"""The commands `python -m report build`, `check`, `compare` and `record`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import TextIO

from model.errors import CommandParser, run_command
from report.commands.build import add_build
from report.commands.others import add_check, add_compare, add_record


def main(argv: Sequence[str] | None = None, prog: str = "python -m report") -> int:
    """Run one command: 0 done, 1 a check did not hold, 2 wrong input, 130 interrupted."""
    options = _parser(prog).parse_args(argv)
    _print_log(sys.stderr)
    interrupted = "report: interrupted; nothing was written"
    return run_command(lambda: options.run(options), "report", interrupted)


def _print_log(stream: TextIO) -> None:
    """Print what the report logs, `report: ` before each message, to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("report: %(message)s"))
    logger = logging.getLogger("report")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    # It would tell of a home that can't be written to, and of fonts that it looks for.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


def _parser(prog: str = "python -m report") -> argparse.ArgumentParser:
    parser = CommandParser(prog=prog, description="Reports on how well a network reads digits.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (add_build, add_check, add_compare, add_record):
        add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
