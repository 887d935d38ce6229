"""Percent signs as pens write them are told from digits, and digits stay what they are."""

import cv2
import numpy as np
import pytest

from model.pages.reader import read_page
from tests.model.pages.sheets import picture, sheet

UPPER, LOWER = ((16, 24), (16, 20)), ((72, 78), (15, 18))


def percent(page, left, top, upper=UPPER, lower=LOWER, lean=44, pen=6):
    """Draw a leaning bar 100 px high, with a ring (centre, axes) on each side of it."""
    head, foot = left + 40 + lean // 2, left + 40 - lean // 2
    cv2.line(page.ink, (head, top), (foot, top + 100), 255, pen, cv2.LINE_AA)
    for (x, y), axes in (upper, lower):
        cv2.ellipse(page.ink, (left + x, top + y), axes, 0, 0, 360, 255, pen, cv2.LINE_AA)


@pytest.mark.parametrize(
    ("upper", "lower", "lean"),
    [
        (UPPER, LOWER, 44),
        (((30, 24), (16, 20)), LOWER, 44),
        (UPPER, ((48, 78), (15, 18)), 44),
        (((28, 24), (16, 20)), ((56, 78), (15, 18)), 24),
        (((12, 24), (20, 26)), LOWER, 44),
    ],
    ids=["apart", "upper ring joined", "lower ring joined", "both joined", "large ring"],
)
def test_a_percent_sign_is_one_however_its_rings_are_joined(reader, upper, lower, lean):
    page = sheet(700, 250)
    page.line("25", 80, 170)
    percent(page, 310, 72, upper, lower, lean)
    reading = read_page(picture(page), reader)
    assert (reading.lines, reading.text) == (("25",), ("25%",))


@pytest.mark.parametrize("text", ["96", "190", "88", "1960"])
def test_digits_with_rings_are_no_percent_sign(reader, text):
    page = sheet(800, 250)
    page.line(text, 80, 170, 0.05)
    assert read_page(picture(page), reader).text == (text,)


def test_a_two_with_a_point_behind_it_is_no_percent_sign(reader):
    page = sheet(500, 250)
    page.line("2", 80, 170)
    two = [(230, 100), (245, 82), (270, 80), (285, 96), (225, 168), (255, 160), (290, 168)]
    cv2.polylines(page.ink, [np.array(two)], False, 255, 6, cv2.LINE_AA)
    cv2.circle(page.ink, (306, 164), 6, 255, -1, cv2.LINE_AA)
    assert read_page(picture(page), reader).lines == ("22",)


def test_a_one_with_a_hook_and_a_point_behind_it_is_no_percent_sign(reader):
    page = sheet(560, 250)
    page.line("41", 80, 170)
    one = [(215, 104), (226, 92), (223, 166)]
    cv2.polylines(page.ink, [np.array(one)], False, 255, 9, cv2.LINE_AA)
    cv2.circle(page.ink, (262, 164), 6, 255, -1, cv2.LINE_AA)
    assert read_page(picture(page), reader).lines == ("411",)
