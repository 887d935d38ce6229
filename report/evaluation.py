"""Run networks over labelled images once and keep the answers as arrays: the bridge to `model/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model import InputError
from model.bundle import Bundle, load_bundle, shipped_bundles
from model.dataset import NAMES, Dataset, LabelledImages, load_dataset, load_labelled
from model.predictor import Predictor
from model.preprocessing import to_glyphs

Facts = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class LabelledGlyphs:
    """A test set as networks see it: `images` uint8 (n, 28, 28), `labels` int64 (n,), origin."""

    images: np.ndarray
    labels: np.ndarray
    facts: Facts


@dataclass(frozen=True, eq=False)
class Answers:
    """One network's answers to n images, and what its bundle says about it.

    `probabilities` float32 (n, c), rows sum to 1; `accepted` bool (n,); `digit_probability` float32
    (n,), or None where the network does not judge whether an image is a digit.
    """

    model: Facts
    training: Facts
    probabilities: np.ndarray
    accepted: np.ndarray
    digit_probability: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The network under test (`subject`) and all networks compared, on the same test images."""

    test: LabelledGlyphs
    subject: Answers
    networks: tuple[Answers, ...]


def evaluate(
    bundle: str | Path,
    data: Path | None = None,
    dataset: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Evaluation:
    """Score `bundle` and every shipped network on one test set; `say` gets a line per step.

    The test set is the labelled images at `data`, or that of `dataset`, or else that of the data
    set the bundle was trained on. Raises InputError.
    """
    chosen = load_bundle(bundle)
    test = load_test_set(data, dataset, chosen.metadata["data"])
    others = [b for b in shipped_bundles() if b.path.resolve() != chosen.path.resolve()]
    answers = []
    for candidate in [chosen, *others]:
        say(f"{candidate.name}: reading {len(test.labels):,} images")
        answers.append(answer(candidate, test.images))
    return Evaluation(test=test, subject=answers[0], networks=tuple(answers))


def load_test_set(data: Path | None, dataset: str | None, learnt: Facts) -> LabelledGlyphs:
    """Load test images and bring them to glyphs; `learnt` says what the network was trained on.

    Images that the network learnt from are left out. Raises InputError.
    """
    if data is not None:
        return _own_test_set(data, learnt)
    name = dataset or learnt["name"]
    if dataset is None and name not in NAMES:
        raise InputError(f"the network learnt from {name}: give test images by --data or --dataset")
    return _dataset_glyphs(load_dataset(name))


def _own_test_set(data: Path, learnt: Facts) -> LabelledGlyphs:
    """All images at `data`, or the part set aside where the network learnt from the rest."""
    images = load_labelled(data)
    try:
        whole = load_dataset(path=data)
    except InputError:  # Too few images to set some aside, so no network learnt from them.
        return _as_glyphs(images, source="", licence="")
    has_test_part = whole.test.sha256 == images.sha256
    if has_test_part or whole.train.sha256 == learnt["sha256"]:
        return _dataset_glyphs(whole)
    return _as_glyphs(images, whole.source, whole.licence)


def _dataset_glyphs(dataset: Dataset) -> LabelledGlyphs:
    return _as_glyphs(dataset.test, dataset.source, dataset.licence)


def _as_glyphs(images: LabelledImages, source: str, licence: str) -> LabelledGlyphs:
    if not len(images):
        raise InputError(f"{images.name}: there are no images to test on; give some")
    facts = {
        "name": images.name,
        "source": source,
        "licence": licence,
        "sha256": images.sha256,
        "count": len(images),
        "class_counts": images.class_counts,
    }
    return LabelledGlyphs(to_glyphs(images.images), images.labels, facts)


def answer(bundle: Bundle, glyphs: np.ndarray) -> Answers:
    """Let one network read `glyphs`, uint8 (n, 28, 28)."""
    scores = Predictor(bundle).score(glyphs)
    return Answers(
        model=model_facts(bundle.metadata),
        training=training_facts(bundle.metadata),
        probabilities=scores.probabilities,
        accepted=scores.accepted,
        digit_probability=scores.digit_probability,
    )


def model_facts(metadata: Facts) -> Facts:
    """What a bundle says about the network itself."""
    kept = ("name", "created_at", "architecture", "calibration", "preprocessing_version", "files")
    return {key: metadata[key] for key in kept} | {
        "litert_bytes": metadata["files"]["model.tflite"]["bytes"]
    }


def training_facts(metadata: Facts) -> Facts:
    """What a bundle says about how the network came to be."""
    return {
        "config": metadata["config"],
        "data": metadata["data"],
        "history": metadata["history"],
        "seconds": metadata["train_seconds"],
        "versions": metadata["versions"],
    }
