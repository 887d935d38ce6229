"""Gradio's private names: all of them are there, and what is built on them holds."""

import ast
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from benchmarks.asking import queued
from model.errors import InputError
from webapp import gradio_patches, upload_names
from webapp.gradio_patches import (
    PRIVATE_NAMES,
    Leftovers,
    check_gradio,
    sessions_under_way,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # from inside Gradio, in threads of its own
PNG_URL = {"url": "data:image/png;base64,c29tZXRoaW5n"}

# The names


def test_the_installed_gradio_has_every_name(page):
    check_gradio(page)


@pytest.mark.parametrize("name", PRIVATE_NAMES)
def test_a_name_that_is_gone_is_said(page, monkeypatch, name):
    examples = gradio_patches._examples(page)
    owner, attribute = name.split(".")
    visible = {one: getattr(examples, one) for one in vars(examples)}
    visible[owner] = Without(visible[owner], attribute)
    monkeypatch.setattr(gradio_patches, "_examples", lambda _: SimpleNamespace(**visible))
    with pytest.raises(InputError, match=rf"Gradio {gr.__version__} \(missing: {name}\)"):
        check_gradio(page)


class Without:
    """An object without one of its attributes."""

    def __init__(self, whole, attribute):
        self._whole, self._attribute = whole, attribute

    def __getattribute__(self, name):
        whole, missing = (object.__getattribute__(self, own) for own in ("_whole", "_attribute"))
        if name == missing:
            raise AttributeError(name)
        return getattr(whole, name)


@pytest.mark.parametrize("gone", ["gradio.queueing", "gradio.state_holder"])
def test_a_module_that_is_gone_is_said(page, monkeypatch, gone):
    monkeypatch.setitem(sys.modules, gone, None)
    with pytest.raises(InputError, match=f"Gradio .*{gone}"):
        check_gradio(page)


def test_the_names_are_used_in_one_file_alone():
    names = {name.partition(".")[2] for name in PRIVATE_NAMES}
    names -= {"auth", "queue"}  # not of Gradio alone
    for path in Path(gradio_patches.__file__).parent.glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert path.stem == "gradio_patches" or not names & used, path


# Sessions


def test_a_session_s_name_is_short(page, client):
    name = "x" * (gradio_patches.NAME_CHARACTERS + 1)
    body = {"data": [PNG_URL], "fn_index": 0, "session_hash": name}
    form = {"component_id": "1", "session_hash": name, "fn_name": "x"}
    before = len(page.state_holder.session_data)
    for path in ("queue/join", "call/read", "call/draw", "component_server"):
        assert client.post(f"gradio_api/{path}", json=body | form).status_code == 400
    sent = client.post("gradio_api/component_server", data=form, files={"f": ("a", b"x")})
    assert sent.status_code == 400
    assert len(page.state_holder.session_data) == before
    assert name not in page._queue.pending_messages_per_session


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
    while asked in sessions_under_way(page):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return asked


def fetched(client, asked):
    return client.get(f"gradio_api/call/read/{asked}").text


def test_sessions_share_the_description_of_a_canvas(page):
    """Each session keeps three of every canvas, and one takes 10 kB."""
    sketch = next(key for key, block in page.blocks.items() if block.elem_id == "sketch")
    sessions = [SessionState(page).config_values[sketch] for _ in range(2)]
    names = ("api_info", "api_info_as_input", "api_info_as_output")
    assert len({id(values[name]) for values in sessions for name in names}) == 1


def test_answers_never_fetched_are_dropped(page, client, unread, monkeypatch):
    monkeypatch.setattr(gradio_patches, "UNREAD_SECONDS", 0.1)
    queue, leftovers = page._queue, Leftovers(page)
    leftovers.forget()
    assert unread in queue.pending_messages_per_session
    time.sleep(0.2)
    leftovers.forget()
    assert unread not in queue.pending_messages_per_session
    assert unread not in queue.pending_event_ids_session


def test_answers_that_are_fetched_in_time_are_there(page, client, unread, monkeypatch):
    monkeypatch.setattr(gradio_patches, "UNREAD_SECONDS", 30)
    leftovers = Leftovers(page)
    leftovers.forget()
    leftovers.forget()
    assert "no picture that can be read" in fetched(client, unread)


def test_answers_still_under_way_are_waited_for(page, unread, monkeypatch):
    monkeypatch.setattr(gradio_patches, "UNREAD_SECONDS", 0)
    queue, leftovers = page._queue, Leftovers(page)
    long_one = SimpleNamespace(session_hash=unread)
    monkeypatch.setattr(queue, "active_jobs", [*queue.active_jobs, [long_one]])
    for _ in range(2):
        time.sleep(0.01)
        leftovers.forget()
    assert unread in queue.pending_messages_per_session


def test_what_was_uploaded_and_is_deleted_is_forgotten(page, client, monkeypatch):
    from gradio.routes import file_upload_statuses as progress

    monkeypatch.setattr(gradio_patches, "UPLOADS_NOTED", 3)
    paths = [
        client.post(
            "gradio_api/upload",
            params={"upload_id": f"upload {i}"},
            files={"files": ("a.txt", b"%d" % i)},
        ).json()[0]
        for i in range(6)
    ]
    folder = gradio_patches.all_uploads_folder()
    paths = [path.replace(upload_names.ALIAS, folder, 1) for path in paths]
    for path in paths[:4]:
        os.unlink(path)
    Leftovers(page).forget()
    assert page.upload_file_set & set(paths) == set(paths[4:])
    assert list(progress._statuses) == [f"upload {i}" for i in (3, 4, 5)]
    assert len(progress._signals) == 3
