"""ASGI middleware that refuses requests that are too long, while they arrive."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from model.files.pictures import MAX_BYTES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_BYTES = MAX_BYTES + 2**20  # a request with a picture: the picture and the form around it
JSON_BYTES = 2**16  # any other request; as Python objects, JSON takes many times its size
ADDRESS_BYTES = 4096  # path and query
# Many clients read no answer before they have sent everything. So of what is refused, so much is
# received and thrown away, for so long, and until nothing has come for a while.
REST_BYTES, REST_SECONDS, PAUSE_SECONDS = 5 * MAX_BYTES, 30, 1


class _TooLargeError(Exception):
    """A request's body has passed the limit while it was received."""


class RequestLimit:
    """ASGI middleware that limits a request's address and body, whatever length it declares."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with status 413 or 414."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if len(scope["path"]) + len(scope["query_string"]) > ADDRESS_BYTES:
            return await refuse(scope, receive, send, 414, "This address is too long")
        headers = dict(scope["headers"])
        limit, message = _body_limit(scope["path"].rstrip("/"), headers.get(b"content-type", b""))
        length = headers.get(b"content-length", b"0")
        declared = int(length) if length.isdigit() else 0
        size, started = 0, False

        async def counting_receive() -> Message:
            nonlocal size
            part = await receive()
            size += len(part.get("body", b""))
            if size > limit:
                raise _TooLargeError
            return part

        async def noting_send(part: Message) -> None:
            nonlocal started
            closes = (b"connection", b"close") in part.get("headers", ())
            if not started and closes and size < declared and b"expect" not in headers:
                await _drop(receive, declared - size)
            started = True
            await send(part)

        if declared > limit:
            return await refuse(scope, receive, noting_send, 413, message)
        try:
            await self._app(scope, counting_receive, noting_send)
        except _TooLargeError:
            if not started:
                await refuse(scope, receive, noting_send, 413, message)


async def _drop(receive: Receive, size: int) -> None:
    """Receive the rest of a body, `size` bytes, unless that is too much or takes too long."""
    until = monotonic() + REST_SECONDS
    more = size <= REST_BYTES
    with suppress(TimeoutError):
        while more and monotonic() < until:
            async with asyncio.timeout(PAUSE_SECONDS):
                more = (await receive()).get("more_body", False)


def _body_limit(path: str, content_type: bytes) -> tuple[int, str]:
    """Give the bytes that a request's body may have, and the message for longer ones."""
    is_api = "/api/" in path and "/gradio_api/" not in path
    is_form = content_type.startswith(b"multipart/form-data")
    takes_files = path.endswith(("/gradio_api/upload", "/gradio_api/component_server"))
    if is_api or (is_form and takes_files):
        return REQUEST_BYTES, "What was sent is over 20 MB: make it smaller"
    return JSON_BYTES, "What was sent is over 64 kB: send a picture as a file, or to api/predict"


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: int, message: str,
    headers: dict[str, str] | None = None,
) -> None:  # fmt: skip
    """Answer a request with an error's sentence as JSON, and end the connection."""
    response = JSONResponse({"error": message}, status, {"Connection": "close"} | (headers or {}))
    await response(scope, receive, send)
