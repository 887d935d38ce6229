"""Every kind of page that people write is read: here in a stroke font, drawn by `written`."""

import cv2
import numpy as np
import pytest

from model.pages.reader import read_page
from tests.model.pages import written
from tests.model.pages.sheets import font, picture, sheet


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


def test_a_pen_that_skips_is_read(reader):
    page = sheet(900, 220, size=120, pen=8)
    page.line("32745", 60, 170, gap=0.6)
    skips = 0.55 + 0.45 * np.cos(np.arange(220) / 5.5)[:, None]
    shown = np.uint8(230 - 0.75 * page.ink * skips)
    assert read_page(shown, reader).lines == ("32745",)
