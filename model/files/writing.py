"""Atomic writing: a file or folder appears under its name complete, or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".half-"  # of temporary names, which nothing reads
STALE_SECONDS = 3600  # without a change, after which a temporary file counts as abandoned


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, to be made a file or folder; move it there at the end.

    When the context is left by an error, `path` stays as it was. The temporary name is unique, so
    that several processes may write `path` at once, and ends as `path` does, so that libraries
    choose the same format by it. A folder can only take the place of an empty one. Raises OSError.
    """
    _remove_abandoned(path)
    temporary = path.with_name(f"{PREFIX}{secrets.token_hex(4)}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        _remove(temporary)


def _remove_abandoned(path: Path) -> None:
    """Remove temporary files of `path` whose process was killed before it could remove them."""
    for temporary in path.parent.glob(f"{PREFIX}????????-{glob.escape(path.name)}"):
        with contextlib.suppress(OSError):
            if time.time() - temporary.stat().st_mtime > STALE_SECONDS:
                _remove(temporary)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
