"""Data sets by name or from a user's own file or folder: each a training and a test part."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.data.labelled import LabelledImages
from model.data.mnist import find_mnist, is_mnist
from model.data.own_files import Complaint, read_parts
from model.data.pen_sets import PEN_SETS, PenData, read_set
from model.data.pen_tracks import PenTrack, digits_of, others_of
from model.data.renderings import render_plainly
from model.errors import InputError, printable
from model.preprocessing import glyphs_or_errors

NAMES = ("mnist", "digits", *PEN_SETS)
_PEN_SEED = 0  # of the places, sizes and pens with which tracks are drawn for evaluation
_TEST_FRACTION = 0.2  # of a set without a test part of its own


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


@dataclass(frozen=True)
class EvaluationSet:
    """What networks are tested on: the test part of a data set.

    `others` are glyphs of what is no digit, uint8 (m, 28, 28), by the writers of the test part:
    letters and symbols that do not look like digits. None where the set holds digits alone.
    """

    images: LabelledImages
    source: str
    licence: str
    others: np.ndarray | None = None


def load_dataset(
    name: str = "mnist",
    path: str | os.PathLike | None = None,
    complain: Complaint | None = None,
) -> Dataset:
    """Load a set by name, or a user's own from `path` (.npz, IDX or a folder of labels).

    Without `path`, MNIST is looked for in $MNIST_PATH, then in Keras' cache, then downloaded; sets
    of pen tracks likewise (see `model.data.pen_sets`). Raises InputError when the set is unknown,
    unavailable or malformed; with `complain`, a bad picture in a user's own set is passed to it
    and left out.
    """
    if name in PEN_SETS:
        return _pen_dataset(name, None if path is None else Path(path))
    if path is not None:
        path = Path(path)
        parts = read_parts(path, complain)
        if complain:
            parts = {name: legible(part, complain) for name, part in parts.items()}
        return divide(path.name, parts)
    if name == "digits":
        return _scikit_learn_digits()
    if name == "mnist":
        return _mnist(find_mnist())
    raise InputError(f"unknown dataset '{name}': choose one of {', '.join(NAMES)}, or give "
                     "a set of your own by --data")  # fmt: skip


def load_evaluation_set(name: str) -> EvaluationSet:
    """Load the test part of a set by name, as `load_dataset` does; no other tracks are drawn."""
    if name not in PEN_SETS:
        whole = load_dataset(name)
        return EvaluationSet(whole.test, whole.source, whole.licence)
    pen_set, (_, tracks) = PEN_SETS[name], read_set(name)
    others = others_of(tracks)
    glyphs = render_plainly(others, _PEN_SEED) if others else None
    return EvaluationSet(_drawn(name, tracks), pen_set.source, pen_set.licence, glyphs)


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
        rest, part = train_test_split(
            np.arange(len(images)), test_size=fraction, random_state=seed, stratify=images.labels
        )
    except ValueError:
        raise InputError(
            f"{images.name}: {len(images):,} images cannot be split by {fraction}: each digit "
            "needs two or more, and each part as many images as there are digits"
        ) from None
    return images.take(np.sort(rest)), images.take(np.sort(part))


def _pen_dataset(name: str, path: Path | None) -> Dataset:
    """A set of pen tracks, parted by writer."""
    pen_set = PEN_SETS[name]
    train, test = (_drawn(name, tracks) for tracks in read_set(name, path))
    return Dataset(name, train, test, source=pen_set.source, licence=pen_set.licence)


def _drawn(name: str, tracks: Sequence[PenTrack]) -> LabelledImages:
    """Draw the digits among tracks as on the demo's canvas. Raises InputError if there are none."""
    digits = digits_of(tracks)
    if not digits:
        raise InputError(f"{name}: there are no digits by writers to learn from and to test on")
    labels = np.array([int(track.label) for track in digits], np.int64)
    writers = np.array([track.writer for track in digits])
    return LabelledImages(name, render_plainly(digits, _PEN_SEED), labels, writers)


def divide(name: str, parts: dict[str, LabelledImages]) -> Dataset:
    """Divide a user's own set into what is learnt from and what it is tested on.

    Raises InputError when it has no such parts of its own and too few images.
    """
    if "train" in parts and "test" in parts:
        train, test = parts["train"], parts["test"]
        if _is_mnist(train, test):
            return _named_mnist(train, test)
    else:
        train, test = split(parts.get("all") or parts.get("train") or parts["test"],
                            _TEST_FRACTION, seed=0)  # fmt: skip
    return Dataset(
        printable(name), train, test, source="a file of the user's own", licence="not stated"
    )


def legible(images: LabelledImages, complain: Complaint) -> LabelledImages:
    """Leave out images that hold no ink, and pass each to `complain`.

    Raises InputError where none is left.
    """
    _, errors = glyphs_or_errors(images.images)
    for row, error in errors.items():
        complain(*images.place(row), error)
    if len(errors) == len(images):
        raise InputError(f"{images.name}: none of the images can be read")
    return images.take(np.setdiff1d(np.arange(len(images)), list(errors)))


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
        parts = read_parts(path)
    except InputError as error:
        raise InputError(f"{error}; {_instead()}") from None
    if "train" not in parts or "test" not in parts or not _is_mnist(parts["train"], parts["test"]):
        raise InputError(f"{path} does not hold MNIST's images: {_instead()}")
    return _named_mnist(parts["train"], parts["test"])


def _instead() -> str:
    """What to do about a file that is not MNIST: it is the user's choice, or in the cache."""
    way = "unset $MNIST_PATH" if os.environ.get("MNIST_PATH") else "remove it"
    return (
        f"{way} to have MNIST downloaded, point $MNIST_PATH at mnist.npz, or pass your own data by "
        "--data"
    )


def _named_mnist(train: LabelledImages, test: LabelledImages) -> Dataset:
    train, test = (LabelledImages("mnist", part.images, part.labels) for part in (train, test))
    source = "LeCun, Cortes and Burges, The MNIST database of handwritten digits"
    return Dataset("mnist", train, test, source=source, licence="CC BY-SA 3.0")


def _is_mnist(train: LabelledImages, test: LabelledImages) -> bool:
    arrays = {"x_train": train.images, "y_train": train.labels}
    arrays |= {"x_test": test.images, "y_test": test.labels}
    return is_mnist({name: np.asarray(array) for name, array in arrays.items()})
