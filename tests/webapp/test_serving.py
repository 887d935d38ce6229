"""The demo as a server: stopping, a public link, a full queue, and hostile requests."""

import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from benchmarks import stress
from benchmarks.servers import ROOT, serving
from model.inference.predictor import Predictor
from webapp.__main__ import main
from webapp.api import Api
from webapp.page import build_demo
from webapp.serving import launch_options
from webapp.tabs import PAGES_AT_ONCE

pytestmark = pytest.mark.serial

SHARED = """
import sys, demo
from gradio import networking
networking.setup_tunnel = lambda *_, **__: "https://0123456789abcdef.gradio.live"
sys.exit(demo.main(["--share", *sys.argv[1:]]))
"""

FIRST = """
import sys, httpx
from benchmarks.asking import queued
from model.inference.predictor import Predictor
from webapp.api import Api
from webapp.page import build_demo
from webapp.serving import launch_options
predictor = Predictor.load("mlp128")
page = build_demo(predictor)
page.launch(prevent_thread_lock=True, quiet=True, **launch_options(Api(predictor)))
with httpx.Client(base_url=page.local_url, timeout=30) as client:
    assert "event: complete" in queued(client, "read", None)
page.close(verbose=False)
print("pyplot:", "matplotlib.pyplot" in sys.modules)
"""


def slowly(content, pause):
    yield content[:100]
    assert pause.wait(20)
    yield content[100:]


def test_a_stopping_server_finishes_its_answers_and_leaves_no_file(seven_file, tmp_path,
                                                                   monkeypatch):  # fmt: skip
    left = tmp_path / "left"
    left.mkdir()
    monkeypatch.setenv("TMPDIR", str(left))
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    pause, picture = threading.Event(), seven_file.read_bytes()
    with serving("demo.py") as server, ThreadPoolExecutor() as askers:
        sent = {"files": ("seven.png", picture)}
        assert httpx.post(f"{server.address}/gradio_api/upload", files=sent).status_code == 200
        assert list(left.glob("digits-*/*/seven.png"))
        url = f"{server.address}/api/predict"
        begun = askers.submit(httpx.post, url, content=slowly(picture, pause), timeout=30)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 5
        while httpx.get(f"{server.address}/api/health").status_code != 503:
            assert time.monotonic() < deadline
        assert httpx.post(url, content=picture).status_code == 503
        assert server.process.poll() is None
        pause.set()
        assert begun.result().json()["digit"] == 7
        assert server.process.wait(20) == 0
    assert server.status == 0
    assert not list(left.iterdir())


def test_a_stopping_server_finishes_calls_through_gradio(seven_file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from gradio_client import Client, handle_file
    with serving("demo.py") as server:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client = Client(server.address, verbose=False, analytics_enabled=False)
            jobs = [client.submit(handle_file(str(seven_file)), api_name="/read") for _ in "1234"]
            deadline = time.monotonic() + 20
            while not any(job.done() for job in jobs):  # all of them have joined by then
                assert time.monotonic() < deadline
                time.sleep(0.01)
            server.process.send_signal(signal.SIGTERM)
            assert [job.result(timeout=20)["digit"] for job in jobs] == [7, 7, 7, 7]
            client.close()
        assert server.process.wait(20) == 0


@pytest.mark.parametrize("arguments", [[], ["--auth", "somebody:secret"]])
def test_a_public_link_is_explained(arguments):
    command = [sys.executable, "-u", "-c", SHARED, *arguments]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        said, last = [], "out." if not arguments else "is shown."
        while not said or not said[-1].endswith(f"{last}\n"):
            said.append(server.stdout.readline())
            assert said[-1], said
        server.send_signal(signal.SIGTERM)
        said = "".join(said) + server.communicate(timeout=20)[0]
    finally:
        server.kill()
        server.wait()
    assert server.returncode == 0
    assert "https://0123456789abcdef.gradio.live" in said
    assert "a week" in said
    assert "/api" in said
    assert ("--auth USER:PASSWORD" in said) == (not arguments)
    assert ("and the password" in said) == bool(arguments)
    assert "secret" not in said


@pytest.mark.parametrize(
    "path", ["digits", "/", "/digits/", "//x", "/a b", "https://x.org/a", "/ü"]
)
def test_a_root_path_that_is_none_is_refused(capsys, path):
    assert main(["--root-path", path]) == 2
    assert "--root-path wants a path such as /digits" in capsys.readouterr().err


def test_the_first_answer_waits_for_no_chart_library(monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)
    command = [sys.executable, "-c", FIRST]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.stdout.endswith("pyplot: False\n"), ran.stderr


def test_a_full_queue_says_so(seven_file):
    predictor = Predictor.load("mlp128")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from gradio_client import Client, handle_file

        page = build_demo(predictor)
        page.queue(max_size=0, api_open=False)
        options = launch_options(Api(predictor))
        page.launch(prevent_thread_lock=True, quiet=True, **options)
        client = Client(page.local_url, verbose=False, analytics_enabled=False)
        try:
            with pytest.raises(Exception, match=r"(?i)queue is full|too many|busy"):
                client.predict(handle_file(str(seven_file)), api_name="/read")
            join = {"data": [None], "fn_index": 0, "session_hash": "x"}
            answer = httpx.post(f"{page.local_url}gradio_api/queue/join", json=join)
            assert answer.status_code == 503
            assert "Queue is full" in answer.text
        finally:
            client.close()
            page.close(verbose=False)


def test_drawings_and_photos_have_limits_of_their_own():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        events = build_demo(Predictor.load("mlp128")).fns.values()
    limits = {event.api_name: (event.concurrency_id, event.concurrency_limit) for event in events}
    assert limits["draw"][0] != limits["read"][0]
    assert limits["read"][1] == PAGES_AT_ONCE


def test_it_withstands_sixty_requests_a_fifth_of_them_hostile(capsys):
    status = stress.main(["--requests", "60"])
    said = capsys.readouterr().out
    assert status == 0, said
    assert re.search(r"^60 requests in ", said, re.M)
    assert tempfile.gettempdir() not in said
