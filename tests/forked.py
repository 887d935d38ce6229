"""Processes that have TensorFlow and Gradio from their start: importing these takes seconds.

They are forked from a server that has imported both, and that has used neither.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

METHODS = multiprocessing.get_all_start_methods()
SERVER = multiprocessing.get_context("forkserver" if "forkserver" in METHODS else "spawn")
SERVER.set_forkserver_preload(["keras", "gradio"])
PATIENCE_SECONDS = 30


class Forked:
    """A function's call in a process of its own; its result, as a program's, is the exit code.

    What it prints goes into `folder`. It runs in our environment with some variables changed.
    """

    def __init__(self, folder: Path, call: Callable, *arguments, **environment: str):
        self._files = folder / "stdout", folder / "stderr"
        variables = dict(os.environ) | environment
        for file in self._files:
            file.touch()
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


@contextmanager
def demo(fork: Callable[..., Forked], words: list[str], folder: Path) -> Iterator[str]:
    """Serve the demo from `folder`, by the words of its command line, and give its address.

    Told to stop, it must end well.
    """
    server, latest = fork(_serve, words, folder), time.monotonic() + PATIENCE_SECONDS
    while not (address := re.search(r"http://\S+(?=/ )", server.out)):
        assert server.process.is_alive(), server.err
        assert time.monotonic() < latest
        time.sleep(0.05)
    yield address[0]
    server.process.terminate()
    assert server.wait(PATIENCE_SECONDS) == 0


def _serve(words: list[str], folder: Path) -> int:
    from webapp.__main__ import main

    os.chdir(folder)
    return main(words)


def _run(files: tuple[Path, Path], variables: dict, call: Callable, arguments: tuple) -> None:
    for stream, file in enumerate(files, 1):
        with open(file, "wb") as opened:
            os.dup2(opened.fileno(), stream)
    os.environ.clear()
    os.environ.update(variables)
    sys.exit(call(*arguments))
