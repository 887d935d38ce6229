"""Lock files, which are released when their process ends, however it ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from model.errors import InputError


@contextlib.contextmanager
def hold(path: Path, busy: str, seconds: float = 0) -> Iterator[None]:
    """Hold the lock file `path` for the length of a context; it is gone afterwards.

    Raises InputError(busy) when another process still holds it after so many seconds, OSError when
    the file cannot be made.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(busy) from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows does not delete an open file; it does no harm
            path.unlink()
        lock.release()
