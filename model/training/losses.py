"""Cross-entropy with label smoothing for integer labels, the loss of the convolutional networks."""

from __future__ import annotations

import keras
import tensorflow as tf

SMOOTHING = 0.05  # of the probability is spread evenly over all classes


@keras.saving.register_keras_serializable("digits")
def smoothed(labels, scores):
    """Cross-entropy of softmax scores (n, classes) with smoothed labels (n,), in nats: (n,).

    About 1 % of the pen tracks have a wrong label, and some shapes are ambiguous; label smoothing
    keeps the network from becoming overconfident about them (Szegedy et al., "Rethinking the
    Inception architecture", CVPR 2016).
    """
    labels = tf.reshape(labels, [-1])
    to_label = keras.losses.sparse_categorical_crossentropy(labels, scores)
    to_all = -tf.reduce_mean(tf.math.log(tf.maximum(scores, 1e-7)), -1)
    return (1 - SMOOTHING) * to_label + SMOOTHING * to_all
