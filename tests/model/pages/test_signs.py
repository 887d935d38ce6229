"""Signs between digits are told from digits, and digits that look like signs stay digits."""

import cv2
import numpy as np
import pytest

from model.pages.components import Piece
from model.pages.reader import read_page
from model.pages.signs import _is_dollar, part_signs
from tests.model.pages.sheets import picture, sheet


@pytest.mark.parametrize(
    ("text", "shown"),
    [("-42", "-42"), ("3,5", "3,5"), ("12.50", "12.50"), ("24/12/19", "24/12/19"),
     ("12:30", "12:30"), ("9-1", "9-1"), ("2+3=5", "2+3=5"), ("75%", "75%"), ("8÷2", "8÷2"),
     ("4x7", "4x7")],
)  # fmt: skip
def test_signs_are_no_digits_and_stay_in_the_text(reader, text, shown):
    page = sheet(1100, 250)
    page.line(text, 100, 170)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("".join(filter(str.isdigit, text)),)
    assert reading.text == (shown,)
    assert [sign.char for sign in reading.signs] == [char for char in text if not char.isdigit()]


def test_slashes_may_lean_as_far_as_they_are_high(reader):
    page = sheet(1200, 250)
    for left, part in ((80, "24"), (370, "5"), (560, "2023")):
        page.line(part, left, 170, new=left == 80)
    for left in (250, 440):
        cv2.line(page.ink, (left + 100, 80), (left, 180), 255, 6, cv2.LINE_AA)
    assert read_page(picture(page), reader).text == ("24/5/2023",)


def test_slashes_no_higher_than_the_digits_of_a_date_are_no_ones(reader):
    page = sheet(1100, 250)
    for left, part in ((80, "24"), (330, "12"), (535, "19")):
        page.line(part, left, 170, new=left == 80)
    image = picture(page)
    top, bottom = np.flatnonzero(page.ink.any(1))[[0, -1]].tolist()
    for left in (256, 456):
        cv2.line(image, (left + 40, top + 10), (left, bottom - 10), 0, 6, cv2.LINE_AA)
    assert read_page(image, reader).text == ("24/12/19",)


def test_a_slash_that_leans_little_in_a_long_number_is_no_one(reader):
    page = sheet(1100, 250)
    page.line("5628", 80, 170)
    right = max(x + w for x, _, w, _ in map(cv2.boundingRect, np.float32(page.boxes[0])))
    page.line("96445", right + 80, 170, new=False)
    cv2.line(page.ink, (right + 58, 78), (right + 22, 182), 255, 6, cv2.LINE_AA)
    assert read_page(picture(page), reader).text == ("5628/96445",)


@pytest.mark.parametrize(("strokes", "text"), [((248, 506), "24/02/29"), ((248,), "2410229")])
def test_two_strokes_where_a_date_has_slashes_are_none_of_its_ones(reader, strokes, text):
    page = sheet(1100, 250)
    for left, part in ((80, "24"), (330, "02"), (555, "29")):
        page.line(part, left, 170, new=left == 80)
    image = picture(page)
    top, bottom = np.flatnonzero(page.ink.any(1))[[0, -1]].tolist()
    for left in strokes:
        cv2.line(image, (left + 25, top + 10), (left, bottom - 10), 0, 6, cv2.LINE_AA)
    assert read_page(image, reader).text == (text,)


def test_two_slashes_with_nothing_between_them_are_rather_ones(reader):
    page = sheet(900, 250)
    page.line("24", 80, 170)
    page.line("19", 400, 170, new=False)
    image = picture(page)
    top, bottom = np.flatnonzero(page.ink.any(1))[[0, -1]].tolist()
    for left in (260, 320):
        cv2.line(image, (left + 40, top - 6), (left, bottom + 6), 0, 6, cv2.LINE_AA)
    reading = read_page(image, reader)
    assert (reading.text, reading.signs) == (("241119",), ())
    assert [digit.guessed for digit in reading.digits] == [False, False, True, True, False, False]


def test_what_may_be_a_slash_in_a_long_number_is_a_guess(reader):
    page = sheet(1200, 250)
    page.line("030", 80, 170)
    page.line("2345678", 390, 170, new=False)
    cv2.line(page.ink, (359, 84), (331, 176), 255, 6, cv2.LINE_AA)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("03012345678",)
    assert [mark.guessed for mark in reading.digits] == [place == 3 for place in range(11)]


def test_a_bare_stroke_that_leans_is_a_guess_where_the_other_ones_have_flags(reader):
    page = sheet(760, 250)
    page.line("3", 60, 170)
    page.line("25", 330, 170, new=False)
    for left in (160, 560):
        flagged = np.array([(left, 120), (left + 35, 90), (left + 35, 170)])
        cv2.polylines(page.ink, [flagged], False, 255, 7, cv2.LINE_AA)
    cv2.line(page.ink, (280, 92), (255, 168), 255, 7, cv2.LINE_AA)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("311251",)
    assert [mark.guessed for mark in reading.digits] == [place == 2 for place in range(6)]


def write(page, text, x, y, pen=6):
    """Write a text in which brackets and dollar signs, higher than digits, are drawn as arcs."""
    size = page.size
    for char in text:
        if char in "()":
            start, left = (110, x + 0.45 * size) if char == "(" else (-70, x - 0.3 * size)
            centre, axes = (int(left), int(y - size / 2)), (int(0.45 * size), int(0.62 * size))
            cv2.ellipse(page.ink, centre, axes, 0, start, start + 140, 255, pen, cv2.LINE_AA)
            x += 0.55 * size
        elif char == "$":
            x = page.char("5", x, y) + 0.3 * size
            middle = int(x - 0.6 * size)
            cv2.line(
                page.ink, (middle, int(y - 1.15 * size)), (middle, int(y + 0.15 * size)), 255, pen
            )
        elif char == " ":
            x += 0.5 * size
        else:
            x = page.char(char, x, y) + 0.3 * size
    return x


@pytest.mark.parametrize("text", ["(765) 493", "2) 6596", "(43) 20"])
def test_brackets_are_signs(reader, text):
    page = sheet(900, 200, size=80)
    page.boxes.append([])
    write(page, text, 60, 140)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("".join(filter(str.isdigit, text)),)
    assert [sign.char for sign in reading.signs] == [char for char in text if char in "()"]
    assert reading.text[0].replace(" ", "") == text.replace(" ", "")


def test_a_bowed_one_without_a_partner_is_no_bracket(reader):
    page = sheet(900, 200, size=80)
    page.boxes.append([])
    write(page, "4572) 3", 60, 140)
    assert read_page(picture(page), reader).signs == ()


def test_a_leaning_stroke_alone_in_a_box_is_a_one(reader):
    page = sheet(560, 160, size=60, pen=5)
    page.boxes.append([])
    for column, char in enumerate("42183"):
        left = 30 + 100 * column
        cv2.rectangle(page.paper, (left, 40), (left + 80, 120), 255, 2)
        if char == "1":
            cv2.line(page.ink, (left + 18, 112), (left + 60, 47), 255, 5, cv2.LINE_AA)
        else:
            page.char(char, left, 110, 80)
    assert read_page(picture(page, rules=150), reader).lines == ("42183",)


def test_a_leaning_one_among_digits_is_read_as_a_guess(reader):
    page = sheet(700, 250, pen=6)
    page.line("43", 60, 170)
    page.line("75", 430, 170, new=False)
    image = picture(page)
    cv2.line(image, (360, 88), (300, 168), 0, 6, cv2.LINE_AA)  # no higher than the others
    reading = read_page(image, reader)
    assert reading.lines == ("43175",)
    assert [mark.guessed for mark in reading.digits] == [False, False, True, False, False]


def test_a_slash_that_juts_out_between_digits_with_upright_ones_is_one(reader):
    page = sheet(700, 250, pen=6)
    page.line("31", 60, 170)
    page.line("12", 300, 170, new=False)
    image = picture(page)
    cv2.line(image, (268, 80), (208, 180), 0, 6, cv2.LINE_AA)
    assert read_page(image, reader).text == ("31/12",)


def test_a_bowed_one_between_digits_is_no_bracket(reader):
    page = sheet(900, 200, size=80)
    page.boxes.append([])
    write(page, "15", write(page, "34)", 60, 140) - 20, 140)  # as near as what stands before it
    assert read_page(picture(page), reader).signs == ()


def test_an_eight_that_touches_a_zero_is_no_dollar_sign():
    ink = np.zeros((140, 160), np.uint8)
    cv2.ellipse(ink, (50, 36), (36, 30), 0, 0, 360, 1, 8)
    cv2.ellipse(ink, (100, 92), (48, 42), 0, 0, 360, 1, 8)
    assert _is_dollar(Piece((0, 0, 160, 140), ink > 0, 1)) is False


def dollar(pen):
    """An S with a bar through it, as a piece."""
    ink = np.zeros((130, 90), np.uint8)
    s = [(62, 34), (45, 22), (28, 34), (40, 58), (60, 84), (45, 104), (26, 92)]
    cv2.polylines(ink, [np.array(s)], False, 1, pen)
    cv2.line(ink, (47, 4), (43, 122), 1, pen)
    x, y, w, h = cv2.boundingRect(ink)
    return Piece((x, y, w, h), ink[y : y + h, x : x + w] > 0, 1)


@pytest.mark.parametrize("pen", [4, 9, 16])
def test_a_dollar_sign_is_one_in_any_pen(pen):
    assert _is_dollar(dollar(pen))


def test_a_dollar_sign_whose_bows_the_bar_does_not_close_is_no_digit(reader):
    page = sheet(700, 220, size=80, pen=9)
    page.line("4572", 190, 150)
    piece = dollar(9)
    y, x = np.nonzero(piece.mask)
    page.ink[y + 45, x + 110] = 255
    reading = read_page(picture(page), reader)
    assert (reading.lines, reading.text) == (("4572",), ("$4572",))


@pytest.mark.parametrize(("space", "chars"), [(20, []), (200, ["$"])])
def test_a_dollar_sign_does_not_stand_in_a_number(space, chars):
    sign = dollar(9)
    x, y, w, h = sign.box
    mask = np.ones((h - 30, 50), bool)
    digits = [Piece((left, y + 15, 50, h - 30), mask, 1) for left in (x - space - 50, x + w + 20)]
    _, signs = part_signs([sign, *digits], [], h - 30, np.zeros(3, bool))
    assert [found.char for found in signs] == chars


@pytest.mark.parametrize("is_alone", [False, True])
def test_what_stands_alone_in_a_cell_is_no_dollar_sign(is_alone):
    sign = dollar(9)
    x, y, w, h = sign.box
    digit = Piece((x + w + 20, y + 15, 50, h - 30), np.ones((h - 30, 50), bool), 1)
    _, signs = part_signs([sign, digit], [], h - 30, np.array([is_alone, False]))
    assert [found.char for found in signs] == ([] if is_alone else ["$"])


@pytest.mark.parametrize("strokes", [
    [[(50, 0), (0, 70), (75, 70)], [(52, 0), (50, 110)]],
    [[(40, 0), (5, 55), (40, 110), (75, 55), (40, 0)], [(55, 0), (25, 110)]],
])  # fmt: skip
def test_a_four_and_a_slashed_zero_are_no_dollar_signs(strokes):
    ink = np.zeros((120, 90), np.uint8)
    for stroke in strokes:
        cv2.polylines(ink, [np.array(stroke) + 5], False, 1, 8)
    x, y, w, h = cv2.boundingRect(ink)
    assert not _is_dollar(Piece((x, y, w, h), ink[y : y + h, x : x + w] > 0, 1))


@pytest.mark.parametrize("height", [0.9, 1.0])
def test_a_pair_of_brackets_may_be_as_low_as_digits(reader, height):
    page = sheet(700, 200, size=80)
    page.line("765", 120, 140)
    right = max(x + w for x, _, w, _ in map(cv2.boundingRect, np.float32(page.boxes[0])))
    axes = (int(0.35 * 80), int(0.53 * 80 * height))
    for centre, start in ((120, 115), (right, -65)):
        cv2.ellipse(page.ink, (centre, 100), axes, 0, start, start + 130, 255, 6, cv2.LINE_AA)
    assert read_page(picture(page), reader).text == ("(765)",)
