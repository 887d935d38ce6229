"""Writing styles that are rare in MNIST but common elsewhere, drawn onto MNIST's glyphs.

As in `augmentation`, ink is float32 (n, 28, 28) in [0, 1], and a `seed` is an int32 pair for
TensorFlow's stateless generators. `chosen` is bool (n,): the glyphs that get a style.
"""

from __future__ import annotations

import tensorflow as tf

from model.preprocessing import GLYPH_SIDE

_SIDE = GLYPH_SIDE
AXIS = tf.range(_SIDE, dtype=tf.float32)
PIXELS = tf.stack(tf.meshgrid(AXIS, AXIS), 2)  # float32 (28, 28, 2): each pixel's (x, y)


def styles(ink, labels, seed):
    """Add slashes, bars, flags, feet and gaps to a share of the glyphs."""
    seeds = split_seed(seed, 6)
    ink = slash_zeros(ink, _some(labels == 0, 0.25, seeds[0]), seeds[0])
    ink = cross_sevens(ink, _some(labels == 7, 0.25, seeds[1]), seeds[1])
    ink = flag_ones(ink, _some(labels == 1, 0.25, seeds[2]), seeds[2])
    ink = foot(ink, _some((labels == 1) | (labels == 7), 0.15, seeds[3]), seeds[3])
    ink = detach_bars(ink, _some(labels == 5, 0.15, seeds[4]), seeds[4])
    return gaps(ink, _some(labels != 1, 0.15, seeds[5]), seeds[5])


def slash_zeros(ink, chosen, seed):
    """Draw a slash or an upright bar through the chosen glyphs, within the ring or beyond it."""
    left, top, right, bottom = bounds(ink)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    reach, lean, upright = uniform(seed, ink, (0.25, 0.25, 0), (0.75, 1.0, 1))
    half_height = (bottom - top) * reach
    half_width = tf.where(upright < 0.3, lean * 0.8, (right - left) * lean * reach + 1)
    start = tf.stack([middle_x - half_width, middle_y + half_height], 1)
    end = tf.stack([middle_x + half_width, middle_y - half_height], 1)
    return _add_line(ink, start, end, chosen, seed)


def cross_sevens(ink, chosen, seed):
    """Draw a crossbar through the chosen glyphs' stems, a little below the middle."""
    _, top, _, bottom = bounds(ink)
    height, reach, tilt = uniform(seed, ink, (0.40, 2.5, -1.5), (0.65, 6, 1.5))
    y = top + (bottom - top) * height
    x = _row_centre(ink, y)
    start = tf.stack([x - reach, y + tilt], 1)
    end = tf.stack([x + reach, y - tilt], 1)
    return _add_line(ink, start, end, chosen, seed)


def flag_ones(ink, chosen, seed):
    """Draw a flag, short or long, down to the left from the top of the chosen glyphs."""
    _, top, _, bottom = bounds(ink)
    across, down = uniform(seed, ink, (2.0, 2.5), (9.0, 13.0))
    x = _row_centre(ink, top + 1)
    start = tf.stack([x, top + 0.5], 1)
    end = tf.stack([x - across, tf.minimum(top + down, bottom)], 1)
    return _add_line(ink, start, end, chosen, seed)


def foot(ink, chosen, seed):
    """Draw a foot under the chosen glyphs, to both sides or to one."""
    bottom = bounds(ink)[3]
    to_left, to_right, tilt = uniform(seed, ink, (0, 0, -0.7), (6.5, 6.5, 0.7))
    x = _row_centre(ink, bottom - 1)
    y = bottom - 0.5
    start = tf.stack([x - to_left, y + tilt], 1)
    end = tf.stack([x + to_right, y - tilt], 1)
    return _add_line(ink, start, end, chosen, seed)


def detach_bars(ink, chosen, seed):
    """Detach the chosen glyphs' top bar by a thin slanted gap near the upper left."""
    left, top, right, bottom = bounds(ink)
    along, down, width = uniform(seed, ink, (0.25, 0.10, 0.6), (0.55, 0.22, 1.2))
    x, y = left + (right - left) * along, top + (bottom - top) * down
    centre = tf.stack([x, y], 1)
    erased = line(centre - 2.5, centre + 2.5, width * 2)
    return tf.where(chosen[:, None, None], ink * (1 - erased), ink)


def gaps(ink, chosen, seed):
    """Erase a small disc from a stroke of the chosen glyphs, as when the pen is lifted."""
    flat = tf.reshape(ink, [-1, _SIDE * _SIDE])
    spot = tf.random.stateless_categorical(tf.math.log(flat + 1e-6), 1, seed)[:, 0]
    spot = tf.cast(tf.stack([spot % _SIDE, spot // _SIDE], 1), tf.float32)
    (radius,) = uniform(seed, ink, (0.8,), (2.2,))
    erased = line(spot, spot + 0.01, radius * 2)
    return tf.where(chosen[:, None, None], ink * (1 - erased), ink)


def bounds(ink):
    """(left, top, right, bottom) of ink (n, 28, 28) in pixels, each float32 (n,), right exclusive.

    Pixels above 0.25 count as ink; a glyph without ink gives the whole frame.
    """
    full = tf.cast(ink > 0.25, tf.float32)
    rows, columns = tf.reduce_max(full, 2), tf.reduce_max(full, 1)
    rows = tf.where(tf.reduce_max(rows, 1, keepdims=True) > 0, rows, 1)
    columns = tf.where(tf.reduce_max(columns, 1, keepdims=True) > 0, columns, 1)
    first = [tf.cast(tf.argmax(side, 1), tf.float32) for side in (columns, rows)]
    last = [_SIDE - tf.cast(tf.argmax(s[:, ::-1], 1), tf.float32) for s in (columns, rows)]
    return first[0], first[1], last[0], last[1]


def line(start, end, width):
    """Render one straight stroke per glyph: start, end (n, 2) as (x, y), width (n,), in pixels."""
    way = (end - start)[:, None, None]
    offset = PIXELS - start[:, None, None]
    along = tf.reduce_sum(offset * way, 3) / (tf.reduce_sum(way * way, 3) + 1e-6)
    nearest = tf.clip_by_value(along, 0, 1)[..., None] * way
    distance = tf.norm(offset - nearest + 1e-6, axis=3)
    return tf.clip_by_value(0.5 + width[:, None, None] / 2 - distance, 0, 1)


def stroke_width(ink):
    """Estimate each glyph's stroke width in pixels, (n,): twice its area over its perimeter."""
    area = tf.reduce_sum(ink, [1, 2])
    dx, dy = tf.image.image_gradients(ink[..., None])
    outline = tf.reduce_sum(tf.sqrt(tf.square(dx) + tf.square(dy) + 1e-8), [1, 2, 3])
    return tf.clip_by_value(2 * area / (outline + 1e-3), 1.2, 4.5)


def _add_line(ink, start, end, chosen, seed):
    """Add a stroke about as wide as the glyph's own to the chosen glyphs."""
    (factor,) = uniform(split_seed(seed, 2)[1], ink, (0.7,), (1.2,))
    return tf.where(
        chosen[:, None, None], tf.maximum(ink, line(start, end, stroke_width(ink) * factor)), ink
    )


def _row_centre(ink, y):
    """Mean x of the ink in the two rows around height y (n,): where the stem is."""
    weight = tf.nn.relu(1.5 - tf.abs(AXIS[None] - y[:, None]))
    row = tf.einsum("nyx,ny->nx", ink, weight)
    return tf.einsum("nx,x->n", row, AXIS) / (tf.reduce_sum(row, 1) + 1e-3)


def uniform(seed, like, low, high):
    """Draw from U(low, high) for each pair of bounds and each item of `like`: float32 (n,) each."""
    draws = tf.random.stateless_uniform([len(low), tf.shape(like)[0]], seed)
    return [a + (b - a) * draws[i] for i, (a, b) in enumerate(zip(low, high, strict=True))]


def _some(mask, share, seed):
    """Choose a random share of the true entries of a boolean mask (n,)."""
    return mask & (tf.random.stateless_uniform(tf.shape(mask), split_seed(seed, 2)[0]) < share)


def split_seed(seed, count):
    """Make `count` independent seeds from one."""
    return tf.unstack(tf.random.split(seed, count), num=count)
