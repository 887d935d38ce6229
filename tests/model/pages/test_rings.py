"""Joined zeros are parted, and a wide zero is not."""

import cv2
import numpy as np

from model.pages.reader import read_page
from tests.model.pages.sheets import picture, sheet


def test_joined_zeros_are_parted(reader):
    page = sheet(700, 400, size=110, pen=9)
    for y, zeros in ((150, 3), (340, 2)):
        page.boxes.append([])
        x = page.char("3", 60, y) + 30
        for _ in range(zeros):
            x = page.char("0", x, y) - 2
    assert read_page(picture(page), reader).lines == ("3000", "300")


def test_a_wide_zero_is_one_digit_and_two_joined_are_not(reader):
    page = np.full((360, 900), 255, np.uint8)
    cv2.putText(page, "4 7", (60, 240), cv2.FONT_HERSHEY_SIMPLEX, 5, 0, 10)
    wide = page.copy()
    cv2.ellipse(wide, (650, 180), (105, 64), 0, 20, 350, 0, 10)  # not closed
    assert read_page(wide, reader).lines == ("470",)
    for x in (595, 690):  # rings that overlap
        cv2.ellipse(page, (x, 180), (55, 62), 0, 0, 360, 0, 10)
    assert read_page(page, reader).lines == ("4700",)


def test_joined_zeros_are_parted_though_slashed_or_wide_and_open(reader):
    slashed, wide = (np.full((360, 900), 255, np.uint8) for _ in range(2))
    for page in (slashed, wide):
        cv2.putText(page, "4 7", (60, 240), cv2.FONT_HERSHEY_SIMPLEX, 5, 0, 10)
    for x in (580, 660):
        cv2.ellipse(slashed, (x, 180), (40, 60), 0, 0, 360, 0, 18)
        cv2.line(slashed, (x - 37, 255), (x + 49, 112), 0, 18)
    for x in (560, 736):
        cv2.ellipse(wide, (x, 180), (90, 62), 0, -75, 240, 0, 10)
    assert read_page(slashed, reader).lines == ("4700",)
    assert read_page(wide, reader).lines == ("4700",)
