"""Pictures of anything, brought to a glyph: one as MNIST's are, or one line; the same wherever."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model.files.pictures import ImageError
from model.preprocessing import Steps, preprocess, to_glyphs
from tests.fuzz.effort import tries
from tests.fuzz.refusals import outcome

SIDES = st.integers(1, 60)
LEVELS = st.sampled_from([0, 1, 127, 128, 254, 255]) | st.integers(0, 255)


@st.composite
def pictures(draw) -> np.ndarray:
    """Grey pictures: noise, flat, chequered, a ramp, a line, or a few pixels that differ."""
    height, width = draw(SIDES), draw(SIDES)
    kind = draw(st.sampled_from(["any", "flat", "chequered", "ramp", "lines", "specks", "noise"]))
    if kind == "any":
        return draw(arrays.arrays(np.uint8, (height, width), elements=LEVELS))
    if kind == "noise":
        seed = draw(st.integers(0, 10**6))
        return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    low, high = draw(LEVELS), draw(LEVELS)
    picture = np.full((height, width), low, np.uint8)
    if kind == "chequered":
        step = draw(st.integers(1, 9))
        y, x = np.mgrid[0:height, 0:width] // step
        picture[(x + y) % 2 == 1] = high
    elif kind == "ramp":
        picture[:] = np.linspace(low, high, width).astype(np.uint8)
    elif kind in ("lines", "specks"):
        points = draw(st.lists(st.tuples(st.integers(-5, 65), st.integers(-5, 65)), max_size=9))
        if kind == "lines" and points:
            cv2.polylines(picture, [np.array(points)], False, high, draw(st.integers(1, 30)))
        for x, y in points:
            picture[y % height, x % width] = high
    return picture if draw(st.booleans()) else np.ascontiguousarray(picture.T)


def steps_of(picture: np.ndarray) -> Steps | None:
    """A picture's steps, all as they should be; None where a line says why there are none."""
    steps, _ = outcome(ImageError, preprocess, picture)
    if steps is None:
        return None
    for name in ("grey", "ink", "crop", "scaled", "glyph"):
        assert getattr(steps, name).dtype == np.uint8
    assert steps.glyph.shape == (28, 28)
    assert steps.glyph.any()
    assert max(steps.scaled.shape) in (19, 20)
    left, top, width, height = steps.box
    assert 0 <= left < left + width <= picture.shape[1]
    assert 0 <= top < top + height <= picture.shape[0]
    assert np.array_equal(to_glyphs([picture])[0], steps.glyph)
    return steps


@tries(200)
@given(picture=pictures())
@example(picture=np.zeros((28, 28), np.uint8))
@example(picture=np.zeros((3, 8), np.uint8))
def test_anything_gives_a_glyph_or_a_line(picture):
    steps_of(picture)


@tries(80)
@given(picture=pictures(), channels=st.sampled_from([3, 4]), alpha=st.data())
def test_colour_and_see_through_give_a_glyph_or_a_line(picture, channels, alpha):
    colours = np.repeat(picture[..., None], channels, 2)
    if channels == 4:
        colours[..., 3] = alpha.draw(st.sampled_from([0, 1, 127, 128, 255])) ^ picture
    steps_of(colours)


@tries(100)
@given(
    array=arrays.arrays(
        st.one_of(arrays.scalar_dtypes(), arrays.floating_dtypes(sizes=(32,))),
        arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=12),
    )
)
def test_an_array_of_any_other_kind_is_a_line(array):
    assume(array.dtype != np.uint8)
    with pytest.raises(ImageError, match="uint8"):
        preprocess(array)


def drawn(points: list[tuple[int, int]], pen: int, side: int, ink: int, ground: int) -> np.ndarray:
    """A stroke through points of a 100×100 square, in the middle of a canvas."""
    canvas = np.full((side, side), ground, np.uint8)
    margin = (side - 100) // 2
    cv2.polylines(canvas, [np.array(points) + margin], False, ink, pen, cv2.LINE_AA)
    return canvas


STROKES = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=6, unique=True
).filter(lambda points: max(np.ptp(np.array(points), axis=0)) > 40)
PENS = st.integers(3, 18)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean grey difference as a share of the mean ink, at the best fit within a pixel.

    Glyphs are placed by whole pixels, so a hair's breadth may move one by one.
    """
    moved = [np.roll(other, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(float(np.abs(one.astype(int) - m).mean()) for m in moved) / max(1.0, one.mean())


@tries(40)
@given(points=STROKES, pen=PENS, dark=st.integers(0, 90), light=st.integers(160, 255))
def test_dark_on_light_is_light_on_dark(points, pen, dark, light):
    """To the pixel: the ink is a difference of levels, and that is the same both ways."""
    one = preprocess(drawn(points, pen, 200, ink=dark, ground=light)).glyph
    other = preprocess(255 - drawn(points, pen, 200, ink=dark, ground=light)).glyph
    assert np.array_equal(one, other)


@tries(40)
@given(points=STROKES, pen=PENS, shift=st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_where_on_a_plain_canvas_does_not_matter(points, pen, shift):
    """To the pixel: what is cut out is the same."""
    canvas = drawn(points, pen, 200, 0, 255)
    moved = np.full((300, 300), 255, np.uint8)
    moved[shift[1] : shift[1] + 200, shift[0] : shift[0] + 200] = canvas
    assert np.array_equal(preprocess(moved).glyph, preprocess(canvas).glyph)


@tries(15)
@given(points=STROKES, pen=st.integers(6, 12))
def test_every_pixel_made_four_is_the_same_picture(points, pen):
    """Within a third of the ink: smooth edges become steps, and the pen, measured in whole pixels,
    may come out a pixel in eight wider; both move the edges of a stroke, half of it at 28×28. A
    mere dash is left out: its two and a half pixels of height become two, or three."""
    assume(min(np.ptp(np.array(points), axis=0)) > 20)
    larger = [(4 * x, 4 * y) for x, y in points]
    canvas = np.full((520, 520), 255, np.uint8)
    cv2.polylines(canvas, [np.array(larger) + 60], False, 0, 4 * pen, cv2.LINE_AA)
    doubled = np.kron(canvas, np.ones((2, 2), np.uint8))
    assert difference(preprocess(canvas).glyph, preprocess(doubled).glyph) < 0.33
