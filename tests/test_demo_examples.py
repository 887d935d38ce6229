"""The demo's own pictures are what they are said to be, to the network that is served."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import demo_examples
from model.page import read_page
from model.predictor import Predictor, sureness
from model.preprocessing import preprocess

DIGITS = {
    "a two": 2,
    "a three": 3,
    "an open four": 4,
    "a five": 5,
    "an eight": 8,
    "a slashed zero": 0,
    "a crossed seven": 7,
}


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load("cnn")


def test_every_example_has_a_name_and_a_picture():
    examples = demo_examples.draw_examples()
    names = [example["name"] for example in examples]
    assert names == [*DIGITS, "a letter", "a page of digits"]
    for example in examples:
        png = base64.b64decode(example["picture"].removeprefix("data:image/png;base64,"))
        assert Image.open(io.BytesIO(png)).format == "PNG"


@pytest.mark.parametrize(("name", "digit"), DIGITS.items())
def test_a_digit_is_read_as_what_it_is_called(predictor, name, digit):
    drawn = demo_examples.draw(demo_examples.SYMBOLS[name])
    assert predictor.predict_steps(preprocess(drawn)).digit == digit


def test_the_letter_does_not_look_like_a_digit(predictor):
    drawn = demo_examples.draw(demo_examples.SYMBOLS["a letter"])
    prediction = predictor.predict_steps(preprocess(drawn))
    assert sureness(prediction, predictor.calibration) == "no-digit"


def test_the_page_is_read_line_by_line_and_no_two_digits_on_it_are_alike(predictor):
    drawn = demo_examples.draw_page(demo_examples.PAGE)
    assert tuple(read_page(Image.fromarray(drawn), predictor).lines) == demo_examples.PAGE
    again = demo_examples.draw_page(demo_examples.PAGE)
    np.testing.assert_array_equal(drawn, again)  # the same for every visitor
    assert not np.array_equal(demo_examples.draw_page(("11",), 1), demo_examples.draw_page(("11",)))
