"""Train a network: a frozen config in; the network, its history and its calibration out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from model.calibration import DIGIT_CLASSES, Calibration, fit_calibration
from model.data.dataset import Dataset, split
from model.data.labelled import LabelledImages
from model.data.pen_glyphs import PenGlyphs
from model.preprocessing import to_glyphs, to_input
from model.training import devices
from model.training.architectures import ARCHITECTURES
from model.training.augmentation import Banks, augment
from model.training.config import TrainingConfig
from model.training.stages import Change, Run, batches, fit

MAX_REPEATS = 20  # of one correction in an epoch: avoids memorising a few drawings


@dataclass(frozen=True)
class Trained:
    """What a run gives: the network, a row an epoch, the calibration, and the data it saw.

    `validation_accuracy` is None where nothing was held out.
    """

    config: TrainingConfig
    network: keras.Model
    history: list[dict]
    validation_accuracy: float | None
    calibration: Calibration
    train_count: int
    validation_count: int
    train_class_counts: list[int]


def train(
    config: TrainingConfig,
    dataset: Dataset,
    folder: Path,
    resume: bool,
    strategy: tf.distribute.Strategy | None = None,
) -> Trained:
    """Fit and calibrate one network; after each epoch its state is kept in `folder`.

    With `resume` it goes on after the last whole epoch found there, on the batches it would have
    seen. A `strategy` (see `model.training.devices`) spreads each batch over several devices; on
    machines other than the first nothing is kept, and the history stays empty. Raises InputError
    when the data cannot be split or another machine is lost, ImageError when an image has no ink.
    """
    tf.config.experimental.enable_op_determinism()
    training, validation = _glyphs(dataset.train), None
    if config.validation_split:
        training, validation = split(training, config.validation_split, config.seed)
    if dataset.corrections:
        training = mix(training, _glyphs(dataset.corrections))
    pen = PenGlyphs.drawn(dataset.pen.tracks, config.seed) if dataset.pen else None
    change = change_of(config, pen)
    run = Run(config, training, validation, change, folder, strategy)
    with devices.all_at_work():
        if strategy:
            learnt = dataset.train.sha256, dataset.corrections and dataset.corrections.sha256
            devices.agree(strategy, config, *learnt)
            devices.check_shares(strategy, len(training), config.batch_size)
        network, history = fit(run, ARCHITECTURES[config.architecture], resume)
    accuracy, calibration = None, Calibration()
    if validation:
        accuracy, calibration = _validate(network, run, validation)
    return Trained(
        config=config,
        network=network,
        history=history,
        validation_accuracy=accuracy,
        calibration=calibration,
        train_count=len(training),
        validation_count=len(validation) if validation else 0,
        train_class_counts=training.class_counts,
    )


def mix(training: LabelledImages, corrections: LabelledImages) -> LabelledImages:
    """Add corrections, glyphs as well, so often that they make up a twentieth if they can."""
    wanted = len(training) // 20 // len(corrections)
    times = min(max(1, wanted), MAX_REPEATS)
    return LabelledImages(
        training.name,
        np.concatenate([training.images, *[corrections.images] * times]),
        np.concatenate([training.labels, *[corrections.labels] * times]),
    )


def change_of(config: TrainingConfig, pen: PenGlyphs | None) -> Change:
    """How the recipe makes a batch: float32 (m, 28, 28, 1) in [0, 1], int32 (m,)."""
    if not config.augmented:
        return _as_they_are
    return partial(augment, banks=Banks(config.seed, pen))


def _as_they_are(glyphs, labels, _seed):
    return tf.cast(glyphs, tf.float32)[..., None] / 255, labels


def _glyphs(part: LabelledImages) -> LabelledImages:
    return LabelledImages(part.name, to_glyphs(part.images), part.labels)


def _validate(
    network: keras.Model, run: Run, validation: LabelledImages
) -> tuple[float, Calibration]:
    """The accuracy on the validation split, and the calibration fitted to it."""
    scores = partial(network.predict, batch_size=500, verbose=0)
    plain = scores(to_input(np.asarray(validation.images)))
    accuracy = float((plain[:, :DIGIT_CLASSES].argmax(1) == validation.labels).mean())
    drawn = scores(_drawn(run, validation)) if run.config.augmented else plain
    outputs = network.layers[-1].activation.__name__
    return accuracy, fit_calibration(plain, validation.labels, drawn, outputs)


def _drawn(run: Run, validation: LabelledImages) -> np.ndarray:
    """The held-out digits drawn as freely as in training: float32 (n, 28, 28, 1)."""
    other = replace(run.config, seed=run.config.seed + 1)
    made = batches(other, validation, range(1), run.change)
    glyphs, labels = zip(*made.as_numpy_iterator(), strict=True)
    return np.concatenate(glyphs)[np.concatenate(labels) < DIGIT_CLASSES]
