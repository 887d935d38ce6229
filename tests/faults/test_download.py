"""MNIST's download from servers that stop half-way, hang, or send something else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from hashlib import sha256

import pytest

from model.__main__ import main
from model.data import mnist
from model.errors import Unavailable
from tests.faults.server import PAYLOAD

HTML = b"<!doctype html><h1>Log in to the hotel's network</h1>"
FETCH = """
import sys
from model.data import mnist
mnist.MNIST_URL, mnist.MNIST_FILE_SHA256 = sys.argv[1:]
print(mnist.find_mnist())
"""


def half(request):
    request.head(200, len(PAYLOAD))
    request.wfile.write(PAYLOAD[: len(PAYLOAD) // 2])
    return True


def html(request):
    request.head(200, len(HTML))
    request.wfile.write(HTML)
    return True


def half_of_html(request):
    request.head(200, len(HTML) + 100)
    request.wfile.write(HTML)
    return True


def nothing(request):
    request.head(200, 0)
    return True


def status(code):
    def answer(request):
        request.head(code, 0)
        return True

    return answer


def silence(request):
    return request.server.over.wait(10)


def silence_half_way(request):
    half(request)
    return request.server.over.wait(10)


def drops(request):
    request.head(200, len(PAYLOAD))
    for byte in range(1000):
        request.wfile.write(PAYLOAD[byte : byte + 1])
        if request.server.over.wait(0.02):
            break
    return True


def flood(request):
    request.head(200, None)
    while not request.server.over.is_set():
        request.wfile.write(PAYLOAD)
    return True


SERVERS = {
    "stops half-way": (half, "it broke off"),
    "another page": (html, "not MNIST's file"),
    "half of another page": (half_of_html, "it broke off"),
    "nothing": (nothing, "not MNIST's file"),
    "404": (status(404), "the server answered 404"),
    "500": (status(500), "the server answered 500"),
    "nothing left to send": (status(416), "the server answered 416"),
    "silence": (silence, "did not come in time"),
    "silence half-way": (silence_half_way, "did not come in time"),
    "drops, for ever": (drops, "did not come in time"),
    "more than fits": (flood, "not MNIST's file"),
}


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(mnist, "_SILENT_SECONDS", 0.3)
    monkeypatch.setattr(mnist, "_WHOLE_SECONDS", 0.8)
    monkeypatch.setattr(mnist, "_MOST_BYTES", 10 * len(PAYLOAD))


@pytest.mark.parametrize("kind", SERVERS)
def test_a_bad_download_is_given_up_in_time_and_a_good_one_after_it_is_right(
    kind, server, fetching, impatient
):
    server.behave, words = SERVERS[kind]
    started = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        mnist.find_mnist()
    assert time.monotonic() - started < 8
    said = str(refused.value)
    for way in (words, "again", "--data", "$MNIST_PATH", str(fetching.folder), "--dataset digits"):
        assert way in said
    assert "\n" not in said
    assert set(os.listdir(fetching.folder)) <= {"mnist.npz.part"}
    server.behave = None
    if kind == "half of another page":  # the rest of the file does not fit it: begun again
        with pytest.raises(Unavailable, match="not MNIST's file"):
            mnist.find_mnist()
    assert mnist.find_mnist().read_bytes() == PAYLOAD
    assert os.listdir(fetching.folder) == ["mnist.npz"]


def test_what_came_is_not_asked_for_again_and_comes_as_it_is(server, fetching):
    server.behave = half
    with pytest.raises(Unavailable):
        mnist.find_mnist()
    server.behave = None
    assert mnist.find_mnist().read_bytes() == PAYLOAD
    assert server.asked == [(0, "identity"), (len(PAYLOAD) // 2, "identity")]


def test_two_processes_download_once(server, fetching):
    def slowly(request):
        time.sleep(0.5)

    server.behave = slowly
    call = [sys.executable, "-c", FETCH, server.address, sha256(PAYLOAD).hexdigest()]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    processes = [subprocess.Popen(call, **quiet) for _ in "12"]
    said = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert said == [str(fetching.file)] * 2
    assert fetching.file.read_bytes() == PAYLOAD
    assert len(server.asked) == 1
    assert os.listdir(fetching.folder) == ["mnist.npz"]


def test_a_folder_that_cannot_be_written_is_said(fetching, tmp_path, capsys):
    (tmp_path / "keras").write_text("a file where the folder should be")
    assert main(["evaluate"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: MNIST cannot be downloaded (Not a directory)")
    assert "--data" in said
