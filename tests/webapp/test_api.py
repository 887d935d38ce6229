"""The demo's HTTP interface, asked over real sockets: right answers, and what it says of itself."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from model.__main__ import main as model_command
from model.inference.predictor import Predictor
from tests.webapp.conftest import check, encoded, serve

ROOT = Path(__file__).parents[2]
PNG = {"Content-Type": "image/png"}


@pytest.mark.parametrize("command", ["predict", "read"])
def test_answers_are_those_of_the_command_line(client, command, page_png, seven_png, tmp_path,
                                                capsys):  # fmt: skip
    png = seven_png if command == "predict" else page_png
    file = tmp_path / "seven.png"
    file.write_bytes(png)
    assert model_command([command, str(file), "--json"]) == 0
    expected = json.loads(capsys.readouterr().out) | {"source": "upload"}
    assert expected["digits"] if command == "read" else expected["digit"] == 7
    assert client.post(f"api/{command}", content=png, headers=PNG).json() == expected
    assert client.post(f"api/{command}", content=png).json() == expected
    form = client.post(f"api/{command}", files={"file": ("seven.png", png)}).json()
    assert form == expected | {"source": "seven.png"}


def test_a_page_is_read_line_by_line(client, described, page_png):
    answer = client.post("api/read", content=page_png).json()
    assert answer["lines"] == ["777", "77"]
    check(described, "Page", answer)


def test_a_page_without_digits_has_no_lines(client, described):
    answer = client.post("api/read", content=encoded(np.full((300, 300), 255, np.uint8))).json()
    check(described, "Page", answer)
    assert not any(answer[key] for key in answer if key != "source")


def test_a_canvas_may_be_see_through(client, described, seven):
    ink = np.zeros((*seven.shape, 4), np.uint8)
    ink[..., 3] = 255 - seven
    see_through = client.post("api/predict", content=encoded(ink), headers=PNG).json()
    plain = client.post("api/predict", content=encoded(seven), headers=PNG).json()
    assert see_through["probabilities"] == pytest.approx(plain["probabilities"], abs=1e-3)
    check(described, "Prediction", see_through)


def test_a_network_of_ten_answers_has_no_digit_probability(described, seven_png):
    with serve(Predictor.load("mlp128")) as (_, client):
        answer = client.post("api/predict", content=seven_png).json()
        assert client.get("api/health").json()["bundle"] == "mlp128"
    assert answer["digit_probability"] is None
    check(described, "Prediction", answer)


@pytest.mark.parametrize(
    ("sent", "source"),
    [
        ("my séven ☃.png", "my séven ☃.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\7.png", "7.png"),
        ("a\u202eb.png", "ab.png"),
        ("x" * 500, "x" * 120),
        ("/", "upload"),
    ],
)
def test_a_file_keeps_its_name_without_folders(client, seven_png, sent, source):
    head = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{sent}"\r\n\r\n'
    # As browsers and curl write names; a backslash is doubled, as in every quoted string.
    body = head.replace("\\", "\\\\").encode() + seven_png + b"\r\n--b--\r\n"
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    assert client.post("api/predict", content=body, headers=form).json()["source"] == source


def test_a_picture_of_several_digits_is_said_to_hold_them(client, described, canvas):
    drawn = canvas([(30, 70), (100, 70), (55, 220)], [(150, 70), (220, 70), (175, 220)], pen=10)
    answer = client.post("api/predict", content=encoded(drawn), headers=PNG).json()
    assert (answer["lines"], answer["accepted"]) == (["77"], False)
    check(described, "Prediction", answer)


def test_health_names_the_bundle_and_its_hash(client, described, predictor):
    answer = client.get("api/health").json()
    check(described, "Health", answer)
    assert answer["bundle_sha256"] == predictor.bundle.metadata["files"]["model.tflite"]["sha256"]
    assert answer["version"] == re.search(
        r'version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8")
    )[1]  # fmt: skip
    assert client.head("api/health").status_code == 200


# What it says of itself


def test_every_reference_of_the_description_leads_somewhere(described):
    text = json.dumps(described)
    for kind, name in set(re.findall(r'"#/components/(\w+)/(\w+)"', text)):
        assert name in described["components"][kind]
    for path, methods in described["paths"].items():
        assert path.startswith("/api/")
        assert all("200" in operation["responses"] for operation in methods.values())


def test_the_docs_load_nothing(client, described):
    answer = client.get("api/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')>\s]+)""", answer.text)
    assert links == ["openapi.json"]
    for path in described["paths"]:
        assert path in answer.text
    assert "default-src 'none'" in answer.text
