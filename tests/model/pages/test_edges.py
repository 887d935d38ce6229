"""What the edge of the picture cuts, and a desk that shows along it."""

import cv2
import numpy as np

from model.pages.binarization import PageInk
from model.pages.components import find_pieces
from model.pages.perspective import find_view
from model.pages.reader import read_page
from tests.model.pages.sheets import picture, sheet


def test_a_dark_desk_shows_no_perspective():
    mask = np.ones((1000, 1300), np.uint8)
    mask[100:900, 150:1150] = 0
    mask[200:880:80, 150:1150] = mask[201:880:80, 150:1150] = 1
    assert find_view(mask, np.zeros_like(mask)) is None


def test_a_desk_along_the_pictures_edge_is_no_line_that_is_written_on():
    mask, border = np.zeros((400, 500), np.uint8), np.ones((400, 500), np.uint8)
    border[2:-2, 2:-2] = 0
    for x in (150, 250, 350):
        mask[170:230, x : x + 30] = 1
    cv2.fillPoly(mask, [np.array([(0, 100), (26, 250), (0, 300)])], 1)
    pieces, size = find_pieces(
        PageInk(mask.astype(np.float32), mask, np.zeros_like(mask), border, np.eye(3))
    )
    assert size == 60
    assert [piece.box[0] for piece in pieces] == [150, 250, 350]


def test_a_digit_that_runs_into_the_edge_is_not_passed_over(reader):
    page = sheet(620, 200)
    page.line("5", 90, 150)
    page.line("472", 180, 150, new=False)
    top = int(np.flatnonzero(page.ink.any(1))[0])
    cv2.line(page.ink, (0, top + 4), (140, top + 4), 255, 7)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("472",)
    assert [mark.is_read for mark in reading.digits] == [False, True, True, True]


def test_a_digit_that_the_edge_cuts_in_half_is_no_other_digit(reader):
    page = sheet(800, 200, size=100, pen=9)
    page.line("820657", 60, 150)
    reading = read_page(picture(page)[:, 90:], reader)
    assert reading.lines == ("20657",)
    assert [mark.is_read for mark in reading.digits] == [False] + [True] * 5


def test_dots_of_a_tablecloth_around_a_sheet_are_no_zeros(reader):
    cloth = np.full((700, 760), 230, np.uint8)
    for x, y in np.ndindex(10, 9):
        cv2.circle(cloth, (40 + 80 * x, 40 + 80 * y), 26, 130, -1, cv2.LINE_AA)
    page = sheet(420, 330, size=64, pen=4)
    texts = ("72589", "42376")
    for row, text in enumerate(texts):
        page.line(text, 50, 120 + 120 * row)
    cloth[180:510, 170:590] = picture(page)
    turn = cv2.getRotationMatrix2D((380, 350), 6, 1.15)
    grain = np.random.default_rng(0).normal(0, 3, cloth.shape)
    shown = np.uint8(np.clip(cv2.GaussianBlur(cloth, (0, 0), 1) + grain, 0, 255))
    assert read_page(cv2.warpAffine(shown, turn, (760, 700)), reader).lines == texts


def test_digits_that_a_stroke_joins_to_the_edge_are_not_passed_over(reader):
    page = sheet(640, 200, size=120, pen=20)
    page.line("91457", 40, 160)
    left = cv2.boundingRect(np.float32(page.boxes[0][2]))[0]
    cv2.line(page.ink, (left, 80), (640, 80), 255, 6)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("91",)
    assert [mark.is_read for mark in reading.digits] == [True, True, False]


def test_a_digit_on_a_crease_that_runs_to_the_edge_is_not_left_out(reader):
    page = sheet(760, 200)
    page.line("28437", 70, 150)
    left, _, width, _ = cv2.boundingRect(np.float32(page.boxes[0][3]))
    crease = np.zeros_like(page.ink)
    cv2.line(crease, (left + width - 2, 0), (left + width - 2, 199), 100, 3, cv2.LINE_AA)
    reading = read_page(np.minimum(picture(page), 255 - crease), reader)
    assert reading.lines == ("28437",)
