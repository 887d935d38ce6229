"""A page that lies on its side or its head is set upright, and no other page is turned."""

import cv2
import numpy as np
import pytest

from model.inference.predictor import Scores
from model.pages.found import Found
from model.pages.reader import _Reading, _turns, read_page
from tests.model.pages.sheets import grid, picture, sheet


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
