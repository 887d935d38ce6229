"""Train a network: a frozen config in; the network, its history and its calibration out."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from model import InputError, checkpoints, devices
from model.architectures import ARCHITECTURES
from model.augmentation import Banks, augment
from model.calibration import DIGITS, Calibration, fit_calibration
from model.dataset import Dataset, LabelledImages, split
from model.preprocessing import to_glyphs

MOST_REPEATS = 20  # of one correction in an epoch: a few drawings are not learnt by heart


@dataclass(frozen=True)
class TrainingConfig:
    """All that decides what a training run gives, the data apart.

    `learning_rate` is Adam's, or the peak of the cosine where `augmented`; `validation_split` is
    the share of the training images held out, 0 for none.
    """

    architecture: str
    epochs: int
    batch_size: int
    learning_rate: float
    validation_split: float
    seed: int
    augmented: bool

    @classmethod
    def default(cls, architecture: str, **changes) -> TrainingConfig:
        """The recipe a network is known by, with changes. Raises InputError for a bad value."""
        if architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise InputError(f"unknown architecture '{architecture}': choose one of {known}")
        plain = cls(architecture, epochs=5, batch_size=32, learning_rate=1e-3,
                    validation_split=0.1, seed=1, augmented=False)  # fmt: skip
        recipe = plain if architecture != "cnn" else replace(
            plain, epochs=40, batch_size=128, learning_rate=3e-3, augmented=True
        )  # fmt: skip
        config = replace(recipe, **{k: v for k, v in changes.items() if v is not None})
        if config.epochs < 1 or config.batch_size < 1 or not config.learning_rate > 0:
            raise InputError("--epochs, --batch-size and --learning-rate must be above zero")
        if not 0 <= config.validation_split < 1:
            raise InputError("--validation-split must be at least 0 and under 1")
        if not 0 <= config.seed < 2**31:
            raise InputError("--seed must be a whole number from 0 to 2147483647")
        return config


@dataclass(frozen=True)
class Trained:
    """What a run gives: the network, a row an epoch, the calibration, and the data it saw."""

    config: TrainingConfig
    network: keras.Model
    history: list[dict]
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
    seen. A `strategy` (see `model.devices`) spreads each batch over several devices; on machines
    other than the first nothing is kept, and the history stays empty. Raises InputError when the
    data cannot be split or another machine is lost, ImageError when an image has no ink.
    """
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    if config.validation_split:
        parts = split(dataset.train, config.validation_split, config.seed)
    else:
        parts = (dataset.train, None)
    fitted, held = (part and _glyphs(part) for part in parts)
    if dataset.corrections:
        fitted = mix(fitted, _glyphs(dataset.corrections))
    with devices.all_at_work():
        with (strategy or tf.distribute.get_strategy()).scope():
            network, history = _state(config, len(fitted), folder, resume)
            network.optimizer.build(network.trainable_variables)
        if strategy:
            learnt = dataset.train.sha256, dataset.corrections and dataset.corrections.sha256
            devices.agree(strategy, config, history, *learnt)
            devices.check_shares(strategy, len(fitted), config.batch_size)
        _fit(network, history, config, fitted, held, folder, strategy)
    if strategy:
        network = _on_one_device(network, config)
    return Trained(
        config=config,
        network=network,
        history=history,
        calibration=_calibrate(network, config, held) if held else Calibration(),
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


def batches(config: TrainingConfig, data: LabelledImages, first_epoch: int) -> tf.data.Dataset:
    """All batches from an epoch on: float32 (m, 28, 28, 1) in [0, 1] and int32 (m,).

    Order and augmentation depend on seed, epoch and step alone, so a resumed run sees the same.
    """
    images = tf.constant(data.images)
    labels = tf.constant(data.labels, tf.int32)
    banks = Banks(config.seed) if config.augmented else None

    def epoch_batches(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(data)), seed=tf.stack([tf.constant(config.seed, tf.int64), epoch])
        )
        rows = tf.data.Dataset.from_tensor_slices(order).batch(config.batch_size)
        return rows.enumerate().map(
            lambda step, rows: (rows, tf.stack([config.seed + 2 * epoch, step]))
        )

    def make(rows, seed):
        glyphs, answers = tf.gather(images, rows), tf.gather(labels, rows)
        if banks is None:
            return tf.cast(glyphs, tf.float32)[..., None] / 255, answers
        return augment(glyphs, answers, tf.cast(seed, tf.int32), banks)

    epochs = tf.data.Dataset.range(first_epoch, config.epochs)
    return epochs.flat_map(epoch_batches).map(make, num_parallel_calls=1).prefetch(4)


def _glyphs(part: LabelledImages) -> LabelledImages:
    return LabelledImages(part.name, to_glyphs(part.images), part.labels)


def _steps(config: TrainingConfig, count: int) -> int:
    return -(-count // config.batch_size)


def _state(config, count: int, folder: Path, resume: bool) -> tuple[keras.Model, list[dict]]:
    """The network and history to go on from: the last checkpoint's, or fresh ones."""
    kept = checkpoints.last(folder) if resume else None
    if kept:
        print(f"resuming after epoch {len(kept.history)} of {config.epochs}")
        return keras.models.load_model(kept.network, safe_mode=True), kept.history
    if resume:
        print("no whole epoch of such a run is kept: starting anew")
    network = ARCHITECTURES[config.architecture]()
    network.compile(
        optimizer=_optimizer(config, _steps(config, count)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return network, []


def _optimizer(config: TrainingConfig, steps: int) -> keras.optimizers.Optimizer:
    """Adam as the originals had it; for the augmented recipe AdamW under a cosine.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """
    if not config.augmented:
        return keras.optimizers.Adam(config.learning_rate)
    warm_up = min(steps, 400)
    rate = keras.optimizers.schedules.CosineDecay(
        config.learning_rate / 10, max(1, steps * config.epochs - warm_up),
        warmup_target=config.learning_rate, warmup_steps=warm_up,
    )  # fmt: skip
    return keras.optimizers.AdamW(rate, weight_decay=0.02)


def _fit(network, history, config, fitted, held, folder: Path, strategy) -> None:
    done = len(history)
    if done >= config.epochs:
        return
    check = (held.images[..., None] / np.float32(255), held.labels) if held else None
    made, steps = batches(config, fitted, done), _steps(config, len(fitted))
    keeper = _Checkpoint(history, folder)
    if strategy:
        epochs = range(done, config.epochs)
        devices.fit(network, strategy, made, steps, check, epochs, keeper)
        return
    network.fit(
        made,
        initial_epoch=done,
        epochs=config.epochs,
        steps_per_epoch=steps,
        validation_data=check,
        validation_batch_size=500,
        callbacks=[keeper],
        shuffle=False,  # the batches come shuffled
        verbose=1 if sys.stdout.isatty() else 2,
    )


class _Checkpoint(keras.callbacks.Callback):
    """Adds a row to the history and keeps the state, after every epoch."""

    def __init__(self, history: list[dict], folder: Path):
        super().__init__()
        self.history = history
        self.folder = folder

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        row = {"epoch": epoch + 1} | {key: float(value) for key, value in logs.items()}
        rate = tf.convert_to_tensor(self.model.optimizer.learning_rate)  # mirrored ones too
        row["learning_rate"] = float(rate)
        row["seconds"] = round(time.perf_counter() - self.started, 2)
        self.history.append(row)
        checkpoints.keep(self.folder, self.history, self.model.save)


def _on_one_device(network: keras.Model, config: TrainingConfig) -> keras.Model:
    """The same network with plain variables, which can be saved and converted."""
    plain = ARCHITECTURES[config.architecture]()
    plain.set_weights(network.get_weights())
    return plain


def _calibrate(network, config: TrainingConfig, held: LabelledImages) -> Calibration:
    """Calibrate on the validation split: as it is, and drawn as freely as in training."""

    def scores(glyphs: np.ndarray) -> np.ndarray:
        return network.predict(glyphs, batch_size=500, verbose=0)

    outputs = network.layers[-1].activation.__name__
    plain = scores(held.images[..., None] / np.float32(255))
    if not config.augmented:
        return fit_calibration(plain, held.labels, plain, outputs)
    drawn = batches(replace(config, epochs=1, seed=config.seed + 1), held, 0)
    glyphs, labels = zip(*drawn.as_numpy_iterator(), strict=True)
    digits = np.concatenate(labels) < DIGITS
    return fit_calibration(plain, held.labels, scores(np.concatenate(glyphs)[digits]), outputs)
