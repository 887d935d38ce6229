"""What Gradio offers beside our own answers: what is open, and what it may take and keep."""

import os
import socket
import time
from types import SimpleNamespace

import httpx
import pytest

from benchmarks.asking import queued
from model.inference.predictor import Predictor
from tests.webapp.test_api import launched
from webapp import guard
from webapp.api import SHUT
from webapp.guard import Leftovers

pytestmark = pytest.mark.filterwarnings("ignore")  # from inside Gradio, in threads of its own
OPEN = {  # every address of Gradio's that was looked at and is not shut
    "/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json", "/pwa_icon",
    "/pwa_icon/{size}", "/static/{path:path}", "/assets/{path:path}", "/svelte/{path:path}",
    "/login", "/logout", "/gradio_api/user", "/gradio_api/login_check", "/gradio_api/token",
    "/gradio_api/app_id", "/gradio_api/theme.css", "/gradio_api/startup-events",
    "/gradio_api/info", "/gradio_api/openapi.json",  # they tell of /draw and /read alone
    "/gradio_api/file={path_or_url:path}", "/gradio_api/file/{path:path}",
    "/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/component_server",
    "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/queue/status",
    "/gradio_api/call/{api_name}", "/gradio_api/call/{api_name}/{event_id}",
    "/gradio_api/call/v2/{api_name}", "/gradio_api/call/v2/{api_name}/{event_id}",
    "/gradio_api/api/{api_name}", "/gradio_api/run/{api_name}",
    "/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/heartbeat/{session_hash}",
    "/monitoring", "/monitoring/summary", "/monitoring/{key}",  # they answer 403 themselves
}  # fmt: skip


PNG_URL = {"url": "data:image/png;base64,c29tZXRoaW5n"}


@pytest.fixture(scope="module")
def page():
    with launched(Predictor.load("mlp128")) as (page, _):
        yield page


@pytest.fixture(scope="module")
def client(page):
    with httpx.Client(base_url=page.local_url, timeout=30) as client:
        yield client


# What is open


def addresses(page):
    """Every address that Gradio answers; ours left out."""
    ours = {route.path for route in page.app.routes[: len(SHUT) + 1]}
    for route in page.app.routes:
        for inner in getattr(getattr(route, "original_router", None), "routes", [route]):
            if inner.path not in ours:
                yield inner.path.rstrip("/") or "/"


def test_every_address_of_gradios_was_looked_at_or_is_shut(page, client):
    found = set(addresses(page))
    assert len(found) > 40
    shut = {path for path in found if path.removeprefix("/gradio_api/").startswith(SHUT)}
    assert found - shut <= OPEN
    for path in shut:
        for method in ("GET", "POST", "PUT", "HEAD"):
            for ending in ("", "/"):
                answer = client.request(method, path + ending)
                assert answer.status_code == 403
                assert method == "HEAD" or answer.json() == {"error": "This is not offered here"}


def test_no_stranger_s_file_reaches_ffmpeg(client, tmp_path, monkeypatch):
    called = tmp_path / "called"
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\ntouch {called}\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    sent = {"video": ("a.mp4", b"#EXTM3U\n")}
    assert client.post("gradio_api/process_recording", files=sent).status_code == 403
    assert not called.exists()


def test_gradio_fetches_no_addresses_for_strangers(client):
    with socket.create_server(("127.0.0.1", 0)) as bait:
        bait.settimeout(0.5)
        address = f"http://127.0.0.1:{bait.getsockname()[1]}/secret.png"
        for path in (f"gradio_api/file={address}", f"gradio_api/file/{address}"):
            assert client.get(path).status_code == 403
        with pytest.raises(TimeoutError):
            bait.accept()


# What it may take


@pytest.mark.parametrize("path", ["queue/join", "run/draw", "call/draw", "component_server"])
def test_overlong_requests_are_refused_before_gradio_holds_them(client, path):
    path = f"gradio_api/{path}"
    typed = {"Content-Type": "application/json"}
    long = b'{"data": ["' + b"x" * guard.JSON_BYTES
    answer = client.post(path, content=long, headers=typed)
    assert answer.status_code == 413
    assert "64 kB" in answer.json()["error"]
    long = b'{"data": ["' + b"x" * 40_000_000
    assert client.post(path, content=long).status_code == 413
    pieces = (b"x" * 2**20 for _ in range(40))
    assert client.post(path, content=pieces).status_code in (400, 413)


def test_overlong_addresses_are_refused(client):
    for path in ("gradio_api/upload_progress", "gradio_api/queue/data", ""):
        answer = client.get(path, params={"upload_id": "x" * guard.ADDRESS_BYTES})
        assert answer.status_code == 414
        assert "too long" in answer.json()["error"]


def test_a_session_s_name_is_short(page, client):
    name = "x" * (guard.NAME_LETTERS + 1)
    body = {"data": [PNG_URL], "fn_index": 0, "session_hash": name}
    form = {"component_id": "1", "session_hash": name, "fn_name": "x"}
    before = len(page.state_holder.session_data)
    for path in ("queue/join", "call/read", "call/draw", "component_server"):
        assert client.post(f"gradio_api/{path}", json=body | form).status_code == 400
    sent = client.post("gradio_api/component_server", data=form, files={"f": ("a", b"x")})
    assert sent.status_code == 400
    assert len(page.state_holder.session_data) == before
    assert name not in page._queue.pending_messages_per_session


# What it keeps


def test_values_that_visitors_send_are_not_kept(page, client):
    before = set(page.state_holder.session_data)
    queued(client, "read", PNG_URL)
    sessions = page.state_holder.session_data
    assert len(sessions.keys() - before) == 1
    kept = [session.config_values for session in sessions.values()]
    assert PNG_URL["url"] not in repr(kept)
    assert page.state_holder.capacity < 1000


@pytest.fixture
def unread(page, client):
    """Ask for a digit, and do not fetch the answer: gives the question's name."""
    asked = client.post("gradio_api/call/read", json={"data": [PNG_URL]}).json()["event_id"]
    deadline = time.monotonic() + 20
    while asked in guard._sessions_under_way(page._queue):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return asked


def fetched(client, asked):
    return client.get(f"gradio_api/call/read/{asked}").text


def test_answers_never_fetched_are_dropped(page, client, unread, monkeypatch):
    monkeypatch.setattr(guard, "UNREAD_SECONDS", 0.1)
    queue, leftovers = page._queue, Leftovers(page)
    leftovers.forget()
    assert unread in queue.pending_messages_per_session
    time.sleep(0.2)
    leftovers.forget()
    assert unread not in queue.pending_messages_per_session
    assert unread not in queue.pending_event_ids_session


def test_answers_that_are_fetched_in_time_are_there(page, client, unread, monkeypatch):
    monkeypatch.setattr(guard, "UNREAD_SECONDS", 30)
    leftovers = Leftovers(page)
    leftovers.forget()
    leftovers.forget()
    assert "no picture that can be read" in fetched(client, unread)


def test_answers_still_under_way_are_waited_for(page, unread, monkeypatch):
    monkeypatch.setattr(guard, "UNREAD_SECONDS", 0)
    queue, leftovers = page._queue, Leftovers(page)
    long_one = SimpleNamespace(session_hash=unread)
    monkeypatch.setattr(queue, "active_jobs", [*queue.active_jobs, [long_one]])
    for _ in range(2):
        time.sleep(0.01)
        leftovers.forget()
    assert unread in queue.pending_messages_per_session


def test_what_was_uploaded_and_is_deleted_is_forgotten(page, client, monkeypatch):
    from gradio.routes import file_upload_statuses as progress

    monkeypatch.setattr(guard, "UPLOADS_NOTED", 3)
    paths = [
        client.post(
            "gradio_api/upload",
            params={"upload_id": f"upload {i}"},
            files={"files": ("a.txt", b"%d" % i)},
        ).json()[0]
        for i in range(6)
    ]
    for path in paths[:4]:
        os.unlink(path)
    Leftovers(page).forget()
    assert page.upload_file_set & set(paths) == set(paths[4:])
    assert list(progress._statuses) == [f"upload {i}" for i in (3, 4, 5)]
    assert len(progress._signals) == 3
