"""Train a network: a frozen config in; the network, its history and its calibration out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from model.calibration import DIGITS, Calibration, fit_calibration
from model.data.dataset import Dataset, LabelledImages, split
from model.preprocessing import to_glyphs, to_input
from model.training import devices
from model.training.architectures import ARCHITECTURES, broad, join, narrow
from model.training.augmentation import Banks, augment, turn_and_move
from model.training.config import TrainingConfig
from model.training.distillation import lesson, teacher
from model.training.stages import Change, Run, Stage, batches, take

MOST_REPEATS = 20  # of one correction in an epoch: a few drawings are not learnt by heart
NARROW_SHARE = 0.15  # of the narrow column in the answer


@dataclass(frozen=True)
class Trained:
    """What a run gives: the network, a row an epoch, the calibration, and the data it saw.

    `history` is of the only column, or of the broad one; `validation_accuracy`, None where nothing
    was held out, of the whole network.
    """

    config: TrainingConfig
    network: keras.Model
    history: list[dict]
    narrow_history: list[dict]
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
    if config.validation_split:
        parts = split(dataset.train, config.validation_split, config.seed)
    else:
        parts = (dataset.train, None)
    fitted, held = (part and _glyphs(part) for part in parts)
    if dataset.corrections:
        fitted = mix(fitted, _glyphs(dataset.corrections))
    run = Run(config, fitted, held, folder, strategy)
    with devices.all_at_work():
        if strategy:
            learnt = dataset.train.sha256, dataset.corrections and dataset.corrections.sha256
            devices.agree(strategy, config, *learnt)
            devices.check_shares(strategy, len(fitted), config.batch_size)
        network, history, narrow_history = _learn(run, resume)
    share_right, calibration = _judge(network, config, held) if held else (None, Calibration())
    return Trained(
        config=config,
        network=network,
        history=history,
        narrow_history=narrow_history,
        validation_accuracy=share_right,
        calibration=calibration,
        train_count=len(fitted),
        validation_count=len(held) if held else 0,
        train_class_counts=fitted.class_counts,
    )


def mix(fitted: LabelledImages, corrections: LabelledImages) -> LabelledImages:
    """Add corrections, glyphs as well, so often that they make up a twentieth if they can."""
    wanted = len(fitted) // 20 // len(corrections)
    times = min(max(1, wanted), MOST_REPEATS)
    return LabelledImages(
        fitted.name,
        np.concatenate([fitted.images, *[corrections.images] * times]),
        np.concatenate([fitted.labels, *[corrections.labels] * times]),
    )


def change_of(config: TrainingConfig) -> Change:
    """How the recipe makes a batch, lessons apart: float32 (m, 28, 28, 1) in [0, 1], int32 (m,)."""
    return partial(augment, banks=Banks(config.seed)) if config.augmented else _as_they_are


def _learn(run: Run, resume: bool) -> tuple[keras.Model, list[dict], list[dict]]:
    """Take all stages of a run: the network, a row an epoch, and the narrow column's rows.

    A stage is resumed only where the one before it was done, as it builds on that.
    """
    config, lessons = run.config, run.config.lessons
    alone, rate, change = range(lessons.start), config.learning_rate, change_of(config)
    if not config.augmented:
        stage = Stage("", ARCHITECTURES[config.architecture], alone, rate, change)
        network, history, _ = take(run, stage, resume)
        return network, history, []
    wide, history, is_done = take(run, Stage("broad", broad, alone, rate, change), resume)
    stage = Stage("narrow", narrow, alone, rate, _turned_and_moved)
    thin, thin_history, is_done = take(run, stage, is_done)
    if lessons:
        teachers = teacher(wide), teacher(thin)
        taught = partial(lesson, banks=Banks(config.seed), teachers=teachers)
        stage = Stage("lessons", partial(_copy, wide), lessons, rate / 3, taught, is_taught=True)
        wide, last, _ = take(run, stage, is_done)
        history = history + last
    return join(wide, thin, NARROW_SHARE), history, thin_history


def _copy(network: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def _as_they_are(glyphs, labels, _seed):
    return tf.cast(glyphs, tf.float32)[..., None] / 255, labels


def _turned_and_moved(glyphs, labels, seed):
    return turn_and_move(tf.cast(glyphs, tf.float32) / 255, seed)[..., None], labels


def _glyphs(part: LabelledImages) -> LabelledImages:
    return LabelledImages(part.name, to_glyphs(part.images), part.labels)


def _judge(
    network: keras.Model, config: TrainingConfig, held: LabelledImages
) -> tuple[float, Calibration]:
    """Score the validation split: the share right, and what it calibrates."""
    scores = partial(network.predict, batch_size=500, verbose=0)
    plain = scores(to_input(held.images))
    share_right = float((plain[:, :DIGITS].argmax(1) == held.labels).mean())
    drawn = scores(_drawn(config, held)) if config.augmented else plain
    outputs = network.layers[-1].activation.__name__
    return share_right, fit_calibration(plain, held.labels, drawn, outputs)


def _drawn(config: TrainingConfig, held: LabelledImages) -> np.ndarray:
    """The held-out digits drawn as freely as in training: float32 (n, 28, 28, 1)."""
    other = replace(config, seed=config.seed + 1)
    made = batches(other, held, range(1), change_of(other))
    glyphs, labels = zip(*made.as_numpy_iterator(), strict=True)
    return np.concatenate(glyphs)[np.concatenate(labels) < DIGITS]
