"""Processes that die in the middle of their work: at any touch of the disk, or at any byte.

These functions fork, so they are called in a process of its own that has one thread: `scenes.py`.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def at_every_touch(folder: Path, work: Callable[[], None], look: Callable[[bool], None]) -> int:
    """Run `work` in a child that is killed before its n-th change under `folder`, n = 0, 1, 2 …

    After each child, `look` is told whether it lived. Gives how many were killed.
    """
    killed = 0
    while not _lives(partial(_kill_before, killed, folder), work, signal.SIGKILL):
        look(False)
        killed += 1
    look(True)
    return killed


def at_every_size(sizes: range, work: Callable[[], None], look: Callable[[bool], None]) -> int:
    """Run `work` in a child that dies when a file grows beyond each size; see `at_every_touch`.

    The system ends it within a write: what fits is on the disk, and nothing is cleaned up.
    """
    killed = 0
    for size in sizes:
        lived = _lives(partial(_kill_beyond, size), work, signal.SIGXFSZ)
        look(lived)
        killed += not lived
    return killed


def changes(event: str, args: tuple, folder: str) -> bool:
    """Whether an audit event (PEP 578) comes before something changes under `folder`."""
    if event == "open":
        path, _, flags = args
        return isinstance(path, str) and path.startswith(folder) and bool(flags & WRITING)
    if event not in CHANGES:
        return False
    # Deleting a tree names its files without their folder.
    return any(str(arg).startswith(folder) or os.sep not in str(arg) for arg in args[:1])


def _lives(arm: Callable[[], None], work: Callable[[], None], deadly: signal.Signals) -> bool:
    """Do the work in a child process. False when it was killed as was meant."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            arm()
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == deadly
        return False
    assert os.WEXITSTATUS(status) == 0, "the work failed by itself: see stderr"
    return True


def _kill_before(left: int, folder: Path) -> None:
    def watch(event: str, args: tuple) -> None:
        nonlocal left
        if changes(event, args, str(folder)):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.addaudithook(watch)


def _kill_beyond(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and gets an error instead
