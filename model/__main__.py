"""The `python -m model` commands: parse, call, return an exit code."""

from __future__ import annotations

import argparse
import logging
import sys

from model.commands.evaluate import add_evaluate
from model.commands.others import add_data, add_export, add_list
from model.commands.reading import add_predict, add_read
from model.commands.train import add_train
from model.errors import CommandParser, run_command

_EXTRAS = dict.fromkeys(("tf2onnx", "onnx", "onnxruntime"), "export")


def main(argv: list[str] | None = None, prog: str = "python -m model") -> int:
    """Run one command: 0 done, 1 a check did not hold, 2 wrong input, 130 interrupted."""
    options = _parser(prog).parse_args(argv)
    _print_log()
    return run_command(lambda: options.run(options), extras=_EXTRAS)


def _print_log() -> None:
    """Print what the library logs, messages alone; warnings to standard error."""
    said, warned = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    said.addFilter(lambda record: record.levelno < logging.WARNING)
    warned.setLevel(logging.WARNING)
    logger = logging.getLogger("model")
    logger.handlers = [said, warned]
    logger.setLevel(logging.INFO)


def _parser(prog: str = "python -m model") -> argparse.ArgumentParser:
    parser = CommandParser(
        prog=prog, description="Train networks that read handwritten digits, and use them."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (add_train, add_list, add_predict, add_read, add_evaluate, add_data, add_export):
        add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
