"""Connected components of ink, and what is no ink: stamps, blots, the paper between strokes."""

import cv2
import numpy as np

from model.pages.binarization import find_page_ink
from model.pages.components import Piece, find_pieces
from model.pages.reader import read_page


def test_an_arch_over_a_part_of_its_digit_is_no_frame():
    page = np.full((240, 640), 255, np.uint8)
    cv2.putText(page, "472", (220, 200), cv2.FONT_HERSHEY_SIMPLEX, 5, 0, 9)
    cv2.polylines(page, [np.int32([(62, 80), (100, 52), (150, 70), (140, 200)])], False, 0, 9)
    cv2.polylines(page, [np.int32([(64, 98), (95, 128), (126, 108)])], False, 0, 9)
    pieces, _size = find_pieces(find_page_ink(page))
    assert max(piece.height for piece in pieces if piece.centre < 200) > 140


def test_a_loop_that_the_pen_filled_is_no_stamp(reader):
    page = np.full((200, 560), 255, np.uint8)
    five = np.array([(60, 0), (8, 0), (5, 50), (45, 55), (60, 85), (45, 115), (5, 120)])
    seven = np.array([(280, 0), (340, 0), (300, 120)])
    for stroke in (five, seven, five + (380, 0)):
        cv2.polylines(page, [stroke + (20, 40)], False, 0, 7, cv2.LINE_AA)
    six = np.array([(170, 40), (135, 90), (125, 130), (145, 158), (170, 150)])
    cv2.polylines(page, [six], False, 0, 12, cv2.LINE_AA)
    cv2.circle(page, (152, 135), 27, 0, -1)
    cv2.ellipse(page, (208, 100), (29, 60), 0, 0, 360, 0, 12, cv2.LINE_AA)
    assert read_page(page, reader).lines == ("56075",)


def test_the_paper_between_strokes_is_no_light_ink(reader):
    page = np.full((300, 400), 255, np.uint8)
    joined = [(20, 30), (50, 230), (80, 80), (115, 230), (140, 30)]
    eight = [(141, 38), (156, 50), (186, 20), (241, 18), (251, 40), (241, 75), (171, 180),
             (154, 245), (176, 278), (206, 265), (221, 230), (201, 180), (141, 38)]  # fmt: skip
    nine = [(365, 100), (340, 65), (300, 80), (280, 120), (300, 140), (345, 140), (375, 110),
            (370, 80)]  # fmt: skip
    for stroke, pen in ((joined, 22), (eight, 22), (nine, 14), ([(355, 145), (350, 260)], 14)):
        cv2.polylines(page, [np.array(stroke)], False, 0, pen, cv2.LINE_AA)
    assert len(read_page(page, reader).lines) < 2


def test_a_magnet_whose_black_is_grainy_is_a_blot():
    disc = np.zeros((70, 70), np.uint8)
    cv2.circle(disc, (35, 35), 33, 1, -1)
    disc[20:50:9, 20:50:9] = 0
    assert Piece((0, 0, 70, 70), disc > 0, 0).is_blot
