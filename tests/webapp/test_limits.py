"""Limits on what the demo receives: the size of requests, and how many are answered at once."""

import asyncio
import json
import re
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from model.files.pictures import MAX_BYTES
from tests.encoding import encoded
from tests.webapp.conftest import check
from webapp import intake, limits
from webapp.api import WorkPool
from webapp.limits import ADDRESS_BYTES, JSON_BYTES

# The HTTP interface


def ask_raw(client, head, chunks=()):
    """Send a request by hand and give the answer's start and how many chunks could be sent."""
    address = (client.base_url.host, client.base_url.port)
    sent = 0
    with socket.create_connection(address, timeout=20) as line:
        line.sendall(head.encode() + b"\r\n\r\n")
        try:
            for chunk in chunks:
                line.sendall(chunk)
                sent += 1
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        try:
            while part := line.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
    return answer.decode(), sent


def test_a_declared_length_over_the_limit_is_refused_unread(client):
    length = MAX_BYTES + 1
    head = f"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}"
    answer, _ = ask_raw(client, head)
    assert answer.startswith("HTTP/1.1 413 ")
    assert "connection: close" in answer.lower()


def test_more_than_the_limit_is_refused_while_it_arrives(client):
    head = "POST /api/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
    chunk = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    answer, sent = ask_raw(client, head, [chunk] * 200)
    assert sent < 60
    assert answer == "" or answer.startswith("HTTP/1.1 413 ")  # a reset may overtake the answer
    answer = client.post("api/predict", content=(b"x" * 2**20 for _ in range(22)))
    assert answer.status_code == 413


@pytest.mark.parametrize("length", [MAX_BYTES + 1, 2 * MAX_BYTES])
def test_who_reads_only_after_sending_gets_the_answer_too(client, length):
    request = urllib.request.Request(f"{client.base_url}api/predict", b"x" * length)
    request.add_header("Content-Type", "image/png")
    with pytest.raises(urllib.error.HTTPError, match="413") as refused:
        urllib.request.urlopen(request, timeout=20)
    assert "over 20 MB" in json.load(refused.value)["error"]


def test_what_is_refused_is_not_received_for_ever(client, monkeypatch):
    monkeypatch.setattr(limits, "REST_SECONDS", 0.2)
    head = f"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {2 * MAX_BYTES}"
    pieces = (time.sleep(0.05) or b"x" for _ in range(100))
    assert ask_raw(client, head, pieces)[1] < 50


def test_a_length_that_lies_changes_nothing(client, seven_png):
    """What follows the declared bytes is another request, and a wrong one."""
    head = "POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10"
    answer, _ = ask_raw(client, head, [seven_png])
    statuses = re.findall(r"HTTP/1.1 (\d+)", answer)
    assert set(statuses) == {"400"}
    assert client.get("api/health").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(client, monkeypatch):
    monkeypatch.setattr(intake, "RECEIVE_SECONDS", 0.3)
    head = "POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000"
    answer, _ = ask_raw(client, head, [b"x"])
    assert answer.startswith("HTTP/1.1 408 ")


def test_pictures_in_hand_are_bounded_together_and_let_go(client, api, seven_png, monkeypatch):
    monkeypatch.setattr(intake, "HELD_BYTES", len(seven_png) - 1)
    answer = client.post("api/predict", content=seven_png)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert api._intake._held_bytes == 0
    monkeypatch.undo()
    assert client.post("api/predict", content=seven_png).status_code == 200


@contextmanager
def held_up(monkeypatch, api, work):
    """Keep one kind of work from finishing until the context ends."""
    free, inner = threading.Event(), getattr(api, work)

    def wait(*args):
        assert free.wait(20)
        return inner(*args)

    monkeypatch.setattr(api, work, wait)
    try:
        yield
    finally:
        free.set()


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_too_many_at_once_are_told_to_come_again(client, api, seven_png, monkeypatch, described):
    monkeypatch.setattr(api, "_predict_pool", WorkPool("few", workers=1, waiting=2))
    with ThreadPoolExecutor(8) as askers:
        with held_up(monkeypatch, api, "_predict_record"):
            first = [askers.submit(client.post, "api/predict", content=seven_png) for _ in "123"]
            until(lambda: api._predict_pool.pending == 3)
            refused = client.post("api/predict", content=seven_png)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        check(described, "Error", refused.json())
        assert {asker.result().status_code for asker in first} == {200}


def test_drawings_do_not_wait_behind_photos(client, api, seven_png, page_png, monkeypatch):
    with ThreadPoolExecutor(8) as askers:
        with held_up(monkeypatch, api, "_page_record"):
            photos = [askers.submit(client.post, "api/read", content=page_png) for _ in "1234"]
            until(lambda: api._read_pool.pending == 4)
            assert client.post("api/predict", content=seven_png).json()["digit"] == 7
            assert not any(photo.done() for photo in photos)
        assert {tuple(photo.result().json()["lines"]) for photo in photos} == {("777", "77")}


def test_a_stopping_server_says_so(client, api, seven_png, monkeypatch):
    monkeypatch.setattr(api, "stopping", True)
    for answer in (client.post("api/predict", content=seven_png), client.get("api/health")):
        assert (answer.status_code, "stopping" in answer.json()["error"]) == (503, True)


def test_pictures_never_touch_the_disk(client, monkeypatch):
    def complain(*_):
        raise AssertionError("a picture went to the disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", complain)
    large = encoded(np.random.default_rng(0).integers(0, 255, (1500, 1500), np.uint8))
    assert len(large) > 2**20
    assert client.post("api/predict", files={"file": large}).status_code in (200, 400)


def test_a_full_pool_counts_down_again():
    async def fill():
        pool = WorkPool("few", workers=1, waiting=0)
        for _ in range(3):
            assert await pool.run(sum, [1, 2]) == 3
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 / 0)
        return pool.pending

    assert asyncio.run(fill()) == 0


# Gradio's own addresses


@pytest.mark.parametrize("path", ["queue/join", "run/draw", "call/draw", "component_server"])
def test_overlong_requests_are_refused_before_gradio_holds_them(client, path):
    path = f"gradio_api/{path}"
    typed = {"Content-Type": "application/json"}
    long = b'{"data": ["' + b"x" * JSON_BYTES
    answer = client.post(path, content=long, headers=typed)
    assert answer.status_code == 413
    assert "64 kB" in answer.json()["error"]
    long = b'{"data": ["' + b"x" * 40_000_000
    assert client.post(path, content=long).status_code == 413
    pieces = (b"x" * 2**20 for _ in range(40))
    assert client.post(path, content=pieces).status_code in (400, 413)


def test_overlong_addresses_are_refused(client):
    for path in ("gradio_api/upload_progress", "gradio_api/queue/data", ""):
        answer = client.get(path, params={"upload_id": "x" * ADDRESS_BYTES})
        assert answer.status_code == 414
        assert "too long" in answer.json()["error"]
