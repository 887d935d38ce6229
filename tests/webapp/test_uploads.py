"""What visitors send is deleted: by age, by number and by size, and when a run ends."""

import os
import time
from types import SimpleNamespace

import httpx
import pytest

from benchmarks.asking import queued
from model.data.corrections import Drawn
from model.inference.predictor import Predictor
from tests.encoding import encoded
from tests.webapp.conftest import launched
from webapp import tabs, uploads
from webapp.serving import LOOK_SECONDS
from webapp.uploads import UPLOAD_SECONDS, Uploads, own_uploads


def make(folder, name, size=10):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    return file


@pytest.fixture
def clock(monkeypatch):
    """Time that passes when it is told to: `clock.now`, in seconds."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


def test_uploads_are_gone_within_the_hour(tmp_path, clock):
    assert UPLOAD_SECONDS + LOOK_SECONDS < 3600
    uploads = Uploads(tmp_path)
    old = make(tmp_path, "hash/seven.png")
    half = make(tmp_path, "half-received")
    uploads.delete_old()
    clock.now += 60
    new = make(tmp_path, "other/eight.png")
    uploads.delete_old()
    clock.now += UPLOAD_SECONDS - 30
    uploads.delete_old()
    assert not old.parent.exists()
    assert not half.exists()
    assert new.exists()


def test_what_the_page_itself_shows_stays(tmp_path, clock):
    example = make(tmp_path, "examples/seven.png")
    uploads = Uploads(tmp_path)
    uploads.keep_what_is_there()
    sent = make(tmp_path, "sent/seven.png")
    uploads.delete_old()
    clock.now += UPLOAD_SECONDS + 1
    uploads.delete_old()
    assert example.exists()
    assert not sent.exists()


@pytest.mark.parametrize(("limit", "most"), [("FOLDER_BYTES", 250), ("FILES_KEPT", 2)])
def test_a_full_folder_loses_what_was_sent_first(tmp_path, monkeypatch, clock, limit, most):
    monkeypatch.setattr(uploads, limit, most)
    folder, files = Uploads(tmp_path), []
    for name in ("c.png", "b.png", "a.png"):
        files.append(make(tmp_path, name, size=100))
        folder.delete_old()
        clock.now += 10
    assert [file.exists() for file in files] == [False, True, True]


@pytest.mark.parametrize("before", [None, "given"])
def test_each_run_has_a_folder_of_its_own(tmp_path, monkeypatch, before):
    if before:
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    else:
        monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    kept = os.environ.get("GRADIO_TEMP_DIR")
    with own_uploads() as uploads:
        assert os.environ["GRADIO_TEMP_DIR"] == str(uploads.folder)
        assert uploads.folder.parent == tmp_path or not before
        make(uploads.folder, "sent/seven.png")
    assert not uploads.folder.exists()
    assert os.environ.get("GRADIO_TEMP_DIR") == kept


@pytest.mark.filterwarnings("ignore")  # from inside Gradio, in threads of its own
def test_a_drawing_that_may_be_corrected_is_kept_for_a_time(tmp_path, monkeypatch, seven):
    monkeypatch.setattr(tabs, "DRAWING_SECONDS", 2)
    with launched(Predictor.load("mlp128"), corrections=tmp_path) as (page, _):

        def kept():
            sessions = list(page.state_holder.session_data.values())
            values = [value for session in sessions for value in session.state_data.values()]
            return any(isinstance(value, Drawn) for value in values)

        with httpx.Client(base_url=page.local_url, timeout=30) as client:
            sent = client.post("gradio_api/upload", files={"files": ("7.png", encoded(seven))})
            file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
            assert "event: complete" in queued(client, "draw", {"composite": file})
        assert kept()
        deadline = time.monotonic() + 20
        while kept():
            assert time.monotonic() < deadline
            time.sleep(0.1)
