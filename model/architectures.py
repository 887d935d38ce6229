"""One builder per network, and the plain dict that names them.

Each builder takes the input side in pixels and returns a Keras model from float32 (n, 28, 28, 1)
in [0, 1] to scores (n, classes). The three dense networks are those of the tutorials that this
project replaces; `cnn` is the one that reads people's own digits.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from model.calibration import DIGITS
from model.preprocessing import GLYPH_SIDE


def linear() -> keras.Model:
    """784 pixels → 10 sigmoid units: a template for each digit, and nothing more."""
    return _dense("linear", [layers.Dense(DIGITS, activation="sigmoid", name="digits")])


def mlp100() -> keras.Model:
    """784 pixels → 100 ReLU → 10 sigmoid units."""
    return _dense(
        "mlp100",
        [
            layers.Dense(100, activation="relu", name="hidden"),
            layers.Dense(DIGITS, activation="sigmoid", name="digits"),
        ],
    )


def mlp128() -> keras.Model:
    """784 pixels → 128 ReLU → 10 softmax units."""
    return _dense(
        "mlp128",
        [
            layers.Dense(128, activation="relu", name="hidden"),
            layers.Dense(DIGITS, activation="softmax", name="digits"),
        ],
    )


def cnn() -> keras.Model:
    """A small all-convolutional network: ten digits and, eleventh, "not a digit" (softmax).

    Strided 5×5 stem, then 3×3 convolutions with batch normalisation (Ioffe and Szegedy, ICML
    2015), two at 14×14, two at 7×7 and a last one without padding.
    """
    glyph = _input()
    x = _convolution(glyph, 32, "stem", kernel=5, strides=2)
    x = _convolution(x, 64, "coarse_1")
    x = _convolution(x, 64, "coarse_2")
    x = layers.MaxPooling2D(name="pool")(x)
    x = _convolution(x, 128, "fine_1")
    x = _convolution(x, 128, "fine_2")
    x = _convolution(x, 128, "parts", padding="valid")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    scores = layers.Dense(DIGITS + 1, activation="softmax", name="digits_or_none")(x)
    return keras.Model(glyph, scores, name="cnn")


ARCHITECTURES: dict[str, Callable[[], keras.Model]] = {
    "linear": linear,
    "mlp100": mlp100,
    "mlp128": mlp128,
    "cnn": cnn,
}


def describe(network: keras.Model) -> dict:
    """Name a network's layers in plain values: type, output shape, activation, parameters."""
    return {
        "name": network.name,
        "parameters": network.count_params(),
        "layers": [
            {
                "name": layer.name,
                "type": type(layer).__name__,
                "output_shape": list(layer.output.shape[1:]),
                "activation": _activation(layer),
                "parameters": layer.count_params(),
            }
            for layer in network.layers
        ],
    }


def _input() -> keras.KerasTensor:
    return keras.Input((GLYPH_SIDE, GLYPH_SIDE, 1), name="glyph")


def _dense(name: str, stack: list[layers.Layer]) -> keras.Model:
    glyph = _input()
    x = layers.Flatten(name="pixels")(glyph)
    for layer in stack:
        x = layer(x)
    return keras.Model(glyph, x, name=name)


def _convolution(x, filters: int, name: str, kernel=3, strides=1, padding="same"):
    x = layers.Conv2D(filters, kernel, strides=strides, padding=padding, use_bias=False, name=name)(
        x
    )
    x = layers.BatchNormalization(name=f"{name}_normalised", momentum=0.9)(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _activation(layer: layers.Layer) -> str | None:
    if isinstance(layer, layers.ReLU):
        return "relu"
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    return None if name == "linear" else name
