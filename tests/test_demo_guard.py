"""What keeps a public demo in bounds: requests, drawings sent ahead, and files."""

import os
import time
from types import SimpleNamespace

import pytest

import demo_guard
from demo_guard import Uploads, bound_drawings, own_uploads


def make(folder, name, age_seconds=0, size=10):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    os.utime(file, (time.time() - age_seconds,) * 2)
    return file


def test_uploads_are_gone_within_the_hour(tmp_path):
    assert demo_guard.KEEP_SECONDS + demo_guard.LOOK_SECONDS < 3600
    old = make(tmp_path, "hash/seven.png", demo_guard.KEEP_SECONDS + 1)
    half = make(tmp_path, "half-received", demo_guard.KEEP_SECONDS + 1)
    new = make(tmp_path, "other/eight.png", demo_guard.KEEP_SECONDS - 60)
    Uploads(tmp_path).delete_old()
    assert not old.parent.exists()
    assert not half.exists()
    assert new.exists()


def test_what_the_page_itself_shows_stays(tmp_path):
    example = make(tmp_path, "examples/seven.png", age_seconds=10**6)
    uploads = Uploads(tmp_path)
    uploads.keep_what_is_there()
    sent = make(tmp_path, "sent/seven.png", age_seconds=10**6)
    uploads.delete_old()
    assert example.exists()
    assert not sent.exists()


def test_a_full_folder_loses_what_was_sent_first(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_guard, "FOLDER_BYTES", 250)
    files = [make(tmp_path, f"{age}.png", age, size=100) for age in (30, 20, 10)]
    Uploads(tmp_path).delete_old()
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


@pytest.fixture
def sketch():
    import gradio as gr

    sketch = gr.Sketchpad()
    bound_drawings(sketch)
    return sketch


def send(sketch, name, content=b"x", kind="composite", index=None):
    about = {"type": kind, "id": name, "index": index}
    sketch.accept_blobs(SimpleNamespace(data=about, files=[("f", content)]))


def test_drawings_never_read_are_bounded_in_number(sketch):
    for name in range(demo_guard.DRAWINGS_KEPT + 20):
        send(sketch, name)
    assert list(sketch.blob_storage) == list(range(20, demo_guard.DRAWINGS_KEPT + 20))
    assert sketch.blob_storage[20].composite == b"x"


def test_drawings_never_read_are_bounded_in_bytes(sketch, monkeypatch):
    monkeypatch.setattr(demo_guard, "DRAWINGS_BYTES", 10)
    for name in "abc":
        send(sketch, name, b"x" * 4)
    assert list(sketch.blob_storage) == ["b", "c"]


def test_layers_are_not_made_room_for(sketch):
    send(sketch, "a", kind="layer", index="1000000000")
    send(sketch, "a", kind="background")
    assert not sketch.blob_storage
