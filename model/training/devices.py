"""Training on several devices, of one machine or of several.

Keras 3's own `fit` fails under `MultiWorkerMirroredStrategy`
(https://github.com/keras-team/keras/issues/20585), so this module has its own
training loop, for both strategies.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import signal
import time

import keras
import numpy as np
import tensorflow as tf

from model.errors import InputError

_AT_ONCE = 500  # validation glyphs that each machine reads in one step
_log = logging.getLogger(__name__)


def find_strategy(name: str) -> tf.distribute.Strategy:
    """Return a data-parallel strategy: each device holds the network and reads part of each batch.

    "mirrored" uses all GPUs of this machine, or its CPU if it has none. "multiworker" uses the
    machines that $TF_CONFIG names and waits for all of them. Raises InputError when $TF_CONFIG is
    missing or wrong.
    """
    if name == "multiworker":
        return _workers()
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    _log.info("training on %d × %s", len(devices), devices[0].device_type)
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def is_chief(strategy: tf.distribute.Strategy | None) -> bool:
    """Return whether this process saves the network: of several machines only the first does."""
    cluster = strategy and strategy.cluster_resolver
    return not cluster or cluster.task_id == 0


@contextlib.contextmanager
def lost_machines_named():
    """Raise InputError, within some 20 seconds, when another machine is lost."""
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError):
        raise InputError(
            "another machine was lost: start all of them again, with --resume to go on after the "
            "last whole epoch"
        ) from None


def agree(strategy: tf.distribute.Strategy, *state: object) -> None:
    """Raise InputError, on every machine, unless `state` has the same repr on all of them."""
    digest = hashlib.sha256(repr(state).encode()).digest()
    mine = tf.constant([[int.from_bytes(digest[:7])]], tf.int64)
    states = strategy.gather(strategy.run(tf.function(lambda: tf.identity(mine))), axis=0)
    if np.ptp(states.numpy()):
        time.sleep(2)  # let the others fail first: they would only see a lost machine
        raise InputError(
            "the machines do not start from the same: give all of them the same options and "
            "the same data, and for --resume the same $DIGITS_CACHE on a disk that they share"
        )


def check_shares(strategy: tf.distribute.Strategy, count: int, batch_size: int) -> None:
    """Raise InputError unless each device gets an image of each batch, as batch norm needs one."""
    devices, last = strategy.num_replicas_in_sync, count % batch_size or batch_size
    if last < devices:
        raise InputError(
            f"{count} images in batches of {batch_size} leave {last} for the last batch, too few "
            f"for {devices} devices: choose another --batch-size"
        )


def fit(
    network: keras.Model,
    strategy: tf.distribute.Strategy,
    batches: tf.data.Dataset,
    steps: int,
    validation: tuple[np.ndarray, np.ndarray] | None,
    epochs: range,
    callbacks: keras.callbacks.CallbackList,
) -> None:
    """Fit like `network.fit`, each batch split evenly; an epoch has `steps` batches.

    `validation` is float32 (n, 28, 28, 1) and labels (n,), or None. `on_epoch_end` is called on
    the first machine only.
    """
    train_step = _train_step(network, strategy)
    test_step = tf.function(lambda glyphs, labels: _sums(network(glyphs, training=False), labels))
    distributed = iter(strategy.experimental_distribute_dataset(batches))
    parts = tf.data.Dataset.from_tensor_slices(validation).batch(_AT_ONCE) if validation else ()

    def sums_of_steps():
        for step in range(steps):
            yield train_step(*next(distributed))
            callbacks.on_train_batch_end(step)

    for epoch in epochs:
        callbacks.on_epoch_begin(epoch)
        logs = _means(sums_of_steps())
        if validation:
            means = _means(test_step(*part) for part in parts)
            logs |= {f"val_{name}": value for name, value in means.items()}
        if is_chief(strategy):
            text = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
            _log.info("epoch %d of %d: %s", epoch + 1, epochs.stop, text)
            callbacks.on_epoch_end(epoch, logs)


def _train_step(network: keras.Model, strategy: tf.distribute.Strategy):
    """A training step distributed over the devices, which returns `_sums`."""
    weights, optimizer = network.trainable_variables, network.optimizer
    loss = keras.losses.get(network.loss)

    def on_each(glyphs, labels):
        context = tf.distribute.get_replica_context()
        with tf.GradientTape() as tape:
            scores = network(glyphs, training=True)
            sums = _sums(scores, labels)
            share = tf.reduce_sum(loss(labels, scores)) / context.all_reduce("SUM", sums[2])
        optimizer.apply_gradients(zip(tape.gradient(share, weights), weights, strict=True))
        return context.all_reduce("SUM", sums)

    @tf.function
    def train_step(glyphs, labels):
        sums = strategy.run(on_each, (glyphs, labels))
        return strategy.experimental_local_results(sums)[0]

    return train_step


def _sums(scores, labels) -> tf.Tensor:
    """Sums of loss, correct answers and images: float32 (3,)."""
    loss = keras.losses.sparse_categorical_crossentropy(labels, scores)
    right = keras.metrics.sparse_categorical_accuracy(labels, scores)
    count = tf.cast(tf.size(labels), tf.float32)
    return tf.stack([tf.reduce_sum(loss), tf.reduce_sum(right), count])


def _means(sums) -> dict[str, float]:
    loss, right, count = sum(one.numpy().astype(float) for one in sums)
    return {"loss": loss / count, "accuracy": right / count}


def _workers() -> tf.distribute.Strategy:
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        machines, index = config["cluster"]["worker"], config["task"]["index"]
        if config["cluster"].keys() != {"worker"} or not 0 <= index < len(machines):
            raise ValueError
        _log.info("machine %d of %d; training begins when all are here", index + 1, len(machines))
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(
            "--strategy multiworker needs $TF_CONFIG, which names all machines as workers and says "
            "which one this is: docs/scale.md shows how"
        ) from None
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # TensorFlow would catch it and continue
    return strategy
