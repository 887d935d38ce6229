"""Run bundles over labelled images once, and keep their answers as arrays."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from model.bundles.store import load_bundle, shipped_bundles
from model.files.pictures import ImageError
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs
from report.evaluation.robustness import measure_robustness
from report.evaluation.sets import ExtraSource, load_extra, load_test_set
from report.evaluation.timing import median_milliseconds
from report.numbers.answers import Answers, Evaluation, Facts

_log = logging.getLogger(__name__)


def evaluate(
    bundle: str | Path,
    data: Path | None = None,
    dataset: str | None = None,
    extra: Sequence[ExtraSource] = (),
) -> Evaluation:
    """Score `bundle` and every shipped network on one test set.

    The test set is the labelled images at `data`, or that of `dataset`, or else that of the data
    set the bundle was trained on; the `extra` sets are read by `bundle` alone. Raises InputError.
    """
    chosen = load_bundle(bundle)
    test = load_test_set(data, dataset, chosen.metadata["data"])
    extras = [load_extra(source, chosen.metadata["data"]) for source in extra]
    others = [b for b in shipped_bundles() if b.path.resolve() != chosen.path.resolve()]
    subject, answers = Predictor(chosen), []
    for predictor in [subject, *map(Predictor, others)]:
        _log.info("%s: reading %s images", predictor.bundle.name, f"{len(test.labels):,}")
        answers.append(answer(predictor, test.images))
    read = []
    for source, glyphs in zip(extra, extras, strict=True):
        _log.info(
            "%s: reading %s images of %s", chosen.name, f"{len(glyphs.labels):,}", source.name
        )
        read.append((glyphs, answer(subject, glyphs.images)))
    _log.info("%s: reading images changed on purpose", chosen.name)
    readers = (partial(way, subject) for way in (_readings, _prepared_readings))
    curves = measure_robustness(test.images, test.labels, *readers)
    return Evaluation(test, answers[0], tuple(answers), tuple(read), curves)


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


def answer(predictor: Predictor, glyphs: np.ndarray) -> Answers:
    """Let one network read `glyphs`, uint8 (n, 28, 28)."""
    bundle = predictor.bundle
    scores = predictor.score(glyphs)
    return Answers(
        model=model_facts(bundle.metadata),
        training=training_facts(bundle.metadata),
        probabilities=scores.probabilities,
        accepted=scores.accepted,
        digit_probability=scores.digit_probability,
        milliseconds=time_reading(predictor, glyphs[:1]),
    )


def time_reading(predictor: Predictor, glyph: np.ndarray) -> float | None:
    """Milliseconds that one glyph, uint8 (1, 28, 28), takes from pixels to probabilities."""
    return median_milliseconds(lambda: predictor.score(glyph))


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
        "narrow_history": metadata.get("narrow_history", []),
        "validation_accuracy": metadata.get("validation_accuracy"),
        "seconds": metadata["train_seconds"],
        "versions": metadata["versions"],
    }
