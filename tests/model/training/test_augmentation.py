"""Each style's effect is asserted on pixels, on strokes drawn for the purpose."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from model.data import strokes
from model.preprocessing import is_canonical, to_glyphs
from model.training import augmentation, styles
from model.training.augmentation import Banks, draw
from model.training.styles import bounds, line

SEEDS = [tf.constant([5, i]) for i in range(12)]
COUNT = 24


def frame(*lines, width=2.5):
    """Ink (COUNT, 28, 28) of straight strokes (x0, y0, x1, y1)."""
    ink = np.zeros((1, 28, 28), np.float32)
    for x0, y0, x1, y1 in lines:
        start, end = tf.constant([[x0, y0]]), tf.constant([[x1, y1]])
        ink = np.maximum(ink, line(start, end, tf.constant([width])))
    return tf.constant(np.repeat(ink, COUNT, 0))


@pytest.fixture(scope="module")
def ring():
    y, x = np.mgrid[:28, :28]
    distance = np.abs(np.hypot((x - 13.5) / 0.75, y - 13.5) - 8.5)
    return tf.constant(np.repeat(np.clip(1.7 - distance, 0, 1)[None], COUNT, 0), tf.float32)


one = frame((14.0, 4.0, 14.0, 23.0))
seven = frame((8.0, 5.0, 19.0, 5.0), (19.0, 5.0, 12.0, 23.0))
five = frame((8.0, 5.0, 19.0, 5.0), (9.0, 5.0, 8.5, 12.0), (8.5, 12.0, 18.0, 17.0),
             (18.0, 17.0, 9.0, 23.0))  # fmt: skip
everyone = tf.fill([COUNT], True)
nobody = tf.fill([COUNT], False)


def holes(ink) -> list[int]:
    """Closed loops of each frame: regions of ground that the border's ground does not reach."""
    return [ndimage.label(np.pad(i, 1) < 0.5)[1] - 1 for i in np.asarray(ink)]


def parts(ink) -> list[int]:
    """Connected pieces of ink of each frame."""
    return [ndimage.label(i > 0.5, np.ones((3, 3)))[1] for i in np.asarray(ink)]


@pytest.mark.parametrize("name", ["slash_zeros", "cross_sevens", "flag_ones", "foot",
                                  "detach_bars", "gaps"])  # fmt: skip
def test_a_style_touches_only_the_chosen(name, ring):
    style = getattr(styles, name)
    np.testing.assert_array_equal(style(ring, nobody, SEEDS[0]), ring)
    assert np.abs(style(ring, everyone, SEEDS[0]) - ring).sum() > COUNT


def test_a_slash_parts_a_zero_and_may_leave_it(ring):
    slashed = np.asarray(styles.slash_zeros(ring, everyone, SEEDS[0]))
    assert np.median(holes(ring)) == 1
    assert np.mean(np.array(holes(slashed)) == 2) > 0.4
    assert (slashed[:, 12:16, 11:17].max((1, 2)) > 0.9).all()  # through the middle
    tops = np.asarray(bounds(tf.constant(slashed))[1])
    assert tops.min() < np.asarray(bounds(ring)[1]).min()  # some go beyond


def test_a_crossbar_lies_across_the_stem_of_a_seven():
    added = np.asarray(styles.cross_sevens(seven, everyone, SEEDS[0]) - seven)
    rows = added.sum(2)
    height = (rows * np.arange(28)).sum(1) / rows.sum(1)
    assert ((height > 9) & (height < 19)).all()
    columns = (added.max(1) > 0.3).sum(1)
    assert (columns >= 2).all()
    assert np.median(columns) >= 4


def test_a_flag_hangs_to_the_left_of_the_top_of_a_one():
    added = np.asarray(styles.flag_ones(one, everyone, SEEDS[0]) - one)
    assert added[:, :, 15:].sum() < 0.1 * added.sum()
    assert (added[:, :16, :13].sum((1, 2)) > 1).all()
    assert np.ptp(np.asarray(bounds(tf.maximum(one, added))[0])) > 3  # short and long


def test_a_foot_stands_under_a_one():
    added = np.asarray(styles.foot(one, everyone, SEEDS[0]) - one)
    assert added[:, :20].sum() == 0
    assert (added[:, 20:, :12].sum((1, 2)) > 0.5).any()
    assert (added[:, 20:, 17:].sum((1, 2)) > 0.5).any()


def test_the_bar_of_a_five_comes_off():
    assert set(parts(five)) == {1}
    cut = [parts(styles.detach_bars(five, everyone, seed)) for seed in SEEDS]
    assert np.mean(np.array(cut) >= 2) > 0.3


def test_a_gap_opens_loops(ring):
    opened = np.array([holes(styles.gaps(ring, everyone, seed)) for seed in SEEDS])
    assert np.mean(opened == 0) > 0.3
    wiped = ring - styles.gaps(ring, everyone, SEEDS[0])
    assert (np.asarray(wiped).sum((1, 2)) < 0.4 * np.asarray(ring).sum((1, 2))).all()


def test_canonicalise_does_what_serving_does(seven):
    """A glyph shrunk and moved comes back to the size and place preprocessing gives it."""
    glyph = to_glyphs([seven])[0].astype(np.float32) / 255
    small = np.zeros((COUNT, 28, 28), np.float32)
    small[:, 2:16, 10:24] = glyph.reshape(14, 2, 14, 2).mean((1, 3))
    back = np.asarray(augmentation.canonicalise(tf.constant(small), SEEDS[0]))
    left, top, right, bottom = (np.asarray(side) for side in bounds(tf.constant(back)))
    size = np.maximum(right - left, bottom - top)
    assert ((size >= 18) & (size <= 22)).all()
    centre = [(b * np.arange(28)).sum() / b.sum() for b in back.sum(1)]
    assert np.abs(np.array(centre) - 14).max() < 0.8
    assert np.abs(back.mean(0) - glyph).mean() < 0.08


def test_warp_bends_but_keeps_ink(ring):
    warped = np.asarray(augmentation.warp(ring, SEEDS[0]))
    assert np.abs(warped - ring).mean((1, 2)).min() > 0.01
    assert warped.sum() == pytest.approx(np.asarray(ring).sum() / 1.12**2, rel=0.15)
    assert not np.array_equal(warped[0], warped[1])


def test_pens_differ_in_width_and_edge(ring):
    drawn = np.asarray(augmentation.pen(ring, SEEDS[0]))
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    mass = drawn.sum((1, 2)) / np.asarray(ring).sum((1, 2))
    assert mass.max() > 1.15
    assert mass.min() < 1.02
    assert (np.asarray(augmentation.pen(tf.zeros_like(ring), SEEDS[1])) < 0.5).all()


@pytest.mark.parametrize("symbol", ["083068 1555", "3038", "0464", "3232 3636"])
def test_a_drawn_symbol_is_placed_as_a_glyph(symbol):
    bank = tf.constant(strokes.bank([symbol] * COUNT))
    ink = draw(bank, SEEDS[0])
    left, top, right, bottom = (np.asarray(side) for side in bounds(ink))
    size = np.maximum(right - left, bottom - top)
    assert ((size >= 18) & (size <= 22)).all()
    assert len({np.asarray(i).tobytes() for i in ink}) == COUNT  # no two hands alike


def test_every_symbol_can_be_drawn():
    symbols = [s for shapes in strokes.DIGIT_STROKES.values() for s in shapes] + list(
        strokes.NON_DIGITS
    )
    bank = strokes.bank(symbols)
    assert bank.shape == (len(symbols), 2, strokes.POINTS, 2)
    assert bank[:, 0].min() >= 0
    assert bank[..., 0].max() < 8
    steps = np.linalg.norm(np.diff(bank, axis=2), axis=3)
    assert np.quantile(steps, 0.95) * 20 / 8 < 1.3  # px between points, pen-ups apart


def test_coarse_glyphs_lose_detail_and_nothing_else(ring, monkeypatch):
    monkeypatch.setattr(augmentation, "COARSE", 1.0)
    fine = np.asarray(augmentation.canonicalise(ring, SEEDS[0]))
    coarse = np.asarray(augmentation.coarsen(tf.constant(fine), SEEDS[1]))

    def edges(ink):
        return np.abs(ink - ndimage.uniform_filter(ink, (1, 3, 3))).sum((1, 2))

    assert edges(coarse).mean() < 0.85 * edges(fine).mean()
    assert coarse.min() >= 0
    assert coarse.max() <= 1
    assert (coarse.max((1, 2)) > 0.9).all()
    moved = [np.subtract(ndimage.center_of_mass(a), ndimage.center_of_mass(b))
             for a, b in zip(coarse, fine, strict=True)]  # fmt: skip
    assert np.abs(moved).max() < 0.6


def test_a_batch_holds_digits_and_non_digits_with_their_labels(digits):
    glyphs = to_glyphs(digits.train.images[:64])
    labels = digits.train.labels[:64].astype(np.int32)
    images, answers = augmentation.augment(glyphs, labels, SEEDS[0], Banks(1))
    assert images.shape == (len(answers), 28, 28, 1)
    assert images.dtype == tf.float32
    np.testing.assert_array_equal(answers[:64], labels)
    kept = np.abs(np.asarray(images[:64, :, :, 0]) * 255 - glyphs).max((1, 2)) < 0.01
    assert 0.15 < kept.mean() < 0.6
    others = np.asarray(answers) == augmentation.NON_DIGIT
    assert others.sum() == np.ceil(64 * np.float32(augmentation.NON_DIGITS))
    assert len(answers) - 64 - others.sum() == np.ceil(64 * np.float32(augmentation.STROKE_DIGITS))


def test_a_seed_gives_the_same_batch(digits):
    glyphs = to_glyphs(digits.train.images[:32])
    labels = digits.train.labels[:32].astype(np.int32)
    batches = [augmentation.augment(glyphs, labels, seed, Banks(1))[0] for seed in
               (SEEDS[0], SEEDS[0], SEEDS[1])]  # fmt: skip
    np.testing.assert_array_equal(batches[0], batches[1])
    assert np.abs(batches[0] - batches[2]).mean() > 0.01


def test_training_puts_glyphs_where_serving_does(ring, digits):
    """The last step of training's geometry agrees with serving's, on average to a third of a px."""
    warped = augmentation.canonicalise(augmentation.warp(ring, SEEDS[2]), SEEDS[3])
    drawn, _ = augmentation.stroke_digits(tf.constant(300), SEEDS[4], Banks(1))
    for ink in (np.asarray(warped), np.asarray(drawn)):
        served = to_glyphs(list(np.round(ink * 255).astype(np.uint8)))
        assert all(is_canonical(glyph) for glyph in served)
        moved = [np.subtract(ndimage.center_of_mass(a), ndimage.center_of_mass(b))
                 for a, b in zip(served, ink, strict=True)]  # fmt: skip
        assert np.abs(np.mean(moved, axis=0)).max() < 0.33
