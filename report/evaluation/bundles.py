"""Run bundles over labelled images once, and keep their answers as arrays."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from model.bundles.store import load_bundle, shipped_bundles
from model.errors import Batch
from model.files.pictures import ImageError
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs
from report.evaluation.robustness import measure_robustness
from report.evaluation.sets import load_extra, load_test_set, parse_extras
from report.evaluation.timing import median_milliseconds
from report.numbers.answers import Answers, Evaluation, Facts, LabelledGlyphs
from report.numbers.classes import DIGIT_NAMES

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BundleTest:
    """A bundle to report on, and the labelled images to test it with.

    These are the images at `data`, or of `dataset`, or else of the data set that the bundle was
    trained on. Each `extra` names one more set, as NAME=PATH, or a data set. The `batch` is told
    of pictures that can't be read; unless one is given, the first ends the test.
    """

    bundle: str | Path
    data: Path | None = None
    dataset: str | None = None
    extra: tuple[str, ...] = ()
    batch: Batch = field(default_factory=partial(Batch, strict=True), compare=False)
    names: ClassVar[tuple[str, ...]] = DIGIT_NAMES
    when_killed: ClassVar[None] = None
    time_limit: ClassVar[None] = None

    def evaluate(self) -> Evaluation:
        """Score it and every shipped network on the test set, it alone on the further sets.

        Raises InputError; Unavailable, a kind of it, where a data set can't be had.
        """
        sources = parse_extras(self.extra)
        chosen = load_bundle(self.bundle)
        trained_on = chosen.metadata["data"]
        test = load_test_set(self.data, self.dataset, trained_on, self.batch)
        extras = [load_extra(source, trained_on, self.batch) for source in sources]
        others = [b for b in shipped_bundles() if b.path.resolve() != chosen.path.resolve()]
        subject = Predictor(chosen)
        answers = [answer(one, test) for one in (subject, *map(Predictor, others))]
        read = tuple((glyphs, answer(subject, glyphs)) for glyphs in extras)
        _log.info("%s: reading images changed on purpose", chosen.name)
        readers = (partial(way, subject) for way in (_readings, _prepared_readings))
        curves = measure_robustness(test.images, test.labels, *readers)
        return Evaluation(test, answers[0], tuple(answers), read, curves)


def _readings(predictor: Predictor, glyphs: np.ndarray) -> np.ndarray:
    """The digit read of each of the glyphs, int64 (n,)."""
    return predictor.score(glyphs).probabilities.argmax(axis=1)


def _prepared_readings(predictor: Predictor, pictures: np.ndarray) -> np.ndarray:
    """The digit read of each picture after preparation, int64 (n,); -1 where it finds no ink."""
    try:
        return _readings(predictor, to_glyphs(pictures))
    except ImageError:
        if len(pictures) == 1:
            return np.array([-1])
        return np.concatenate([_prepared_readings(predictor, one[None]) for one in pictures])


def answer(predictor: Predictor, data: LabelledGlyphs) -> Answers:
    """Let one network read a labelled set."""
    bundle, glyphs, name = predictor.bundle, data.images, data.facts["name"]
    _log.info("%s: reading %s images of %s", bundle.name, f"{len(glyphs):,}", name)
    scores = predictor.score(glyphs)
    return Answers(
        model=model_facts(bundle.metadata),
        training=training_facts(bundle.metadata),
        probabilities=scores.probabilities,
        accepted=scores.accepted,
        digit_probability=scores.digit_probability,
        milliseconds=median_milliseconds(lambda: predictor.score(glyphs[:1])),
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
        "validation_accuracy": metadata.get("validation_accuracy"),
        "seconds": metadata["train_seconds"],
        "versions": metadata["versions"],
    }
