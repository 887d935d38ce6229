"""What a picture holds is said: one digit, several, or one that an edge cuts."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.answers import answer, answer_many
from model.files.pictures import ImageError
from model.inference.predictor import predictions
from model.pages.reader import read_page
from model.records import answer_record
from model.words import describe_answer

ONE = [[(40, 70), (40, 220)]]
SEVEN = [[(20, 70), (90, 70), (45, 220)]]
FOUR = [[(60, 70), (15, 160), (95, 160)], [(70, 115), (66, 220)]]


@pytest.fixture
def several(canvas):
    """Draw digits beside each other: uint8 (280, 280)."""

    def draw(*digits, step=85):
        strokes = [
            [(x + 10 + step * place, y) for x, y in stroke]
            for place, digit in enumerate(digits)
            for stroke in digit
        ]
        return canvas(*strokes, pen=10)

    return draw


def test_several_digits_are_said_and_read(reader, several):
    found = answer(several(SEVEN, FOUR, SEVEN), reader)
    assert found.page.lines == ("747",)
    assert answer(several(ONE, SEVEN, ONE), reader).page.lines == ("171",)
    assert answer(several(ONE), reader).page is None


def test_a_minus_before_a_digit_is_kept(reader, several):
    minus, five = (
        [[(10, 150), (60, 150)]],
        [[(70, 70), (20, 70), (15, 130), (70, 150), (60, 215), (10, 220)]],
    )
    assert answer(several(five), reader).page is None
    assert answer(several(minus, five), reader).page.text == ("-5",)


def test_a_digit_that_lies_on_its_side_is_named_and_not_accepted(reader, several):
    six = [[(80, 70), (30, 120), (20, 190), (60, 220), (85, 180), (25, 165)]]
    assert answer(several(FOUR), reader).turned is None
    for turns in (1, 2, 3):
        found = answer(np.rot90(several(FOUR), turns), reader)
        assert (found.turned.degrees, found.turned.digit) == (90 * turns, 4)
        assert not found.prediction.accepted
        said = describe_answer(found, "no-digit")
        assert said.endswith(f"; turned by {90 * turns} degrees it is a 4")
        assert answer_record("4.png", None, found)["turned"]["digit"] == 4
        page = read_page(np.rot90(several(FOUR), turns), reader)
        assert (page.turned, page.lines, page.digits[0].digit) == (90 * turns, (), 4)
    assert answer(several(six), reader).prediction.digit == 6
    assert answer(np.rot90(several(six)), reader).turned is None  # or is it a 9?


def test_read_names_a_digit_that_lies_on_its_side(several, tmp_path, capsys):
    path = tmp_path / "four.png"
    Image.fromarray(np.rot90(several(FOUR))).save(path)
    assert main(["read", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: not sure; turned by 90 degrees it is a 4\n"


def test_predict_says_so_in_words_and_in_json(several, tmp_path, capsys):
    path = tmp_path / "code.png"
    Image.fromarray(several(SEVEN, FOUR, SEVEN)).save(path)
    assert main(["predict", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: several digits: 747\n"
    assert main(["predict", str(path), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["lines"], record["number"]) == (["747"], "747")
    assert [mark["digit"] for mark in record["digits"]] == [7, 4, 7]
    assert record["accepted"] is False


def test_a_number_of_which_a_digit_touches_the_edge_is_read_in_full(reader, canvas):
    seven, four = [(40, 90), (110, 90), (70, 220)], [[(190, 120), (150, 220), (240, 220)]]
    image = canvas(seven, *four, [(215, 170), (215, 279)])
    assert answer(image, reader).page.number == "74"


@pytest.mark.parametrize("top", [0, 8])
def test_a_number_is_not_read_for_one_digit_where_a_one_is_as_high_as_the_picture(
    reader, canvas, top
):
    six = [(100, 60), (55, 130), (60, 190), (100, 190), (105, 150), (58, 145)]
    found = answer(canvas(six, [(210, top), (205, 279 - top)]), reader)
    assert found.page is not None or not found.prediction.accepted


BARRED = [[(0, 0), (55, 0), (20, 120)], [(0, 60), (78, 60)]]
FIVE = [[(60, 0), (8, 0), (5, 50), (45, 55), (60, 85), (45, 115), (5, 120)]]
ZERO = [[(30, 0), (8, 20), (0, 60), (10, 105), (32, 120), (55, 100), (60, 60), (50, 15), (30, 0)]]
FLAGGED = [[(0, 35), (28, 0), (28, 110)]]
SIX = [[(40, 0), (12, 35), (2, 75), (18, 108), (45, 98), (50, 70), (30, 58), (8, 72)]]
NINE = [[(45, 18), (20, 0), (2, 22), (20, 45), (45, 18), (42, 60), (25, 110)]]
NUMBERS = {
    "19": [(FLAGGED, 80, 80), (NINE, 116, 80)],
    "116": [(FLAGGED, 60, 80), (FLAGGED, 93, 80), (SIX, 126, 80)],
    "9171": [(NINE, 15, 80), (FLAGGED, 96, 80), ([[(0, 0), (50, 0), (18, 110)]], 133, 80),
             (FLAGGED, 192, 80)],
    "691": [(SIX, 30, 80), (NINE, 110, 80), (FLAGGED, 159, 80)],  # those after the first are joined
    "75": [(BARRED, 50, 80), (FIVE, 128, 85)],  # they touch
    "70": [(BARRED, 50, 80), (ZERO, 130, 80)],
    "12": [([[(0, 40), (40, 0), (30, 130)], [(20, 130), (45, 130)]], 40, 20),
           ([[(0, 25), (35, 0), (70, 30), (55, 75), (-15, 185), (135, 180)]], 95, 45)],
    "9167": [([[(40, 16), (20, 0), (4, 20), (20, 40), (40, 16), (38, 56), (24, 96)]], 10, 90),
             ([[(0, 32), (24, 0), (24, 96)]], 100, 90),
             ([[(36, 0), (12, 32), (4, 72), (20, 96), (40, 88), (44, 68), (28, 56), (6, 68)]],
              135, 90),
             ([[(0, 0), (48, 0), (16, 96)], [(0, 48), (44, 48)]], 187, 90)],
}  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_not_read_for_one_of_its_digits(reader, canvas, number):
    strokes = [
        [(x + left, y + top) for x, y in stroke]
        for digit, left, top in NUMBERS[number]
        for stroke in digit
    ]
    assert answer(canvas(*strokes, pen=10), reader).page.number == number


@pytest.mark.parametrize(("size", "turn"), [(90, 0), (110, 0), (130, -5)])
def test_a_star_is_no_number(reader, canvas, size, turn):
    angles = np.radians(turn - 90 + 144 * np.arange(6))
    corners = 140 + size * np.stack([np.cos(angles), np.sin(angles)], 1)
    said = answer(canvas(np.round(corners).astype(int), pen=14), reader)
    assert said.page is None
    assert not said.prediction.accepted


@pytest.mark.parametrize(("apart", "eye"), [(30, 10), (36, 14), (36, 18)])
def test_a_face_is_no_number(reader, canvas, apart, eye):
    nose, mouth = [(140, 120), (130, 155), (145, 155)], [(115, 185), (165, 185)]
    image = canvas(nose, mouth, pen=14)
    cv2.ellipse(image, (140, 140), (105, 120), 0, 0, 360, 0, 14, cv2.LINE_AA)
    for x in (140 - apart, 140 + apart):
        cv2.ellipse(image, (x, 100), (eye + 3, eye), 0, 0, 360, 0, 14, cv2.LINE_AA)
    said = answer(image, reader)
    assert said.page is None
    assert not said.prediction.accepted


def test_a_digit_beside_a_mark_as_high_that_is_no_digit_is_not_sure(reader, canvas):
    nine = [(x + 20, y + 80) for x, y in NINE[0]]
    letter = [(120, 80), (120, 190), (120, 140), (175, 80), (120, 140), (180, 190)]
    found = answer(canvas(nine, letter, pen=10), reader)
    assert (found.page, found.prediction.accepted) == (None, False)


def test_an_eight_of_two_rings_is_one_digit(reader, canvas):
    ring = np.round(35 * np.array([(np.cos(t), np.sin(t)) for t in np.linspace(0, 6.3, 30)]))
    found = answer(canvas((ring + (140, 90)).astype(int), (ring + (140, 185)).astype(int)), reader)
    assert found.page is None
    assert (found.prediction.digit, found.prediction.accepted) == (8, True)


def test_a_digit_with_a_sign_is_a_number(canvas, tmp_path, capsys):
    path = tmp_path / "plus.png"
    plus = [[(30, 150), (80, 150)], [(55, 125), (55, 175)]]
    Image.fromarray(canvas(*plus, [(130, 90), (210, 90), (160, 220)])).save(path)
    assert main(["predict", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: a number: +7\n"


def test_a_cut_digit_is_said_to_be_cut(canvas, tmp_path, capsys):
    path = tmp_path / "cut.png"
    Image.fromarray(canvas([(-30, 70), (80, 70), (20, 220)])).save(path)
    assert main(["predict", str(path)]) == 0
    assert ", cut by the left edge of the picture" in capsys.readouterr().out
    assert main(["predict", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cut"] == ["left"]


def test_canonical_images_are_answered_as_they_always_were(reader, mnist_like):
    images, labels = mnist_like
    answers = answer_many(images, reader)
    assert [each.prediction.digit for each in answers] == labels
    expected = predictions(reader.score(images))
    for each, other in zip(answers, expected, strict=True):
        np.testing.assert_allclose(each.prediction.probabilities, other.probabilities, atol=1e-5)


@pytest.fixture
def mnist_like(several):
    from model.preprocessing import to_glyphs

    drawn = [several(digit) for digit in (SEVEN, FOUR, ONE)]
    return to_glyphs(drawn), [7, 4, 1]


def test_answers_stay_in_order_around_what_cannot_be_read(reader, several):
    blank = np.full((280, 280), 255, np.uint8)
    answers = answer_many([several(SEVEN), blank, several(FOUR)], reader)
    assert isinstance(answers[1], ImageError)
    assert [answers[row].prediction.digit for row in (0, 2)] == [7, 4]
