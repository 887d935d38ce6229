"""Marks brought into lines: what is sure, what is guessed, and what is left out."""

import numpy as np
import pytest

from model.pages.found import Found
from model.pages.layout import lay_out
from model.pages.reader import read_page
from tests.model.pages.sheets import picture, sheet


def mark(place, digit, confidence=1.0, height=40, accepted=True, doubt=0.1):
    box = (60 * place, 20, 25, height)
    return Found(box, box, digit, confidence, accepted, doubt, is_sure=confidence >= 0.98)


def test_an_unsure_digit_among_digits_is_read_and_marked_as_unsure():
    odd = mark(2, 7, confidence=0.5, accepted=False, doubt=2.7)
    page = lay_out([mark(0, 4), mark(1, 2), odd, mark(3, 3)])
    assert page.lines == ("4273",)
    assert [digit.accepted for digit in page.digits] == [True, True, False, True]
    assert [digit.guessed for digit in page.digits] == [False, False, True, False]


@pytest.mark.parametrize("odd", [{"doubt": np.inf}, {"height": 120}])
def test_what_nothing_vouches_for_is_left_out_of_the_line(odd):
    page = lay_out([mark(0, 4), mark(1, 2), mark(2, 7, 0.5, accepted=False, **odd), mark(3, 3)])
    assert page.lines == ("423",)
    assert [digit.is_read for digit in page.digits] == [True, True, False, True]


def test_a_digit_read_for_itself_may_be_unsure_as_well():
    page = lay_out([mark(0, 9, confidence=0.93), mark(1, 5)])
    assert page.lines == ("95",)
    assert [digit.accepted for digit in page.digits] == [False, True]
    assert [digit.guessed for digit in page.digits] == [True, False]


@pytest.mark.parametrize(("place", "read"), [(2, "44844"), (5, "4444")])
def test_the_sure_digits_on_both_sides_vouch_for_what_looks_like_none(place, read):
    odd = mark(place, 8, confidence=0.6, accepted=False, doubt=5.9)
    line = [mark(k, 4) for k in (0, 1, 3, 4)]
    assert lay_out([*line, odd]).lines == (read,)


def test_a_low_but_wide_digit_stands_among_others_as_one():
    box = (120, 30, 50, 22)
    wide = Found(box, box, 6, 0.97, False, 0.5, is_sure=False)
    page = lay_out([mark(0, 4), mark(1, 2), wide, mark(3, 3)])
    assert page.lines == ("4263",)
    assert page.digits[2].guessed


def test_numbers_far_apart_on_a_line_are_groups(reader):
    page = sheet(1300, 420)
    page.line("45", 80, 160)
    page.line("32", 800, 160, new=False)
    page.line("-17", 80, 340)
    page.line("4", 830, 340, new=False)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("4532", "174")
    assert reading.text == ("45 32", "-17 4")
    groups = [[group.text for group in line] for line in reading.groups]
    assert groups == [["45", "32"], ["-17", "4"]]


def letter(x, digit, accepted):
    box = (x, 20, 25, 40)
    return Found(box, box, digit, 0.99, accepted, 0.1 if accepted else 6.0)


def test_what_looks_like_a_digit_in_a_word_beside_a_number_is_a_letter():
    number = [letter(300, 7, True), letter(340, 2, True)]
    code = [letter(0, 6, False), letter(30, 0, True), letter(60, 2, False), letter(90, 8, False)]
    page = lay_out([*code, *number])
    assert page.lines == ("72",)
    assert [digit.is_read for digit in page.digits] == [False] * 4 + [True] * 2


@pytest.mark.parametrize("unit", [200, 145])
def test_a_number_is_read_however_near_its_unit_stands(unit):
    kilograms = [letter(unit, 4, False), letter(unit + 30, 9, False)]
    line = [letter(80, 5, True), letter(110, 2, True), *kilograms]
    assert lay_out(line).lines == ("52",)


@pytest.mark.parametrize(
    ("height", "count", "lines"),
    [(60, 3, ("777",)), (120, 3, ("00", "777")), (60, 4, ("000", "777"))],
)
def test_low_letters_beside_a_refused_one_are_no_digits(height, count, lines):
    boxes = [(0, 60 - height, 25, height), *((30 * k, 20, 25, 40) for k in range(1, count))]
    word = [Found(box, box, 0, 0.99, place > 0, 6.0 if place == 0 else 0.1)
            for place, box in enumerate(boxes)]  # fmt: skip
    number = [Found(box, box, 7, 0.99, True, 0.1)
              for box in ((30 * k, 200, 25, 60) for k in range(3))]  # fmt: skip
    # A refused stroke far higher is no letter, and one among many sure digits is a digit.
    assert lay_out([*word, *number]).lines == lines
