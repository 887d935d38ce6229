"""Changes made on purpose: what they do to pixels, how they are counted, and what is said."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from report.charts import robustness, style
from report.evaluation.robustness import (
    PERTURBATIONS,
    add_noise,
    blur,
    invert,
    measure_robustness,
    occlude,
    rotate,
    scale,
    shift,
    stratified_sample,
    widen_pen,
)
from report.numbers.curves import Curve
from report.numbers.formats import NARROW_SPACE


@pytest.fixture
def bar():
    """Two images of an upright bar, 4 wide and 18 high, in the middle."""
    image = np.zeros((2, 28, 28), np.uint8)
    image[:, 5:23, 12:16] = 255
    return image


@pytest.mark.parametrize("way", PERTURBATIONS, ids=lambda way: way.name)
def test_every_change_keeps_the_form_changes_something_and_repeats(way, bar):
    before = bar.copy()
    for level in way.levels:
        changed = way.apply(bar, level)
        assert (changed.shape, changed.dtype) == (bar.shape, np.uint8)
        assert not np.array_equal(changed, bar)
        assert np.array_equal(changed, way.apply(bar, level))
    assert np.array_equal(bar, before)


def test_a_quarter_turn_lays_the_bar_down_and_turns_are_anticlockwise(bar):
    assert np.array_equal(rotate(bar, 90), np.rot90(bar, axes=(1, 2)))
    bar[:, 14:] = 0  # only its upper half is left: it tips to the left
    x = (rotate(bar, 45)[0].sum(axis=0) * np.arange(28)).sum() / rotate(bar, 45)[0].sum()
    assert x < 12


def test_a_shift_moves_every_pixel_by_whole_steps_and_both_ways(bar):
    many = np.repeat(bar, 40, axis=0)
    moved = shift(many, 3)
    offsets = {
        (dy, dx)
        for image in moved
        for dy in (-3, 0, 3)
        for dx in (-3, 0, 3)
        if np.array_equal(image, np.roll(bar[0], (dy, dx), axis=(0, 1)))
    }
    assert offsets == {(y, x) for y in (-3, 0, 3) for x in (-3, 0, 3)} - {(0, 0)}


@pytest.mark.parametrize(("factor", "height"), [(0.5, 9), (1.4, 25)])
def test_scaling_changes_the_height_about_the_centre(bar, factor, height):
    rows = np.flatnonzero(scale(bar, factor)[0].max(axis=1) > 127)
    assert len(rows) == pytest.approx(height, abs=1)
    assert rows.mean() == pytest.approx(13.5, abs=0.6)


@pytest.mark.parametrize("change", [-1, 1, 2, 3])
def test_the_pen_widens_by_the_pixels_asked_for(bar, change):
    changed = widen_pen(bar, change)[0]
    assert changed[14].sum() / 255 == pytest.approx(4 + change, abs=0.3)


def test_noise_has_the_deviation_asked_for_and_differs_between_images():
    grey = np.full((3, 28, 28), 128, np.uint8)
    noisy = add_noise(grey, 20).astype(float)
    assert noisy.std() == pytest.approx(20, rel=0.05)
    assert noisy.mean() == pytest.approx(128, abs=1.5)
    assert not np.array_equal(noisy[0], noisy[1])


def test_blur_spreads_ink_and_loses_none():
    dot = np.zeros((1, 28, 28), np.uint8)
    dot[0, 14, 14] = 255
    spread = blur(dot, 1.0)[0]
    assert spread[14, 14] == pytest.approx(255 / (2 * np.pi), rel=0.1)
    assert spread.sum() == pytest.approx(255, rel=0.15)


def test_a_hidden_square_is_black_of_the_side_asked_for_and_nothing_else_changes():
    white = np.full((20, 28, 28), 255, np.uint8)
    places = set()
    for image in occlude(white, 6):
        box = cv2.boundingRect((image == 0).astype(np.uint8))
        assert box[2:] == (6, 6)
        assert (image == 0).sum() == 36
        places.add(box[:2])
    assert len(places) > 10


def test_inversion_is_its_own_inverse(bar):
    assert np.array_equal(invert(invert(bar, 1), 1), bar)
    assert invert(bar, 1)[0, 0, 0] == 255


@settings(max_examples=50)
@given(some.lists(some.integers(0, 4), min_size=1, max_size=120), some.integers(1, 60))
def test_a_sample_has_each_class_by_its_share(labels, size):
    labels = np.array(labels)
    rows = stratified_sample(labels, size)
    assert len(rows) == min(size, len(labels)) == len(set(rows.tolist()))
    found, all_ = (np.bincount(some_, minlength=5) for some_ in (labels[rows], labels))
    assert np.abs(found - all_ * len(rows) / len(labels)).max() < 1 + 1e-9
    assert np.array_equal(rows, stratified_sample(labels, size))


def by_mean_brightness(images: np.ndarray) -> np.ndarray:
    """A reader that any darkening or brightening misleads."""
    return (images.mean(axis=(1, 2)) > 100).astype(int)


def test_curves_count_what_is_still_read_and_prepared_pictures_apart(bar):
    images = np.concatenate([bar, 255 - bar])
    labels = np.array([0, 0, 1, 1])
    curves = measure_robustness(images, labels, by_mean_brightness, lambda shown: labels)
    by_name = {curve.name: curve for curve in curves}
    inverted = by_name["inversion"]
    assert (inverted.levels, inverted.correct, inverted.prepared) == ((0, 1), (4, 0), (4, 4))
    assert by_name["rotation"].prepared is None
    for curve, way in zip(curves, PERTURBATIONS, strict=True):
        assert curve.unchanged.count == 4
        assert set(curve.levels) == {way.neutral, *way.levels}
        for level, correct in zip(curve.levels, curve.correct, strict=True):
            if level != way.neutral:
                expected = by_mean_brightness(way.apply(images, level)) == labels
                assert correct == expected.sum()


def test_a_picture_without_ink_after_preparation_counts_as_misread():
    from model.inference.predictor import Predictor
    from report.evaluation.bundles import _prepared_readings

    pictures = np.zeros((3, 28, 28), np.uint8)
    pictures[1, 4:24, 13:15] = 255
    found = _prepared_readings(Predictor.load("linear"), pictures)
    assert found[0] == found[2] == -1
    assert 0 <= found[1] <= 9


def test_preparation_undoes_inversion_on_real_digits(digits):
    from functools import partial

    from model.inference.predictor import Predictor
    from model.preprocessing import to_glyphs
    from report.evaluation.bundles import _prepared_readings, _readings

    few = digits.test.take(np.arange(120))
    predictor = Predictor.load("linear")
    curves = measure_robustness(
        to_glyphs(few.images), few.labels, partial(_readings, predictor),
        partial(_prepared_readings, predictor),
    )  # fmt: skip
    inversion = next(curve for curve in curves if curve.name == "inversion")
    assert inversion.correct[1] < inversion.correct[0] / 2
    assert inversion.prepared[1] > 0.9 * inversion.prepared[0]


def test_the_title_names_what_a_user_would_meet(summary):
    found = robustness.find(summary.robustness)
    assert found.title.replace(NARROW_SPACE, " ") == (
        "Hardest of these to read: turned (−30°), 40.0 % instead of 96.0 % read correctly"
    )
    assert "inverted 94.0" in found.alt
    assert [row[:2] for row in found.table.rows[:3]] == [
        ("Turned", "−30°"), ("Turned", "unchanged"), ("Turned", "+30°"),
    ]  # fmt: skip
    assert found.table.rows[4][2:5:2] == (0.1, 0.94)


def test_the_drawing_marks_where_nothing_is_changed(summary):
    figure = robustness.draw(summary.robustness)
    first, second, *others = figure.axes
    assert not any(axes.axison for axes in others)
    line, dot = first.lines
    assert list(line.get_ydata()) == [0.4, 0.96, 0.5]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (0, 0.96)
    assert len(second.lines) == 3
    assert {t.get_text() for t in second.texts} == {"after preparation", "network alone"}
    assert first.get_ylim()[0] == 0
    style.encode(robustness.draw(summary.robustness[:1]))


def test_curves_survive_json(summary):
    for curve in summary.robustness:
        assert Curve.from_json(json.loads(json.dumps(curve.to_json()))) == curve
