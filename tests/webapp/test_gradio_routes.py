"""What Gradio serves beside our own answers: which addresses are open, and which are refused."""

import os
import socket

import pytest

from webapp.api import REFUSED

pytestmark = pytest.mark.filterwarnings("ignore")  # from inside Gradio, in threads of its own
OPEN = {  # every address of Gradio's that was examined and is not refused
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


def addresses(page):
    """Every address that Gradio answers; ours left out."""
    ours = {route.path for route in page.app.routes[: len(REFUSED) + 1]}
    for route in page.app.routes:
        for inner in getattr(getattr(route, "original_router", None), "routes", [route]):
            if inner.path not in ours:
                yield inner.path.rstrip("/") or "/"


def test_every_address_of_gradio_s_was_examined_or_is_refused(page, client):
    found = set(addresses(page))
    assert len(found) > 40
    refused = {path for path in found if path.removeprefix("/gradio_api/").startswith(REFUSED)}
    assert found - refused <= OPEN
    for path in refused:
        for method in ("GET", "POST", "PUT", "HEAD"):
            for ending in ("", "/"):
                answer = client.request(method, path + ending)
                assert answer.status_code == 403
                assert method == "HEAD" or answer.json() == {"error": "This is not offered here"}


def test_no_visitor_s_file_reaches_ffmpeg(client, tmp_path, monkeypatch):
    called = tmp_path / "called"
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\ntouch {called}\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    sent = {"video": ("a.mp4", b"#EXTM3U\n")}
    assert client.post("gradio_api/process_recording", files=sent).status_code == 403
    assert not called.exists()


def test_gradio_fetches_no_addresses_for_visitors(client):
    with socket.create_server(("127.0.0.1", 0)) as bait:
        bait.settimeout(0.5)
        address = f"http://127.0.0.1:{bait.getsockname()[1]}/secret.png"
        for path in (f"gradio_api/file={address}", f"gradio_api/file/{address}"):
            assert client.get(path).status_code == 403
        with pytest.raises(TimeoutError):
            bait.accept()
