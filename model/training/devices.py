"""Training over several devices: of one machine, or of several machines.

Keras 3's own `fit` fails under `MultiWorkerMirroredStrategy`
(https://github.com/keras-team/keras/issues/20585), so the steps are taken here, for one machine's
devices as well as for several machines'.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import time

import keras
import numpy as np
import tensorflow as tf

from model.errors import InputError

_AT_ONCE = 500  # held-out glyphs that each machine reads in one step


def find_strategy(name: str) -> tf.distribute.Strategy:
    """The strategy by its name; each device holds the network and gets an even part of each batch.

    "mirrored": all GPUs of this machine; without any, its CPU. "multiworker": the machines that
    $TF_CONFIG names; waits for all of them. Raises InputError when that is missing or wrong.
    """
    if name == "multiworker":
        return _workers()
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    print(f"training on {len(devices)} × {devices[0].device_type}")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def is_chief(strategy: tf.distribute.Strategy | None) -> bool:
    """Say whether this process keeps what is trained: of several machines the first alone."""
    cluster = strategy and strategy.cluster_resolver
    return not cluster or cluster.task_id == 0


@contextlib.contextmanager
def all_at_work():
    """Raise InputError, within some 20 seconds, when another machine is lost."""
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError):
        raise InputError(
            "another machine was lost: start all of them again, with --resume to go on after the "
            "last whole epoch"
        ) from None


def agree(strategy: tf.distribute.Strategy, *state: object) -> None:
    """Raise InputError, on all of them, unless the state reads the same on all machines."""
    digest = hashlib.sha256(repr(state).encode()).digest()
    mine = tf.constant([[int.from_bytes(digest[:7])]], tf.int64)
    states = strategy.gather(strategy.run(tf.function(lambda: tf.identity(mine))), axis=0)
    if np.ptp(states.numpy()):
        time.sleep(2)  # who ends at once cannot be asked, and the others would hear of a loss alone
        raise InputError(
            "the machines do not start from the same: give all of them the same words and the "
            "same data, and for --resume the same $DIGITS_CACHE on a disk that they share"
        )


def check_shares(strategy: tf.distribute.Strategy, count: int, batch_size: int) -> None:
    """Raise InputError unless every device gets an image of every batch: to normalise needs one."""
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
    held: tuple[np.ndarray, np.ndarray] | None,
    epochs: range,
    callbacks: keras.callbacks.CallbackList,
) -> None:
    """Do what `network.fit` does, each of `batches` spread evenly; `steps` of them are an epoch.

    `held` is (float32 (n, 28, 28, 1), labels (n,) or targets (n, 11)), read after each epoch. Only
    the chief's callbacks hear of an epoch's end.
    """
    learn = _step(network, strategy)
    read = tf.function(lambda glyphs, answers: _sums(network(glyphs, training=False), answers))
    shares = iter(strategy.experimental_distribute_dataset(batches))
    parts = held and tf.data.Dataset.from_tensor_slices(held).batch(_AT_ONCE)

    def taken():
        for step in range(steps):
            yield learn(*next(shares))
            callbacks.on_train_batch_end(step)

    for epoch in epochs:
        callbacks.on_epoch_begin(epoch)
        logs = _means(taken())
        if held:
            found = _means(read(*part) for part in parts)
            logs |= {f"val_{name}": value for name, value in found.items()}
        if is_chief(strategy):
            told = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
            print(f"epoch {epoch + 1} of {epochs.stop}: {told}", flush=True)
            callbacks.on_epoch_end(epoch, logs)


def _step(network: keras.Model, strategy: tf.distribute.Strategy):
    """A function that learns from glyphs and labels, spread over the devices, and gives `_sums`."""
    weights, optimizer = network.trainable_variables, network.optimizer
    loss = keras.losses.get(network.loss)

    def on_each(glyphs, answers):
        context = tf.distribute.get_replica_context()
        with tf.GradientTape() as tape:
            scores = network(glyphs, training=True)
            sums = _sums(scores, answers)
            share = tf.reduce_sum(loss(answers, scores)) / context.all_reduce("SUM", sums[2])
        optimizer.apply_gradients(zip(tape.gradient(share, weights), weights, strict=True))
        return context.all_reduce("SUM", sums)

    @tf.function
    def learn(glyphs, answers):
        sums = strategy.run(on_each, (glyphs, answers))
        return strategy.experimental_local_results(sums)[0]

    return learn


def _sums(scores, answers) -> tf.Tensor:
    """Loss by the labels, right answers and images, each added up: float32 (3,)."""
    labels = answers[:, -1] if len(answers.shape) == 2 else answers  # a lesson's targets end so
    loss = keras.losses.sparse_categorical_crossentropy(labels, scores)
    right = keras.metrics.sparse_categorical_accuracy(labels, scores)
    count = tf.cast(tf.size(labels), tf.float32)
    return tf.stack([tf.reduce_sum(loss), tf.reduce_sum(right), count])


def _means(sums) -> dict[str, float]:
    loss, right, count = sum(one.numpy().astype(float) for one in sums)
    return {"loss": loss / count, "accuracy": right / count}


def _workers() -> tf.distribute.Strategy:
    try:
        told = json.loads(os.environ["TF_CONFIG"])
        machines, index = told["cluster"]["worker"], told["task"]["index"]
        if told["cluster"].keys() != {"worker"} or not 0 <= index < len(machines):
            raise ValueError
        print(f"machine {index + 1} of {len(machines)}; training begins when all are here")
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(
            "--strategy multiworker needs $TF_CONFIG, which names all machines as workers and says "
            "which one this is: docs/scale.md shows how"
        ) from None
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # TensorFlow took it for a notice, and went on
    return strategy
