"""Train a network from a configuration: the network, its history and its calibration."""

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
from model.data.renderings import PenGlyphs
from model.preprocessing import to_glyphs, to_input
from model.training import devices
from model.training.architectures import ARCHITECTURES
from model.training.augmentation import Banks, augment
from model.training.config import TrainingConfig
from model.training.stages import MakeBatch, Run, batches, fit

MAX_REPEATS = 20  # of one correction in an epoch: avoids memorising a few drawings


@dataclass(frozen=True)
class Trained:
    """The result of a run: network, history (one row per epoch), calibration, and data counts.

    `validation_accuracy` is None without a validation split.
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
    """Fit and calibrate one network; a checkpoint is saved in `folder` after each epoch.

    With `resume` training continues from the last checkpoint found there, on the same batches as
    an uninterrupted run. A `strategy` (see `model.training.devices`) distributes each batch over
    several devices; machines other than the first save nothing, and their history stays empty.
    Raises InputError when the data cannot be split or another machine is lost, ImageError when an
    image has no ink.
    """
    tf.config.experimental.enable_op_determinism()
    training, validation = glyphs_of(dataset.train), None
    if config.validation_split:
        training, validation = split(training, config.validation_split, config.seed)
    if dataset.corrections:
        training = mix(training, glyphs_of(dataset.corrections))
    pen = PenGlyphs.drawn(dataset.pen.tracks, config.seed) if dataset.pen else None
    run = Run(config, training, validation, batch_maker(config, pen), folder, strategy)
    with devices.lost_machines_named():
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
    """Add corrections (glyphs), repeated until they make up a twentieth of the training data.

    None is repeated more than MAX_REPEATS times.
    """
    wanted = len(training) // 20 // len(corrections)
    times = min(max(1, wanted), MAX_REPEATS)
    return LabelledImages(
        training.name,
        np.concatenate([training.images, *[corrections.images] * times]),
        np.concatenate([training.labels, *[corrections.labels] * times]),
    )


def batch_maker(config: TrainingConfig, pen: PenGlyphs | None) -> MakeBatch:
    """The function that makes a batch: float32 (m, 28, 28, 1) in [0, 1], labels int32 (m,)."""
    if not config.augmented:
        return _not_augmented
    return partial(augment, banks=Banks(config.seed, pen))


def _not_augmented(glyphs, labels, _seed):
    return tf.cast(glyphs, tf.float32)[..., None] / 255, labels


def glyphs_of(part: LabelledImages) -> LabelledImages:
    """The same images as glyphs, uint8 (n, 28, 28), with their labels. Raises ImageError."""
    return LabelledImages(part.name, to_glyphs(part.images), part.labels)


def _validate(
    network: keras.Model, run: Run, validation: LabelledImages
) -> tuple[float, Calibration]:
    """The accuracy on the validation split, and the calibration fitted to it."""
    scores = partial(network.predict, batch_size=500, verbose=0)
    plain = scores(to_input(np.asarray(validation.images)))
    accuracy = float((plain[:, :DIGIT_CLASSES].argmax(1) == validation.labels).mean())
    augmented = scores(_augmented(run, validation)) if run.config.augmented else plain
    outputs = network.layers[-1].activation.__name__
    return accuracy, fit_calibration(plain, validation.labels, augmented, outputs)


def _augmented(run: Run, validation: LabelledImages) -> np.ndarray:
    """The validation digits augmented as in training: float32 (n, 28, 28, 1)."""
    other = replace(run.config, seed=run.config.seed + 1)
    made = batches(other, validation, range(1), run.make_batch)
    glyphs, labels = zip(*made.as_numpy_iterator(), strict=True)
    return np.concatenate(glyphs)[np.concatenate(labels) < DIGIT_CLASSES]
