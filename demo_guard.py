"""What keeps a public demo within bounds: how much is received, kept in memory and on disk."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from model import InputError
from model.locks import hold
from model.pictures import MAX_BYTES

if TYPE_CHECKING:
    import gradio as gr

REQUEST_BYTES = MAX_BYTES * 4 // 3 + 2**16  # the largest picture as a data URL, and what is around
KEEP_SECONDS = 3000  # what visitors send is gone well within the hour
LOOK_SECONDS = 10  # between two looks at the folder, and at memory
FOLDER_BYTES = 2**30  # beyond this, what was sent first goes early
SESSIONS_KEPT = 300  # each some 30 kB; a call without a session makes one
DRAWINGS_KEPT = 256  # sent but not read yet: the page overtakes some of its own, for good
DRAWINGS_BYTES = 64 * 2**20
PREFIX, LOCK = "digits-", "digits.lock"  # of upload folders, and the file in each that is locked


class _TooMuch(Exception):
    """A request is longer than any that is served."""


class RequestLimit:
    """ASGI middleware that refuses overlong requests while they arrive, whatever they declare."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > REQUEST_BYTES:
            return await _refuse(scope, receive, send)
        size, started = 0, False

        async def receive_some() -> dict:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > REQUEST_BYTES:
                raise _TooMuch
            return message

        async def send_noting(message: dict) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive_some, send_noting)
        except _TooMuch:
            if not started:
                await _refuse(scope, receive, send)


async def _refuse(scope, receive, send) -> None:
    from starlette.responses import JSONResponse

    sentence = {"error": "What was sent is over 20 MB: make it smaller"}
    await JSONResponse(sentence, 413, headers={"Connection": "close"})(scope, receive, send)


def bound_drawings(sketch: gr.Sketchpad) -> None:
    """Bound the memory of drawings that a page sends to its sketchpad before having them read.

    Gradio keeps them for as long as nobody asks, and makes room for any number of layers.
    """
    from gradio.components.base import server

    accept, drawings = sketch.accept_blobs, sketch.blob_storage

    @server
    def accept_blobs(data):
        if data.data.get("type") != "composite":  # all that is read
            return
        accept(data)
        sizes = [len(drawing.composite) for drawing in list(drawings.values())]
        while sizes and (len(sizes) > DRAWINGS_KEPT or sum(sizes) > DRAWINGS_BYTES):
            drawings.pop(next(iter(drawings)), None)
            sizes.pop(0)

    sketch.accept_blobs = accept_blobs


def forget_values() -> None:
    """Keep Gradio from holding every visitor's last pictures in memory.

    It does so for its links to a session (deep links), which are not offered here.
    """
    from gradio.state_holder import SessionState

    SessionState._update_value_in_config = lambda _session, _component, _value: None


def give_memory_back() -> None:
    """Return to the system what large pictures took and left free; only GNU's C library needs it.

    It keeps freed memory for each thread; without this a server grows with every odd size.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim:
        trim(0)


class Uploads:
    """The folder in which Gradio keeps what visitors send, emptied as time goes by.

    Gradio's own `delete_cache` forgets what it began to receive and did not finish.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._pages_own: set[Path] = set()
        self._seen: dict[tuple[Path, int], float] = {}

    def keep_what_is_there(self) -> None:
        """Spare what the page itself has put there, such as its examples."""
        self._pages_own = set(self._files())

    def delete_old(self) -> None:
        """Delete what is too old, or too much.

        A file's age counts from the first look that saw it: the machine's clock may be set.
        """
        now, seen, found = time.monotonic(), {}, []
        for file in self._files():
            with contextlib.suppress(OSError):  # gone meanwhile
                about = file.stat()
                key = file, about.st_mtime_ns  # sent once more, it is new once more
                seen[key] = self._seen.get(key, now)
                found.append((seen[key], about.st_mtime_ns, about.st_size, file))
        self._seen, kept = seen, 0
        for first_seen, _, size, file in sorted(found, reverse=True):
            kept += size
            if now - first_seen > KEEP_SECONDS or kept > FOLDER_BYTES:
                with contextlib.suppress(OSError):  # gone meanwhile, or others are in the folder
                    file.unlink()
                    if file.parent != self.folder:
                        file.parent.rmdir()

    def _files(self) -> list[Path]:
        folders = os.walk(self.folder)  # unlike rglob, not troubled by what vanishes meanwhile
        files = (Path(folder, name) for folder, _, names in folders for name in names)
        return [path for path in files if path not in self._pages_own]


@contextlib.contextmanager
def own_uploads() -> Iterator[Uploads]:
    """Give Gradio an upload folder of this run's own; it is gone when the run ends.

    What a run left that was killed is deleted by the next.
    """
    kept = os.environ.get("GRADIO_TEMP_DIR")
    parent = Path(kept or tempfile.gettempdir())
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
            if kept is not None:
                os.environ["GRADIO_TEMP_DIR"] = kept


def _delete_leftovers(parent: Path) -> None:
    """Delete upload folders whose run has ended: nobody holds their lock."""
    for lock in parent.glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(InputError, OSError), hold(lock, "it is still running"):
            shutil.rmtree(lock.parent)
