"""What keeps a public demo within bounds: how much is received, kept in memory and on disk."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import inspect
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import InputError
from model.files.locks import hold
from model.files.pictures import MAX_BYTES

if TYPE_CHECKING:
    import gradio as gr

REQUEST_BYTES = MAX_BYTES + 2**20  # of a request that may bring a picture: it, and what is around
JSON_BYTES = 2**16  # of any other; parsed, it takes many times its size
ADDRESS_BYTES = 4096
NAME_LETTERS = 100  # of a session; the page's have 11
UNREAD_SECONDS = 60  # for an answer to be fetched
UPLOADS_NOTED = 1000
KEEP_SECONDS = 3000  # what visitors send is gone well within the hour
LOOK_SECONDS = 10  # between two looks at the folder, and at memory
FOLDER_BYTES = 2**30  # beyond this, what was sent first goes early
FILES_KEPT = 10_000  # and beyond this
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
        if len(scope["path"]) + len(scope["query_string"]) > ADDRESS_BYTES:
            return await _refuse(scope, receive, send, 414, "This address is too long")
        headers = dict(scope["headers"])
        most, too_much = _most(scope["path"].rstrip("/"), headers.get(b"content-type", b""))
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > most:
            return await _refuse(scope, receive, send, 413, too_much)
        size, started = 0, False

        async def receive_some() -> dict:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
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
                await _refuse(scope, receive, send, 413, too_much)


def _most(path: str, kind: bytes) -> tuple[int, str]:
    """How many bytes a request may have, and what is said of more. Few bring pictures."""
    ours = "/api/" in path and "/gradio_api/" not in path
    form = kind.startswith(b"multipart/form-data")
    if ours or (form and path.endswith(("/gradio_api/upload", "/gradio_api/component_server"))):
        return REQUEST_BYTES, "What was sent is over 20 MB: make it smaller"
    return JSON_BYTES, "What was sent is over 64 kB: send a picture as a file, or to api/predict"


async def _refuse(scope, receive, send, status: int, sentence: str) -> None:
    from starlette.responses import JSONResponse

    answer = JSONResponse({"error": sentence}, status, headers={"Connection": "close"})
    await answer(scope, receive, send)


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


def bound_session_names() -> None:
    """Keep visitors from filling memory with the names that they give their sessions.

    Gradio keeps hundreds of sessions by name, and takes a name of any length.
    """
    from fastapi import HTTPException
    from gradio.state_holder import StateHolder

    find = inspect.unwrap(StateHolder.__getitem__)  # this may be done before

    @functools.wraps(find)
    def find_short(self, name: str):
        if not isinstance(name, str) or len(name) > NAME_LETTERS:
            raise HTTPException(400, "This is no session's name")
        return find(self, name)

    StateHolder.__getitem__ = find_short


class Leftovers:
    """What Gradio keeps of visitors who are gone: answers never fetched, names of their files."""

    def __init__(self, blocks: gr.Blocks):
        self._blocks = blocks
        self._unread: dict[str, tuple[object, float]] = {}

    def forget(self) -> None:
        """Drop what nobody comes back for. Call it now and then."""
        with contextlib.suppress(AttributeError, ImportError):  # another Gradio
            self._forget_answers()
            self._forget_uploads()

    def _forget_answers(self) -> None:
        """Drop a session's answers when the first lies there for long: most are fetched at once."""
        queue, now, unread = self._blocks._queue, time.monotonic(), {}
        answers, asked = queue.pending_messages_per_session, queue.pending_event_ids_session
        under_way = _sessions_under_way(queue)
        for session, messages in list(answers.items()):
            first = next(iter(messages._queue), None)
            if first is None or session in under_way:
                continue
            known, since = self._unread.get(session, (first, now))
            if known is not first:
                since = now
            if now - since > UNREAD_SECONDS:
                answers.pop(session, None)
            else:
                unread[session] = first, since
        self._unread = unread
        for session in list(asked):
            if session not in answers:
                asked.pop(session, None)

    def _forget_uploads(self) -> None:
        from gradio.routes import file_upload_statuses as progress

        for noted in (progress._signals, progress._statuses):
            for name in list(noted)[:-UPLOADS_NOTED]:
                noted.pop(name, None)
        for files in self._blocks.temp_file_sets:
            files.difference_update([file for file in list(files) if not os.path.exists(file)])


def _sessions_under_way(queue: gr.queueing.Queue) -> set[str]:
    """Name the sessions with a question that waits or is being answered."""
    lines = [list(line.queue) for line in list(queue.event_queue_per_concurrency_id.values())]
    jobs = [job for job in list(queue.active_jobs) if job]
    return {event.session_hash for events in (*lines, *jobs) for event in events}


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
        for count, (first_seen, _, size, file) in enumerate(sorted(found, reverse=True)):
            kept += size
            late = now - first_seen > KEEP_SECONDS
            if late or kept > FOLDER_BYTES or count >= FILES_KEPT:
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
