"""How accuracy falls as test images are changed, a little and a lot.

Source of the idea: D. Hendrycks and T. Dietterich, "Benchmarking neural network robustness to
common corruptions and perturbations", 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from report.numbers.curves import Curve

SAMPLE_SIZE = 400
SEED = 0
PEN_SCALE = 4  # Pens change at this multiple of the image's size, so by fractions of a pixel.


@dataclass(frozen=True)
class Perturbation:
    """One way to change images: `apply` takes uint8 (n, h, w) and a level, and returns the same.

    `neutral` is the level that changes nothing. `is_undone` says that the preparation, which
    pictures get before they are read, is meant to undo this.
    """

    name: str
    words: str
    unit: str
    neutral: float
    levels: tuple[float, ...]
    apply: Callable[[np.ndarray, float], np.ndarray]
    is_undone: bool = False


Read = Callable[[np.ndarray], np.ndarray]


def measure_robustness(
    images: np.ndarray, labels: np.ndarray, read: Read, read_prepared: Read
) -> tuple[Curve, ...]:
    """Change a sample of images in every way and count what is still read correctly.

    `images` uint8 (n, 28, 28), `labels` int (n,). `read` gives the classes, int (n,), that the
    network finds in such images; `read_prepared` prepares them first, as any user's picture, and
    gives -1 where there is nothing to read.
    """
    rows = stratified_sample(labels, SAMPLE_SIZE)
    images, labels = images[rows], labels[rows]

    def correct(changed: np.ndarray, reader: Read) -> int:
        return int((reader(changed) == labels).sum())

    unchanged = correct(images, read)
    curves = []
    for way in PERTURBATIONS:
        levels = tuple(sorted({way.neutral, *way.levels}))
        sets = {level: way.apply(images, level) for level in way.levels}
        alone = {level: correct(changed, read) for level, changed in sets.items()}
        after = None
        if way.is_undone:
            prepared = {level: correct(c, read_prepared) for level, c in sets.items()}
            after = tuple(prepared.get(level, unchanged) for level in levels)
        facts = (way.name, way.words, way.unit, way.neutral, levels, len(rows))
        curves.append(Curve(*facts, tuple(alone.get(v, unchanged) for v in levels), after))
    return tuple(curves)


def stratified_sample(labels: np.ndarray, size: int) -> np.ndarray:
    """Choose `size` rows, or all there are: each class by its share, the same on every run."""
    if len(labels) <= size:
        return np.arange(len(labels))
    order = np.random.default_rng(SEED).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    return np.sort(by_class[(np.arange(size) + 0.5).astype(int) * len(labels) // size])


def rotate(images: np.ndarray, degrees: float) -> np.ndarray:
    """Turn anticlockwise about the centre."""
    return _warp(images, _about_centre(images, degrees, 1.0))


def scale(images: np.ndarray, factor: float) -> np.ndarray:
    """Enlarge or shrink about the centre; what leaves the frame is lost."""
    return _warp(images, _about_centre(images, 0.0, factor))


def shift(images: np.ndarray, distance_px: float) -> np.ndarray:
    """Move each image by whole pixels, in one of eight directions chosen at random."""
    moves = [np.array([[1, 0, x * distance_px], [0, 1, y * distance_px]], np.float32)
             for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]  # fmt: skip
    chosen = np.random.default_rng(SEED).integers(len(moves), size=len(images))
    pairs, size = zip(images, chosen, strict=True), images.shape[:0:-1]
    return np.stack([cv2.warpAffine(image, moves[way], size) for image, way in pairs])


def widen_pen(images: np.ndarray, change_px: float) -> np.ndarray:
    """Make strokes wider by so many pixels, or thinner where negative."""
    side = round(abs(change_px) * PEN_SCALE) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    change = cv2.dilate if change_px > 0 else cv2.erode
    size = images.shape[:0:-1]
    large = tuple(PEN_SCALE * length for length in size)

    def one(image: np.ndarray) -> np.ndarray:
        enlarged = cv2.resize(image, large, interpolation=cv2.INTER_CUBIC)
        return cv2.resize(change(enlarged, brush), size, interpolation=cv2.INTER_AREA)

    return np.stack([one(image) for image in images])


def add_noise(images: np.ndarray, deviation: float) -> np.ndarray:
    """Add normal noise of so many grey levels to every pixel."""
    noise = np.random.default_rng(SEED).normal(0, deviation, images.shape)
    return np.clip(np.round(images + noise), 0, 255).astype(np.uint8)


def blur(images: np.ndarray, sigma_px: float) -> np.ndarray:
    """Blur by a Gaussian."""
    return np.stack([cv2.GaussianBlur(image, (0, 0), sigma_px) for image in images])


def occlude(images: np.ndarray, side_px: float) -> np.ndarray:
    """Black out a square, at a random place in the middle of each image."""
    height, width = images.shape[1:]
    random, side = np.random.default_rng(SEED), int(side_px)
    tops = random.integers(height // 7, height - height // 7 - side + 1, len(images))
    lefts = random.integers(width // 7, width - width // 7 - side + 1, len(images))
    changed = images.copy()
    for image, top, left in zip(changed, tops, lefts, strict=True):
        image[top : top + side, left : left + side] = 0
    return changed


def invert(images: np.ndarray, _: float) -> np.ndarray:
    """Turn bright ink on black into black ink on white."""
    return 255 - images


def _about_centre(images: np.ndarray, degrees: float, factor: float) -> np.ndarray:
    height, width = images.shape[1:]
    return cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, factor)


def _warp(images: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    size = images.shape[:0:-1]
    return np.stack([cv2.warpAffine(i, matrix, size, flags=cv2.INTER_LINEAR) for i in images])


PERTURBATIONS = (
    Perturbation("rotation", "Turned", "°", 0, (-45, -30, -15, 15, 30, 45), rotate),
    Perturbation("shift", "Moved", " px", 0, (1, 2, 4), shift, is_undone=True),
    Perturbation("scale", "Smaller, larger", "×", 1, (0.5, 0.7, 1.2, 1.4), scale, is_undone=True),
    Perturbation("pen", "Thinner, thicker pen", " px", 0, (-1, 1, 2, 3), widen_pen),
    Perturbation("noise", "Noise added", " grey levels", 0, (16, 32, 48, 64), add_noise),
    Perturbation("blur", "Blurred", " px", 0, (0.5, 1, 1.5, 2), blur),
    Perturbation("occlusion", "A square hidden", " px", 0, (4, 6, 8, 10), occlude),
    Perturbation("inversion", "Inverted", "", 0, (1,), invert, is_undone=True),
)
