"""What training minimises, where it is not one of Keras' own losses."""

from __future__ import annotations

import keras
import tensorflow as tf

SMOOTHING = 0.05  # of a label's share goes to all classes evenly


@keras.saving.register_keras_serializable("digits")
def smoothed(labels, scores):
    """Cross-entropy of softmax scores (n, classes) to softened labels (n,), in nats: (n,).

    A hundredth of all ink bears a wrong label, and some shapes are two digits: who need not be
    certain is misled less (Szegedy et al., "Rethinking the Inception architecture", CVPR 2016).
    """
    labels = tf.reshape(labels, [-1])
    to_label = keras.losses.sparse_categorical_crossentropy(labels, scores)
    to_all = -tf.reduce_mean(tf.math.log(tf.maximum(scores, 1e-7)), -1)
    return (1 - SMOOTHING) * to_label + SMOOTHING * to_all
