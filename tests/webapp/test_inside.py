"""What the Inside tab tells of a network and a drawing, and which test images are read wrong."""

import base64
import json
import re
import shutil

import cv2
import numpy as np
import pytest

from model.bundles.store import SHIPPED, load_bundle, shipped_bundles
from model.inference.predictor import Predictor
from model.preprocessing import preprocess
from webapp import mistakes
from webapp.inside import SHOWN, Inside, sheet, stencil
from webapp.language import words_of

ENGLISH = words_of("en")
pytestmark = pytest.mark.filterwarnings("ignore")  # from inside Gradio, in threads of its own


def pixels(picture):
    data = np.frombuffer(base64.b64decode(picture["data"]), np.uint8)
    return data.reshape(picture["height"], picture["width"], -1).squeeze()


@pytest.fixture(scope="module", params=[bundle.name for bundle in shipped_bundles()])
def inside(request):
    return Inside(Predictor.load(request.param))


def test_every_place_that_is_described_is_filled(inside, seven):
    described, steps = inside.describe(ENGLISH), preprocess(seven)
    look = inside.look(steps, ENGLISH)
    places = [one["key"] for layer in described["layers"] for one in layer["maps"]]
    assert {*places, "glyph"} <= look["pictures"].keys()
    assert np.array_equal(pixels(look["pictures"]["glyph"]), steps.glyph)
    for row in described["rows"]:
        assert look["texts"][f"{row['key']}.sum"]
        assert 0 <= look["shares"][f"{row['key']}.for"] <= 1
        assert 0 <= look["shares"][f"{row['key']}.against"] <= 1
    assert {one["key"] for one in described["counted"]} <= look["texts"].keys()
    assert look["network"] == described["network"]
    assert all(layer["text"] and layer["size"] for layer in described["layers"])


def test_a_number_is_no_digit_and_asked_for_one_by_one(canvas):
    number = preprocess(canvas([(60, 60), (60, 220)], [(200, 60), (200, 220)]))
    look = Inside(Predictor.load("cnn")).look(number, ENGLISH)
    assert look["words"] == ENGLISH["one_at_a_time"]
    assert look["first"] == "row.10"  # the likeliest of all eleven answers, as on the Draw tab
    shares = [look["texts"][f"row.{row}.share"] for row in range(11)]
    parts = [float(re.search(r"[\d.]+", share)[0]) for share in shares]
    assert sum(parts) == pytest.approx(100, abs=1.5)


def test_the_digit_with_the_most_points_is_the_one_read(inside, seven):
    look = inside.look(preprocess(seven), ENGLISH)
    points = [float(look["texts"][f"row.{digit}.sum"].replace("\N{MINUS SIGN}", "-"))
              for digit in range(10)]  # fmt: skip
    assert f"row.{np.argmax(points)}" == look["first"]
    shares = [look["texts"][f"row.{digit}.share"] for digit in range(10)]
    assert all("%" in share for share in shares)


def test_all_maps_are_there_when_they_are_asked_for(inside, seven):
    steps, described = preprocess(seven), inside.describe(ENGLISH)
    for number, layer in enumerate(described["layers"]):
        sheets = inside.look(steps, ENGLISH, frozenset([str(number)]))["pictures"]
        if layer["all"]:
            picture = pixels(sheets[f"{number}.all"])
            assert str(inside._layers.layers[number].shape[-1]) in layer["all"]
            assert min(picture.shape[:2]) > 20
        assert [key for key in sheets if key.endswith(".all")] == (
            [f"{number}.all"] if layer["all"] else [])  # fmt: skip


def test_a_linear_network_shows_ten_stencils():
    inside = Inside(Predictor.load("linear"))
    assert [one["name"] for one in inside.describe(ENGLISH)["stencils"]] == [*"0123456789"]


def test_a_stencil_is_blue_for_ink_and_orange_against_it():
    weights = np.zeros(784)
    weights[0], weights[1] = 2, -2
    blue, orange, white = stencil(weights)[0, :3].astype(int)
    assert blue[0] > 150 > blue[2]
    assert orange[2] > 150 > orange[0]
    assert white.tolist() == [255, 255, 255]


def test_a_sheet_holds_every_picture():
    made = sheet(np.stack([np.full((5, 5), value, np.uint8) for value in range(1, 20)]))
    assert set(range(1, 20)) <= set(np.unique(made))


def test_over_http_a_drawing_is_looked_into(client, seven_png):
    look = client.post("api/inside", params={"network": "linear"}, content=seven_png).json()
    assert look["network"] == "linear"
    assert look["state"] in ("sure", "unsure")
    first = client.post("api/inside?all=0,x,99", content=seven_png).json()
    assert first["network"] == "cnn"
    assert "0.all" in first["pictures"]
    german = client.post("api/inside", content=seven_png, headers={"Accept-Language": "de"}).json()
    assert german["words"] != first["words"]


def test_over_http_what_cannot_be_looked_into_is_said(client):
    blank = cv2.imencode(".png", np.full((280, 280), 255, np.uint8))[1].tobytes()
    assert client.post("api/inside", content=blank).json()["state"] == "empty"
    wrong = client.post("api/inside?network=../x", content=blank)
    assert wrong.status_code == 400
    assert "no such network" in wrong.json()["error"]
    assert client.post("api/inside", content=b"x").json()["state"] == "empty"


def test_the_handful_is_small(inside):
    assert all(len(layer["maps"]) <= SHOWN for layer in inside.describe(ENGLISH)["layers"])


# Test images that are read wrong


@pytest.fixture
def linear():
    return Predictor.load("linear")


def test_wrong_images_are_shown_where_mnist_is(linear, monkeypatch, digits):
    glyphs = np.zeros((30, 28, 28), np.uint8)
    glyphs[:, 4:24, 12:16] = 255
    labels = np.array([1] * 5 + [7] * 25)
    monkeypatch.setattr(mistakes, "read_test_images", lambda: (glyphs, labels))
    told = mistakes.describe_mistakes(linear, ENGLISH)
    read = int(linear.score(glyphs[:1]).probabilities.argmax())
    cell = told["rows"][7]["cells"][read]
    assert (cell["text"], cell["kind"], cell["pair"]) == ("25", "wrong", f"7-{read}")
    shown = [image for image in told["images"] if image["pair"] == f"7-{read}"]
    assert len(shown) == mistakes.SHOWN
    assert shown[0]["name"] == f"7, read as {read}"
    png = np.frombuffer(base64.b64decode(shown[0]["picture"].partition(",")[2]), np.uint8)
    assert np.array_equal(cv2.imdecode(png, cv2.IMREAD_UNCHANGED), glyphs[0])


def test_without_mnist_the_recorded_counts_are_shown_and_a_note(linear, monkeypatch):
    monkeypatch.setattr(mistakes, "read_test_images", lambda: None)
    told = mistakes.describe_mistakes(linear, ENGLISH)
    assert "not on this server" in told["words"]
    counted = sum(int(cell["text"] or 0) for row in told["rows"] for cell in row["cells"])
    assert counted == 10_000
    assert not told["images"]
    assert not any(cell["pair"] for row in told["rows"] for cell in row["cells"])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"metrics": {"confusion_matrix": "x"}}', None])
def test_without_either_it_says_so(tmp_path, monkeypatch, text):
    monkeypatch.setattr(mistakes, "read_test_images", lambda: None)
    folder = shutil.copytree(SHIPPED / "linear", tmp_path / "own")
    record = folder / mistakes.RECORD_FILE
    if text is None:  # it is about another network
        other = json.loads(record.read_text("utf-8"))
        other["model"]["files"]["model.tflite"]["sha256"] = "0" * 64
        text = json.dumps(other)
    record.write_text(text)
    told = mistakes.describe_mistakes(Predictor(load_bundle(folder)), ENGLISH)
    assert told["state"] == "none"
