"""A call in a process of its own: it gives its memory back, and may crash without harm."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from signal import SIG_IGN, SIGINT, signal
from threading import Thread
from typing import TypeVar

from model.errors import InputError

Result = TypeVar("Result")


def run_apart(when_killed: str, call: Callable[..., Result], *arguments: object) -> Result:
    """Return what a call gives in another process, or raise what it raises.

    Raises InputError, saying `when_killed`, where that process ends before.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_follow_parent) as apart:
        try:
            return apart.submit(call, *arguments).result()
        except BrokenProcessPool:
            raise InputError(when_killed) from None


def _follow_parent() -> None:
    """Ignore Ctrl-C, which the parent process handles, and end when that process ends."""
    signal(SIGINT, SIG_IGN)

    def end() -> None:
        if parent := parent_process():
            parent.join()
        os._exit(1)

    Thread(target=end, daemon=True).start()
