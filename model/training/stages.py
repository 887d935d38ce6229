"""Stages of a training run: each some epochs of one network, kept one by one and resumed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from model.calibration import DIGITS
from model.data.dataset import LabelledImages
from model.files.keras_files import load_keras
from model.training import checkpoints, devices
from model.training.distillation import accuracy, label_loss, targets, taught_loss
from model.training.interrupts import Interrupts

if TYPE_CHECKING:
    from model.training.config import TrainingConfig

Change = Callable  # of uint8 (n, 28, 28), int32 (n,) and a seed: a batch to learn from


def batches(
    config: TrainingConfig, data: LabelledImages, epochs: range, change: Change
) -> tf.data.Dataset:
    """All batches of some epochs, as `change` makes them out of glyphs.

    Order and change depend on seed, epoch and step alone, so a resumed run sees the same.
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

    @tf.autograph.experimental.do_not_convert  # no branch hangs on a tensor; it would take seconds
    def make(rows, seed):
        return change(tf.gather(images, rows), tf.gather(labels, rows), tf.cast(seed, tf.int32))

    numbers = tf.data.Dataset.range(epochs.start, epochs.stop)
    return numbers.flat_map(epoch_batches).map(make, num_parallel_calls=1).prefetch(4)


@dataclass(frozen=True)
class Run:
    """What all stages of a run share: settings, glyphs, the run's folder, and its devices."""

    config: TrainingConfig
    fitted: LabelledImages
    held: LabelledImages | None
    folder: Path
    strategy: tf.distribute.Strategy | None

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.fitted) // self.config.batch_size)


@dataclass(frozen=True)
class Stage:
    """Epochs in which one network learns by one curve of learning rates.

    `change` makes the batches; where the network `is_taught`, with targets in place of labels (see
    `model.training.distillation`). Of several stages each has a name, and a folder by it.
    """

    name: str
    build: Callable[[], keras.Model]
    epochs: range
    learning_rate: float
    change: Change
    is_taught: bool = False


def take(run: Run, stage: Stage, resume: bool) -> tuple[keras.Model, list[dict], bool]:
    """Take a stage: network, history, and whether nothing was left to do.

    After each epoch the state is kept; with `resume` it goes on after the last whole one.
    """
    keras.utils.set_random_seed(run.config.seed)
    with (run.strategy or tf.distribute.get_strategy()).scope():
        network, history = _state(run, stage, resume)
        network.optimizer.build(network.trainable_variables)
    is_done = len(history) == len(stage.epochs)
    if run.strategy:
        devices.agree(run.strategy, stage.name, history)
    if not is_done:
        _fit(run, stage, network, history)
    if run.strategy:
        plain = stage.build()
        plain.set_weights(network.get_weights())
        network = plain
    return network, history, is_done


def _state(run: Run, stage: Stage, resume: bool) -> tuple[keras.Model, list[dict]]:
    """The network and history to go on from: the last checkpoint's, or fresh ones."""
    kept = checkpoints.last(run.folder / stage.name) if resume else None
    if kept:
        done = stage.epochs.start + len(kept.history)
        print(f"resuming after epoch {done} of {stage.epochs.stop}{_of(stage)}")
        return load_keras(kept.network, compiled=True), kept.history
    if resume:
        print(f"no whole epoch of such a run is kept: starting anew{_of(stage)}")
    network = stage.build()
    network.compile(
        optimizer=_optimizer(stage, run),
        loss=taught_loss if stage.is_taught else "sparse_categorical_crossentropy",
        metrics=[accuracy, label_loss] if stage.is_taught else ["accuracy"],
    )
    return network, []


def _optimizer(stage: Stage, run: Run) -> keras.optimizers.Optimizer:
    """Adam as the tutorials had it; for convolutions AdamW under a cosine.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """
    if not run.config.anneals:
        return keras.optimizers.Adam(stage.learning_rate)
    warm_up = min(run.steps, 400)
    rate = keras.optimizers.schedules.CosineDecay(
        stage.learning_rate / 10, max(1, run.steps * len(stage.epochs) - warm_up),
        warmup_target=stage.learning_rate, warmup_steps=warm_up,
    )  # fmt: skip
    return keras.optimizers.AdamW(rate, weight_decay=0.02)


def _fit(run: Run, stage: Stage, network: keras.Model, history: list[dict]) -> None:
    epochs = stage.epochs[len(history) :]
    made = batches(run.config, run.fitted, epochs, stage.change)
    check = run.held and _shown(run.held, stage)
    keeper = _Checkpoint(history, run.folder / stage.name)
    if stage.name:
        print(f"epochs {epochs.start + 1} to {epochs.stop}{_of(stage)}:", flush=True)
    with Interrupts() as interrupts:
        callbacks = [keeper, interrupts]
        if run.strategy:
            heard = keras.callbacks.CallbackList(callbacks, model=network)
            devices.fit(network, run.strategy, made, run.steps, check, epochs, heard)
            return
        network.fit(
            made,
            initial_epoch=epochs.start,
            epochs=epochs.stop,
            steps_per_epoch=run.steps,
            validation_data=check,
            validation_batch_size=500,
            callbacks=callbacks,
            shuffle=False,  # the batches come shuffled
            verbose=1 if sys.stdout.isatty() else 2,
        )


def _of(stage: Stage) -> str:
    return f" ({stage.name})" if stage.name else ""


def _shown(held: LabelledImages, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """Held-out glyphs as a network takes them, and their labels, or targets without opinions."""
    shown = held.images[..., None] / np.float32(255)
    if not stage.is_taught:
        return shown, held.labels
    return shown, targets(held.labels, np.zeros((0, DIGITS), np.float32)).numpy()


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
        for name in [key for key in row if "label_" in key]:  # of lessons, the labels' part
            row[name.replace("label_", "")] = row.pop(name)
        rate = tf.convert_to_tensor(self.model.optimizer.learning_rate)  # mirrored ones too
        row["learning_rate"] = float(rate)
        row["seconds"] = round(time.perf_counter() - self.started, 2)
        self.history.append(row)
        checkpoints.keep(self.folder, self.history, self.model.save)
