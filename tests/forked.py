"""Processes that have TensorFlow from their start: importing it takes seconds of each.

They are forked from a server that has imported it, and that has not used it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path

METHODS = multiprocessing.get_all_start_methods()
SERVER = multiprocessing.get_context("forkserver" if "forkserver" in METHODS else "spawn")
SERVER.set_forkserver_preload(["keras"])


class Forked:
    """A function's call in a process of its own; its result, as a program's, is the exit code.

    What it prints goes into `folder`. It runs in our environment with some variables changed.
    """

    def __init__(self, folder: Path, call: Callable, *arguments, **environment: str):
        self._files = folder / "stdout", folder / "stderr"
        variables = dict(os.environ) | environment
        self.process = SERVER.Process(target=_run, args=(self._files, variables, call, arguments))
        self.process.start()

    def wait(self, seconds: float = 300) -> int:
        """The exit code, or minus the signal that ended it."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, "it runs for too long"
        return self.process.exitcode

    @property
    def out(self) -> str:
        return self._files[0].read_text("utf-8")

    @property
    def err(self) -> str:
        return self._files[1].read_text("utf-8")


def _run(files: tuple[Path, Path], variables: dict, call: Callable, arguments: tuple) -> None:
    for stream, file in enumerate(files, 1):
        with open(file, "wb") as opened:
            os.dup2(opened.fileno(), stream)
    os.environ.clear()
    os.environ.update(variables)
    sys.exit(call(*arguments))
