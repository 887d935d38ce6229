"""Wrong logins: each address and all together have to wait, and nobody else."""

import asyncio

import pytest

from webapp import logins
from webapp.logins import FREE, LONGEST_SECONDS, LoginLimit

LOOP = asyncio.Runner()


class Server:
    """A server with a password, and a clock that is set by hand."""

    def __init__(self):
        self.now, self.asked = 1000.0, 0
        self.limit = LoginLimit(self._app, lambda: self.now)

    async def _app(self, scope, receive, send):
        self.asked += 1
        await asyncio.sleep(0)
        status = 200 if scope["right"] else 400
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ask(self, right=False, host="10.0.0.1", path="/login", method="POST", headers=()):
        scope = {"type": "http", "path": path, "method": method, "headers": list(headers),
                 "client": (host, 1), "right": right}  # fmt: skip
        sent = []

        async def send(message):
            sent.append(message)

        await self.limit(scope, None, send)
        heads = dict(sent[0]["headers"])
        return sent[0]["status"], int(heads.get(b"retry-after", 0))

    def guess(self, **about):
        return LOOP.run(self.ask(**about))


@pytest.fixture(autouse=True, scope="module")
def loop():
    with LOOP:
        yield


@pytest.fixture
def server():
    return Server()


def test_who_mistypes_a_few_times_is_let_in(server):
    assert [server.guess()[0] for _ in range(FREE - 1)] == [400] * (FREE - 1)
    assert server.guess(right=True) == (200, 0)
    assert [server.guess()[0] for _ in range(FREE)] == [400] * FREE  # it begins anew


def test_who_guesses_waits_longer_each_time(server):
    for _ in range(FREE):
        server.guess()
    waits = []
    for _ in range(12):
        status, seconds = server.guess(right=True)  # not even the right one is heard
        assert status == 429
        waits.append(seconds)
        server.now += seconds
        assert server.guess()[0] == 400
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == LONGEST_SECONDS
    asked = server.asked
    server.guess()
    assert server.asked == asked


def test_others_are_not_kept_waiting(server):
    for _ in range(FREE + 3):
        server.guess()
    assert server.guess(right=True, host="10.0.0.2") == (200, 0)


def test_many_at_once_win_nothing(server):
    async def all_at_once():
        return await asyncio.gather(*[server.ask() for _ in range(50)])

    statuses = [status for status, _ in LOOP.run(all_at_once())]
    assert statuses.count(400) == FREE


def test_addresses_of_one_ipv6_network_count_as_one(server):
    for host in range(FREE):
        server.guess(host=f"2001:db8::{host:x}")
    assert server.guess(host="2001:db8::ffff:1")[0] == 429
    assert server.guess(host="2001:db8:0:1::1")[0] == 400


def test_programs_that_log_in_count_as_well_and_pages_do_not(server):
    basic = [(b"authorization", b"Basic eDp5")]
    for _ in range(FREE):
        server.guess(path="/digits/api/predict", headers=basic)
    assert server.guess(path="/api/health", method="GET", headers=basic)[0] == 429
    assert server.guess(path="/api/health", method="GET", right=True)[0] == 200
    assert server.guess(path="/login", method="GET", right=True)[0] == 200


def test_logins_from_everywhere_take_turns(server, monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr(logins, "MANY", 10)
    for number in range(10):
        server.guess(host=f"10.0.1.{number}")
    assert not slept
    monkeypatch.setattr(logins.asyncio, "sleep", sleep)
    for number in range(5):
        assert server.guess(host=f"10.0.2.{number}")[0] == 400
    assert slept.count(logins.TURN_SECONDS) == 5
    server.now += logins.WINDOW_SECONDS + 1
    slept.clear()
    server.guess(host="10.0.3.1")
    assert logins.TURN_SECONDS not in slept


def test_what_is_remembered_is_bounded_and_forgotten(server, monkeypatch):
    monkeypatch.setattr(logins, "ADDRESSES_KEPT", 20)
    monkeypatch.setattr(logins, "MANY", 1000)
    for number in range(50):
        server.guess(host=f"10.0.1.{number}")
    assert len(server.limit._failures) == 20
    server.now += logins.FORGET_SECONDS + 1
    for _ in range(FREE):
        assert server.guess(host="10.0.1.49")[0] == 400
