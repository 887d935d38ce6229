"""Marks that were read are doubted for what else stands on the page."""

from dataclasses import replace

import cv2
import numpy as np

from model.pages.found import (
    Found,
    doubt_crowds,
    doubt_dashes,
    doubt_odd_ones,
    doubt_print,
    doubt_rows,
    doubt_sides,
    no_rests,
    share_within,
)
from model.pages.grids import Grid, Slot
from model.pages.reader import read_page
from tests.model.pages.sheets import picture, sheet


def test_digits_among_many_marks_that_are_none_are_not_sure():
    box = (0, 0, 10, 30)
    digit, other = Found(box, box, 1, 1.0, True, 0.0), Found(box, box, 1, 0.1, False, 5.0)
    tall = replace(digit, upright=(0, 0, 30, 90))
    crowd = doubt_crowds([digit] * 10 + [other] * 60 + [tall])
    assert [mark.accepted for mark in crowd] == [False] * 70 + [True]
    few = [digit] * 30 + [other] * 60
    assert doubt_crowds(few) == few
    lone = doubt_crowds([digit] + [other] * 25)
    assert not any(mark.accepted for mark in lone)


def test_ones_far_lower_or_higher_than_the_digits_beside_them_are_pieces_of_others():
    four = Found((100, 0, 60, 100), (0, 0, 9, 9), 4, 1.0, True, 0.0)
    heights = (40, 60, 180, 250)
    ones = [replace(four, digit=1, upright=(200, 0, 9, height)) for height in heights]
    doubted = doubt_odd_ones([four, *ones], [])
    assert [mark.accepted for mark in doubted] == [True, False, True, True, False]
    assert doubt_odd_ones(ones, []) == ones


def test_ones_that_differ_in_height_are_streaks():
    def ones(*heights):
        return [Found((0, 0, 9, h), (0, 0, 9, h), 1, 1.0, True, 0.0) for h in heights]

    assert not any(mark.accepted for mark in doubt_dashes(ones(40, 54, 98, 129, 396)))
    alike = ones(90, 100, 120, 110)
    assert doubt_dashes(alike) == alike


def test_ones_where_a_cell_of_a_table_ends_are_pieces_of_its_lines():
    boxes = [(40 + 60 * column, 40, 50, 60) for column in range(3)]
    slots = tuple(Slot(0, column, box, box) for column, box in enumerate(boxes))
    places = [33, 43, 65, 95, 125]  # beyond the table, on its first line, in it, on a line, in it
    found = [Found((x - 3, 45, 6, 50), (x - 3, 45, 6, 50), 1, 1.0, True, 0.0) for x in places]
    kept = doubt_sides(found, [Grid(slots, is_table=True)])
    assert [mark.accepted for mark in kept] == [False, False, True, False, True]
    assert doubt_sides(found, [Grid(slots, is_table=False)]) == found


def test_ones_beside_the_digit_of_a_cell_are_pieces_of_a_line_that_leans():
    def marks(first, *ones):
        return [Found((x, 45, w, 40), (x, 45, w, 40), digit, 1.0, True, 0.0)
                for digit, x, w in ((first, 60, 20), *((1, x, 10) for x in ones))]  # fmt: skip

    table = [Grid((Slot(0, 0, (40, 40, 60, 60), (40, 40, 60, 60)),), is_table=True)]
    digits = [mark.digit for mark in no_rests(marks(5, 45), table)]
    assert digits == [5]  # its middle is beside the cell's end, all of it together is not
    assert len(no_rests(marks(1, 47), table)) == 2  # which of them is the digit?
    boxes = {place: (40 + 60 * place[1], 40 + 60 * place[0], 60, 60) for place in np.ndindex(9, 9)}
    slots = tuple(Slot(*place, box, box) for place, box in boxes.items())
    assert [mark.accepted for mark in doubt_sides(marks(5, 82), table)] == [True, True]
    puzzle = doubt_sides(marks(5, 82), [Grid(slots, is_table=True)])
    assert [mark.accepted for mark in puzzle] == [True, False]


def test_print_beside_the_writing_is_not_read(reader):
    page = sheet(900, 560, size=90, pen=8)
    cv2.putText(page.paper, "IOS 10 SOLO", (60, 60), cv2.FONT_HERSHEY_DUPLEX, 1.5, 255, 3)
    texts = ("7890", "5913", "42")
    labels = ("Customer ID:", "Total cost", "Tools used 1")
    for row, (label, text) in enumerate(zip(labels, texts, strict=True)):
        foot = 190 + 150 * row
        cv2.putText(page.paper, label, (60, foot), cv2.FONT_HERSHEY_DUPLEX, 1.4, 255, 3)
        page.line(text, 400, foot)
    assert read_page(picture(page, rules=20), reader).lines == texts


def test_low_digits_beside_high_ones_are_no_print():
    def mark(x, height, accepted, char=""):
        box = (x, 100 - height, 40 if not char else 20, height)
        return Found(box, box, 0, 0.9, accepted, 0.1 if accepted else 3.0, char=char)

    line = [mark(0, 60, True), mark(50, 60, True), mark(100, 6, False, "-")]
    line += [mark(x, 30, ok) for x, ok in ((125, True), (170, False), (215, True), (260, False))]
    assert doubt_print(line) == line
    apart = [replace(m, upright=(m.upright[0] + 90, *m.upright[1:])) for m in line[3:]]
    assert [m.accepted for m in doubt_print([*line[:2], *apart])] == [True] * 2 + [False] * 4


def test_two_tall_strokes_are_no_writing_beside_which_digits_are_print():
    tall, low = (0, 0, 9, 150), (100, 0, 50, 80)
    ones = [Found(tall, tall, 1, 0.99, True, 0.0)] * 2
    digits = [Found(low, low, 4, 0.99, True, 0.0)] * 6
    found = [*ones, *digits, *[Found(low, low, 4, 0.3, False, 6.0)] * 3]
    assert doubt_print(found) == found


def test_what_is_wider_than_a_digit_is_never_accepted(reader):
    ring = np.full((400, 900), 255, np.uint8)
    cv2.ellipse(ring, (450, 200), (320, 110), 0, 0, 360, 0, 12)
    assert not any(mark.accepted and mark.box[2] > 1.6 * mark.box[3]
                   for mark in read_page(ring, reader).digits)  # fmt: skip


def test_a_mark_does_not_lie_within_those_of_the_next_line():
    box, below, beside = (0, 0, 40, 100), (5, 90, 40, 100), (30, 10, 40, 80)
    assert share_within(box, [box, below]) == 0
    assert share_within(box, [box, below, beside]) == 0.25


def test_the_rim_of_a_highlighter_is_no_one(reader):
    page = sheet(700, 200, pen=7)
    page.line("5284", 130, 140)
    shown = np.full((200, 700, 3), 254, np.uint8)
    cv2.line(shown, (110, 105), (480, 105), (255, 190, 90), 60, cv2.LINE_AA)
    shown[page.ink > 127] = 30
    assert read_page(cv2.GaussianBlur(shown, (0, 0), 1), reader).lines == ("5284",)


def faint_beside(text, ink, shade):
    """A picture of 7453, and fainter strokes beside it."""
    page = sheet(1000, 200)
    page.line(text, 60, 140)
    return np.minimum(picture(page), 255 - np.uint8(ink * shade))


def test_what_shows_through_from_the_other_side_is_not_read(reader):
    behind = sheet(1000, 200)
    behind.line("5627", 60, 140)
    mirrored = cv2.GaussianBlur(behind.ink[:, ::-1], (0, 0), 2)
    assert read_page(faint_beside("7453", mirrored, 0.35), reader).lines == ("7453",)


def test_a_number_in_a_fainter_pen_is_read_and_not_sure(reader):
    beside = sheet(1000, 200)
    beside.line("5627", 560, 140)
    reading = read_page(faint_beside("7453", beside.ink, 0.35), reader)
    assert reading.lines == ("74535627",)
    assert [mark.guessed for mark in reading.digits] == [False] * 4 + [True] * 4


def test_a_row_of_one_digit_at_equal_distances_is_a_notebooks_rings():
    def row(*places, top=0, digit=6):
        boxes = [(x, top, 20, 60) for x in places]
        return [Found(box, box, digit, 1.0, True, 0.0) for box in boxes]

    even, uneven = range(0, 480, 60), (0, 55, 130, 180, 240, 310, 350, 420)
    assert not any(mark.accepted for mark in doubt_rows(row(*even), ()))
    practice = row(*even) + row(*even, top=100, digit=7)
    for written in (row(*even[:7]), row(*uneven), practice):
        assert doubt_rows(written, ()) == written
