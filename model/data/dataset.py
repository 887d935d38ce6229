"""Labelled images: MNIST, scikit-learn's digits, or a user's own file or folder."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from model.data.mnist import find_mnist, is_mnist
from model.data.pen_sets import PEN_SETS, PenData, find_set, read_set
from model.data.pen_tracks import digits_of
from model.data.renderings import render_plainly
from model.errors import InputError, printable
from model.files.arrays import read_idx, read_npz
from model.files.pictures import load_image, to_grey

CLASSES = 10
NAMES = ("mnist", "digits", *PEN_SETS)
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
_INSTEAD = (
    "remove it to have MNIST downloaded, point $MNIST_PATH at mnist.npz, or pass your own data by "
    "--data"
)
_NAMES = ("x", "y", "x_train", "y_train", "x_test", "y_test")  # of an .npz's arrays
_ROWS = 4096  # images converted at once: as float64 they take eight times the memory
_PEN_SEED = 0  # of the places, sizes and pens with which tracks are drawn for evaluation
_TEST_FRACTION = 0.2  # of a set without a test part of its own
Images = Sequence[np.ndarray] | np.ndarray


@dataclass(frozen=True)
class LabelledImages:
    """Images and their labels.

    `images` is uint8 (n, h, w), or a list of n uint8 arrays (h, w) of any sizes; `labels` is int64
    (n,) in 0..9; `writers`, where they are known, an array of n names.
    """

    name: str
    images: Images
    labels: np.ndarray
    writers: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def sha256(self) -> str:
        """Hex digest of shapes, pixels and labels, whatever file they were read from."""
        digest = hashlib.sha256(np.ascontiguousarray(self.labels, "<i8").tobytes())
        for image in self.images:
            digest.update(struct.pack("<2q", *image.shape))
            digest.update(np.ascontiguousarray(image).tobytes())
        return digest.hexdigest()

    @property
    def class_counts(self) -> list[int]:
        """How many images each digit has, 0 to 9."""
        return np.bincount(self.labels, minlength=CLASSES).tolist()

    def take(self, rows: np.ndarray) -> LabelledImages:
        """Select rows, int64 (m,), in that order."""
        images: Images
        if isinstance(self.images, np.ndarray):
            images = self.images[rows]
        else:
            images = [self.images[row] for row in rows]
        writers = None if self.writers is None else self.writers[rows]
        return LabelledImages(self.name, images, self.labels[rows], writers)


@dataclass(frozen=True)
class Dataset:
    """A training set and a test set.

    `corrections` are drawings that visitors corrected: used for training, never for validation.
    `pen` are pen tracks that the augmented recipe draws and mixes into each batch.
    """

    name: str
    train: LabelledImages
    test: LabelledImages
    source: str
    licence: str
    corrections: LabelledImages | None = None
    pen: PenData | None = None


def load_dataset(name: str = "mnist", path: str | os.PathLike | None = None) -> Dataset:
    """Load a set by name, or a user's own from `path` (.npz, IDX or a folder of labels).

    Without `path`, MNIST is looked for in $MNIST_PATH, then in Keras' cache, then downloaded; sets
    of pen tracks likewise (see `model.data.pen_sets`). Raises InputError when the set is unknown,
    unavailable or malformed.
    """
    if name in PEN_SETS:
        return _pen_dataset(name, None if path is None else Path(path))
    if path is not None:
        return _own_dataset(Path(path))
    if name == "digits":
        return _scikit_learn_digits()
    if name == "mnist":
        return _mnist(find_mnist())
    raise InputError(f"unknown dataset '{name}': choose one of {', '.join(NAMES)}")


def load_labelled(path: str | os.PathLike) -> LabelledImages:
    """Load a set to evaluate on: .npz with `x`, `y` or `x_test`, `y_test`; IDX; folder of labels.

    Raises InputError when it is missing, malformed, or its labels are not digits.
    """
    parts = _read_parts(Path(path))
    return parts.get("test") or parts.get("all") or parts["train"]


def load_npz_images(path: str | os.PathLike) -> np.ndarray:
    """Load the images `x` (or `x_test`) of an .npz, without labels: uint8 (n, h, w)."""
    arrays = read_npz(path, _NAMES)
    for key in ("x", "x_test"):
        if key in arrays:
            return _as_images(arrays[key], f"{path}: {key}")
    raise InputError(f"{path} holds no array named x (it holds {', '.join(arrays) or 'nothing'})")


def split(
    images: LabelledImages, fraction: float, seed: int
) -> tuple[LabelledImages, LabelledImages]:
    """Split a set, stratified by label and seeded: (the rest, `fraction` of it).

    Raises InputError when the fraction leaves a part empty or a digit has fewer than 2 images.
    """
    from sklearn.model_selection import train_test_split

    if not 0 < fraction < 1:
        raise InputError(f"a split takes a fraction between 0 and 1, not {fraction}")
    try:
        kept, held = train_test_split(
            np.arange(len(images)), test_size=fraction, random_state=seed, stratify=images.labels
        )
    except ValueError as error:
        raise InputError(f"{images.name} cannot be split by {fraction}: {error}") from None
    return images.take(np.sort(kept)), images.take(np.sort(held))


def _pen_dataset(name: str, path: Path | None) -> Dataset:
    """Digits of a set of pen tracks, drawn as on the demo's canvas; writers kept are the test."""
    pen_set = find_set(name)
    tracks = digits_of(read_set(pen_set, path))
    parts = []
    for part in (False, True):
        some = [track for track in tracks if pen_set.is_kept(track.writer) == part]
        if not some:
            raise InputError(f"{name}: there are no digits by writers to learn from and to test on")
        labels = np.array([int(track.label) for track in some], np.int64)
        writers = np.array([track.writer for track in some])
        parts.append(LabelledImages(name, render_plainly(some, _PEN_SEED), labels, writers))
    train, test = parts
    return Dataset(name, train, test, source=pen_set.source, licence=pen_set.licence)


def _own_dataset(path: Path) -> Dataset:
    parts = _read_parts(path)
    if "train" in parts and "test" in parts:
        train, test = parts["train"], parts["test"]
        if _is_mnist(train, test):
            return _named_mnist(train, test)
    else:
        train, test = split(parts.get("all") or parts.get("train") or parts["test"],
                            _TEST_FRACTION, seed=0)  # fmt: skip
    return Dataset(
        printable(path.name), train, test, source="a file of the user's own", licence="not stated"
    )


def _scikit_learn_digits() -> Dataset:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype(np.uint8)
    whole = LabelledImages("digits", images, bunch.target.astype(np.int64))
    train, test = split(whole, _TEST_FRACTION, seed=0)
    source = "Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (test part), UCI"
    return Dataset("digits", train, test, source=source, licence="CC BY 4.0")


def _mnist(path: Path) -> Dataset:
    try:
        parts = _read_parts(path)
    except InputError as error:
        raise InputError(f"{error}; {_INSTEAD}") from None
    if "train" not in parts or "test" not in parts or not _is_mnist(parts["train"], parts["test"]):
        raise InputError(f"{path} does not hold MNIST's images: {_INSTEAD}")
    return _named_mnist(parts["train"], parts["test"])


def _named_mnist(train: LabelledImages, test: LabelledImages) -> Dataset:
    train, test = (LabelledImages("mnist", part.images, part.labels) for part in (train, test))
    source = "LeCun, Cortes and Burges, The MNIST database of handwritten digits"
    return Dataset("mnist", train, test, source=source, licence="CC BY-SA 3.0")


def _read_parts(path: Path) -> dict[str, LabelledImages]:
    """Read a user's set: its parts 'train' and 'test', or 'all' if it is not divided."""
    if not path.exists():
        raise InputError(f"there is no file or folder {path}")
    if path.is_dir():
        parts = _read_idx_folder(path) or _read_label_folder(path)
    elif path.suffix == ".npz":
        parts = _npz_parts(path)
    elif "idx" in path.name:
        parts = {"all": _read_idx_pair(path)}
    else:
        raise InputError(f"{path}: give an .npz, an IDX file or a folder of sub-folders 0 to 9")
    return parts


def _npz_parts(path: Path) -> dict[str, LabelledImages]:
    arrays = read_npz(path, _NAMES)
    keys = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test"), "all": ("x", "y")}
    parts = {
        part: _labelled(path.stem, arrays[x], arrays[y], str(path))
        for part, (x, y) in keys.items()
        if x in arrays and y in arrays
    }
    if not parts:
        raise InputError(
            f"{path} must hold x and y (or x_train, y_train, x_test, y_test); it holds "
            f"{', '.join(arrays) or 'nothing'}"
        )
    return parts


def _read_idx_folder(folder: Path) -> dict[str, LabelledImages]:
    found: dict[str, LabelledImages] = {}
    for part, prefix in (("train", "train"), ("test", "t10k"), ("test", "test")):
        for name in sorted(folder.glob(f"{prefix}-images*idx3*")):
            found.setdefault(part, _read_idx_pair(name))
    return found


def _read_idx_pair(images: Path) -> LabelledImages:
    name = images.name.replace("images", "labels").replace("idx3", "idx1")
    labels = images.with_name(name)
    if labels == images or not labels.is_file():
        raise InputError(f"{images}: its labels should lie beside it as {name}")
    return _labelled(images.parent.name, read_idx(images), read_idx(labels), str(images))


def _read_label_folder(folder: Path) -> dict[str, LabelledImages]:
    images, labels = [], []
    for label in range(CLASSES):
        for path in sorted((folder / str(label)).glob("*")):
            if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file():  # pipes never end
                images.append(to_grey(load_image(path)))
                labels.append(label)
    if not images:
        raise InputError(f"{folder} holds no pictures in sub-folders named 0 to 9")
    return {"all": LabelledImages(printable(folder.name), images, np.array(labels, np.int64))}


def _labelled(name: str, x: np.ndarray, y: np.ndarray, where: str) -> LabelledImages:
    images = _as_images(x, where)
    labels = np.asarray(y)
    if labels.ndim != 1 or labels.dtype.kind not in "iuf":
        raise InputError(f"{where}: labels must be one number an image, not {labels.shape}")
    if len(images) != len(labels):
        raise InputError(f"{where}: {len(images)} images but {len(labels)} labels")
    wrong = ~np.isin(labels, np.arange(CLASSES))
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(f"{where}: label {labels[row]} in row {row} is not a digit from 0 to 9")
    return LabelledImages(printable(name), images, labels.astype(np.int64))


def _as_images(x: np.ndarray, where: str) -> np.ndarray:
    """Convert stored images of the usual shapes and value ranges to uint8 (n, h, w)."""
    x = np.asarray(x)
    if x.dtype.kind not in "buif" or x.size == 0:
        raise InputError(f"{where}: the images must be a non-empty array of numbers")
    if x.ndim == 2 and round(x.shape[1] ** 0.5) ** 2 == x.shape[1]:
        x = x.reshape(len(x), round(x.shape[1] ** 0.5), -1)
    if x.ndim == 4 and x.shape[3] == 1:
        x = x[..., 0]
    if x.ndim == 4 and x.shape[3] == 3:
        x = _in_parts(x, np.float32, lambda part: part @ np.array([0.299, 0.587, 0.114]))
    if x.ndim != 3:
        raise InputError(f"{where}: images must have the shape (n, height, width), not {x.shape}")
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise InputError(f"{where}: some pixels are not finite numbers")
    top = float(x.max())
    if x.min() < 0 or top > 65535:
        raise InputError(f"{where}: pixels must lie in 0..1, 0..255 or 0..65535")
    full = next(full for full in (1, 16, 255, 65535) if top <= full)  # 16: scikit-learn's digits
    if x.dtype == np.uint8 and full == 255:
        return x
    return _in_parts(x, np.uint8, lambda part: np.round(part * np.float64(255 / full)))


def _in_parts(x: np.ndarray, kind: type, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Convert images (n, h, w[, c]) in parts of some thousand to (n, h, w) of another dtype."""
    changed: np.ndarray = np.empty(x.shape[:3], kind)
    with np.errstate(over="ignore"):  # overflows become infinite and are refused later
        for start in range(0, len(x), _ROWS):
            changed[start : start + _ROWS] = change(x[start : start + _ROWS])
    return changed


def _is_mnist(train: LabelledImages, test: LabelledImages) -> bool:
    arrays = {"x_train": train.images, "y_train": train.labels}
    arrays |= {"x_test": test.images, "y_test": test.labels}
    return is_mnist({name: np.asarray(array) for name, array in arrays.items()})
