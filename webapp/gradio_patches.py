"""All use of Gradio's private names: `PRIVATE_NAMES` lists them and `check_gradio` checks them.

Gradio's documented interface neither limits what visitors can make it keep in memory nor says
whether it is still answering requests, so some internal functions are called or replaced here.
"""

from __future__ import annotations

import functools
import inspect
import os
import secrets
import time
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from model.errors import InputError

if TYPE_CHECKING:
    import gradio as gr
    from gradio.components import Component
    from starlette.requests import Request

PRIVATE_NAMES = (
    "App.auth",
    "App.cookie_id",
    "App.tokens",
    "AsyncQueue._queue",
    "Blocks._queue",
    "Blocks.share_token",
    "Blocks.temp_file_sets",
    "Event.session_hash",
    "EventQueue.queue",
    "FileUploadProgress._signals",
    "FileUploadProgress._statuses",
    "HTML.GRADIO_CACHE",
    "HTML.async_move_resource_to_block_cache",
    "Queue.active_jobs",
    "Queue.event_queue_per_concurrency_id",
    "Queue.pending_event_ids_session",
    "Queue.pending_messages_per_session",
    "SessionState._update_value_in_config",
    "StateHolder.__getitem__",
    "Tunnel.proc",
    "networking.setup_tunnel",
    "tunneling.CURRENT_TUNNELS",
)
NAME_CHARACTERS = 100  # of a session's name; the page's have 11
UNREAD_SECONDS = 60  # for an answer to be fetched
UPLOADS_NOTED = 1000  # uploads whose progress Gradio remembers
NO_ADDRESS = "Send the picture itself, not its address"


def check_gradio(blocks: gr.Blocks) -> None:
    """Raise InputError when the installed Gradio lacks one of PRIVATE_NAMES.

    Without this a new release could remove a name, and with it a limit, and nobody would notice.
    """
    import gradio as gr

    try:
        examples = _examples(blocks)
    except (ImportError, AttributeError, TypeError) as error:
        missing = str(error)
    else:
        missing = ", ".join(name for name in PRIVATE_NAMES if not _has(examples, name))
    if missing:
        raise InputError(
            f"the demo does not work with Gradio {gr.__version__} (missing: {missing}): "
            "install the project's requirements again"
        )


def _examples(blocks: gr.Blocks) -> SimpleNamespace:
    """Give an object of each class in PRIVATE_NAMES, under the class's name."""
    import gradio as gr
    from gradio import networking, tunneling
    from gradio.queueing import AsyncQueue, Event, EventQueue
    from gradio.routes import App, file_upload_statuses
    from gradio.state_holder import SessionState, StateHolder

    function: Any = SimpleNamespace(concurrency_id="")
    request: Any = None
    return SimpleNamespace(
        App=App(),
        AsyncQueue=AsyncQueue(),
        Blocks=blocks,
        Event=Event("", function, request, None),
        EventQueue=EventQueue("", None),
        FileUploadProgress=file_upload_statuses,
        HTML=gr.HTML(render=False),
        Queue=blocks._queue,
        SessionState=SessionState(blocks),
        StateHolder=StateHolder(),
        Tunnel=tunneling.Tunnel("", 0, "", 0, "", None),
        networking=networking,
        tunneling=tunneling,
    )


def _has(examples: SimpleNamespace, name: str) -> bool:
    try:
        attrgetter(name)(examples)
    except AttributeError:
        return False
    return True


def _replace(owner: object, name: str, function: Callable[..., Any]) -> None:
    """Put a function of ours in the place of one of Gradio's."""
    setattr(owner, name, function)


def upload_folder(component: Component) -> str:
    """Give the folder in which Gradio keeps the files sent to a component."""
    return component.GRADIO_CACHE


def all_uploads_folder() -> str:
    """Give the folder in which Gradio keeps every uploaded file."""
    from gradio.utils import get_upload_folder

    return get_upload_folder()


def refuse_addresses(component: Component) -> None:
    """Stop Gradio from fetching web addresses that visitors send in place of a file."""
    import gradio as gr

    accept = component.async_move_resource_to_block_cache

    async def accept_file(path: str | Path | None) -> str | None:
        if str(path).lower().startswith(("http:", "https:")):
            raise gr.Error(NO_ADDRESS, print_exception=False)
        return await accept(path)

    _replace(component, "async_move_resource_to_block_cache", accept_file)


def describe_as_sketch(component: Component) -> None:
    """Tell programs that a component takes what Gradio's own sketchpad takes."""
    from gradio.components.image_editor import EditorData

    schema = EditorData.model_json_schema()  # once: each session of a visitor keeps three of them
    _replace(component, "api_info", lambda: schema)


def forget_values() -> None:
    """Stop Gradio from keeping every visitor's last pictures in memory.

    It keeps them for links to a session ("deep links"), which the demo does not offer.
    """
    from gradio.state_holder import SessionState

    _replace(SessionState, "_update_value_in_config", lambda _session, _component, _value: None)


def bound_session_names() -> None:
    """Refuse long names of sessions: Gradio keeps hundreds of sessions by a name of any length."""
    from fastapi import HTTPException
    from gradio.state_holder import SessionState, StateHolder

    find = inspect.unwrap(StateHolder.__getitem__)  # Gradio's own, if this was called before

    @functools.wraps(find)
    def find_short(self: StateHolder, name: str) -> SessionState:
        if not isinstance(name, str) or len(name) > NAME_CHARACTERS:
            raise HTTPException(400, "This is not the name of a session")
        return find(self, name)

    _replace(StateHolder, "__getitem__", find_short)


def is_logged_in(request: Request, user: str, password: str) -> bool:
    """Tell whether Gradio's login allows a request: by the cookie it gave, or by these two.

    It allows every request where the demo was started without a login.
    """
    app = request.scope["app"]
    if app.auth is None:
        return True
    cookies = (f"{kind}-{app.cookie_id}" for kind in ("access-token", "access-token-unsecure"))
    if any(request.cookies.get(cookie) in app.tokens for cookie in cookies):
        return True
    matches = [  # all are compared, so that the time taken tells nothing
        secrets.compare_digest(user.encode(), name.encode())
        & secrets.compare_digest(password.encode(), secret.encode())
        for name, secret in app.auth.items()
    ]
    return any(matches)


def make_tunnel(blocks: gr.Blocks) -> str | None:
    """Set up another tunnel for a public link, and give its address; None when that fails."""
    from gradio import networking, tunneling

    for tunnel in tunneling.CURRENT_TUNNELS:
        if tunnel.proc is not None and tunnel.proc.poll() is None:
            tunnel.proc.terminate()
    tunneling.CURRENT_TUNNELS.clear()
    try:
        link = networking.setup_tunnel(
            local_host=blocks.server_name,
            local_port=blocks.server_port,
            share_token=blocks.share_token,
            share_server_address=None,
            share_server_tls_certificate=None,
        )
    except Exception:  # whatever it is, it is tried again
        return None
    return f"https://{link.partition('://')[2] or link}"


def tunnel_stands() -> bool:
    """Tell whether the program that makes the tunnel still runs."""
    from gradio import tunneling

    return all(
        tunnel.proc is not None and tunnel.proc.poll() is None
        for tunnel in tunneling.CURRENT_TUNNELS
    )


def sessions_under_way(blocks: gr.Blocks) -> set[str]:
    """Name the sessions with a request that waits or is being answered."""
    queue = blocks._queue
    waiting = [list(line.queue) for line in list(queue.event_queue_per_concurrency_id.values())]
    active = [job for job in list(queue.active_jobs) if job]
    return {event.session_hash for events in (*waiting, *active) for event in events}


class Leftovers:
    """What Gradio keeps of visitors who are gone: answers never fetched, names of their files."""

    def __init__(self, blocks: gr.Blocks):
        self._blocks = blocks
        self._unread: dict[str, tuple[object, float]] = {}

    def forget(self) -> None:
        """Delete what has been kept for too long. To be called at intervals."""
        self._forget_answers()
        self._forget_uploads()

    def _forget_answers(self) -> None:
        """Delete a session's answers when the first of them has not been fetched in time."""
        queue, now = self._blocks._queue, time.monotonic()
        answers, asked = queue.pending_messages_per_session, queue.pending_event_ids_session
        under_way = sessions_under_way(self._blocks)
        unread: dict[str, tuple[object, float]] = {}
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
        """Delete the progress of old uploads, and the names of files that are deleted."""
        from gradio.routes import file_upload_statuses as progress

        for noted in (progress._signals, progress._statuses):
            for name in list(noted)[:-UPLOADS_NOTED]:
                noted.pop(name, None)
        for files in self._blocks.temp_file_sets:
            files.difference_update([file for file in list(files) if not os.path.exists(file)])
