import numpy as np
import pytest

from model.inference.explain import (
    FOR_DIGIT,
    FOR_RUNNER_UP,
    NEUTRAL,
    PAPER,
    Reasons,
    explain,
    paint,
)
from model.inference.predictor import Predictor
from model.preprocessing import preprocess

# Strokes on a 280 px canvas
OPEN_FOUR = [(80, 50), (80, 150), (200, 150)], [(200, 50), (195, 240)]
CURLED_THREE = (
    [(95, 110), (88, 80), (110, 55), (160, 50), (190, 80), (180, 120), (140, 140)]
    + [(185, 160), (195, 205), (165, 235), (115, 232), (88, 205), (95, 175)],
)
RING_NINE = ([(180, 100), (140, 60), (100, 90), (120, 130), (170, 120), (180, 80), (170, 230)],)
CROSSED_SEVEN = [(80, 70), (190, 70), (120, 220)], [(105, 145), (185, 145)]
CROSSED_HOOK = [(80, 100), (165, 60), (150, 225)], [(110, 150), (200, 144)]  # a one without bar


@pytest.fixture
def why(reader, canvas):
    def ask(strokes, digit=None, against=None):
        glyph = preprocess(canvas(*strokes, pen=20)).glyph
        probabilities = reader.score(glyph[None]).probabilities[0]
        assert digit in (None, probabilities.argmax())
        return glyph, explain(glyph, reader, probabilities, against)

    return ask


def bounds(glyph):
    rows, columns = (np.flatnonzero((glyph > 127).any(axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def test_closing_the_gap_of_a_four_would_make_it_a_nine(why):
    glyph, reasons = why(OPEN_FOUR, 4, 9)
    assert (reasons.digit, reasons.runner_up) == (4, 9)
    top, bottom, left, right = bounds(glyph)
    blank = (glyph == 0) * reasons.for_runner_up
    gap = np.zeros_like(blank)
    gap[: top + (bottom - top) // 3, left:right] = 1
    assert (blank * gap).sum() > 0.7 * blank.sum()
    assert blank.max() > 1  # nat: it would be far more of a nine


def test_closing_the_left_of_a_three_would_make_it_an_eight(why):
    glyph, reasons = why(CURLED_THREE, 3, 8)
    _, _, left, right = bounds(glyph)
    blank = (glyph == 0) * reasons.for_runner_up
    half = (left + right) // 2
    assert blank[:, left:half].sum() > 1.5 * blank[:, half:right].sum()


def test_the_bar_across_a_hook_speaks_for_seven_against_one(why):
    glyph, reasons = why(CROSSED_HOOK, 7, 1)
    top, bottom, _, _ = bounds(glyph)
    bar = (top + bottom) // 2
    foot = reasons.for_digit[bottom - 5 : bottom][glyph[bottom - 5 : bottom] > 127].mean()
    assert reasons.for_digit[bar - 1 : bar + 2][glyph[bar - 1 : bar + 2] > 127].mean() > 2 * foot


def test_wiping_what_spoke_most_costs_the_digit_most(why, reader):
    glyph, reasons = why(CROSSED_SEVEN, 7, 1)
    ink = np.flatnonzero(glyph > 127)
    ranked = ink[np.argsort(reasons.for_digit.ravel()[ink], kind="stable")]
    wiped = np.stack([glyph.ravel()] * 2)
    fifth = len(ink) // 5
    for row, part in zip(wiped, (ranked[-fifth:], ranked[:fifth]), strict=True):
        row[part] = 0
    left = reader.score(wiped.reshape(2, 28, 28)).probabilities
    without_strong, without_weak = left[:, 7] / left[:, 1]  # the odds that were explained
    assert without_strong < without_weak


@pytest.mark.parametrize(("strokes", "rival"), [(CURLED_THREE, 8), (RING_NINE, 7)])
def test_a_sure_digit_is_compared_with_what_it_would_most_easily_be(why, strokes, rival):
    _, reasons = why(strokes)
    assert reasons.runner_up == rival


def test_a_likely_second_digit_is_the_runner_up(why, reader):
    glyph, reasons = why(CURLED_THREE)
    probabilities = np.full(10, 0.001)
    probabilities[[3, 5]] = 0.96, 0.032
    assert explain(glyph, reader, probabilities).runner_up == 5 != reasons.runner_up


def test_only_ink_speaks_for_the_digit_and_reasons_are_never_negative(why):
    glyph, reasons = why(CROSSED_SEVEN)
    assert not reasons.for_digit[glyph == 0].any()
    assert reasons.for_digit.min() >= 0
    assert reasons.for_runner_up.min() >= 0
    assert not reasons.for_runner_up[:2].any()
    assert not reasons.for_runner_up[:, :2].any()


@pytest.mark.parametrize("name", ["linear", "mlp100"])
def test_networks_that_know_no_other_class_are_explained_as_well(name, canvas):
    reader = Predictor.load(name)
    glyph = preprocess(canvas(*CROSSED_SEVEN, pen=20)).glyph
    probabilities = reader.score(glyph[None]).probabilities[0]
    reasons = explain(glyph, reader, probabilities)
    assert reasons.digit == probabilities.argmax()
    assert reasons.for_digit.max() > 0


def test_colours_say_what_the_reasons_say():
    glyph = np.zeros((28, 28), np.uint8)
    glyph[10, 5:9] = 255
    pro, con = np.zeros((2, 28, 28), np.float32)
    pro[10, 5], con[10, 6], con[20, 20] = 3, 3, 3
    picture = paint(glyph, Reasons(4, 9, pro, con))
    assert tuple(picture[10, 5]) == FOR_DIGIT
    assert tuple(picture[10, 6]) == FOR_RUNNER_UP
    assert tuple(picture[10, 7]) == NEUTRAL
    assert tuple(picture[0, 0]) == PAPER
    tint = picture[20, 20].astype(int)
    assert tint[0] > tint[1] > tint[2]  # orange, paler than ink
    assert tint.sum() > sum(FOR_RUNNER_UP)
    weak = paint(glyph, Reasons(4, 9, 0.01 * pro, 0 * con))
    assert tuple(weak[10, 5]) == NEUTRAL
