"""The demo's HTTP interface, asked over real sockets: right answers, and what it says of itself."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from model.__main__ import main as model_command
from model.inference.predictor import Predictor
from model.pages.one_digit import find_digit
from tests.encoding import encoded
from tests.webapp.conftest import check, serve
from webapp.answers import describe
from webapp.canvas import HEIGHT, PEN, WIDTH
from webapp.language import words_of

ROOT = Path(__file__).parents[2]
PNG = {"Content-Type": "image/png"}
FOUR = [[(60, 90), (15, 180), (95, 180)], [(70, 135), (66, 230)]]
TWO = [[(15, 120), (35, 90), (70, 95), (85, 130), (60, 175), (10, 230), (95, 230)]]
THREE = [[(20, 100), (60, 85), (85, 115), (45, 150), (85, 185), (60, 230), (15, 215)]]
FIVE = [[(80, 90), (25, 90), (20, 145), (60, 140), (85, 180), (60, 225), (15, 220)]]
MINUS, POINT = [[(10, 160), (60, 160)]], [[(10, 228), (13, 228)]]
TURN = np.radians(np.arange(0, 361, 10))
HEAD = np.stack([110 * np.cos(TURN), 150 + 110 * np.sin(TURN)], 1)
SMILEY = [HEAD, [(-40, 110), (-40, 125)], [(40, 110), (40, 125)], [(-50, 190), (0, 215), (50, 190)]]
LETTER = [[(10, 240), (60, 60), (110, 240)], [(35, 170), (85, 170)]]
DRAWN = {  # what it is, by its parts and their left edges
    "4": [(140, FOUR)],
    "42": [(90, FOUR), (220, TWO)],
    "-42": [(30, MINUS), (130, FOUR), (260, TWO)],
    "3.5": [(70, THREE), (190, POINT), (230, FIVE)],
    "24": [(90, TWO), (170, FOUR)],  # they touch
    "?": [(200, SMILEY)],
    "? ": [(140, LETTER)],
}


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


def test_live_and_final_answer_and_the_record_agree(client, described, predictor):
    for name, parts in DRAWN.items():
        paper = np.full((HEIGHT, WIDTH), 255, np.uint8)
        strokes = [np.add(line, (left, 0)).astype(int) for left, part in parts for line in part]
        drawing = cv2.polylines(paper, strokes, False, 0, PEN, cv2.LINE_AA)
        live = client.post("api/live", content=encoded(drawing)).json()
        record = client.post("api/predict", content=encoded(drawing)).json()
        picture = Image.fromarray(drawing)
        final = describe(predictor, picture, find_digit(picture, predictor), words_of("en"))
        check(described, "Live", live)
        assert live["shown"] == final["shown"] == name.strip()
        assert live["state"] == final["state"]
        number = record.get("number", str(record["digit"]) if record["accepted"] else "?")
        assert number == name.strip()


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


def test_every_sign_is_described(described):
    code = (ROOT / "model/pages/signs.py").read_text("utf-8")
    sign = described["components"]["schemas"]["PageSign"]["properties"]["char"]
    assert set(sign["enum"]) == {"x", *re.findall(r'"([^\w\s"])"', code)}


def test_the_docs_load_nothing(client, described):
    answer = client.get("api/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')>\s]+)""", answer.text)
    assert links == ["openapi.json"]
    for path in described["paths"]:
        assert path in answer.text
    assert "default-src 'none'" in answer.text
