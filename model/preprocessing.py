"""Any picture of one digit becomes one canonical glyph, as MNIST's own images were made.

A canonical glyph is a uint8 array of 28×28, bright ink on black, its longer side scaled to 20 px
and its centre of mass on the centre of the frame (LeCun, Cortes and Burges, "The MNIST database
of handwritten digits"). Polarity, crop, pen width, scale and centring are set here and nowhere
else: canvas, upload, file and training data all pass through here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from model.files.pictures import ImageError, to_grey

VERSION = 1  # raise it when the same picture would give another glyph: bundles record it
GLYPH_SIDE = 28
INK_SIDE = 20
PEN_WIDTH = (1.8, 3.6)  # px at glyph scale; MNIST's own strokes measure 1.7 to 3.7 (5th to 95th %)

_WORK_SIDE = 8 * INK_SIDE  # long side while the pen width is set, so that it can be set finely
_READ_SIDE = 1600  # larger pictures hold no more of a single digit than this
_SMALL_SIDE = 32  # px; smaller pictures are taken as drawn on even ground
_PAPER_NOISE = 0.5  # grey levels of grain, above which a picture is a photograph or a scan
_FIT_SIDE = 48  # px to which a picture is reduced before the surface of its paper is fitted
_TO_EDGE = np.minimum(np.arange(_FIT_SIDE), np.arange(_FIT_SIDE)[::-1])
_TO_EDGE = np.minimum.outer(_TO_EDGE, _TO_EDGE).ravel()  # px from each pixel to the nearest edge
_RIM, _INNER_RIM = _TO_EDGE < 2, (_TO_EDGE >= 8) & (_TO_EDGE < 10)
_MISFIT = 0.15  # of the contrast, from which a surface fitted to all pixels misses the paper
_BITMAP_SIDE = 20  # px, up to which a black-and-white square of ink is a bitmap of a digit
_FILLED = 0.94  # of a square picture's side, from which its ink reaches all sides
_ENDS_AT_SIDES = 16  # of strokes along the sides of such a picture; ruled paper has more
_DIGIT_WIDTH = 0.65  # of its height, that a digit most likely had before it was stretched
_MIN_CONTRAST = 16  # grey levels between ink and ground, below which a picture counts as blank


@dataclass(frozen=True)
class Steps:
    """How one picture became one glyph, each step kept so that it can be shown.

    All arrays are uint8. `grey` (h, w) is what came in; `ink` (h, w) is bright ink on black;
    `box` is (left, top, width, height) of the ink in pixels of `grey`; `crop` is that part of
    `ink`; `scaled` has its longer side at 20 px; `glyph` is the 28×28 that the network sees.
    """

    grey: np.ndarray
    ink: np.ndarray
    box: tuple[int, int, int, int]
    crop: np.ndarray
    scaled: np.ndarray
    glyph: np.ndarray


def preprocess(image: Image.Image | np.ndarray) -> Steps:
    """Turn a picture of one digit into its glyph.

    `image` is a Pillow image of any mode or a uint8 array (h, w), (h, w, 3) or (h, w, 4) with
    straight alpha; dark ink on light ground or the reverse. Raises ImageError when it is too
    small, too large or holds no ink.
    """
    grey = to_grey(image)
    if is_canonical(grey):
        box = _bounds(grey > 0)
        crop = _cut(grey, box)
        return Steps(grey, grey, box, crop, crop, grey)
    factor = max(1.0, max(grey.shape) / _READ_SIDE)
    return steps_of(grey, find_ink(_resize(grey, 1 / factor)))


def steps_of(grey: np.ndarray, ink: np.ndarray) -> Steps:
    """Turn the ink of one digit, uint8 (h, w) bright on black, into its glyph.

    `ink` shows all of `grey`, uint8, at its size or a smaller one, and is not blank.
    """
    factor = max(grey.shape) / max(ink.shape)
    bounds = _bounds(ink > 0)
    left, top, width, height = (round(side * factor) for side in bounds)
    crop = _cut(ink, bounds)
    scaled = _scale(_unstretched(crop, ink.shape))
    return Steps(grey, ink, (left, top, width, height), crop, scaled, _centre(scaled))


def to_input(glyphs: np.ndarray) -> np.ndarray:
    """Glyphs, uint8 (n, 28, 28), as networks take them: float32 (n, 28, 28, 1) in [0, 1]."""
    return glyphs[..., None] / np.float32(255)


def to_glyphs(images: Iterable[Image.Image | np.ndarray]) -> np.ndarray:
    """Turn many pictures into glyphs: uint8 (n, 28, 28); canonical ones are left as they are.

    Raises ImageError for the first picture that gives none, named by its row.
    """
    glyphs, errors = glyphs_or_errors(images)
    for row, error in errors.items():
        raise ImageError(f"row {row}: {error}")
    return glyphs


def glyphs_or_errors(
    images: Iterable[Image.Image | np.ndarray],
) -> tuple[np.ndarray, dict[int, ImageError]]:
    """Turn many pictures into glyphs, uint8 (n, 28, 28); by row in order, why one gives none.

    The glyph of such a row is black.
    """
    images = images if isinstance(images, np.ndarray) else list(images)
    glyphs = np.zeros((len(images), GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    canonical = np.zeros(len(images), bool)
    if isinstance(images, np.ndarray):
        canonical = are_canonical(images)
        if canonical.any():
            glyphs[canonical] = images[canonical]

    def make(row: int) -> ImageError | None:
        try:
            glyphs[row] = preprocess(images[row]).glyph
        except ImageError as error:
            return error
        return None

    rows = np.flatnonzero(~canonical).tolist()
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV and NumPy release the lock
        errors = {
            row: error for row, error in zip(rows, pool.map(make, rows), strict=True) if error
        }
    return glyphs, errors


def is_canonical(grey: np.ndarray) -> bool:
    """Say whether a uint8 array (h, w) already is a glyph, by the rule all 70,000 of MNIST's obey.

    28×28, a border black but for a few pixels, longer side 19 or 20 px, centre of mass within
    half a pixel of (14, 14).
    """
    return bool(are_canonical(grey[None])[0])


def are_canonical(greys: np.ndarray) -> np.ndarray:
    """The rule of `is_canonical` for arrays (n, ...): bool (n,)."""
    if greys.shape[1:] != (GLYPH_SIDE, GLYPH_SIDE) or greys.dtype != np.uint8:
        return np.zeros(len(greys), bool)
    inked = greys > 0
    ring = inked.sum((1, 2)) - inked[:, 1:-1, 1:-1].sum((1, 2))
    columns, rows = np.any(inked, axis=1), np.any(inked, axis=2)
    longer = np.maximum(_extents(columns), _extents(rows))
    centre = _mass_centre(greys)
    is_centred = ((centre > 13.45) & (centre < 14.55)).all(0)
    return (ring <= 8) & ((longer == 19) | (longer == 20)) & is_centred


def _extents(taken: np.ndarray) -> np.ndarray:
    """From the first to the last that is true in each row of a boolean array (n, m): int (n,)."""
    return taken.shape[1] - taken.argmax(1) - taken[:, ::-1].argmax(1)


def glyph_of(ink: np.ndarray) -> np.ndarray:
    """Scale and centre one digit's ink, uint8 (h, w) cut to its bounds, to a glyph (28, 28)."""
    return _centre(_scale(ink))


def is_photographed(grey: np.ndarray) -> bool:
    """Say whether a picture, uint8 (h, w), has the grain of a photograph or a scan."""
    if min(grey.shape) < _SMALL_SIDE or _is_drawn(_steps_aside(grey)):
        return False
    return _noise(grey, grey.astype(np.float32) - _ground(grey)) > _PAPER_NOISE


def find_ink(grey: np.ndarray) -> np.ndarray:
    """Separate ink from ground: uint8 (h, w) in, uint8 (h, w) out, ink up to 255 on black.

    The ground is a quadratic surface fitted to what is not ink, so that uneven light goes; the
    side of it with the stronger strokes is the ink, so that dark on light and light on dark both
    work. Raises ImageError when nothing stands out.
    """
    difference = grey.astype(np.float32) - _ground(grey)
    noise = _noise(grey, difference)
    box = _bounds(difference != 0)  # what lies around a drawing need not be looked at again
    if noise > _PAPER_NOISE:
        box = (0, 0, *grey.shape[::-1])
    ink = np.zeros_like(grey)
    _cut(ink, box)[:] = _strokes(_cut(difference, box), noise, min(grey.shape) < _SMALL_SIDE)
    return ink


def _strokes(difference: np.ndarray, noise: float, small: bool) -> np.ndarray:
    """Ink, uint8 (h, w), where the float32 difference (h, w) from the ground stands out."""
    floor = 3 * noise
    dark, light = (np.maximum(side - floor, 0) for side in (-difference, difference))
    ink = dark if np.square(dark).sum() >= np.square(light).sum() else light
    peak = float(ink.max(initial=0))
    if peak + floor < _MIN_CONTRAST or peak < 2 * noise:
        raise ImageError("no ink was found: draw or show one digit, dark on light or light on dark")
    if not small:  # in small pictures grey means a pixel part covered
        peak = float(np.percentile(ink[ink > peak / 2], 90))
    ink = np.minimum(ink / peak, 1)
    ink *= _digit_mask(ink, photographed=noise > _PAPER_NOISE)
    ink = np.round(ink * 255).astype(np.uint8)
    if np.count_nonzero(ink) < 4 or max(_bounds(ink > 0)[2:]) < 4:
        raise ImageError("there is too little ink to read: draw the digit larger")
    return ink


def _ground(grey: np.ndarray) -> np.ndarray | float:
    """Level of the empty paper: one value where there is such a one, else a fitted surface.

    Where a surface fitted to all pixels misses the paper, as in a tight crop of a fat pen's digit,
    it is fitted to the paper alone.
    """
    ring = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    low, level, high = np.percentile(ring, [10, 50, 90])
    if high - low <= 2 or min(grey.shape) < _SMALL_SIDE:
        return float(level)
    small = cv2.resize(grey, (_FIT_SIDE, _FIT_SIDE), interpolation=cv2.INTER_AREA).ravel()
    small = small.astype(np.float64)
    if min(np.mean(small < level - 3), np.mean(small > level + 3)) < 0.02:
        return float(level)  # all that differs does so to one side: ink on even ground
    grid = np.broadcast_arrays(*_quadratic(_FIT_SIDE, _FIT_SIDE))
    terms = np.stack([term.ravel() for term in grid], axis=1)
    paper = _is_paper(small)
    rim = _RIM & paper if (_RIM & paper).any() else paper
    factors, of_paper = _fitted(terms, small), _fitted(terms[paper], small[paper])
    misfit, least = (np.median(np.abs(small - terms @ fit)[rim]) for fit in (factors, of_paper))
    contrast = abs(small[paper].mean() - small[~paper].mean())
    if misfit > max(_MISFIT * contrast, 2 * least + 1):
        factors = of_paper
    surface = sum(c * term for c, term in zip(factors, _quadratic(*grey.shape), strict=True))
    return surface.astype(np.float32)


def _is_paper(small: np.ndarray) -> np.ndarray:
    """Which pixels of a reduced picture (n,) have the tone of the paper.

    A fat pen may have most of a tight crop's area, a frame most of the rim: the paper has most of
    both, and goes on further in than a frame.
    """
    levels = small.astype(np.uint8).reshape(_FIT_SIDE, _FIT_SIDE)
    is_light = levels.ravel() > cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)[0]
    paper = is_light == (is_light.mean() + is_light[_RIM].mean() > 1)
    area, rim, inner = paper.mean(), paper[_RIM].mean(), paper[_INNER_RIM].mean()
    return ~paper if area < 0.38 and rim > 0.7 and inner < 0.35 else paper


def _fitted(terms: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """The factors (6,) by which terms (n, 6) come closest to most levels (n,)."""
    weights = np.ones(levels.size)
    for _ in range(8):  # Cauchy weights: ink and frames count for little
        root = np.sqrt(weights)[:, None]
        fit, *_ = np.linalg.lstsq(terms * root, levels * root[:, 0], rcond=None)
        residual = levels - terms @ fit
        spread = 1.4826 * np.median(np.abs(residual)) + 1
        weights = 1 / (1 + np.square(residual / spread))
    return fit


def _noise(grey: np.ndarray, difference: np.ndarray) -> float:
    """Standard deviation of the paper's grain, in grey levels.

    From the calmest quarter of the pixels (half-normal quartile: 0.3186 σ), but no more than twice
    what neighbours differ by, for a tight crop holds little paper. Pictures under 32 px hold too
    little to tell.
    """
    if min(grey.shape) < _SMALL_SIDE:
        return 0.0
    steps = _steps_aside(grey)
    if _is_drawn(steps):
        return 0.0
    calm = float(np.percentile(np.abs(difference), 25)) / 0.3186
    return min(calm, 2 * float(np.median(steps)) / (0.6745 * 2**0.5))


def _is_drawn(steps: np.ndarray) -> bool:
    """Say whether most neighbours are equal, as in no photograph."""
    return bool(2 * np.count_nonzero(steps) < steps.size)


def _steps_aside(grey: np.ndarray) -> np.ndarray:
    """By how much neighbours in every other row differ."""
    return cv2.absdiff(grey[::2, 1:], grey[::2, :-1])


def _quadratic(height: int, width: int) -> list[np.ndarray]:
    """Terms 1, x, y, x², xy, y² at each pixel, both axes from -1 to 1, as they broadcast."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    return [np.ones((1, 1), np.float32), x, y, x * x, x * y, y * y]


def _digit_mask(ink: np.ndarray, photographed: bool) -> np.ndarray:
    """Keep strokes: parts with a strong core that are no specks and, on photographs, no frame."""
    soft = (ink > 0.2).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(soft, connectivity=8)
    mass = stats[:, cv2.CC_STAT_AREA].astype(float)
    keep = np.zeros(count, bool)
    keep[labels[ink >= 0.5]] = True
    if photographed:
        inside = keep & ~_touches_border(stats, ink.shape)
        if mass[inside].sum() > 0.35 * mass[keep].sum():
            keep = inside
    keep &= mass >= 0.02 * mass[keep].max(initial=0.0)
    kept = keep[labels].astype(np.uint8)
    rim = np.asarray(cv2.dilate(kept, np.ones((3, 3), np.uint8)), np.uint8) & (1 - soft)
    return kept | rim  # its faint rim stays with a stroke


def _touches_border(stats: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    left, top, width, height = stats[:, :4].T
    return (left == 0) | (top == 0) | (left + width == shape[1]) | (top + height == shape[0])


def _scale(crop: np.ndarray) -> np.ndarray:
    """Bring the longer side to 20 px by area averaging, its pen to a width that MNIST knows."""
    work = _set_pen_width(_to_work_size(crop))
    work = _cut(work, _bounds(work > 25))
    height, width = work.shape
    ratio = INK_SIDE / max(height, width)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return cv2.resize(work, size, interpolation=cv2.INTER_AREA)


def _unstretched(crop: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Narrow ink that fills a square as only a digit does that was scaled to a square.

    Either the picture of this shape is square and the ink reaches all its sides, or the ink is a
    small bitmap, enlarged or not, as wide as it is high but for a row. Each digit of some
    collections was stretched so, as in Semeion Handwritten Digit (UCI 178), and ones became as
    wide as zeros.
    """
    fills = _fills(crop, shape)
    if not fills and ((crop > 0) & (crop < 255)).any():
        return crop
    changes = [np.flatnonzero((np.diff(crop, axis=axis) != 0).any(1 - axis)) + 1 for axis in (0, 1)]
    pixel = np.gcd.reduce(np.concatenate([*changes, crop.shape]))  # its side, where enlarged
    bitmap = crop[::pixel, ::pixel]
    is_square = abs(np.subtract(*bitmap.shape)) <= 1
    if not (fills or (is_square and max(bitmap.shape) <= _BITMAP_SIDE)):
        return crop
    height = max(4 * _BITMAP_SIDE, len(bitmap))
    width = round(_DIGIT_WIDTH * height * bitmap.shape[1] / len(bitmap))
    return cv2.resize(bitmap, (width, height), interpolation=cv2.INTER_CUBIC)


def _fills(crop: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Say whether ink reaches all sides of a square picture, and is no grid of lines."""
    if min(crop.shape) < _FILLED * max(shape):
        return False
    sides = (side > 0 for side in (crop[0], crop[-1], crop[:, 0], crop[:, -1]))
    return sum(int(np.count_nonzero(np.diff(side))) for side in sides) <= _ENDS_AT_SIDES


def _to_work_size(crop: np.ndarray) -> np.ndarray:
    ratio = _WORK_SIDE / max(crop.shape)
    if ratio < 0.5:  # spread hairlines over the pixel they will fall into, or they fade
        side = int(0.5 / ratio) + 1
        crop = cv2.dilate(crop, np.ones((side, side), np.uint8))
    if ratio <= 2:
        return _resize(crop, ratio)
    soft = _resize(cv2.copyMakeBorder(crop, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0), ratio)
    return np.clip(soft * 1.3 - 0.15 * 255, 0, 255).astype(np.uint8)  # a little less blurred


def _set_pen_width(work: np.ndarray) -> np.ndarray:
    """Widen hairlines and thin fat markers, at eight times the glyph's scale."""
    scale = _WORK_SIDE // INK_SIDE
    pad = int(PEN_WIDTH[0] * scale) + 1
    work = cv2.copyMakeBorder(work, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    width = pen_width(work) / scale
    change = float(np.clip(width, *PEN_WIDTH) - width) * scale
    side = int(round(abs(change))) + 1
    if side == 1:
        return work
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    if change > 0:
        return cv2.dilate(work, brush)
    thinner = cv2.erode(work, brush)
    return thinner if thinner.max() > 127 else work


def pen_width(ink: np.ndarray) -> float:
    """Median stroke width in pixels of uint8 ink (h, w): twice the depth of the strokes' ridges."""
    solid = (ink > 127).astype(np.uint8)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    ridge = (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8))) & (depth > 0)
    return 2 * float(np.median(depth[ridge])) - 1 if ridge.any() else 1.0


def _centre(scaled: np.ndarray) -> np.ndarray:
    """Put the centre of mass on the frame's centre, moved by whole pixels and kept inside."""
    height, width = scaled.shape
    x, y = _mass_centre(scaled)
    left = int(np.clip(round(GLYPH_SIDE / 2 - x), 0, GLYPH_SIDE - width))
    top = int(np.clip(round(GLYPH_SIDE / 2 - y), 0, GLYPH_SIDE - height))
    glyph = np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    glyph[top : top + height, left : left + width] = scaled
    return glyph


def _mass_centre(greys: np.ndarray) -> np.ndarray:
    """Centre of mass (x, y) in pixel indices of uint8 (..., h, w): (2, ...); a blank one's is 0."""
    along_x, along_y = greys.sum(-2), greys.sum(-1)
    total = np.maximum(along_x.sum(-1), 1)
    return np.stack([part @ np.arange(part.shape[-1]) / total for part in (along_x, along_y)])


def _bounds(mask: np.ndarray) -> tuple[int, int, int, int]:
    """(left, top, width, height) of what is true in a boolean array."""
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return left, top, width, height


def _cut(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    left, top, width, height = box
    return image[top : top + height, left : left + width]


def _resize(image: np.ndarray, ratio: float) -> np.ndarray:
    if ratio == 1:
        return image
    size = tuple(max(1, round(side * ratio)) for side in image.shape[::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC)
