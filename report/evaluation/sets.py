"""The sets that a report is about: labelled images, found, and brought to glyphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.data.dataset import (
    NAMES,
    Dataset,
    divide,
    legible,
    load_dataset,
    load_evaluation_set,
)
from model.data.labelled import LabelledImages
from model.data.own_files import evaluation_part, read_parts
from model.errors import Batch, InputError
from model.preprocessing import to_glyphs
from report.evaluation.labels import set_facts
from report.numbers.answers import Facts, LabelledGlyphs
from report.numbers.classes import DIGIT_NAMES

WHOLE_EXTRA = "digits"  # read whole, by networks that did not learn from it
NAME_LENGTH = 24  # fits beside a figure


@dataclass(frozen=True)
class ExtraSource:
    """One more labelled set to read: what to call it, and its file or folder.

    Without a `path` it is the data set of that name.
    """

    name: str
    path: Path | None

    @classmethod
    def parse(cls, text: str) -> ExtraSource:
        """Read NAME=PATH, or the name of a data set. Raises InputError."""
        name, equals, path = text.partition("=")
        if text in NAMES:
            return cls(name, None)
        if not equals or not path.strip() or not re.fullmatch(r"\w[\w-]*", name, re.ASCII):
            raise InputError(
                f"--extra {text}: give NAME=PATH, as in mine=own.npz, its name of plain "
                f"letters, digits, - and _; or a data set: {', '.join(NAMES)}"
            )
        if len(name) > NAME_LENGTH:
            raise InputError(f"--extra {name}: a name has at most {NAME_LENGTH} letters")
        return cls(name, Path(path))


def parse_extras(texts: Sequence[str]) -> list[ExtraSource]:
    """Read every --extra of a call. Raises InputError, also where two have one name."""
    sources = [ExtraSource.parse(text) for text in texts]
    names = [source.name for source in sources]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"--extra {twice[0]}: there are two of this name; give each its own")
    return sources


def load_test_set(
    data: Path | None, dataset: str | None, trained_on: Facts, batch: Batch
) -> LabelledGlyphs:
    """Load test images and bring them to glyphs; `trained_on` says what the network was trained on.

    Images that the network learnt from are left out, and so are those of `data` that can't be read;
    the `batch` counts these. Raises InputError.
    """
    if data is not None:
        images, whole, unreadable = _own_images(data, trained_on, batch)
        made = (whole.source, whole.licence) if whole else ("", "")
        return _as_glyphs(images, *made, unreadable=unreadable)
    name = dataset or trained_on["name"]
    if dataset is None and name not in NAMES:
        raise InputError(f"the network learnt from {name}: give test images by --data or --dataset")
    return _named_set(name)


def _own_images(
    path: Path, trained_on: Facts, batch: Batch
) -> tuple[LabelledImages, Dataset | None, int]:
    """All images at `path`, or the part set aside where the network learnt from the rest.

    With them the set as training divides it, or None where it is too small for that; and how many
    could not be read.
    """
    failed_before = batch.failed
    parts = read_parts(path, batch.fail)
    name = evaluation_part(parts)
    parts[name] = images = legible(parts[name], batch.fail)
    batch.read += len(images)
    unreadable = batch.failed - failed_before
    try:
        whole = divide(path.name, parts)
    except InputError:  # Too few images to set some aside, so no network learnt from them.
        return images, None, unreadable
    has_test_part = whole.test.sha256 == images.sha256
    is_learnt = whole.train.sha256 == trained_on["sha256"]
    return (whole.test if has_test_part or is_learnt else images), whole, unreadable


def load_extra(source: ExtraSource, trained_on: Facts, batch: Batch) -> LabelledGlyphs:
    """Load one more labelled set, less the images that the network learnt from.

    `trained_on` and `batch` are as in `load_test_set`. Raises InputError, which names the set.
    """
    try:
        if source.path is not None:
            images, _, unreadable = _own_images(source.path, trained_on, batch)
            if images.sha256 == trained_on["sha256"]:
                raise InputError(
                    f"{source.path} is what the network learnt from; give other images"
                )
            return _as_glyphs(images, "", "", source.name, unreadable)
        if source.name != WHOLE_EXTRA:
            return _named_set(source.name)
        whole = load_dataset(WHOLE_EXTRA)
        images = whole.test if whole.train.sha256 == trained_on["sha256"] else _joined(whole)
        return _as_glyphs(images, whole.source, whole.licence, source.name)
    except InputError as error:
        raise InputError(f"--extra {source.name}: {error}") from None
    except OSError as error:
        text = f"--extra {source.name}: {source.path} can't be read ({error.strerror})"
        raise InputError(f"{text}; give an .npz or a folder with sub-folders 0 to 9") from None


def _joined(dataset: Dataset) -> LabelledImages:
    """Training and test part as one; both must be arrays of one shape."""
    parts = dataset.train, dataset.test
    return LabelledImages(
        dataset.name,
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def _named_set(name: str) -> LabelledGlyphs:
    """The test part of a data set: no network that ships learnt from it."""
    found = load_evaluation_set(name)
    return _as_glyphs(found.images, found.source, found.licence)


def _as_glyphs(
    images: LabelledImages,
    source: str,
    licence: str,
    name: str | None = None,
    unreadable: int = 0,
) -> LabelledGlyphs:
    """Preprocess, as the demo does; the set goes by `name`, or by its own.

    `unreadable` pictures of it were left out.
    """
    facts = set_facts(name or images.name, images.sha256, images.labels, DIGIT_NAMES)
    facts |= {"source": source, "licence": licence}
    if unreadable:
        facts["unreadable"] = unreadable
    return LabelledGlyphs(to_glyphs(images.images), images.labels, facts, writers=images.writers)
