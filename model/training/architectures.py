"""One builder per network, and the plain dict that names them.

Each builder takes the input side in pixels and returns a Keras model from float32 (n, 28, 28, 1)
in [0, 1] to scores (n, classes). The three dense networks are those of the tutorials that this
project replaces; `cnn` is the one that reads people's own digits; `cnn_small`, built from
the same layers, is quick to train.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from model.calibration import DIGIT_CLASSES
from model.preprocessing import GLYPH_SIDE


def linear() -> keras.Model:
    """784 pixels → 10 sigmoid units: one template per digit."""
    return _dense("linear", "sigmoid")


def mlp100() -> keras.Model:
    """784 pixels → 100 ReLU → 10 sigmoid units."""
    return _dense("mlp100", "sigmoid", hidden=100)


def mlp128() -> keras.Model:
    """784 pixels → 128 ReLU → 10 softmax units."""
    return _dense("mlp128", "softmax", hidden=128)


def cnn_small() -> keras.Model:
    """Three convolutions to ten digits (softmax): quick to train.

    Maps are pooled first, so that batch normalisation and ReLU work on a quarter of the values.
    """
    glyph = _input()
    x = _pooled_convolution(glyph, 20, "fine", side=5)
    x = _pooled_convolution(x, 40, "strokes")
    x = layers.Flatten(name="places")(_convolution(x, 80, "parts", padding="valid"))
    scores = layers.Dense(DIGIT_CLASSES, activation="softmax", name="digits")(x)
    return keras.Model(glyph, scores, name="cnn_small")


def cnn(width: float = 1) -> keras.Model:
    """Convolutions to ten digits and, eleventh, "not a digit" (softmax): reads people's own digits.

    Convolutions with batch normalisation (Ioffe and Szegedy, ICML 2015): a 5×5 one that halves the
    glyph, two 3×3 ones at 14×14, one at 7×7, two without padding from 7×7 to 3×3. Glyphs are
    centred, so a feature's position is informative: positions are averaged with learnt weights.
    `width` scales the numbers of filters: a narrow network trains faster, for trials.
    """
    fine, strokes, shapes, parts = (round(width * filters) for filters in (24, 40, 96, 128))
    glyph = _input()
    x = _convolution(glyph, fine, "fine", side=5, strides=2)
    x = _convolution(x, strokes, "strokes")
    x = layers.MaxPooling2D(name="pool")(x)
    x = _convolution(x, shapes, "shapes_1")
    x = _convolution(x, shapes, "shapes_2")
    x = _convolution(x, parts, "parts", padding="valid")
    evenly = keras.initializers.Constant(1 / 25)  # at the start, over the 5×5 positions
    x = layers.DepthwiseConv2D(5, depthwise_initializer=evenly, name="places")(x)
    x = layers.Dropout(0.2, name="dropout")(layers.Flatten(name="average")(x))
    scores = layers.Dense(DIGIT_CLASSES + 1, activation="softmax", name="digits_or_none")(x)
    return keras.Model(glyph, scores, name="cnn")


ARCHITECTURES: dict[str, Callable[[], keras.Model]] = {
    "linear": linear,
    "mlp100": mlp100,
    "mlp128": mlp128,
    "cnn_small": cnn_small,
    "cnn": cnn,
}


def describe(network: keras.Model) -> dict:
    """Name a network's layers in plain values: type, output shape, activation, parameters.

    `inputs` names the layers that each layer takes its input from.
    """
    return {
        "name": network.name,
        "parameters": network.count_params(),
        "layers": [
            {
                "name": layer.name,
                "type": type(layer).__name__,
                "inputs": [before.name for before in _before(layer)],
                "output_shape": list(layer.output.shape[1:]),
                "activation": _activation(layer),
                "parameters": layer.count_params(),
            }
            for layer in _up_to(network.layers[-1])
        ],
    }


def _up_to(layer: layers.Layer, known: tuple = ()) -> list[layers.Layer]:
    """A layer after all layers that it depends on, without those `known` already."""
    found: list[layers.Layer] = []
    for before in _before(layer):
        found += _up_to(before, (*known, *found))
    return found if layer in known else [*found, layer]


def _before(layer: layers.Layer) -> list[layers.Layer]:
    tensors = layer.input if isinstance(layer.input, list) else [layer.input]
    return [t._keras_history.operation for t in tensors if t._keras_history.operation is not layer]


def _input() -> keras.KerasTensor:
    return keras.Input((GLYPH_SIDE, GLYPH_SIDE, 1), name="glyph")


def _dense(name: str, activation: str, hidden: int = 0) -> keras.Model:
    glyph = _input()
    x = layers.Flatten(name="pixels")(glyph)
    if hidden:
        x = layers.Dense(hidden, activation="relu", name="hidden")(x)
    scores = layers.Dense(DIGIT_CLASSES, activation=activation, name="digits")(x)
    return keras.Model(glyph, scores, name=name)


def _convolution(x, filters: int, name: str, side=3, strides=1, padding="same"):
    x = layers.Conv2D(filters, side, strides=strides, padding=padding, use_bias=False, name=name)(x)
    return _normalised(x, name)


def _pooled_convolution(x, filters: int, name: str, side=3):
    x = layers.Conv2D(filters, side, use_bias=False, name=name)(x)
    return _normalised(layers.MaxPooling2D(name=f"{name}_pooled")(x), name)


def _normalised(x, name: str):
    x = layers.BatchNormalization(name=f"{name}_normalised", momentum=0.95)(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _activation(layer: layers.Layer) -> str | None:
    if isinstance(layer, layers.ReLU):
        return "relu"
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    return None if name == "linear" else name
