"""Labelled arrays for a network that is no bundle: read, brought to its shape, and shown."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from model.errors import InputError
from model.files.arrays import read_npz
from report.evaluation.columns import factorised
from report.evaluation.labels import class_numbers, from_one_hot
from report.evaluation.pictures import THUMBNAIL_SIDE

PROBED = 200  # images looked at to tell pictures from other rows of numbers
FAR_OUT = 3  # times the range of most images, as in a box plot
SMOOTH = 1.5  # Of numbers in no order neighbours differ by twice their variance; of pixels by less.


def read_arrays(
    path: Path, names: Sequence[str], own: Sequence[str] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Load images of any shape, float (n, ...), and labels int64 (n,).

    Labels are class numbers, one-hot rows, or texts: of `names`, or of `own`, the same classes as
    the classifier itself names them. Raises InputError, which names the row that is wrong.
    """
    found = read_npz(path, ("x", "y", "x_test", "y_test"))
    x, y = (found.get(key, found.get(f"{key}_test")) for key in ("x", "y"))
    if x is None or y is None:
        raise InputError(f"{path}: must hold x and y, or x_test and y_test")
    if x.dtype.kind not in "buif" or y.dtype.kind not in "buifUS" or x.ndim < 2 or not x.size:
        raise InputError(
            f"{path}: x must hold numbers, one row an image, and y numbers or class names"
        )
    y = y.reshape(-1) if y.shape[1:] == (1,) else y
    if y.shape[:1] != x.shape[:1] or y.ndim > 2 or (y.ndim == 2 and y.shape[1] != len(names)):
        raise InputError(
            f"{path}: {len(x)} images of {len(names)} classes need {len(x)} labels; y has the "
            f"shape {y.shape}"
        )
    return _finite(x, path), _labels(y, names, own, path)


def _labels(
    y: np.ndarray, names: Sequence[str], own: Sequence[str] | None, path: Path
) -> np.ndarray:
    """Class numbers of labels in any form. Raises InputError."""
    if y.ndim == 2:
        return from_one_hot(y, path)
    column = factorised(path, "y", y)
    if own is not None and len(own) == len(names) and set(column.values) <= set(own):
        names = own
    return class_numbers({"y": column}, names, path)["y"]


def _finite(x: np.ndarray, path: Path) -> np.ndarray:
    """The data as floats: float32 but for those of more digits. Raises InputError."""
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
        if x.dtype != np.float64:
            x = x.astype(np.float32)
        wrong = ~np.isfinite(x.astype(np.float32)).reshape(len(x), -1).all(axis=1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{path}: row {row} of x (counted from 0) holds numbers that are not finite"
        )
    return x


def fit_input(x: np.ndarray, wanted: tuple[int | None, ...], source: Path) -> np.ndarray:
    """Give images the shape `wanted`, adding a last side of one; None is any side.

    One is added in front instead where `wanted` begins with it. Raises InputError, which names
    `source`, for other images.
    """
    for shaped in (x, x[..., None], *([x[:, None]] if wanted[:1] == (1,) else [])):
        sides = shaped.shape[1:]
        if len(sides) == len(wanted) and all(
            want in (None, side) for want, side in zip(wanted, sides, strict=True)
        ):
            return shaped
    same = math.prod(x.shape[1:]) == math.prod(side or 0 for side in wanted)
    raise InputError(
        f"{source}: images of the shape {x.shape[1:]} don't fit a network that takes {wanted}"
        + ("; bring x to that shape, as in training" if same else "")
    )


def thumbnails(x: np.ndarray) -> np.ndarray:
    """Images as people can see them: uint8 (n, h, w) or (n, h, w, 3); (n, 0, 0) for no images.

    Darkest and brightest of all become black and white; an image far out of the others' range is
    shown by its own.
    """
    if x.ndim == 4 and x.shape[1] in (1, 3) and x.shape[3] not in (1, 3):  # channels first
        x = np.moveaxis(x, 1, 3)
    if x.ndim == 4 and x.shape[3] == 1:
        x = x[..., 0]
    elif x.ndim == 3 and not _is_smooth(x):
        return np.zeros((len(x), 0, 0), np.uint8)
    if x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] != 3) or min(x.shape[1:3]) < 4:
        return np.zeros((len(x), 0, 0), np.uint8)
    height, width = x.shape[1:3]
    ratio = min(1.0, THUMBNAIL_SIDE / max(height, width))
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    shrink = ratio < 1
    small = (cv2.resize(i, size, interpolation=cv2.INTER_AREA) if shrink else i for i in x)
    spans = zip(small, *_ranges(x), strict=True)
    shown = [(image - low) * (255 / ((high - low) or 1.0)) for image, low, high in spans]
    return np.stack([np.round(image.clip(0, 255)).astype(np.uint8) for image in shown])


def _is_smooth(x: np.ndarray) -> bool:
    """Whether neighbours are alike across and down, as in pictures; in series and tables they are
    not. `x` (n, h, w); whole numbers from 0 to 255 are taken for pixels.
    """
    some = x[:: max(1, len(x) // PROBED)]
    if min(x.shape[1:3]) < 4:
        return False
    if some.min() >= 0 and 1 < some.max() <= 255 and (some == np.round(some)).all():
        return True
    total = float(np.square(some - some.mean(axis=(1, 2), keepdims=True)).mean()) or 1.0
    steps = (float(np.square(np.diff(some, axis=side)).mean()) for side in (1, 2))
    return all(step < SMOOTH * total for step in steps)


def _ranges(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The darkest and the brightest value that each image is shown by, float (n,)."""
    sides = tuple(range(1, x.ndim))
    lows, highs = x.min(axis=sides).astype(float), x.max(axis=sides).astype(float)
    low, high = float(np.quantile(lows, 0.25)), float(np.quantile(highs, 0.75))
    room = FAR_OUT * ((high - low) or 1.0)
    is_usual = (highs <= high + room) & (lows >= low - room)
    if not is_usual.any():
        return lows, highs
    low, high = lows[is_usual].min(), highs[is_usual].max()
    return np.where(is_usual, low, lows), np.where(is_usual, high, highs)


def arrays_sha256(x: np.ndarray, labels: np.ndarray) -> str:
    """Hex digest of labels, shape and values, whatever file held them."""
    digest = hashlib.sha256(labels.astype("<i8").tobytes())
    digest.update(repr(x.shape).encode())
    digest.update(np.ascontiguousarray(x, "<f4").tobytes())
    return digest.hexdigest()
