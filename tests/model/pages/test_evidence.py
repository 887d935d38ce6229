"""What surely is a digit before anything is taken out of the ink."""

import cv2
import numpy as np
import pytest

from model.pages.binarization import find_page_ink
from model.pages.components import Piece
from model.pages.evidence import _usual_height, find_evidence
from model.pages.glyphs import Glyphs
from tests.model.pages.sheets import picture, sheet


def test_what_is_far_fainter_than_the_digits_is_no_evidence(reader):
    page = sheet(900, 200, size=60, pen=6)
    page.line("4725", 60, 130)
    image = picture(page)
    cv2.polylines(image, [np.int32([(600, 80), (640, 80), (625, 130)])], False, 200, 6)
    ink = find_page_ink(image)
    evidence = find_evidence(ink, Glyphs(ink.strength, reader))
    assert evidence.kept[:, :550].any()
    assert not evidence.kept[:, 550:].any()


def test_the_digits_among_many_words_are_evidence(reader):
    page = sheet(1300, 1500, size=30, pen=3)
    page.line("4725", 60, 100)
    for k in range(420):
        x, y = 20 + 90 * (k % 14), 150 + 44 * (k // 14)
        cv2.line(page.ink, (x, y), (x + 55, y), 255, 14)
    ink = find_page_ink(picture(page))
    assert find_evidence(ink, Glyphs(ink.strength, reader)).kept[:120].any()


def test_specks_are_no_measure_of_a_page():
    sizes = [8] * 200 + [100, 104, 108] + [900]  # specks, digits and a desk
    pieces = [Piece((0, 0, side // 2, side), np.ones((side, side // 2), bool), 1) for side in sizes]
    assert _usual_height(pieces) == 104


@pytest.mark.parametrize(("count", "is_evidence"), [(0, True), (80, False)])
def test_what_is_left_of_broken_squares_is_no_evidence(reader, count, is_evidence):
    page = sheet(1000, 800, size=40, pen=3)
    page.line("47474", 60, 100)
    for k in range(count):
        x, y = 60 + 90 * (k % 10), 150 + 75 * (k // 10)
        cv2.line(page.ink, (x, y), (x, y + 40), 255, 3)
        cv2.line(page.ink, (x - 20, y + 20), (x + 40, y + 20), 255, 3)
        cv2.line(page.ink, (x + 40, y), (x + 40, y + 40), 255, 3)
    ink = find_page_ink(picture(page))
    assert bool(find_evidence(ink, Glyphs(ink.strength, reader)).size) is is_evidence
