"""Lessons: what a network learns last, from the answers of others beside the labels.

Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015 (arXiv:1503.02531).
Styles cost a network a few of MNIST's own digits, and one that saw nothing but MNIST's has those
right. So on digits as MNIST holds them the first is taught what both of them together would say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from model.calibration import DIGITS
from model.training.augmentation import Banks, augment, turn_and_move
from model.training.styles import split_seed

TAUGHT = 3  # one glyph of so many is only turned and moved, and what the teachers say is learnt
TEMPERATURE = 4.0  # softens what is said, so that it tells what else a digit looks like
WEIGHT = 3.0  # of what the teachers say beside the labels


Teacher = Callable  # of float32 (n, 28, 28, 1): softmax scores (n, 11)


def teacher(network: keras.Model) -> Teacher:
    """A network as it is now, whose weights are constants and cost a data pipeline no waiting."""
    weights = [[tf.constant(weight.numpy()) for weight in kind] for kind in
               (network.trainable_variables, network.non_trainable_variables)]  # fmt: skip
    return lambda images: network.stateless_call(*weights, images, training=False)[0]


def lesson(glyphs, labels, seed, banks: Banks, teachers: Sequence[Teacher]):
    """Make a batch out of MNIST's glyphs as `augment` does, one in `TAUGHT` with an opinion on it.

    `glyphs` uint8 (n, 28, 28), `labels` int32 (n,). Returns float32 (m, 28, 28, 1) in [0, 1] and
    `targets`, float32 (m, 11), for some m ≥ n.
    """
    seeds = split_seed(seed, 2)
    taught = tf.shape(glyphs)[0] // TAUGHT
    changed, answers = augment(glyphs[taught:], labels[taught:], seeds[0], banks)
    plain = turn_and_move(tf.cast(glyphs[:taught], tf.float32) / 255, seeds[1])[..., None]
    answers = tf.concat([labels[:taught], answers], 0)
    return tf.concat([plain, changed], 0), targets(answers, opinion(teachers, plain))


def opinion(teachers: Sequence[Teacher], images):
    """What the teachers say of `images`, softened: shares of the digits, float32 (n, 10)."""
    said = [_log_shares(say(images)) for say in teachers]
    return tf.nn.softmax(tf.add_n(said) / (len(said) * TEMPERATURE))


def targets(labels, said):
    """Labels int32 (m,), and what is `said` of the first n of them, (n, 10): float32 (m, 11).

    The last column holds the label, those before it what is said, nothing but zeros for none.
    """
    unsaid = tf.zeros([tf.shape(labels)[0] - tf.shape(said)[0], DIGITS])
    return tf.concat([tf.concat([said, unsaid], 0), tf.cast(labels, tf.float32)[:, None]], 1)


@keras.saving.register_keras_serializable("digits")
def taught_loss(targets, scores):
    """Cross-entropy to the label, and the divergence from what is said, in nats each: (m,)."""
    softened = tf.nn.softmax(_log_shares(scores) / TEMPERATURE)
    divergence = keras.losses.kl_divergence(targets[:, :DIGITS], softened)
    return label_loss(targets, scores) + WEIGHT * TEMPERATURE**2 * divergence


@keras.saving.register_keras_serializable("digits")
def label_loss(targets, scores):
    """Cross-entropy to the labels alone: (m,)."""
    return keras.losses.sparse_categorical_crossentropy(targets[:, DIGITS], scores)


@keras.saving.register_keras_serializable("digits")
def accuracy(targets, scores):
    """1 for what is read as its label says, else 0: (m,)."""
    return keras.metrics.sparse_categorical_accuracy(targets[:, DIGITS], scores)


def _log_shares(scores):
    """Logarithms of each digit's share among a network's softmax scores, (n, 11): (n, 10)."""
    return tf.nn.log_softmax(tf.math.log(scores[:, :DIGITS] + 1e-9))
