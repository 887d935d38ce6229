"""A user's own labelled images: an .npz, IDX files, or a folder with one sub-folder a digit."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from model.calibration import DIGIT_CLASSES
from model.data.labelled import LabelledImages
from model.errors import InputError, printable
from model.files.arrays import read_idx, read_npz
from model.files.listing import files_below
from model.files.pictures import load_image, to_grey

PICTURE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".avif", ".heic", ".heif",
    ".ico", ".pbm", ".pgm", ".ppm",
)  # fmt: skip
Complaint = Callable[[str, int | None, InputError], None]  # a source, its row in a set, and why
_PARTS = {  # the names of an .npz's arrays
    "train": ("x_train", "y_train", "writer_train"),
    "test": ("x_test", "y_test", "writer_test"),
    "all": ("x", "y", "writer"),
}
_ROWS = 4096  # images converted at once: as float64 they take eight times the memory


def load_labelled(path: str | os.PathLike, complain: Complaint | None = None) -> LabelledImages:
    """Load a set to evaluate on: .npz with `x`, `y` or `x_test`, `y_test`; IDX; folder of labels.

    Who wrote an image is known from an array `writer` (or `writer_test`) of names or numbers, or
    from a folder of the writer's name within that of the label, as in 7/anna/1.png.
    Raises InputError when it is missing, malformed, or its labels are not digits; with
    `complain`, a bad picture in a folder is passed to it and left out.
    """
    parts = read_parts(Path(path), complain)
    return parts[evaluation_part(parts)]


def evaluation_part(parts: Collection[str]) -> str:
    """Of the parts that a set has, the one to evaluate on."""
    return next(name for name in ("test", "all", "train") if name in parts)


def load_npz_images(path: str | os.PathLike) -> np.ndarray:
    """Load the images `x` (or `x_test`) of an .npz, without labels: uint8 (n, h, w)."""
    arrays = read_npz(path, ("x", "x_test"))
    for key in ("x", "x_test"):
        if key in arrays:
            return _as_images(arrays[key], f"{path}: {key}")
    raise InputError(f"{path} holds no array named x or x_test")


def read_parts(path: Path, complain: Complaint | None = None) -> dict[str, LabelledImages]:
    """Read a user's set: its parts 'train' and 'test', or 'all' if it is not divided.

    Raises InputError when it is missing, malformed, or its labels are not digits; with
    `complain`, a bad picture in a folder is passed to it and left out.
    """
    if not os.path.exists(path):
        raise InputError(f"there is no file or folder {path}")
    if path.is_dir():
        parts = _read_idx_folder(path) or _read_label_folder(path, complain)
    elif path.suffix.lower() == ".npz":
        parts = _npz_parts(path)
    elif "idx" in path.name:
        parts = {"all": _read_idx_pair(path)}
    else:
        raise InputError(f"{path}: give an .npz, an IDX file or a folder of sub-folders 0 to 9")
    return parts


def _npz_parts(path: Path) -> dict[str, LabelledImages]:
    arrays = read_npz(path, [name for names in _PARTS.values() for name in names])
    parts = {
        part: _labelled(path.stem, arrays[x], arrays[y], str(path), arrays.get(writer))
        for part, (x, y, writer) in _PARTS.items()
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
    if labels == images:
        raise InputError(f"{images}: name it and its labels as MNIST's files are, such as "
                         "train-images-idx3-ubyte and train-labels-idx1-ubyte")  # fmt: skip
    if not labels.is_file():
        raise InputError(f"{images}: its labels should lie beside it as {name}")
    return _labelled(images.parent.name, read_idx(images), read_idx(labels), str(images))


def _read_label_folder(folder: Path, complain: Complaint | None) -> dict[str, LabelledImages]:
    """Read pictures that lie in their label's folder, or in one of their writer's name in that."""
    images, labels, writers, sources = [], [], [], []
    for label in range(DIGIT_CLASSES):
        place = folder / str(label)
        for path in files_below(place, PICTURE_SUFFIXES) if os.path.isdir(place) else ():
            if os.path.islink(path) and not os.path.exists(path):
                continue  # a broken link
            try:
                images.append(to_grey(load_image(path)))
            except InputError as error:
                if complain is None:
                    raise
                complain(str(path), None, error)
                continue
            labels.append(label)
            writer, *inner = path.relative_to(place).parts
            writers.append(printable(writer) if inner else "")
            sources.append(str(path))
    if not images:
        raise InputError(f"{folder} holds no pictures that can be read in sub-folders named 0 to 9")
    known = np.array(writers) if all(writers) else None
    name = printable(folder.name)
    whole = LabelledImages(name, images, np.array(labels, np.int64), known, np.array(sources))
    return {"all": whole}


def _labelled(
    name: str, x: np.ndarray, y: np.ndarray, where: str, writer: np.ndarray | None = None
) -> LabelledImages:
    images = _as_images(x, where)
    labels = np.asarray(y)
    if labels.ndim != 1 or labels.dtype.kind not in "iuf":
        found = f"{labels.dtype} of shape {labels.shape}"
        raise InputError(f"{where}: labels must be one number an image, not {found}")
    if len(images) != len(labels):
        raise InputError(f"{where}: {len(images)} images but {len(labels)} labels")
    wrong = ~np.isin(labels, np.arange(DIGIT_CLASSES))
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(f"{where}: label {labels[row]} in row {row} is not a digit from 0 to 9")
    writers = None if writer is None else _writer_names(writer, len(labels), where)
    return LabelledImages(printable(name), images, labels.astype(np.int64), writers)


def _writer_names(writer: np.ndarray, count: int, where: str) -> np.ndarray:
    if writer.shape != (count,) or writer.dtype.kind not in "Uiu":
        raise InputError(f"{where}: writer must hold one name or whole number an image")
    return np.array([printable(str(name)) for name in writer])


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
