"""Data augmentation of whole batches: geometry, pen, writing styles and non-digits.

Every function takes and returns float32 ink in [0, 1] of shape (n, 28, 28) and a `seed`, an int32
pair for TensorFlow's stateless generators, so that a seed gives the same batch in every run. After
the geometric transformations a glyph is brought back to the canonical size and centre, as
preprocessing does with a drawing; without that step the network learns little from them.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from model.data import strokes
from model.data.renderings import PenGlyphs
from model.preprocessing import GLYPH_SIDE, INK_SIDE
from model.training.styles import AXIS, PIXELS, bounds, line, split_seed, styles, uniform

NON_DIGIT = 10  # the class beside the ten digits
UNTOUCHED = 0.35  # of MNIST's glyphs and of rendered pen tracks are not augmented
COARSE = 0.12  # of the others get a low resolution
PEN_DIGITS = 0.45  # digits of pen tracks, for each of MNIST's
PEN_OTHERS = 0.1  # letters and symbols of pen tracks, for each of MNIST's digits
STROKE_DIGITS = 0.06  # digits drawn by the stroke font, for each of MNIST's
NON_DIGITS = 0.15  # synthesised non-digits, for each of MNIST's digits

_SIDE = GLYPH_SIDE
_CENTRE = _SIDE / 2  # mean pixel index of MNIST's centres of mass: they lie in 13.5 to 14.5
_SYMBOLS = [s for symbols in strokes.DIGIT_STROKES.values() for s in symbols]
_SYMBOL_LABELS = tf.constant(
    [d for d, symbols in strokes.DIGIT_STROKES.items() for _ in symbols], tf.int32
)
# The digits that are no digit any more when mirrored, and when rotated by a right angle.
_MIRRORED = tf.constant([digit in (3, 4, 6, 7, 9) for digit in range(10)])
_TURNED = tf.constant([digit in (2, 3, 4, 5, 7) for digit in range(10)])


class Banks:
    """The examples that are mixed into each batch, as constants of the data pipeline.

    They are the stroke font, the scribbles and, if given, the rendered pen tracks of a `PenGlyphs`.
    """

    def __init__(self, seed: int, pen: PenGlyphs | None = None):
        self.digits = tf.constant(strokes.bank(_SYMBOLS))
        self.non_digits = tf.constant(
            np.concatenate([strokes.bank(list(strokes.NON_DIGITS)), strokes.scribbles(40, seed)])
        )
        self.pen_digits = tf.constant(pen.digits) if pen else None
        self.pen_labels = tf.constant(pen.labels, tf.int32) if pen else None
        self.pen_others = tf.constant(pen.others) if pen and len(pen.others) else None


def augment(glyphs, labels, seed, banks: Banks):
    """Make one training batch from MNIST's glyphs.

    `glyphs` uint8 (n, 28, 28), `labels` int32 (n,). Returns float32 (m, 28, 28, 1) in [0, 1] and
    int32 (m,) with 10 for non-digits, where m is n plus the shares of n defined above.
    """
    seeds = split_seed(seed, 9)
    count = tf.shape(glyphs)[0]
    ink = tf.cast(glyphs, tf.float32) / 255
    drawn, drawn_labels = stroke_digits(_share(count, STROKE_DIGITS), seeds[0], banks)
    others = non_digits(ink, labels, _share(count, NON_DIGITS), seeds[1], banks)
    penned, pen_labels = pen_tracks(count, seeds[8], banks)
    plain = tf.concat([ink, penned], 0)
    styled = tf.concat([styles(ink, labels, seeds[2]), penned], 0)
    changed = canonicalise(warp(styled, seeds[3]), seeds[4])
    made = coarsen(pen(tf.concat([changed, drawn, others], 0), seeds[5]), seeds[7])
    kept = tf.shape(plain)[0]
    untouched = tf.random.stateless_uniform([kept, 1, 1], seeds[6]) < UNTOUCHED
    batch = tf.concat([tf.where(untouched, plain, made[:kept]), made[kept:]], 0)
    other_labels = tf.fill([tf.shape(others)[0]], NON_DIGIT)
    return batch[..., None], tf.concat([labels, pen_labels, drawn_labels, other_labels], 0)


def pen_tracks(count, seed, banks: Banks):
    """Sample rendered pen tracks to go with `count` glyphs: ink (m, 28, 28), labels int32 (m,).

    Digits come first, then letters and symbols, labelled as non-digits. m is 0 without a bank.
    """
    seeds = split_seed(seed, 2)
    parts = [(tf.zeros([0, _SIDE, _SIDE], tf.uint8), tf.zeros([0], tf.int32))]
    if banks.pen_digits is not None:
        size = [_share(count, PEN_DIGITS)]
        rows = tf.random.stateless_uniform(size, seeds[0], 0, len(banks.pen_digits), tf.int32)
        parts.append((tf.gather(banks.pen_digits, rows), tf.gather(banks.pen_labels, rows)))
    if banks.pen_others is not None:
        size = [_share(count, PEN_OTHERS)]
        rows = tf.random.stateless_uniform(size, seeds[1], 0, len(banks.pen_others), tf.int32)
        parts.append((tf.gather(banks.pen_others, rows), tf.fill(size, NON_DIGIT)))
    glyphs, labels = zip(*parts, strict=True)
    return tf.cast(tf.concat(glyphs, 0), tf.float32) / 255, tf.concat(labels, 0)


def warp(ink, seed):
    """Rotate, shear, stretch and elastically distort each glyph.

    The elastic distortion follows Simard, Steinkraus and Platt, ICDAR 2003. One bilinear look-up
    applies both parts: rotation within ±15°, shear ±0.3, aspect ratio ±18 %, and a smooth
    displacement field from a 5×5 grid with a standard deviation of up to 1.3 px. The strength of
    the affine part is drawn for each glyph.
    """
    seeds = split_seed(seed, 3)
    count = tf.shape(ink)[0]
    strength, angle, shear, aspect = uniform(
        seeds[0], ink, (0.2, -0.26, -0.32, -0.2), (1, 0.26, 0.32, 0.2)
    )
    angle, shear, aspect = angle * strength, shear * strength, aspect * strength
    stretch = tf.exp(aspect)
    cos, sin = tf.cos(angle), tf.sin(angle)
    matrix = tf.stack(
        [tf.stack([cos * stretch, (shear * cos - sin) / stretch], 1),
         tf.stack([sin * stretch, (shear * sin + cos) / stretch], 1)], 1
    )  # fmt: skip
    (spread,) = uniform(seeds[1], ink, (0.0,), (1.3,))
    field = tf.random.stateless_normal([count, 5, 5, 2], seeds[2]) * spread[:, None, None, None]
    field = tf.reshape(tf.image.resize(field, [_SIDE, _SIDE], "bicubic"), [-1, _SIDE * _SIDE, 2])
    return _look_up(ink, _mapped(matrix) * 1.12 + field)  # 1.12 leaves room for stretched glyphs


def canonicalise(ink, seed):
    """Scale each glyph to about 20 px and centre its mass, with the tolerance seen in serving.

    Cropping and scaling are separable, so they are two matrix products.
    """
    left, top, right, bottom = bounds(ink)
    size, shift_x, shift_y = uniform(seed, ink, (19.2, -0.6, -0.6), (20.4, 0.6, 0.6))
    ratio = tf.maximum(right - left, bottom - top) / size  # source pixels per target pixel
    mass = tf.reduce_sum(ink, [1, 2]) + 1e-6
    x = tf.einsum("nyx,x->n", ink, AXIS) / mass
    y = tf.einsum("nyx,y->n", ink, AXIS) / mass
    columns = _resampling(x + shift_x * ratio, ratio)
    rows = _resampling(y + shift_y * ratio, ratio)
    return tf.einsum("nij,njk,nlk->nil", rows, ink, columns)


def pen(ink, seed):
    """Vary the pen: stroke width, hard or soft edges, ink strength and grain."""
    seeds = split_seed(seed, 3)
    shape = tf.shape(ink)
    kind, gain, level, grain = uniform(seeds[0], ink, (0, 1.0, 0.4, -0.15), (1, 3.0, 0.6, 0.05))
    soft = tf.nn.avg_pool2d(ink[..., None], 3, 1, "SAME")[..., 0]
    wide = tf.nn.max_pool2d(ink[..., None], 2, 1, "SAME")[..., 0]
    kind = kind[:, None, None]
    ink = tf.where(kind < 0.12, wide, tf.where(kind < 0.25, (soft + ink) / 2, ink))
    sharp = tf.clip_by_value((ink - level[:, None, None]) * gain[:, None, None] + 0.5, 0, 1)
    ink = tf.where(kind > 0.6, sharp * tf.cast(ink > 0.02, tf.float32), ink)
    noise = tf.random.stateless_normal(shape, seeds[1]) * tf.maximum(grain, 0)[:, None, None]
    return tf.clip_by_value(ink + noise, 0, 1)


def coarsen(ink, seed):
    """Lower the resolution of some glyphs to 9 to 16 pixels a side, as of an old tablet.

    They are interpolated back to 28 pixels, at full contrast.
    """
    seeds = split_seed(seed, 2)
    ratio, shift_x, shift_y = uniform(seeds[0], ink, (1.75, -0.5, -0.5), (3.1, 0.5, 0.5))

    def down_and_up(shift):
        few = _resampling(_CENTRE + shift * ratio, ratio)
        return tf.matmul(_resampling(_CENTRE - shift, 1 / ratio), few)

    rows, columns = down_and_up(shift_y), down_and_up(shift_x)
    coarse = tf.einsum("nij,njk,nlk->nil", rows, ink, columns)
    coarse /= tf.maximum(tf.reduce_max(coarse, [1, 2], keepdims=True), 0.1)
    coarse = tf.clip_by_value(1.6 * coarse - 0.25, 0, 1)
    few = tf.random.stateless_uniform([tf.shape(ink)[0], 1, 1], seeds[1]) < COARSE
    return tf.where(few, coarse, ink)


def stroke_digits(count, seed, banks: Banks):
    """Draw digits by the stroke font: ink (count, 28, 28), labels int32 (count,)."""
    seeds = split_seed(seed, 3)
    digit = tf.random.stateless_uniform([count], seeds[0], 0, 10, tf.int32)
    order = tf.random.stateless_uniform([count, len(_SYMBOLS)], seeds[1])
    wrong = tf.cast(_SYMBOL_LABELS[None, :] != digit[:, None], tf.float32)
    symbol = tf.argmin(order + 2 * wrong, 1)  # one of the digit's shapes
    return draw(tf.gather(banks.digits, symbol), seeds[2]), digit


def non_digits(ink, labels, count, seed, banks: Banks):
    """Make non-digits, (count, 28, 28): 62 % letters, symbols and scribbles of the stroke font.

    The others are mirrored or rotated digits, two digits side by side or overlapping, dots and
    noise.
    """
    seeds = split_seed(seed, 8)
    drawn = _share(count, 0.62)
    symbol = tf.random.stateless_uniform(
        [drawn], seeds[0], 0, tf.shape(banks.non_digits)[0], tf.int32
    )
    letters = draw(tf.gather(banks.non_digits, symbol), seeds[1])
    rest = count - drawn
    pick = tf.random.stateless_uniform([rest, 2], seeds[2], 0, tf.shape(ink)[0], tf.int32)
    first, second = tf.gather(ink, pick[:, 0]), tf.gather(ink, pick[:, 1])
    label = tf.gather(labels, pick[:, 0])
    pair = tf.concat([_halve(first), _halve(second)], 2)
    overlapping = tf.maximum(first, tf.roll(second, [5, -6], [1, 2]))
    blots = blot(rest, seeds[3])
    way = tf.random.stateless_uniform([rest, 1, 1], seeds[4])
    made = tf.where(way < 0.35, pair, tf.where(way < 0.55, overlapping, blots))
    odd = tf.random.stateless_uniform([rest], seeds[5]) < 0.7
    mirrored = (odd & tf.gather(_MIRRORED, label))[:, None, None]
    turned = (~odd & tf.gather(_TURNED, label))[:, None, None]
    made = tf.where(mirrored & (way < 0.75), first[:, :, ::-1], made)
    made = tf.where(turned & (way < 0.75), tf.transpose(first, [0, 2, 1])[:, ::-1], made)
    return tf.concat([letters, canonicalise(warp(made, seeds[6]), seeds[7])], 0)


def blot(count, seed):
    """Make glyphs of a dot or of coarse noise, (count, 28, 28)."""
    seeds = split_seed(seed, 3)
    cells = tf.random.stateless_uniform([count, 9, 9, 1], seeds[0])
    coarse = tf.image.resize(cells, [_SIDE, _SIDE], "bicubic")[..., 0]
    cut = tf.random.stateless_uniform([count, 1, 1], seeds[1], 0.4, 0.75)
    inside = tf.cast(tf.abs(AXIS - 13.5) < 10, tf.float32)
    noise = tf.clip_by_value((coarse - cut) * 6 + 0.5, 0, 1) * inside[:, None] * inside[None, :]
    x, y, width = uniform(seeds[2], noise, (-2.0, -2.0, 9.0), (2.0, 2.0, 18.0))
    half = tf.stack([x, y], 1)
    dot = line(13.5 - half, 13.5 + half, width)
    return tf.where(cut < 0.55, dot, noise)


def draw(symbols, seed):
    """Draw symbols of a `strokes.bank`, (n, 2, 160, 2), with random distortions: ink (n, 28, 28).

    Smoothness, slant, proportions, displacement and pen width are drawn for each symbol. The result
    is a canonical glyph: 20 px long, its centre of mass in the middle.
    """
    seeds = split_seed(seed, 4)
    smooth, angle, shear, aspect, width = uniform(
        seeds[0], symbols, (-0.5, -0.26, -0.45, -0.65, 1.6), (1, 0.26, 0.3, 0.35, 3.8)
    )
    smooth = tf.clip_by_value(smooth * 2, 0, 1)[:, None, None]
    points = symbols[:, 0] * (1 - smooth) + symbols[:, 1] * smooth
    points = points - tf.constant([3.0, 4.0])
    points += _wobble(points, seeds[1])
    cos, sin = tf.cos(angle)[:, None], tf.sin(angle)[:, None]
    x = points[..., 0] * tf.exp(aspect)[:, None] - points[..., 1] * shear[:, None]
    y = points[..., 1]
    points = tf.stack([x * cos - y * sin, x * sin + y * cos], 2)
    return _render(points, width, seeds[2])


def _render(points, width, seed):
    """Render points (n, 160, 2) of any extent as canonical glyphs with pens `width` (n,) px."""
    low, high = tf.reduce_min(points, 1), tf.reduce_max(points, 1)
    jitter = tf.random.stateless_uniform(tf.shape(low), seed, -0.6, 0.6)
    scale = (INK_SIDE - width) / (tf.reduce_max(high - low, 1) + 1e-3)
    points = (points - tf.reduce_mean(points, 1, keepdims=True)) * scale[:, None, None]
    points += _CENTRE + jitter[:, None]
    margin = (width[:, None] - 1) / 2  # keeps the ends inside the frame
    points -= tf.minimum(tf.reduce_min(points, 1) - margin, 0)[:, None]
    points -= tf.maximum(tf.reduce_max(points, 1) + margin - (_SIDE - 1), 0)[:, None]
    pixels = tf.reshape(PIXELS, [-1, 2])
    squares = (
        tf.reduce_sum(points**2, 2)[:, None]
        + tf.reduce_sum(pixels**2, 1)[None, :, None]
        - 2 * tf.einsum("pk,nqk->npq", pixels, points)
    )
    distance = tf.sqrt(tf.maximum(tf.reduce_min(squares, 2), 0))
    ink = tf.clip_by_value(0.5 + width[:, None] / 2 - distance, 0, 1)
    return tf.reshape(ink, [-1, _SIDE, _SIDE])


def _wobble(points, seed):
    """A smooth displacement field, so that strokes that touch still touch."""
    waves = tf.random.stateless_normal([tf.shape(points)[0], 4, 2, 2], seed)
    frequency, push = waves[:, :, 0] * 0.45, waves[:, :, 1] * 0.35
    phase = tf.einsum("nqk,nwk->nqw", points, frequency)
    return tf.einsum("nqw,nwk->nqk", tf.sin(phase + waves[:, None, :, 0, 0] * 3), push)


def _halve(ink):
    """Glyphs at half their width: (n, 28, 14)."""
    return tf.nn.avg_pool2d(ink[..., None], (1, 2), (1, 2), "SAME")[..., 0]


def _resampling(centre, ratio):
    """Matrix (n, 28, 28) that maps `centre` to 14 and samples every `ratio` px, area-averaged."""
    places = centre[:, None] + (AXIS[None] - _CENTRE) * ratio[:, None]
    reach = tf.maximum(ratio, 1)[:, None, None]
    weight = tf.nn.relu(1 - tf.abs(places[:, :, None] - AXIS[None, None]) / reach)
    return weight / reach


def _mapped(matrix):
    """Where matrices (n, 2, 2) map each pixel: (n, 784, 2) as (x, y) from the centre."""
    from_centre = tf.reshape(PIXELS, [-1, 2]) - (_SIDE - 1) / 2
    return tf.einsum("pk,nik->npi", from_centre, matrix)


def _look_up(ink, places):
    """Bilinear values of ink (n, 28, 28) at places as `_mapped` gives them; zero outside."""
    padded = tf.reshape(tf.pad(ink, [[0, 0], [1, 1], [1, 1]]), [-1, (_SIDE + 2) ** 2])
    places = tf.clip_by_value(places + (_SIDE - 1) / 2 + 1, 0, _SIDE + 0.999)  # 1: the pad
    corner = tf.floor(places)
    part = places - corner
    index = tf.cast(corner[..., 1] * (_SIDE + 2) + corner[..., 0], tf.int32)
    value = 0.0
    for step_y in (0, 1):
        for step_x in (0, 1):
            weight = tf.abs(1 - step_x - part[..., 0]) * tf.abs(1 - step_y - part[..., 1])
            shifted = index + step_y * (_SIDE + 2) + step_x
            value += weight * tf.gather(padded, shifted, batch_dims=1)
    return tf.reshape(value, [-1, _SIDE, _SIDE])


def _share(count, share):
    return tf.cast(tf.math.ceil(tf.cast(count, tf.float32) * share), tf.int32)
