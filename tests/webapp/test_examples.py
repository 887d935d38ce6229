"""The demo's own pictures are what they are said to be, to the network that is served."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from model.inference.predictor import decide
from model.pages.reader import read_page
from model.preprocessing import preprocess
from webapp import examples
from webapp.language import words_of

DIGITS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "eight": 8,
    "zero": 0,
    "seven": 7,
}


def test_every_example_has_a_name_and_a_picture():
    shown = examples.draw_examples(words_of("en"))
    names = [example["name"] for example in shown]
    assert names == [*DIGITS, "letter", "page"]
    for example in shown:
        png = base64.b64decode(example["picture"].removeprefix("data:image/png;base64,"))
        assert Image.open(io.BytesIO(png)).format == "PNG"


@pytest.mark.parametrize(("name", "digit"), DIGITS.items())
def test_a_digit_is_read_as_what_it_is_called(predictor, name, digit):
    drawn = examples.draw(examples.SYMBOLS[name])
    assert predictor.predict_steps(preprocess(drawn)).digit == digit


def test_the_letter_does_not_look_like_a_digit(predictor):
    drawn = examples.draw(examples.SYMBOLS["letter"])
    prediction = predictor.predict_steps(preprocess(drawn))
    assert decide(prediction, predictor.calibration) == "no-digit"


def test_the_page_is_read_line_by_line_and_no_two_digits_on_it_are_alike(predictor):
    drawn = examples.draw_page(examples.PAGE)
    assert tuple(read_page(Image.fromarray(drawn), predictor).lines) == examples.PAGE
    again = examples.draw_page(examples.PAGE)
    np.testing.assert_array_equal(drawn, again)  # the same for every visitor
    assert not np.array_equal(examples.draw_page(("11",), 1), examples.draw_page(("11",)))
