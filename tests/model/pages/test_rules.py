"""Ruled lines and squares are taken out, and the strokes that they cross stay."""

import cv2
import numpy as np

from model.pages.binarization import PageInk, find_page_ink
from model.pages.components import find_pieces
from model.pages.erasing import without_faint
from model.pages.reader import read_page
from model.pages.rules import remove_rules
from tests.model.pages.sheets import picture, sheet


def test_strokes_as_thin_and_dark_as_the_squares_they_cross_stay_whole(reader):
    page = sheet(700, 300, size=70, pen=5)
    page.line("62637", 60, 110)
    page.line("8903", 60, 240)
    for at in range(30, 700, 64):
        page.paper[:, at : at + 4] = page.paper[at : at + 4] = 255
    shown = np.minimum(255 - (page.paper > 0) * np.uint8(180), 255 - page.ink // 255 * 180)
    assert read_page(shown, reader).lines == ("62637", "8903")


def test_what_is_as_faint_as_the_rules_goes_where_digits_are_darker():
    kept, rules, rest = np.zeros((3, 60, 60), np.uint8)
    kept[10:30, 10:20], rules[40:42], rest[45:60, 30:33], rest[10:20, 40:45] = 1, 1, 1, 1
    mask = kept | rest
    strength = np.float32(0.6 * mask + 0.2 * rules)
    strength[45:60] = 0.22  # what is left of a rule in shadow
    left = without_faint(mask, strength, kept, rules)
    assert not left[45:].any()
    assert (left[:45] == mask[:45]).all()
    assert (without_faint(mask, strength + rules * np.float32(0.3), kept, rules) == mask).all()


def test_a_fat_digit_on_squares_that_reach_the_border_is_no_desk():
    strength = np.zeros((300, 400), np.float32)
    strength[::50], strength[:, ::50] = 0.3, 0.3
    strength[110:190, 110:180] = 0.9
    kept = np.zeros(strength.shape, np.uint8)
    kept[120:180, 270:276] = 1
    strength[kept > 0] = 0.9
    border = np.ones(kept.shape, np.uint8)
    border[2:-2, 2:-2] = 0
    mask = (strength > 0).astype(np.uint8)
    ink = PageInk(strength, mask, np.zeros_like(mask), border, np.eye(3))
    rest, _ = remove_rules(ink, kept, 60.0)
    assert rest.mask[112:188, 112:178].mean() > 0.95


def test_what_is_written_on_a_line_that_was_not_taken_out_is_read(reader):
    page = sheet(1200, 500)
    for y in (150, 400):
        page.line("24735", 80, y)
    shown = picture(page)
    shown[396:404, 420:] = np.minimum(shown[396:404, 420:], 40)  # as dark as the ink
    found, _size = find_pieces(find_page_ink(shown))
    assert sum(piece.height > 60 for piece in found) == 10


def test_a_line_far_finer_than_the_pen_is_no_one(reader):
    page = sheet(700, 200, size=100, pen=12)
    page.line("52", 60, 150)
    page.line("08", 360, 150, new=False)
    cv2.line(page.ink, (312, 60), (312, 150), 255, 3)
    assert read_page(picture(page), reader).lines == ("5208",)


def test_a_line_to_the_edge_is_taken_off_digits_that_fill_the_picture(reader):
    page = sheet(640, 200, size=120, pen=16)
    page.line("91457", 40, 160)
    left = cv2.boundingRect(np.float32(page.boxes[0][2]))[0]
    cv2.line(page.ink, (left, 60), (640, 60), 255, 6)
    assert read_page(picture(page), reader).lines == ("91457",)
