"""The demo's HTTP interface, asked wrongly: each answer is a status and a sentence."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from model.files.pictures import MAX_BYTES
from tests.encoding import encoded
from tests.webapp.conftest import check

ROOT = Path(__file__).parents[2]
PNG = {"Content-Type": "image/png"}


def truncated(png):
    return png[: len(png) // 2]


BOMB = encoded(np.zeros((9000, 9000), np.uint8))
BLANK = encoded(np.full((280, 280), 255, np.uint8))


@pytest.mark.parametrize(
    ("content", "headers", "status", "says"),
    [
        (b"", PNG, 400, "empty"),
        (b"no picture", PNG, 400, "PNG or JPEG"),
        (truncated(BLANK), PNG, 400, "damaged"),
        (BLANK, PNG, 400, "ink"),
        (b"\xff" * 2000, {"Content-Type": "image/svg+xml"}, 400, "PNG or JPEG"),
        (BOMB, PNG, 413, "50 million"),
        (b"x" * (MAX_BYTES + 1), PNG, 413, "20 MB"),
        (b"{}", {"Content-Type": "application/json"}, 415, "application/json"),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "Content-Type"),
        (b"--b--", {"Content-Type": "multipart/form-data"}, 400, "boundary"),
        (b"nonsense", {"Content-Type": "multipart/form-data; boundary=b"}, 400, "form"),
        (b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}, 400, "no file"),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n7\r\n--b--\r\n',
            {"Content-Type": "multipart/form-data; boundary=b"},
            400,
            "no file",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(client, described, content, headers, status, says):
    answer = client.post("api/predict", content=content, headers=headers)
    assert answer.status_code == status
    check(described, "Error", answer.json())
    assert says in answer.json()["error"]
    assert str(ROOT) not in answer.text
    assert tempfile.gettempdir() not in answer.text
    declared = described["paths"]["/api/predict"]["post"]["responses"]
    assert str(status) in declared


def test_two_files_are_one_too_many(client, seven_png):
    files = [("file", ("7.png", seven_png)), ("file", ("8.png", seven_png))]
    answer = client.post("api/predict", files=files)
    assert answer.status_code == 400
    assert "Too many files" in answer.json()["error"]


def test_a_picture_in_a_form_may_be_20_mb_and_no_more(client):
    assert client.post("api/read", files={"f": b"x" * MAX_BYTES}).status_code == 400
    assert client.post("api/read", files={"f": b"x" * (MAX_BYTES + 1)}).status_code == 413


def test_other_addresses_and_methods(client):
    assert client.post("api/nothing").status_code == 404
    assert client.get("api/../api/%2e%2e/etc/passwd").status_code == 404
    answer = client.get("api/predict")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert client.delete("api/health").status_code == 405
    assert client.get("api/health/").status_code == 200


def test_an_unforeseen_error_names_no_path(client, api, seven_png, monkeypatch, capfd):
    def fail(*_):
        raise RuntimeError(f"in {ROOT}/model")

    monkeypatch.setattr(api, "_predictor", type("Broken", (), {"predict_steps": fail})())
    answer = client.post("api/predict", content=seven_png)
    assert answer.status_code == 500
    assert "model" not in answer.text
    assert "RuntimeError" in capfd.readouterr().err  # who runs the server learns of it
