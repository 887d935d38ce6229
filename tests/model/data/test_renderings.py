"""Tracks drawn: where the ink lies, what a hand may vary, and that chance hangs on the seed."""

import numpy as np
import pytest
from scipy import ndimage

from model.data.hands import rewritten
from model.data.pen_tracks import Look, PenTrack, draw, others_of
from model.data.renderings import DRAWINGS, PenGlyphs, render, render_plainly, varied
from model.preprocessing import is_canonical, preprocess

ONE = np.array([[0, 0], [0, 50], [0, 100]], np.float32)
ROUND = np.linspace(0, 2 * np.pi, 40)
RING = np.stack([30 * np.sin(ROUND), -50 * np.cos(ROUND)], 1).astype(np.float32)


def track(label, *strokes):
    return PenTrack(strokes, label, "aga/anna", "unipen")


def test_a_drawing_lies_where_its_look_says():
    look = Look(side=200, size=0.5, pen=0.04, middle=(0.4, 0.6))
    rows, columns = np.nonzero(draw([ONE], look) < 128)
    assert columns.mean() == pytest.approx(80, abs=1)
    assert rows.mean() == pytest.approx(120, abs=1)
    assert np.ptp(rows) == pytest.approx(100 + 8, abs=2)
    assert np.ptp(columns) == pytest.approx(8, abs=2)


def test_a_slant_moves_the_top_to_the_right_and_a_turn_goes_clockwise():
    leaning = draw([ONE], Look(slant=0.3)) < 128
    assert np.nonzero(leaning[:100])[1].mean() > np.nonzero(leaning[180:])[1].mean() + 20
    turned = draw([ONE], Look(turn=0.3)) < 128
    assert np.nonzero(turned[:100])[1].mean() > np.nonzero(turned[180:])[1].mean() + 20


def test_a_single_point_is_a_dot():
    assert (draw([ONE, ONE[:1] + 40], Look(pen=0.05)) < 128).sum() > 0


def test_hard_edges_hold_ink_or_none():
    assert set(np.unique(draw([RING], Look(is_soft=False)))) == {0, 255}
    assert len(np.unique(draw([RING], Look()))) > 2


def test_what_is_drawn_is_what_preprocessing_makes_of_a_canvas():
    glyphs = render_plainly([track("0", RING)] * 8, seed=1)
    assert all(is_canonical(glyph) for glyph in glyphs)
    same = preprocess(draw([RING], Look())).glyph.astype(float)
    assert np.abs(glyphs - same).mean() < 12  # the pen's width differs, little else


def test_the_same_seed_gives_the_same_drawings():
    tracks = [track("0", RING), track("1", ONE)]
    first, again, other = (render(tracks, 3, seed) for seed in (1, 1, 2))
    assert first.shape == (6, 28, 28)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any((1, 2)).all()


def test_every_track_gives_ink_whatever_the_medium():
    assert (render([track("1", ONE)], 60, seed=3).max((1, 2)) > 100).all()


def test_some_zeros_are_slashed_and_some_stay_open():
    random = np.random.default_rng(0)
    counts = [len(rewritten(track("0", RING), random)) for _ in range(100)]
    assert {1, 2} == set(counts)
    assert 5 < counts.count(2) < 40


def test_some_ones_get_an_upstroke_that_is_steep():
    random = np.random.default_rng(0)
    slopes = []
    for _ in range(200):
        first = rewritten(track("1", ONE), random)[0]
        top = first[first[:, 1].argmin()]
        reach = first[:, 0].max() - first[:, 0].min()
        if reach > 0.25 and np.argmin(first[:, 1]) > 3:
            slopes.append((first[0, 1] - top[1]) / max(1e-3, top[0] - first[0, 0]))
    assert len(slopes) > 10
    assert np.median(slopes) > 0.5


def test_a_picture_is_dark_ink_on_light_ground():
    random = np.random.default_rng(0)
    for _ in range(30):
        picture = varied(track("0", RING), random)
        assert picture.dtype == np.uint8
        assert np.median(picture) > 100
        assert ndimage.label(picture < np.median(picture) - 15)[1] >= 1


def test_look_alikes_are_neither_digits_nor_others():
    tracks = [track(label, RING) for label in ("0", "o", "O", "x", "-", "A", ".")]
    assert [t.label for t in others_of(tracks)] == ["x", "A"]
    glyphs = PenGlyphs.drawn(tracks, seed=1)
    assert glyphs.digits.shape == (DRAWINGS, 28, 28)
    assert glyphs.others.shape == (2, 28, 28)
    assert glyphs.labels.tolist() == [0] * DRAWINGS
