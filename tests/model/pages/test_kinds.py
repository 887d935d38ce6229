"""Every kind of page that people write is read: here in a stroke font, drawn by `written`."""

import csv
import io
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.inference.predictor import Scores
from model.pages.binarization import find_page_ink
from model.pages.components import find_pieces
from model.pages.erasing import of_rules, without_faint
from model.pages.evidence import find_evidence
from model.pages.found import Found, doubt_crowds, doubt_print
from model.pages.glyphs import Glyphs
from model.pages.perspective import find_view
from model.pages.reader import _Reading, _turns, read_page
from tests.model.pages import written

_FONT = {  # strokes parted by spaces, two figures a point: x from 0 to 6, y from 0 to 8
    "0": "30110417385764513041",
    "1": "3038",
    "2": "02104062540868",
    "3": "0120506234655728",
    "4": "100464 4048",
    "5": "6010034365573807",
    "6": "40120507285765442416",
    "7": "006028",
    "8": "50200112456748180715426150",
    "9": "61300214436158",
}


def font(label, _rng):
    """Give a digit of the stroke font."""
    parts = _FONT[label].split()
    return [np.array(list(map(int, part)), float).reshape(-1, 2) for part in parts]


def counts(reader, kind, seeds=range(4), is_photo=False):
    """Lines, lines right, silent errors and digits that are none, of some pages."""
    total = np.zeros(4, int)
    for seed in seeds:
        truth = written.write_page(seed, kind, font, is_photo)
        match, silence = written.compare(read_page(truth.image, reader), truth)
        total += match.lines, match.right_lines, silence.silent, match.extra
    return total


def sheet(width, height, size=80, pen=7):
    return written._Sheet((height, width), size, pen, np.random.default_rng(0), font)


def picture(page, rules=120):
    """What a sheet shows when scanned: uint8 (h, w)."""
    paper = 255 - (page.paper > 0) * np.uint8(255 - rules)
    return np.minimum(paper, 255 - page.ink)


@pytest.mark.parametrize(
    "kind",
    ["single line", "cropped", "strip", "thin pen", "list", "columns", "notes", "lined", "squared",
     "dotted", "boxes", "comb", "table", "ledger", "signs", "turned", "tilted", "perspective"],
)  # fmt: skip
def test_lines_of_a_kind_are_read(reader, kind):
    lines, right, _silent, _extra = counts(reader, kind)
    least = 0.8 if kind == "table" else 0.9  # strokes of this font lie along the table's lines
    assert right >= least * lines


def test_nothing_is_invented_on_empty_paper_and_forms(reader):
    assert counts(reader, "empty", range(8))[3] <= 1


def test_an_empty_comb_is_no_row_of_ones(reader):
    page = np.full((203, 627), 200, np.uint8)
    cv2.line(page, (35, 118), (587, 104), 120, 3, cv2.LINE_AA)
    for x in range(35, 588, 69):
        y = round(118 - 14 * (x - 35) / 552)
        cv2.line(page, (x, y), (x, y - 20), 120, 3, cv2.LINE_AA)
    assert read_page(page, reader).digits == ()


def test_digits_among_many_marks_that_are_none_are_not_sure():
    box = (0, 0, 10, 30)
    digit, other = Found(box, box, 1, 1.0, True, 0.0), Found(box, box, 1, 0.1, False, 5.0)
    tall = replace(digit, upright=(0, 0, 30, 90))
    crowd = doubt_crowds([digit] * 10 + [other] * 60 + [tall])
    assert [mark.accepted for mark in crowd] == [False] * 70 + [True]
    few = [digit] * 30 + [other] * 60
    assert doubt_crowds(few) == few


def test_strokes_as_thin_and_dark_as_the_squares_they_cross_stay_whole(reader):
    page = sheet(700, 300, size=70, pen=5)
    page.line("62637", 60, 110)
    page.line("8903", 60, 240)
    for at in range(30, 700, 64):
        page.paper[:, at : at + 4] = page.paper[at : at + 4] = 255
    shown = np.minimum(255 - (page.paper > 0) * np.uint8(180), 255 - page.ink // 255 * 180)
    assert read_page(shown, reader).lines == ("62637", "8903")


def test_bullets_and_punched_holes_are_no_digits(reader):
    page = sheet(900, 420)
    for foot, text in ((160, "24735"), (340, "9421")):
        page.line(text, 220, foot)
        cv2.circle(page.ink, (160, foot - 36), 13, 255, -1, cv2.LINE_AA)
        cv2.circle(page.ink, (50, foot - 40), 32, 255, -1, cv2.LINE_AA)
    reading = read_page(picture(page), reader)
    assert (reading.lines, len(reading.digits)) == (("24735", "9421"), 9)


def test_a_page_without_a_flag_is_read_where_plain_ones_stand_in_a_column(reader):
    page = sheet(420, 1300)
    for row in range(10, 20):
        page.line(str(row), 70, 120 * (row - 9))
    assert read_page(picture(page), reader).lines == tuple(map(str, range(10, 20)))


@pytest.mark.parametrize("turns", range(4))
def test_a_page_is_read_whichever_way_it_lies(reader, turns):
    page = sheet(900, 500)
    page.line("24735", 80, 180)
    page.line("9421", 80, 380)
    upright = picture(page)
    lying = np.ascontiguousarray(np.rot90(upright, -turns))
    reading = read_page(lying, reader)
    assert reading.lines == ("24735", "9421")
    assert reading.turned == (360 - 90 * turns) % 360
    for mark in reading.digits:  # boxes are in the picture as it was given
        left, top, width, height = mark.box
        assert (lying[top : top + height, left : left + width] < 128).any()
    assert sum(mark.box[2] * mark.box[3] for mark in reading.digits) < 0.4 * lying.size


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


def test_slashes_no_higher_than_the_digits_of_a_date_are_no_ones(reader):
    page = sheet(1100, 250)
    for left, part in ((80, "24"), (330, "12"), (535, "19")):
        page.line(part, left, 170, new=left == 80)
    image = picture(page)
    top, bottom = np.flatnonzero(page.ink.any(1))[[0, -1]].tolist()
    for left in (256, 456):
        cv2.line(image, (left + 40, top + 10), (left, bottom - 10), 0, 6, cv2.LINE_AA)
    assert read_page(image, reader).text == ("24/12/19",)


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


def grid(rows, between=0, up=0):
    """A table, a digit in each cell, `up` px above its middle, or none for a space."""
    page = sheet(130 * len(rows[0]) + 60, 130 * len(rows) + 60)
    for row, text in enumerate(rows):
        for column, char in enumerate(text):
            left, top = 30 + 130 * column, 30 + 130 * row
            cv2.rectangle(page.paper, (left, top), (left + 130 - between, top + 130 - between),
                          255, 3)  # fmt: skip
            if char != " ":
                page.boxes.append([])
                page.char(char, left, top + 106 - up - between // 2, 130 - between)
    return picture(page)


@pytest.mark.parametrize("between", [0, 14])
def test_cells_of_a_grid_have_row_and_column(reader, between):
    reading = read_page(grid(["07 2", "5 49"], between), reader)
    assert reading.lines == ("072", "549")
    found = {(cell.row, cell.column): cell.text for cell in reading.cells}
    assert found == {(0, 0): "0", (0, 1): "7", (0, 2): "", (0, 3): "2",
                     (1, 0): "5", (1, 1): "", (1, 2): "4", (1, 3): "9"}  # fmt: skip


def test_a_table_is_read_by_its_rows_whatever_stands_beside_it(reader):
    table = grid(["7243", "5 49", "9526", "374 "])
    page = sheet(table.shape[1] + 300, table.shape[0])
    page.line("94", table.shape[1] + 60, 150)  # on the height of the first row
    seen = picture(page)
    seen[:, : table.shape[1]] = table
    reading = read_page(np.ascontiguousarray(np.rot90(seen)), reader)
    assert reading.turned == 90
    assert sorted(reading.lines) == sorted(["7243", "549", "9526", "374", "94"])
    assert {(cell.row, cell.column): cell.text for cell in reading.cells}[1, 1] == ""


def test_a_stroke_that_lies_on_a_line_of_its_cell_stays(reader):
    reading = read_page(grid(["7253", "5277", "3572"], up=25), reader)
    assert reading.lines == ("7253", "5277", "3572")


def test_a_table_is_set_upright_though_half_its_digits_are_others_upside_down(reader):
    reading = read_page(np.ascontiguousarray(np.rot90(grid(["6947", "4169", "8746"]), 2)), reader)
    assert (reading.lines, reading.turned) == (("6947", "4169", "8746"), 180)


def test_words_beside_a_table_are_no_lines_of_it(reader):
    table = grid(["7243", "5249", "9526"])
    seen = np.full((table.shape[0], table.shape[1] + 330), 255, np.uint8)
    seen[:, : table.shape[1]] = table
    for y in range(50, table.shape[0], 44):
        cv2.putText(seen, "blog unit 10 silk", (table.shape[1] + 20, y), cv2.FONT_HERSHEY_SIMPLEX,
                    1.0, 0, 3, cv2.LINE_AA)  # fmt: skip
    reading = read_page(seen, reader)
    assert reading.lines == ("7243", "5249", "9526")
    assert len(reading.cells) == 12


def test_a_rule_is_as_thick_as_usual_where_a_stroke_lies_on_it():
    pieces = np.zeros((40, 400), np.uint8)
    pieces[18:22] = 1
    pieces[18:30, 100:150] = 1  # the bar of a five
    own, strength, _ = of_rules(pieces, pieces, np.float32(pieces) / 2, 60.0)
    assert own[18:22].all()
    assert not own[24:].any()
    assert (strength[own > 0] == 0.5).all()


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


def test_a_column_without_an_outer_side_belongs_to_its_table(reader):
    open_side = grid(["7243", "5249", "9526"])
    open_side[:, :36] = 255  # the first column's left side
    assert read_page(open_side, reader).lines == ("7243", "5249", "9526")


def test_one_digit_in_one_box_is_read(reader):
    reading = read_page(grid(["6"]), reader)
    assert reading.lines == ("6",)
    assert [cell.text for cell in reading.cells] == ["6"]


@pytest.mark.parametrize("rules", [90, 150])
def test_digits_in_thick_boxes_that_stand_apart_are_read(reader, rules):
    page = sheet(360, 160, size=40, pen=3)
    page.boxes.append([])
    for column in range(5):
        x = 30 + 55 * column
        cv2.rectangle(page.paper, (x, 40), (x + 45, 85), 255, 4)
        if column < 4:
            page.char("9672"[column], x, 82, 45)
    soft = cv2.GaussianBlur(picture(page, rules=rules), (0, 0), 0.8)
    assert read_page(soft, reader).lines == ("9672",)


def test_figures_of_a_display_are_no_boxes(reader):
    shown = np.full((240, 520), 255, np.uint8)
    for x in (60, 200, 340):
        cv2.rectangle(shown, (x, 50), (x + 80, 190), 0, 12)
    cv2.line(shown, (200, 120), (280, 120), 0, 12)
    assert [mark.digit for mark in read_page(shown, reader).digits] == [0, 8, 0]


def test_digits_that_touch_their_boxes_survive(reader):
    page = sheet(700, 200, size=100, pen=6)
    for column, char in enumerate("73194"):
        left = 40 + 120 * column
        cv2.rectangle(page.paper, (left, 40), (left + 120, 160), 255, 4)
        page.boxes.append([])
        page.char(char, left, 153, 120)
    assert read_page(picture(page, rules=0), reader).lines == ("73194",)


@pytest.mark.parametrize("thick", [3, 4])
def test_digits_that_touch_all_sides_of_a_few_small_cells_are_read(reader, thick):
    page = sheet(190, 290, size=38, pen=4)
    texts = ("68", "147", "20")
    for row, text in enumerate(texts):
        page.boxes.append([])
        top = 25 + 85 * row
        for column in range(3):
            left = 30 + 42 * column
            cv2.rectangle(page.paper, (left, top), (left + 42, top + 44), 255, thick)
            if column < len(text):
                page.char(text[column], left + 4 * (column - 1), top + 40 + row, 42)
    assert read_page(picture(page, rules=60), reader).lines == texts


def test_faint_boxes_that_a_dark_pen_hides_in_part_are_boxes(reader):
    page = sheet(1250, 400, size=80, pen=9)
    for row, text in enumerate(("34581", "890223163")):
        page.boxes.append([])
        for column in range(11):
            x, y = 30 + 110 * column, 40 + 160 * row
            cv2.rectangle(page.paper, (x, y), (x + 78, y + 90), 255, 6)
            if column < len(text):
                page.char(text[column], x, y + 85, 78)
    assert read_page(picture(page, rules=180), reader).lines == ("34581", "890223163")


def test_boxes_drawn_by_hand_are_no_ones(reader):
    page = sheet(900, 400, size=66, pen=7)
    sides = np.random.default_rng(8).integers(-9, 10, (2, 5, 4, 2))
    for row, text in enumerate(("77272", "52991")):
        page.boxes.append([])
        for column, char in enumerate(text):
            x, y = 60 + 150 * column, 50 + 160 * row
            square = np.array([(x, y), (x + 115, y), (x + 115, y + 115), (x, y + 115)])
            cv2.polylines(page.ink, [square + sides[row, column]], True, 255, 5, cv2.LINE_AA)
            page.char(char, x, y + 91, 115)
    assert read_page(picture(page), reader).lines == ("77272", "52991")


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
        return Found(box, box, 0, 0.9, accepted, 0.1, char=char)

    line = [mark(0, 60, True), mark(50, 60, True), mark(100, 6, False, "-")]
    line += [mark(x, 30, ok) for x, ok in ((125, True), (170, False), (215, True), (260, False))]
    assert doubt_print(line) == line
    apart = [replace(m, upright=(m.upright[0] + 90, *m.upright[1:])) for m in line[3:]]
    assert [m.accepted for m in doubt_print([*line[:2], *apart])] == [True] * 2 + [False] * 4


class ByTurn:
    """A reader that takes some glyphs for digits as they stand, and others turned by a half."""

    def __init__(self, upright, turned):
        self.upright, self.turned = np.array(upright, float), np.array(turned, float)

    def score(self, glyphs):
        is_turned = glyphs[0, -1, -1] > 0
        belief = self.turned if is_turned else self.upright if glyphs[0, 0, 0] else 0 * self.upright
        chances = np.full((len(glyphs), 10), (1 - belief[:, None]) / 9)
        chances[:, 3] = belief
        return Scores(chances, np.array(belief), belief > 0.5)


@pytest.mark.parametrize(("sure", "turns"), [(0, 2), (6, 0)])
def test_letters_turn_no_page_on_which_digits_stand_upright(sure, turns):
    glyphs = np.zeros((20 + sure, 28, 28), np.uint8)
    glyphs[:, 0, 0] = 255
    upright = [0.999] * sure + [0.01] * 20
    turned = [0.01] * sure + [0.999] * 20
    marks = [Found((0, 0, 9, 20), (0, 0, 9, 20), 3, p, p > 0.5, 0.0) for p in upright]
    assert _turns(_Reading(marks, glyphs=glyphs), ByTurn(upright, turned)) == turns


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


def test_a_dark_desk_shows_no_perspective():
    mask = np.ones((1000, 1300), np.uint8)
    mask[100:900, 150:1150] = 0
    mask[200:880:80, 150:1150] = mask[201:880:80, 150:1150] = 1
    assert find_view(mask, np.zeros_like(mask)) is None


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


def test_coloured_sides_of_boxes_side_by_side_are_no_ones(reader):
    page = sheet(420, 240, size=28, pen=1)
    for y in (40, 130):
        page.boxes.append([])
        for column in range(9):
            x = 20 + 41 * column
            cv2.rectangle(page.paper, (x, y), (x + 37, y + 38), 255, 3)
            if column < 7:
                page.char("1793576"[column], x, y + 33, 37)
    orange = np.where(page.paper[..., None] > 0, np.uint8([240, 170, 80]), np.uint8(255))
    seen = np.minimum(orange, 255 - page.ink[..., None])
    soft = cv2.GaussianBlur(seen, (0, 0), 0.6)
    assert read_page(Image.fromarray(soft), reader).lines == ("1793576", "1793576")


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


@pytest.mark.parametrize(("size", "pen"), [(44, 4), (44, 7), (58, 4)])
def test_sides_of_boxes_side_by_side_go_and_stems_in_them_stay(reader, size, pen):
    page = sheet(640, 300, size=size, pen=pen)
    for y, text in ((40, "49019"), (140, "994")):
        page.boxes.append([])
        for column in range(7):
            x = 30 + 70 * column
            cv2.rectangle(page.paper, (x, y), (x + 62, y + 62), 255, 3)
            if column < len(text):
                page.char(text[column], x, y + 58, 62)
    assert read_page(picture(page, rules=150), reader).lines == ("49019", "994")


def test_what_is_written_on_a_line_that_was_not_taken_out_is_read(reader):
    page = sheet(1200, 500)
    for y in (150, 400):
        page.line("24735", 80, y)
    shown = picture(page)
    shown[396:404, 420:] = np.minimum(shown[396:404, 420:], 40)  # as dark as the ink
    found, _size = find_pieces(find_page_ink(shown))
    assert sum(piece.height > 60 for piece in found) == 10


def test_what_is_wider_than_a_digit_is_never_accepted(reader):
    ring = np.full((400, 900), 255, np.uint8)
    cv2.ellipse(ring, (450, 200), (320, 110), 0, 0, 360, 0, 12)
    assert not any(mark.accepted and mark.box[2] > 1.6 * mark.box[3]
                   for mark in read_page(ring, reader).digits)  # fmt: skip


def test_csv_holds_a_row_for_each_row_of_cells_or_line(tmp_path, capsys):
    table, lines = str(tmp_path / "table.png"), str(tmp_path / "lines.png")
    Image.fromarray(grid(["07", "54"])).save(table)
    page = sheet(1300, 260)
    page.line("45", 80, 160)
    page.line("32", 800, 160, new=False)
    Image.fromarray(picture(page)).save(lines)
    assert main(["read", "--csv", table, lines]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [[table, "0", "7"], [table, "5", "4"], [lines, "45", "32"]]


def test_json_tells_text_signs_groups_and_cells(tmp_path, capsys):
    table = str(tmp_path / "table.png")
    Image.fromarray(grid(["07", "54"])).save(table)
    assert main(["read", "--json", table]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["text"] == record["lines"] == ["07", "54"]
    assert record["turned"] == 0
    assert record["signs"] == []
    assert [group["text"] for line in record["groups"] for group in line] == ["07", "54"]
    assert set(record["cells"][0]) == {"row", "column", "box", "text"}
