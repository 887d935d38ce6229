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

    3×3 convolutions with batch normalisation (Ioffe and Szegedy, ICML 2015): one at 28×28, three at
    14×14, two at 7×7, a last one without padding. Glyphs are centred, so where a part was found
    tells something: its places are averaged by learnt weights, not evenly.
    """
    glyph = _input()
    x = _convolution(glyph, 16, "fine")
    x = _convolution(x, 32, "half", strides=2)
    x = _convolution(x, 64, "strokes_1")
    x = _convolution(x, 64, "strokes_2")
    x = layers.MaxPooling2D(name="pool")(x)
    x = _convolution(x, 128, "shapes_1")
    x = _convolution(x, 128, "shapes_2")
    x = _convolution(x, 128, "parts", padding="valid")
    evenly = keras.initializers.Constant(1 / 25)
    x = layers.DepthwiseConv2D(5, depthwise_initializer=evenly, name="places")(x)
    x = layers.Flatten(name="average")(x)
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


def _convolution(x, filters: int, name: str, strides=1, padding="same"):
    x = layers.Conv2D(filters, 3, strides=strides, padding=padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_normalised", momentum=0.9)(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _activation(layer: layers.Layer) -> str | None:
    if isinstance(layer, layers.ReLU):
        return "relu"
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    return None if name == "linear" else name
