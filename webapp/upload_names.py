"""Keeps the server's temporary folder out of what visitors see of their uploads.

Gradio names an uploaded file by its path on the server, and wants that path back. This ASGI
middleware puts a name in the folder's place on the way out, and the folder in its place on the way
in; whether a file may be had is still Gradio's to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALIAS = "/uploads"
_TEXT = ("application/json", "text/event-stream")


class UploadNames:
    """ASGI middleware between visitors, who know ALIAS, and Gradio, which knows the folder."""

    def __init__(self, app: ASGIApp, folder: str):
        self._app, self._folder = app, folder.rstrip("/\\")
        self._real, self._shown = self._folder.encode(), ALIAS.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the folder in it, and its answer back without."""
        if scope["type"] != "http" or "/gradio_api/" not in scope["path"]:
            return await self._app(scope, receive, send)
        kind = Headers(scope=scope).get("content-type", "").lower()
        is_text = False

        async def sending(message: Message) -> None:
            nonlocal is_text
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_text = headers.get("content-type", "").startswith(_TEXT)
                if is_text:
                    del headers["content-length"]  # it may change
            elif is_text and message.get("body"):
                message = {**message, "body": message["body"].replace(self._real, self._shown)}
            await send(message)

        if kind.startswith("application/json"):
            scope, receive = await self._whole_body(scope, receive)
        await self._app(self._inward(scope), receive, sending)

    def _inward(self, scope: Scope) -> Scope:
        for route in ("/file=/", "/file//", "/file/"):
            head, found, tail = scope["path"].partition(f"{route}{ALIAS[1:]}/")
            if found:
                path = f"{head}/file={self._folder}/{tail}"
                return {**scope, "path": path, "raw_path": quote(path, safe="/=:").encode()}
        return scope

    async def _whole_body(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """Receive a body of JSON, which `RequestLimit` bounds, and name the folder in it.

        Raises ClientDisconnect when the visitor leaves meanwhile.
        """
        body = await Request(scope, receive).body()
        for before in (b'"', b"file="):
            body = body.replace(before + self._shown + b"/", before + self._real + b"/")
        scope = dict(scope)
        MutableHeaders(scope=scope)["content-length"] = str(len(body))
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def whole() -> Message:
            return parts.pop() if parts else await receive()

        return scope, whole
