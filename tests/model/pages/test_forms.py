"""Tables, boxes and combs: cells are read as cells, and their lines are no digits."""

import csv
import io
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.pages.erasing import of_rules
from model.pages.grids import find_grids
from model.pages.reader import read_page
from tests.model.pages.sheets import grid, picture, sheet


@pytest.mark.parametrize("between", [0, 14])
def test_cells_of_a_grid_have_row_and_column(reader, between):
    reading = read_page(grid(["07 2", "5 49"], between), reader)
    assert reading.lines == ("072", "549")
    found = {(cell.row, cell.column): cell.text for cell in reading.cells}
    assert found == {(0, 0): "0", (0, 1): "7", (0, 2): "", (0, 3): "2",
                     (1, 0): "5", (1, 1): "", (1, 2): "4", (1, 3): "9"}  # fmt: skip


def test_a_line_that_is_missing_between_two_cells_does_not_shift_their_row(reader):
    shown = grid(["0123456", "6905782", "1729354", "5791606"])
    shown[164:287, 286:295] = 255
    reading = read_page(shown, reader)
    assert reading.lines == ("0123456", "6905782", "1729354", "5791606")
    assert [(cell.row, cell.column) for cell in reading.cells] == list(np.ndindex(4, 7))


@pytest.mark.parametrize("x", [160, 290])
def test_a_piece_of_a_line_between_cells_is_no_one(reader, x):
    shown = grid(["4725", "7342", "2576"])
    shown[168:282, x - 4 : x + 5] = 255
    cv2.line(shown, (x + 3, 184), (x - 3, 268), 0, 7)  # drawn by hand, askew
    assert read_page(shown, reader).lines == ("4725", "7342", "2576")


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


@pytest.mark.parametrize("by", [40, 60, 150])
def test_lines_of_a_table_on_curled_paper_are_no_ones(reader, by):
    rows = ["7243 5", "5 4926", "9526 3", "374 82", "2 5479", "834 25"]
    shown = cv2.copyMakeBorder(grid(rows), 0, 0, by + 20, 20, cv2.BORDER_CONSTANT, value=255)
    y, x = np.mgrid[: shown.shape[0], : shown.shape[1]].astype(np.float32)
    bulge = by * (2 * y / len(shown) - 1) ** 2
    reading = read_page(cv2.remap(shown, x + bulge, y, cv2.INTER_LINEAR, borderValue=255), reader)
    assert reading.lines == tuple(row.replace(" ", "") for row in rows)


def test_a_small_digit_whose_ring_is_filled_in_is_doubted_in_a_cell(reader):
    shown = grid(["4725", "7342", "2 76", "8354"])
    cv2.circle(shown, (225, 350), 18, 0, -1)
    small = cv2.resize(shown, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    reading = read_page(small, reader)
    assert [digit.accepted for digit in reading.digits].count(False) == 1
    assert [len(line) for line in reading.lines] == [4, 4, 4, 4]


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


def test_csv_holds_a_row_for_each_row_of_cells_or_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table, lines = str(tmp_path / "table.png"), "=lines.png"
    Image.fromarray(grid(["07", "54"])).save(table)
    page = sheet(1300, 260)
    page.line("45", 80, 160)
    page.line("32", 800, 160, new=False)
    Image.fromarray(picture(page)).save(lines)
    assert main(["read", "--csv", table, lines]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [[table, "0", "7"], [table, "5", "4"], ["./=lines.png", "45", "32"]]


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


def test_wide_flat_cells_of_a_ledger_are_in_the_rows_where_they_stand(reader):
    page = sheet(1000, 560, size=44, pen=5)
    rows = [("4", "372", "547"), ("5", "685", "23"), ("6", "47", "100"), ("", "", ""), ("", "", "")]
    for row, texts in enumerate(rows):
        left, top = 30, 40 + 78 * row
        for width, text in zip((120, 400, 300), texts, strict=True):
            cv2.rectangle(page.paper, (left, top), (left + width, top + 78), 255, 3)
            page.line(text, left + 30, top + 64)
            left += width
    reading = read_page(picture(page), reader)
    assert reading.lines == ("4372547", "568523", "647100")
    assert [cell.text for cell in reading.cells if cell.row == 1] == ["5", "685", "23"]


def test_digits_in_pencil_as_faint_as_the_rules_beside_print_are_read(reader):
    dark, faint = grid(["7 43", "5 2 ", " 629"]), grid([" 2  ", " 1 8", "3   "])
    rules = grid(["    "] * 3) < 255
    seen = np.where(rules, 130, np.minimum(dark, 130 + faint // 255 * 125)).astype(np.uint8)
    assert read_page(seen, reader).lines == ("7243", "5128", "3629")


def test_what_is_seen_of_the_faint_rules_of_an_empty_form_is_no_digit(reader):
    seen = grid(["      "] * 4)
    seen[26:34, 300:335] = seen[26:34, 560:600] = 255  # a corner and a piece of the top rule
    seen[60:140, 414:428] = seen[156:164, 330:380] = seen[156:164, 440:500] = 255
    seen[190:240, 414:428] = 255
    assert read_page(seen, reader).lines == ()


def test_a_high_mark_in_its_cell_is_not_two_digits_of_two_lines(reader):
    page = sheet(500, 370, size=50, pen=6)
    for row, text in enumerate(["7243", "52 9", "9526"]):
        for column, char in enumerate(text):
            left, top = 30 + 110 * column, 20 + 110 * row
            cv2.rectangle(page.paper, (left, top), (left + 110, top + 110), 255, 3)
            if char != " ":
                page.boxes.append([])
                page.char(char, left, top + 80, 110)
    seen = picture(page)
    for ends in ([(288, 142), (322, 142), (300, 184)], [(296, 184), (322, 184), (304, 228)]):
        cv2.polylines(seen, [np.array(ends)], False, 0, 6, cv2.LINE_AA)  # two sevens that touch
    cells = {(cell.row, cell.column): cell.text for cell in read_page(seen, reader).cells}
    assert len(cells[1, 2]) <= 1
    assert {text for place, text in cells.items() if place != (1, 2)} == set("7243529526")


@pytest.mark.parametrize(("beside", "is_table"), [(16, False), (60, True)])
def test_a_few_squares_beside_which_a_number_goes_on_are_no_table(beside, is_table):
    squares = [(100 * column, 100 * row, 96, 96) for row in range(4) for column in range(4)]
    mask = np.zeros((400, 900), np.uint8)
    for row in (0, 2, 3):
        for left in (14, 116, 212, 320, 380 + beside):
            mask[100 * row + 18 : 100 * row + 80, left : left + 60] = 1
    grids = find_grids(squares, mask, mask, np.zeros_like(mask), np.eye(3))
    assert [grid.is_table for grid in grids] == [is_table]


@pytest.mark.parametrize(
    "corners",
    [
        [(62, 58), (538, 40), (552, 196), (40, 206), (58, 52)],  # askew
        [(60, 50), (535, 42), (540, 205), (52, 196), (54, 70)],  # open
    ],
)
def test_a_box_drawn_by_hand_around_a_number_is_none_of_its_digits(reader, corners):
    page = sheet(640, 420)
    page.line("9274", 110, 165)
    page.line("385", 110, 350)
    cv2.polylines(page.ink, [np.array(corners)], False, 255, 7, cv2.LINE_AA)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("9274", "385")
    assert all(mark.is_read for mark in reading.digits)


def test_a_ring_drawn_around_a_number_is_none_of_its_digits(reader):
    page = sheet(720, 420)
    page.line("3492", 140, 165)
    page.line("385", 140, 350)
    turns = np.linspace(0.3, 0.3 + 2.1 * np.pi, 90)
    out = 1 + np.linspace(0, 0.06, 90)
    ring = np.stack([325 + 290 * out * np.cos(turns), 128 + 92 * out * np.sin(turns)], 1)
    cv2.polylines(page.ink, [np.int32(ring)], False, 255, 7, cv2.LINE_AA)
    reading = read_page(picture(page), reader)
    assert reading.lines == ("3492", "385")
    assert all(mark.is_read for mark in reading.digits)
