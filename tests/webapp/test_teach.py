"""The Teach tab: what it tells of drawings, and the file in which they are saved and loaded."""

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.errors import InputError
from model.inference.predictor import Predictor
from model.pages.one_digit import find_digit
from model.teaching.drawings import Drawings
from tests.model.teaching.test_learner import SLANTS, odd
from webapp.answers import describe
from webapp.language import words_of
from webapp.teach import Lessons, load_drawings

ENGLISH = words_of("en")


@pytest.fixture(scope="module")
def lessons():
    return Lessons(Predictor.load("cnn"))


@pytest.fixture(scope="module")
def shown():
    return Drawings(np.stack([odd(slant) for slant in SLANTS[:3]]), np.array([2, 2, 2]))


def test_before_anything_is_taught_there_is_one_reading(lessons, seven):
    found = find_digit(seven, lessons._predictor)
    told = lessons.describe(Drawings.none(), found, ENGLISH)
    drawn = describe(lessons._predictor, Image.fromarray(seven), found, ENGLISH)
    likeliest = next(bar["percent"] for bar in drawn["bars"] if bar["first"])
    readings = [(reading["shown"], reading["percent"]) for reading in told["readings"]]
    assert readings == [("7", likeliest)]  # as the Draw tab has it
    assert told["words"] == "This is a 7"
    assert told["file"] is None


def test_a_drawing_is_read_before_and_after(lessons, shown):
    found = find_digit(255 - np.kron(odd(SLANTS[3]), np.ones((8, 8), np.uint8)), lessons._predictor)
    told = lessons.describe(shown, found, ENGLISH)
    before, after = told["readings"]
    assert after["shown"] == "2"
    assert before["shown"] != "2"
    assert told["progress"] == "Your drawings: 3. Read right before: 0, after: 3."
    assert "between 44\N{NO-BREAK SPACE}% and 100\N{NO-BREAK SPACE}% might be right" in told["sure"]
    assert told["few"] == ""
    assert [drawing["kind"] for drawing in told["drawings"]] == ["right"] * 3


def test_too_few_drawings_are_said(lessons, shown):
    told = lessons.describe(shown.without(0), "Draw", ENGLISH)
    assert told["few"].startswith("Add at least three")
    assert told["words"] == "Draw"


def test_what_is_saved_is_loaded_and_deleted_from_the_server(lessons, shown, tmp_path):
    url = lessons.describe(shown, "", ENGLISH)["file"]
    sent = tmp_path / "hand.json"
    sent.write_bytes(base64.b64decode(url.partition(",")[2]))
    loaded = load_drawings({"path": str(sent)}, str(tmp_path))
    assert np.array_equal(loaded.glyphs, shown.glyphs)
    assert not sent.exists()


@pytest.mark.parametrize("file", [None, {}, {"path": None}, {"path": "/etc/passwd"}, [], "x",
                                  {"path": "missing.json"}, {"url": "data:,x"}])  # fmt: skip
def test_a_file_from_elsewhere_is_refused(tmp_path, file):
    if isinstance(file, dict) and file.get("path") == "missing.json":
        file = {"path": str(tmp_path / "missing.json")}
    with pytest.raises(InputError, match="no file of drawings"):
        load_drawings(file, str(tmp_path))
    assert Path("/etc/passwd").exists()
