"""ASGI middleware that sets security headers.

The Content-Security-Policy allows what Gradio's page needs and no more; SECURITY.md says what
Gradio forces open. Scripts within the page are allowed by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'unsafe-eval'",  # Gradio makes functions of templates' and events' text
    "style-src": "'self' 'unsafe-inline'",  # Gradio writes styles into the page
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' data: blob:",
    "connect-src": "'self' data:",  # the pictures to try are data URLs
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "frame-src": "'self' data: blob:",  # the report, a page within the page
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # for what visitors uploaded
SPACE_HOSTS = "'self' https://huggingface.co https://*.hf.space"  # a Space is shown within a page
_SCRIPT = re.compile(rb"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.S | re.I)


class SecurityHeaders:
    """ASGI middleware that sets the headers of every answer over HTTP."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add headers to what comes back; a page is hashed first."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start: Message | None = None
        page = bytearray()

        async def sending(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "same-origin"
                if headers.get("content-type", "").startswith("text/html"):
                    start = message
                    return  # the page's policy has the hashes of its scripts
                if "/gradio_api/file" in scope["path"]:
                    headers.setdefault("content-security-policy", FILE_POLICY)
            if start is None:
                return await send(message)
            page.extend(message.get("body", b""))
            if not message.get("more_body"):
                policy = page_policy(bytes(page))
                MutableHeaders(scope=start).setdefault("content-security-policy", policy)
                await send(start)
                await send({"type": "http.response.body", "body": bytes(page)})

        await self._app(scope, receive, sending)


def page_policy(page: bytes) -> str:
    """The policy of a page: its own scripts are allowed by their hashes (CSP level 2)."""
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(found['text']).digest()).decode()}'"
        for found in _SCRIPT.finditer(page)
        if b"src=" not in found["attributes"]
    ]
    policy = dict(PAGE_POLICY)
    policy["script-src"] = " ".join([policy["script-src"], *dict.fromkeys(hashes)])
    if os.environ.get("SPACE_ID"):
        policy["frame-ancestors"] = SPACE_HOSTS
    return "; ".join(f"{name} {value}" for name, value in policy.items())
