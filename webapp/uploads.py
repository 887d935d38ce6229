"""The files that visitors upload, kept for a while and within limits."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from model.errors import InputError
from model.files.locks import hold

UPLOAD_SECONDS = 3000  # an uploaded file is deleted after this, well within an hour
FOLDER_BYTES = 2**30  # beyond this, the oldest uploads are deleted early
FILES_KEPT = 10_000  # and beyond this
PREFIX, LOCK = "digits-", "digits.lock"  # of upload folders, and the lock file in each


class Uploads:
    """The folder in which Gradio keeps uploaded files; old files are deleted from it.

    Gradio's `delete_cache` is not used: it misses uploads that were broken off, and a file's age
    depends on the system's clock.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._spared: set[Path] = set()
        self._first_seen: dict[tuple[Path, int], float] = {}

    def keep_what_is_there(self) -> None:
        """Spare the files that are in the folder now: the page itself put them there."""
        self._spared = set(self._files())

    def delete_old(self) -> None:
        """Delete the files that are too old, and the oldest when they are too many or too large.

        A file's age counts from the first call that saw it, as the system's clock may be changed.
        """
        now, first_seen, found = time.monotonic(), {}, []
        for file in self._files():
            with contextlib.suppress(OSError):  # deleted meanwhile
                status = file.stat()
                key = file, status.st_mtime_ns  # a file that is sent again is new again
                first_seen[key] = self._first_seen.get(key, now)
                found.append((first_seen[key], status.st_mtime_ns, status.st_size, file))
        self._first_seen, total = first_seen, 0
        for count, (since, _, size, file) in enumerate(sorted(found, reverse=True)):
            total += size
            if now - since > UPLOAD_SECONDS or total > FOLDER_BYTES or count >= FILES_KEPT:
                with contextlib.suppress(OSError):  # deleted meanwhile, or its folder holds more
                    file.unlink()
                    if file.parent != self.folder:
                        file.parent.rmdir()

    def _files(self) -> list[Path]:
        folders = os.walk(self.folder)  # unlike rglob, it ignores files that are deleted meanwhile
        files = (Path(folder, name) for folder, _, names in folders for name in names)
        return [path for path in files if path not in self._spared]


@contextlib.contextmanager
def own_uploads() -> Iterator[Uploads]:
    """Give Gradio an upload folder for this run alone, and delete it when the run ends.

    Folders of earlier runs that were killed are deleted first.
    """
    before = os.environ.get("GRADIO_TEMP_DIR")
    parent = Path(before or tempfile.gettempdir())
    _delete_leftovers(parent)
    with (
        tempfile.TemporaryDirectory(
            prefix=PREFIX, dir=parent, ignore_cleanup_errors=True
        ) as folder,
        hold(Path(folder, LOCK), "another run has this folder"),
    ):
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            yield Uploads(Path(folder))
        finally:
            del os.environ["GRADIO_TEMP_DIR"]
            if before is not None:
                os.environ["GRADIO_TEMP_DIR"] = before


def _delete_leftovers(parent: Path) -> None:
    """Delete the upload folders whose lock nobody holds: their run has ended."""
    for lock in parent.glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(InputError, OSError), hold(lock, "it is still running"):
            shutil.rmtree(lock.parent)
