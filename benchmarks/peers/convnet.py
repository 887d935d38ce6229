"""The convolutional network of Keras' own MNIST example.

F. Chollet, "Simple MNIST convnet", keras.io/examples/vision/mnist_convnet: 34,826 parameters,
batches of 128, Adam, 15 epochs.
"""

from time import perf_counter

import keras
import numpy as np
from keras import layers


def train(images: np.ndarray, labels: np.ndarray, validation: tuple, epochs: int = 15,
          enough: float = 1) -> list[dict]:  # fmt: skip
    """Train it on glyphs, uint8 (n, 28, 28), and read the `validation` (images, labels) each epoch.

    When it has read so large a share of them rightly, that is `enough`.

    Returns a row an epoch: `val_accuracy`, and `seconds` with the reading.
    """
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    ends = [perf_counter()]

    def end(_, logs: dict) -> None:
        ends.append(perf_counter())
        network.stop_training = logs["val_accuracy"] >= enough

    history = network.fit(
        _pixels(images), labels, batch_size=128, epochs=epochs, verbose=2,
        validation_data=(_pixels(validation[0]), validation[1]),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=end)],
    ).history  # fmt: skip
    seconds = np.diff(ends).tolist()
    return [
        {"seconds": taken, "val_accuracy": share}
        for taken, share in zip(seconds, history["val_accuracy"], strict=True)
    ]


def _pixels(glyphs: np.ndarray) -> np.ndarray:
    return glyphs[..., None] / np.float32(255)
