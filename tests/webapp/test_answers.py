"""What the demo says beside a single answer: comparisons, tables, and what is kept."""

import csv
import io

import pytest
from PIL import Image

from model.bundles.store import shipped_bundles
from model.data.corrections import Drawn, load_corrections
from model.errors import InputError
from model.inference.predictor import Predictor
from model.pages.reader import Page, PageDigit
from model.preprocessing import preprocess
from webapp import answers, page_answers, tabs
from webapp.language import words_of

ENGLISH = words_of("en")


@pytest.fixture(scope="module")
def predictors():
    return [Predictor(bundle) for bundle in shipped_bundles()]


def test_a_comparison_has_each_networks_own_answer(predictors, seven):
    steps = preprocess(Image.fromarray(seven))
    compared = answers.compare(predictors, steps, ENGLISH)
    assert [row["name"] for row in compared["networks"]] == [p.bundle.name for p in predictors]
    for row, predictor in zip(compared["networks"], predictors, strict=True):
        alone = predictor.predict_steps(steps)
        assert row["digit"] == alone.digit
        assert len(row["bars"]) == 10
        scale = 1.0 if alone.digit_probability is None else alone.digit_probability
        shares = [bar["probability"] / scale for bar in row["bars"]]
        assert shares == pytest.approx(alone.probabilities)
        assert f"{predictor.bundle.metadata['architecture']['parameters']:,}" in row["size"]
    assert compared["words"] == f"All {len(predictors)} networks read 7"


def test_networks_that_differ_are_said_to(predictors, canvas):
    scribbles = [
        canvas([(60 + 20 * turn, 60), (220 - 15 * turn, 150), (60, 200 - 20 * turn), (150, 230)])
        for turn in range(6)
    ]
    compared = [answers.compare(predictors, preprocess(image), ENGLISH) for image in scribbles]
    split = [c for c in compared if len({row["digit"] for row in c["networks"]}) > 1]
    assert split  # the networks are not the same
    assert {c["words"] for c in split} == {"They do not agree"}


def test_an_empty_comparison_has_the_fields_of_a_comparison(predictors, seven):
    compared = answers.compare(predictors, preprocess(Image.fromarray(seven)), ENGLISH)
    nothing = answers.empty_comparison(predictors, "Draw", ENGLISH)
    assert set(nothing) == set(compared)
    for blank, row in zip(nothing["networks"], compared["networks"], strict=True):
        assert set(blank) == set(row)
        assert (blank["title"], blank["size"]) == (row["title"], row["size"])


def test_a_network_of_ones_own_is_called_so(predictors, monkeypatch):
    monkeypatch.setattr(answers, "EXPLAINED", ())
    rows = answers.empty_comparison(predictors, "Draw", ENGLISH)["networks"]
    assert {row["title"] for row in rows} == {"Your own network"}


def test_a_table_for_spreadsheets_has_a_row_a_digit():
    box = (10, 20, 30, 40)
    digits = (PageDigit(box, 7, 0.98765432, True, 0), PageDigit(box, 1, 0.5, False, None))
    rows = list(csv.DictReader(io.StringIO(page_answers.write_csv(Page(("7",), digits)))))
    assert [row["number"] for row in rows] == ["1", "2"]
    assert [row["line"] for row in rows] == ["1", ""]
    assert [row["digit"] for row in rows] == ["7", "1"]
    assert [row["confidence"] for row in rows] == ["0.987654", "0.500000"]
    assert [row["accepted"] for row in rows] == ["yes", "no"]
    assert [rows[0][side] for side in ("left", "top", "width", "height")] == [
        "10",
        "20",
        "30",
        "40",
    ]


def test_a_drawing_is_kept_with_its_truth_and_nothing_is_not(predictors, seven, tmp_path):
    steps = preprocess(Image.fromarray(seven))
    drawn = Drawn.of(steps, predictors[0].predict_steps(steps), "linear")
    tabs._keep(tmp_path, drawn, 7)
    assert list(load_corrections(tmp_path).labels) == [7]
    with pytest.raises(InputError, match="draw a digit first"):
        tabs._keep(tmp_path, None, 7)
    for truth in (None, 10, "7", True):
        with pytest.raises(InputError, match="say which digit"):
            tabs._keep(tmp_path, drawn, truth)
    assert len(list(tmp_path.iterdir())) == 1
