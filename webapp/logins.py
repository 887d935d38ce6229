"""Slows down the guessing of passwords: ASGI middleware that counts logins that failed."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webapp.limits import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FREE = 5  # failures of one address that cost nothing: people mistype
LONGEST_SECONDS = 300  # to wait; from 1 s on it doubles with each failure
FORGET_SECONDS = 3600  # after the last failure
ADDRESSES_KEPT = 10_000
MANY = 30  # failures of all addresses in WINDOW_SECONDS, from which on logins take turns
WINDOW_SECONDS = 60
TURN_SECONDS = 0.5
TURNS_WAITING = 20
FAILED = (400, 401)
_WAIT = "Too many wrong logins: try again in {seconds} seconds"


@dataclass
class _Failures:
    count: int = 0
    last: float = 0.0


class LoginLimit:
    """ASGI middleware that delays logins after wrong ones, by address and for all together.

    A login is a POST to Gradio's /login, or a request to /api with a name and a password. It counts
    as failed until it has succeeded, so that sending many at once does not help.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.monotonic):
        self._app, self._clock = app, clock
        self._failures: dict[str, _Failures] = {}
        self._recent: deque[float] = deque()  # times of failures of whatever address
        self._turn: asyncio.Lock | None = None
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with status 429."""
        if not _is_login(scope):
            return await self._app(scope, receive, send)
        address = _network_of(scope)
        seconds = self._seconds_to_wait(address)
        if seconds > 0 or self._waiting >= TURNS_WAITING:
            return await _refuse(scope, receive, send, max(1, math.ceil(seconds)))
        self._count(address)
        await self._take_turn()
        status = 500

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, noting_send)
        if status not in FAILED:
            self._failures.pop(address, None)
            if self._recent:
                self._recent.pop()

    def _seconds_to_wait(self, address: str) -> float:
        known = self._failures.get(address)
        if known is None or known.count < FREE:
            return 0
        wait = min(LONGEST_SECONDS, 2.0 ** min(known.count - FREE, 30))
        return known.last + wait - self._clock()

    def _count(self, address: str) -> None:
        now = self._clock()
        known = self._failures.pop(address, _Failures())  # to stand last in the dict
        if now - known.last > FORGET_SECONDS:
            known = _Failures()
        self._failures[address] = _Failures(known.count + 1, now)
        while len(self._failures) > ADDRESSES_KEPT:
            del self._failures[next(iter(self._failures))]
        self._recent.append(now)

    async def _take_turn(self) -> None:
        """Wait for a turn while many logins fail, from wherever they come."""
        now = self._clock()
        while self._recent and now - self._recent[0] > WINDOW_SECONDS:
            self._recent.popleft()
        if len(self._recent) <= MANY:
            return
        self._turn = self._turn or asyncio.Lock()  # made where the loop runs
        self._waiting += 1
        try:
            async with self._turn:
                await asyncio.sleep(TURN_SECONDS)
        finally:
            self._waiting -= 1


def _is_login(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    path = scope["path"].rstrip("/")
    if scope["method"] == "POST" and path.endswith("/login"):
        return True
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    return "/api/" in path and all(basic_login(header))


def basic_login(header: str) -> tuple[str, str]:
    """The name and the password in an Authorization header; both empty where it holds none."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode("utf-8").partition(":")
    except ValueError:  # not Base64, or not UTF-8 in it
        return "", ""
    return user, password


def _network_of(scope: Scope) -> str:
    """The client's address; of IPv6 the network, as a home has one and chooses within it."""
    host = (scope.get("client") or ("unknown", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((host, 64), strict=False))


async def _refuse(scope: Scope, receive: Receive, send: Send, seconds: int) -> None:
    message = _WAIT.format(seconds=seconds)
    await refuse(scope, receive, send, 429, message, {"Retry-After": str(seconds)})
