"""Receives pictures over HTTP, raw or in a form, within limits and in memory alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from model.files.pictures import MAX_BYTES

FORM_BYTES = 64 * 1024  # what a form may hold besides its picture
HELD_BYTES = 10 * MAX_BYTES  # of pictures received and not answered yet, all together
RECEIVE_SECONDS = 30  # for a picture to arrive

RETRY_SOON = {"Retry-After": "1"}
_CLOSE = {"Connection": "close"}
_HOW_TO_SEND = "send the picture as the body (Content-Type: image/png) or as a form's file"


class Refusal(Exception):
    """A request that is not answered: its status, a sentence that says why, and headers."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None):
        super().__init__(sentence)
        self.status, self.headers = status, headers


class Intake:
    """Receives pictures, and bounds the memory that they take together."""

    def __init__(self) -> None:
        self._held_bytes = 0

    @asynccontextmanager
    async def picture(self, request: Request) -> AsyncIterator[tuple[bytes, str]]:
        """Give the bytes and the name of a request's picture, to use inside the context.

        Raises Refusal when it is none, too large or too slow, or when there are too many.
        """
        body = _Body(request, self._hold)
        try:
            yield await body.receive()
        finally:
            self._held_bytes -= body.size

    def _hold(self, count: int) -> None:
        self._held_bytes += count
        if self._held_bytes > HELD_BYTES:
            raise Refusal(429, "too many pictures arrive at once: try again soon", RETRY_SOON)


class _Body:
    """The picture in a request's body, received within the limits."""

    def __init__(self, request: Request, hold: Callable[[int], None]):
        self.size = 0
        self._request, self._hold = request, hold
        self._limit = MAX_BYTES

    async def receive(self) -> tuple[bytes, str]:
        """Give the picture's bytes and name. Raises Refusal when it is none or too large."""
        kind = self._request.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_form = kind == "multipart/form-data"
        if not (is_form or kind.startswith("image/") or kind in ("", "application/octet-stream")):
            raise Refusal(415, f"this is {plain(kind)}: {_HOW_TO_SEND}")
        if is_form:
            self._limit += FORM_BYTES
        declared = self._request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._limit:
            raise self._too_large()
        try:
            async with asyncio.timeout(RECEIVE_SECONDS):
                if is_form:
                    return await self._from_form()
                return b"".join([chunk async for chunk in self._chunks()]), "upload"
        except TimeoutError:
            raise Refusal(408, "the picture took too long to arrive", _CLOSE) from None

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._request.stream():
            self.size += len(chunk)
            self._hold(len(chunk))
            if self.size > self._limit:  # whatever length was declared
                raise self._too_large()
            yield chunk

    async def _from_form(self) -> tuple[bytes, str]:
        parser = MultiPartParser(self._request.headers, self._chunks(), max_files=1, max_fields=8)
        parser.spool_max_size = MAX_BYTES + 1  # in memory: pictures never touch the disk
        try:
            form = await parser.parse()
        except MultiPartException as error:
            raise Refusal(400, f"the form cannot be read: {plain(error.message)}") from None
        try:
            for part in form.values():
                if not isinstance(part, str):
                    return await part.read(), _file_name(part.filename)
        finally:
            await form.close()
        raise Refusal(400, f"the form holds no file: {_HOW_TO_SEND}")

    def _too_large(self) -> Refusal:
        return Refusal(413, "the picture is over 20 MB: make it smaller", _CLOSE)


def _file_name(sent: str | None) -> str:
    """Give a file's name without folders, as `source` says it."""
    return plain(re.split(r"[/\\]", sent or "")[-1]) or "upload"


def plain(text: str) -> str:
    """Cut what a visitor sent to one short printable line."""
    printable = "".join(character for character in text if character.isprintable())
    return printable.encode("utf-8", "replace").decode()[:120]
