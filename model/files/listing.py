"""The files below a folder."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path


def files_below(folder: Path, kinds: Collection[str]) -> list[Path]:
    """List the files of some kinds (".png") below a folder, sorted.

    Hidden ones are left out, and pipes, which may never end. An unreadable folder is listed
    among the files, so that opening it reports the error.
    """
    found: list[Path] = []
    walk = os.walk(folder, onerror=lambda error: found.append(Path(error.filename)))
    for place, folders, names in walk:
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = [Path(place, name) for name in names if not name.startswith(".")]
        found += [file for file in files if file.suffix.lower() in kinds and not _is_pipe(file)]
    return sorted(found)


def _is_pipe(file: Path) -> bool:
    """Return whether a path leads to a pipe, a device or a socket; not if it leads nowhere."""
    return os.path.exists(file) and not os.path.isfile(file)
