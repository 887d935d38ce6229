"""Every kind of page that people write is read: here in a stroke font, drawn by `written`."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from model.inference.predictor import Scores
from model.pages.binarization import PageInk, find_page_ink
from model.pages.components import Piece, find_pieces
from model.pages.erasing import without_faint
from model.pages.evidence import _usual_height, find_evidence
from model.pages.found import Found, doubt_crowds, doubt_dashes, doubt_print, share_within
from model.pages.glyphs import Glyphs
from model.pages.perspective import find_view
from model.pages.reader import _Reading, _turns, read_page
from model.pages.rules import remove_rules
from tests.model.pages import written
from tests.model.pages.sheets import font, grid, picture, sheet


def counts(reader, kind, seeds=range(4), is_photo=False):
    """Lines, lines right, silent errors and digits that are none, of some pages."""
    total = np.zeros(4, int)
    for seed in seeds:
        truth = written.write_page(seed, kind, font, is_photo)
        match, silence = written.compare(read_page(truth.image, reader), truth)
        total += match.lines, match.right_lines, silence.silent, match.extra
    return total


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
    lone = doubt_crowds([digit] + [other] * 25)
    assert not any(mark.accepted for mark in lone)


def test_ones_that_differ_in_height_are_streaks():
    def ones(*heights):
        return [Found((0, 0, 9, h), (0, 0, 9, h), 1, 1.0, True, 0.0) for h in heights]

    assert not any(mark.accepted for mark in doubt_dashes(ones(40, 54, 98, 129, 396)))
    alike = ones(90, 100, 120, 110)
    assert doubt_dashes(alike) == alike


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


@pytest.mark.parametrize(("sure", "turns"), [(0, (2, True)), (6, (2, False))])
def test_letters_turn_no_page_on_which_digits_stand_upright(sure, turns):
    glyphs = np.zeros((20 + sure, 28, 28), np.uint8)
    glyphs[:, 0, 0] = 255
    upright = [0.999] * sure + [0.01] * 20
    turned = [0.01] * sure + [0.999] * 20
    marks = [Found((0, 0, 9, 20), (0, 0, 9, 20), 3, p, p > 0.5, 0.0) for p in upright]
    assert _turns(_Reading(marks, glyphs=glyphs), ByTurn(upright, turned)) == turns


def test_digits_that_read_nearly_as_well_upside_down_stand_upright():
    glyphs = np.zeros((3, 28, 28), np.uint8)
    glyphs[:, 0, 0] = 255
    marks = [Found((0, 0, 9, 20), (0, 0, 9, 20), 9, 0.95, False, 0.0)] * 3
    reading = _Reading(marks, glyphs=glyphs)
    assert _turns(reading, ByTurn([0.95] * 3, [0.99] * 3)) == (0, False)


def test_what_is_far_fainter_than_the_digits_is_no_evidence(reader):
    page = sheet(900, 200, size=60, pen=6)
    page.line("4725", 60, 130)
    image = picture(page)
    cv2.polylines(image, [np.int32([(600, 80), (640, 80), (625, 130)])], False, 200, 6)
    ink = find_page_ink(image)
    evidence = find_evidence(ink, Glyphs(ink.strength, reader))
    assert evidence.kept[:, :550].any()
    assert not evidence.kept[:, 550:].any()


def test_specks_are_no_measure_of_a_page():
    sizes = [8] * 200 + [100, 104, 108] + [900]  # specks, digits and a desk
    pieces = [Piece((0, 0, side // 2, side), np.ones((side, side // 2), bool), 1) for side in sizes]
    assert _usual_height(pieces) == 104


def test_a_page_is_not_turned_for_ones(monkeypatch, reader):
    """Rules of a page that lies on its side look like ones."""
    digits = [Found((60 * k, 0, 40, 60), (60 * k, 0, 40, 60), 4, 1.0, True, 0.0) for k in range(5)]
    rules = [Found((0, 40 * k, 9, 90), (0, 40 * k, 9, 90), 1, 1.0, True, 0.0) for k in range(40)]
    readings = iter([_Reading(digits), _Reading(rules)])
    monkeypatch.setattr("model.pages.reader._read_either", lambda *_: next(readings))
    monkeypatch.setattr("model.pages.reader._turns", lambda *_: (1, True))
    assert read_page(np.full((400, 400), 255, np.uint8), reader).lines == ("44444",)


def test_a_page_is_turned_if_it_is_all_digits_that_way(monkeypatch, reader):
    """What rules left of digits that lie is more, and tells less, than the digits turned."""
    marks = [(60 * (k % 10), 80 * (k // 10), 40, 60) for k in range(48)]
    broken = [Found(box, box, 1, 1.0, k % 6 == 0, 0.0) for k, box in enumerate(marks)]
    digits = [Found(box, box, 4, 1.0, True, 0.0) for box in marks[:20]]
    readings = iter([_Reading(broken), _Reading(digits)])
    monkeypatch.setattr("model.pages.reader._read_either", lambda *_: next(readings))
    monkeypatch.setattr("model.pages.reader._read_clearer", lambda _grey, reading, _: reading)
    monkeypatch.setattr("model.pages.reader._turns", lambda *_: (1, False))
    assert read_page(np.full((640, 640), 255, np.uint8), reader).turned == 270


def test_a_pen_that_skips_is_read(reader):
    page = sheet(900, 220, size=120, pen=8)
    page.line("32745", 60, 170, gap=0.6)
    skips = 0.55 + 0.45 * np.cos(np.arange(220) / 5.5)[:, None]
    shown = np.uint8(230 - 0.75 * page.ink * skips)
    assert read_page(shown, reader).lines == ("32745",)


def test_an_arch_over_a_part_of_its_digit_is_no_frame():
    page = np.full((240, 640), 255, np.uint8)
    cv2.putText(page, "472", (220, 200), cv2.FONT_HERSHEY_SIMPLEX, 5, 0, 9)
    cv2.polylines(page, [np.int32([(62, 80), (100, 52), (150, 70), (140, 200)])], False, 0, 9)
    cv2.polylines(page, [np.int32([(64, 98), (95, 128), (126, 108)])], False, 0, 9)
    pieces, _size = find_pieces(find_page_ink(page))
    assert max(piece.height for piece in pieces if piece.centre < 200) > 140


def test_digits_that_touch_rules_tell_how_a_page_lies(reader):
    page = sheet(1100, 560, size=80)
    for y in (170, 340, 510):
        for rule in (y, y - 40):
            cv2.line(page.paper, (0, rule), (1100, rule), 255, 3)
        page.line("4725473", 60, y + 4)
    lying = np.rot90(picture(page, rules=160))
    assert read_page(lying, reader).lines == ("4725473",) * 3


def test_a_table_on_a_desk_tells_how_it_lies(reader):
    shown = np.pad(np.rot90(grid(["4725", "7342"]), 2), 60, constant_values=255)
    desk = np.pad(shown, 90, constant_values=40)
    reading = read_page(desk, reader)
    assert reading.lines == ("4725", "7342")
    assert reading.turned == 180


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


def test_a_line_far_finer_than_the_pen_is_no_one(reader):
    page = sheet(700, 200, size=100, pen=12)
    page.line("52", 60, 150)
    page.line("08", 360, 150, new=False)
    cv2.line(page.ink, (312, 60), (312, 150), 255, 3)
    assert read_page(picture(page), reader).lines == ("5208",)


def test_a_magnet_whose_black_is_grainy_is_a_blot():
    disc = np.zeros((70, 70), np.uint8)
    cv2.circle(disc, (35, 35), 33, 1, -1)
    disc[20:50:9, 20:50:9] = 0
    assert Piece((0, 0, 70, 70), disc > 0, 0).is_blot


@pytest.mark.parametrize(("lines", "column"), [(("46058", "23724"), 2), (("45068", "24753"), 2)])
def test_a_zero_that_touches_the_seven_below_it_is_no_nine(reader, lines, column):
    page = sheet(710, 420, 80, 9)
    for line, below, nearer in zip(lines, (0, 100), (10, -10), strict=True):
        for place, digit in enumerate(line):
            page.boxes.append([])
            page.char(digit, 80 + 110 * place, 210 + below + nearer * (place == column), 110)
    assert read_page(picture(page), reader).lines == lines


def test_a_mark_does_not_lie_within_those_of_the_next_line():
    box, below, beside = (0, 0, 40, 100), (5, 90, 40, 100), (30, 10, 40, 80)
    assert share_within(box, [box, below]) == 0
    assert share_within(box, [box, below, beside]) == 0.25
