"""What browsers are told to allow, and what visitors see of the server's folders."""

import base64
import hashlib
import os
import re

import pytest

from benchmarks.asking import queued
from webapp.headers import page_policy

pytestmark = pytest.mark.filterwarnings("ignore")  # from inside Gradio, in threads of its own


def policy(response):
    pairs = (
        part.partition(" ") for part in response.headers["content-security-policy"].split("; ")
    )
    return {name: value for name, _, value in pairs}


def test_the_page_allows_its_own_scripts_by_their_hashes_and_no_other_site(client):
    page = client.get("")
    told = policy(page)
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>(.*?)</script>", page.text, re.S)
    assert inline
    for text in inline:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in told["script-src"]
    assert "unsafe-inline" not in told["script-src"]
    assert told["default-src"] == "'none'"
    assert told["frame-ancestors"] == "'self'"
    assert "http" not in page.headers["content-security-policy"]
    assert "*" not in page.headers["content-security-policy"]


def test_a_space_may_be_shown_within_its_hosts_page(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "somebody/digits")
    assert "frame-ancestors 'self' https://huggingface.co" in page_policy(b"<p>")


def test_every_answer_says_that_its_type_is_what_it_says(client, seven_png):
    for answer in (client.get(""), client.get("api/health"), client.get("api/docs"),
                   client.post("api/predict", content=seven_png)):  # fmt: skip
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_the_documentation_keeps_its_own_stricter_policy(client):
    page = client.get("api/docs").text
    assert "Content-Security-Policy" in page


# Uploads


def upload(client, content, name="seven.png"):
    return client.post("gradio_api/upload", files={"files": (name, content)}).json()[0]


def test_an_upload_is_named_without_the_servers_folder(client, seven_png):
    path = upload(client, seven_png)
    assert re.fullmatch(r"/uploads/[0-9a-f]{64}/seven\.png", path)
    for route in (f"gradio_api/file={path}", f"gradio_api/file{path}"):
        shown = client.get(route)
        assert shown.content == seven_png
        assert "sandbox" in shown.headers["content-security-policy"]


def test_an_upload_is_read_by_that_name(client, seven_png):
    path = upload(client, seven_png)
    given = {"path": path, "meta": {"_type": "gradio.FileData"}}
    said = queued(client, "read", given)
    assert "This is a 7" in said
    assert os.environ.get("TMPDIR", "/tmp") not in said


@pytest.mark.parametrize("path", ["../../../etc/passwd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "",
                                  "no/such.png", "/etc/passwd", "..\\..\\x"])  # fmt: skip
def test_no_other_file_is_had_by_that_name(client, path):
    answer = client.get(f"gradio_api/file=/uploads/{path}")
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text
    assert "digits-" not in answer.text
    assert "/tmp" not in answer.text
