"""The training loop: fitting, a checkpoint after each epoch, and resuming."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from model.bundles.metadata import is_epoch
from model.data.labelled import LabelledImages
from model.errors import InputError
from model.files.keras_files import load_keras
from model.preprocessing import to_input
from model.training import checkpoints, devices
from model.training.interrupts import Interrupts
from model.training.losses import smoothed

if TYPE_CHECKING:
    from model.training.config import TrainingConfig

_log = logging.getLogger(__name__)
MakeBatch = Callable  # from uint8 (n, 28, 28), int32 (n,) and a seed to a training batch


def batches(
    config: TrainingConfig, data: LabelledImages, epochs: range, make_batch: MakeBatch
) -> tf.data.Dataset:
    """All batches of some epochs, as `make_batch` makes them from glyphs.

    Order and augmentation depend only on seed, epoch and step, so a resumed run sees the same ones.
    """
    images = tf.constant(data.images)
    labels = tf.constant(data.labels, tf.int32)

    def epoch_batches(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(data)), seed=tf.stack([tf.constant(config.seed, tf.int64), epoch])
        )
        rows = tf.data.Dataset.from_tensor_slices(order).batch(config.batch_size)
        return rows.enumerate().map(
            lambda step, rows: (rows, tf.stack([config.seed + 2 * epoch, step]))
        )

    @tf.autograph.experimental.do_not_convert  # no tensor-dependent branch; saves seconds
    def make(rows, seed):
        return make_batch(tf.gather(images, rows), tf.gather(labels, rows), tf.cast(seed, tf.int32))

    numbers = tf.data.Dataset.range(epochs.start, epochs.stop)
    return numbers.flat_map(epoch_batches).map(make, num_parallel_calls=1).prefetch(4)


@dataclass(frozen=True)
class Run:
    """The parts of a run: settings, glyphs, how batches are made, checkpoint folder and devices."""

    config: TrainingConfig
    training: LabelledImages
    validation: LabelledImages | None
    make_batch: MakeBatch
    folder: Path
    strategy: tf.distribute.Strategy | None

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return -(-len(self.training) // self.config.batch_size)


def fit(run: Run, build: Callable[[], keras.Model], resume: bool) -> tuple[keras.Model, list[dict]]:
    """Fit the network that `build` makes. Returns it and its history, one row per epoch.

    A checkpoint is saved after each epoch; with `resume` training continues from the last one.
    """
    keras.utils.set_random_seed(run.config.seed)
    with (run.strategy or tf.distribute.get_strategy()).scope():
        network, history = _state(run, build, resume)
        network.optimizer.build(network.trainable_variables)
    if run.strategy:
        devices.agree(run.strategy, history)
    if len(history) < run.config.epochs:
        _fit(run, network, history)
    if run.strategy:
        plain = build()
        plain.set_weights(network.get_weights())
        network = plain
    return network, history


def _state(run: Run, build: Callable, resume: bool) -> tuple[keras.Model, list[dict]]:
    """The network and history of the last checkpoint, or new ones."""
    kept = checkpoints.last(run.folder) if resume else None
    if kept:
        _log.info("resuming after epoch %d of %d", len(kept.history), run.config.epochs)
        return load_keras(kept.network, compiled=True), kept.history
    if resume:
        _log.info("no whole epoch of such a run is kept: starting anew")
    network = build()
    network.compile(
        optimizer=_optimizer(run),
        loss=smoothed if run.config.anneals else "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return network, []


def _optimizer(run: Run) -> keras.optimizers.Optimizer:
    """Adam for the tutorials' networks, AdamW with a cosine schedule for the convolutional ones.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """
    config = run.config
    if not config.anneals:
        return keras.optimizers.Adam(config.learning_rate)
    steps = run.steps * config.epochs
    warm_up = min(steps // 4, 400)
    rate = keras.optimizers.schedules.CosineDecay(
        config.learning_rate / 10, max(1, steps - warm_up),
        warmup_target=config.learning_rate, warmup_steps=warm_up,
    )  # fmt: skip
    return keras.optimizers.AdamW(rate, weight_decay=0.02)


def _fit(run: Run, network: keras.Model, history: list[dict]) -> None:
    epochs = range(len(history), run.config.epochs)
    training = batches(run.config, run.training, epochs, run.make_batch)
    validation = None
    if run.validation:
        validation = to_input(np.asarray(run.validation.images)), run.validation.labels
    with Interrupts() as interrupts:
        callbacks = [_Checkpoint(history, run.folder), interrupts]
        if run.strategy:
            called = keras.callbacks.CallbackList(callbacks, model=network)
            devices.fit(network, run.strategy, training, run.steps, validation, epochs, called)
            return
        network.fit(
            training,
            initial_epoch=epochs.start,
            epochs=epochs.stop,
            steps_per_epoch=run.steps,
            validation_data=validation,
            validation_batch_size=500,
            callbacks=callbacks,
            shuffle=False,  # the batches are shuffled already
            verbose=1 if sys.stdout.isatty() else 2,
        )


class _Checkpoint(keras.callbacks.Callback):
    """Adds a row to the history and saves a checkpoint after every epoch."""

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
        if not is_epoch(row):
            raise InputError(
                f"the loss is {row['loss']:g} after epoch {epoch + 1}: choose a smaller "
                "--learning-rate"
            )
        self.history.append(row)
        checkpoints.keep(self.folder, self.history, self.model.save)
