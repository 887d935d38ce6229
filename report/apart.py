"""Runs a call in a process of its own, which returns its memory and may crash or hang."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from threading import Thread
from traceback import format_exc
from typing import TypeVar

from model.errors import InputError

CONTEXT = get_context("spawn")
MEMORY = Path("/proc/meminfo")  # of Linux
Result = TypeVar("Result")


def run_apart(
    when_killed: str,
    call: Callable[..., Result],
    *arguments: object,
    time_limit: float | None = None,
) -> Result:
    """Return what a call gives in another process, or raise what it raises.

    That process is ended before this returns or raises, as for Ctrl-C. Raises InputError, saying
    `when_killed`, where it ends before it answers, and where it takes over `time_limit` minutes.
    With a time limit it may not take more memory than is available now, on Linux.
    """
    is_limited = time_limit is not None
    here, there = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_answer, args=(there, call, arguments, is_limited))
    process.start()
    there.close()
    try:
        if not here.poll(None if time_limit is None else time_limit * 60):
            raise InputError(
                f"it took over {time_limit:g} minutes and was stopped; --time-limit MINUTES "
                "allows more"
            )
        found, error = here.recv()
    except (EOFError, OSError):  # the process ended before or while it answered
        raise InputError(when_killed) from None
    finally:
        process.kill()
        process.join()
    if error is not None:
        raise error
    return found


def _answer(
    connection: Connection, call: Callable[..., object], arguments: tuple, is_limited: bool
) -> None:
    """Send what a call gives, or what it raises. The parent process handles Ctrl-C."""
    if is_limited:
        _limit_memory()
    signal(SIGINT, SIG_IGN)
    Thread(target=_follow_parent, daemon=True).start()
    answer: tuple[object, Exception | None]
    try:
        answer = call(*arguments), None
    except (SystemExit, KeyboardInterrupt, MemoryError):  # a classifier may exit
        return
    except Exception as error:
        error.add_note(format_exc())
        answer = None, error
    connection.send(answer)


def _limit_memory() -> None:
    """Refuse this process more memory than is available, before the system has to swap for it."""
    if not MEMORY.exists():
        return
    import resource

    lines = map(str.split, MEMORY.read_text("ascii").splitlines())
    with suppress(StopIteration, ValueError):  # not given, or a lower limit holds
        available = next(1024 * int(found[1]) for found in lines if found[0] == "MemAvailable:")
        resource.setrlimit(resource.RLIMIT_DATA, (available, available))


def _follow_parent() -> None:
    """End when the parent process ends."""
    if parent := parent_process():
        parent.join()
    os._exit(1)
