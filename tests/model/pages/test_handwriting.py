"""A hook that may be a 1 or a 7 is read by what else the hand wrote on the page."""

import cv2
import numpy as np
import pytest

from model.inference.predictor import Predictor, Scores
from model.pages import handwriting
from model.pages.handwriting import read_by_hand
from model.pages.reader import read_page
from model.preprocessing import glyph_of
from tests.model.pages import written

HOOK = [[(0, 30), (40, 0), (28, 100)]]
SLIM_HOOK = [[(0, 8), (26, 0), (12, 100)]]
FOOT = [*HOOK, [(2, 100), (54, 100)]]
PLAIN = [[(30, 0), (22, 100)]]
CROSSED = [[(0, 4), (60, 0), (28, 100)], [(8, 52), (64, 48)]]
FLAGGED = [[(20, 60), (12, 30), (34, 0), (30, 100)]]  # its flag comes back to the stem
ROUND = [[(60, 20), (30, 0), (4, 22), (28, 46), (58, 30), (60, 10), (52, 100)]]
WIDE = [[(0, 0), (70, 2), (30, 100)]]


def glyph(strokes):
    ink = np.zeros((140, 120), np.uint8)
    for stroke in strokes:
        cv2.polylines(ink, [np.array(stroke) + 20], False, 255, 11, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect((ink > 50).astype(np.uint8))
    return glyph_of(ink[y : y + h, x : x + w])


def answers(*given, digits=(1, 7)):
    """Scores whose rows give two digits these chances."""
    chances = np.zeros((len(given), 10), np.float32)
    chances[:, digits] = given
    belief = np.ones(len(chances), np.float32)
    return Scores(chances, belief, chances.max(1) > 0.9)


@pytest.mark.parametrize("chance", [0.3, 0.6])
@pytest.mark.parametrize(
    ("others", "digit"),
    [([CROSSED, CROSSED], 1), ([PLAIN, PLAIN], 7), ([HOOK, WIDE], 1), ([CROSSED, PLAIN], None),
     ([CROSSED, CROSSED, WIDE], 1), ([HOOK], None), ([], None)],
)  # fmt: skip
def test_the_hand_decides_a_hook(others, digit, chance):
    sure = [(0.0, 1.0) if strokes in (CROSSED, WIDE) else (1.0, 0.0) for strokes in others]
    given = answers((chance, 1 - chance), *sure)
    scores = read_by_hand(given, np.stack([glyph(strokes) for strokes in (HOOK, *others)]))
    assert scores.accepted[1:].all()
    if digit is None:
        assert not scores.accepted[0]
        assert np.array_equal(scores.probabilities, given.probabilities)
    else:
        assert scores.accepted[0]
        assert scores.probabilities[0].argmax() == digit
        assert scores.probabilities[0].sum() == pytest.approx(1)


def test_a_hook_on_a_foot_is_a_one_among_plain_ones():
    glyphs = np.stack([glyph(strokes) for strokes in (FOOT, PLAIN, PLAIN)])
    read = read_by_hand(answers((0.9, 0.1), (1.0, 0.0), (1.0, 0.0)), glyphs)
    assert read.probabilities[0].argmax() == 1


@pytest.mark.parametrize(("hook", "digit"), [(HOOK, 7), (SLIM_HOOK, 7), (PLAIN, 1)])
def test_what_is_wider_than_each_plain_one_of_the_page_is_a_seven(hook, digit):
    glyphs = np.stack([glyph(strokes) for strokes in (hook, PLAIN, PLAIN)])
    read = read_by_hand(answers((0.85, 0.15), (1.0, 0.0), (1.0, 0.0)), glyphs)
    assert read.probabilities[0].argmax() == digit


def test_a_hook_that_the_hand_decided_is_not_compared_again(monkeypatch):
    glyphs = np.stack([glyph(strokes) for strokes in (SLIM_HOOK, PLAIN, WIDE)])
    monkeypatch.setattr(
        handwriting, "_likeness", lambda _hook, other: handwriting._width(other) < 0.3
    )
    read = read_by_hand(answers((0.9, 0.1), (1.0, 0.0), (0.0, 1.0)), glyphs)
    assert read.probabilities[0, 7] == pytest.approx(25 * 0.1 / (25 * 0.1 + 0.9))


@pytest.mark.parametrize(
    ("others", "digit"),
    [([FLAGGED, ROUND], 1), ([PLAIN, ROUND], 9), ([ROUND, ROUND], 9), ([FLAGGED], 9)],
)
def test_what_is_not_sure_is_read_as_what_it_looks_like_on_its_page(others, digit):
    sure = [(0.0, 1.0) if strokes is ROUND else (1.0, 0.0) for strokes in others]
    scores = answers((0.25, 0.75), *sure, digits=(1, 9))
    read = read_by_hand(scores, np.stack([glyph(strokes) for strokes in (FLAGGED, *others)]))
    assert read.probabilities[0].argmax() == digit
    assert read.probabilities[0].max() < 0.9  # it is not sure all the same
    assert np.array_equal(read.probabilities[1:], scores.probabilities[1:])


def test_what_is_no_digit_stays_so_and_a_sure_answer_is_left_alone():
    glyphs = np.stack([glyph(strokes) for strokes in (HOOK, CROSSED, HOOK)])
    scores = answers((0.4, 0.6), (0.0, 1.0), (0.0, 1.0))
    scores.digit_probability[0] = 0.2
    read = read_by_hand(scores, glyphs)
    assert not read.accepted[0]
    assert read.probabilities[2].argmax() == 7


class HalfSure:
    """A reader that takes every bare hook for a 1 or a 7 alike."""

    def __init__(self, reader):
        self.reader, self.hook = reader, glyph(HOOK).ravel().astype(float)

    def score(self, glyphs):
        scores = self.reader.score(glyphs)
        for row, seen in enumerate(glyphs):
            if np.corrcoef(seen.ravel(), self.hook)[0, 1] > 0.9:
                scores.probabilities[row] = np.eye(10)[[1, 7]].mean(0)
                scores.accepted[row] = False
        return scores


@pytest.mark.parametrize(("seven", "lines"), [(CROSSED, ("41747",)), (HOOK, ("44",))])
def test_a_hook_on_a_page_is_read_by_the_pages_sevens(seven, lines):
    four = [[(25, 0), (0, 60), (60, 60)], [(42, 20), (42, 100)]]
    strokes = {"1": HOOK, "7": seven, "4": four}

    def hand(label, _rng):
        return [np.array(stroke, float) for stroke in strokes[label]]

    page = written._Sheet((300, 900), 100, 11, np.random.default_rng(0), hand)
    page.line("41747", 80, 200)
    reading = read_page(255 - page.ink, HalfSure(Predictor.load("cnn")))
    assert reading.lines == lines
    assert len(reading.digits) == 5
