"""One builder per network, and the plain dict that names them.

Each builder takes the input side in pixels and returns a Keras model from float32 (n, 28, 28, 1)
in [0, 1] to scores (n, classes). The three dense networks are those of the tutorials that this
project replaces; `cnn` is the one that reads people's own digits; `cnn_small`, of the same parts,
learns MNIST in two minutes.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
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


def cnn_small() -> keras.Model:
    """Four convolutions, none at full resolution, to ten digits (softmax): quick to train."""
    glyph = _input()
    x = _convolution(glyph, 16, "fine", side=5, strides=2)
    x = _convolution(x, 32, "strokes")
    x = layers.MaxPooling2D(name="pool")(x)
    x = _convolution(x, 64, "shapes")
    x = _convolution(x, 64, "parts", padding="valid")
    x = layers.Dropout(0.2, name="dropout")(_over_places(x, "places", "average"))
    scores = layers.Dense(DIGITS, activation="softmax", name="digits")(x)
    return keras.Model(glyph, scores, name="cnn_small")


def cnn() -> keras.Model:
    """Two columns of convolutions, joined: ten digits and, eleventh, "not a digit" (softmax).

    Columns that learnt from other images err elsewhere (Cireşan, Meier and Schmidhuber, "Multi-
    column deep neural networks for image classification", CVPR 2012): see `broad` and `narrow`.
    """
    glyph = _input()
    columns = [_column(glyph, name, filters) for name, filters in _COLUMNS.items()]
    return _answer(glyph, layers.Concatenate(name="both")(columns), "cnn")


def broad() -> keras.Model:
    """The column of `cnn` for digits as people draw them, with an answer of its own.

    3×3 convolutions with batch normalisation (Ioffe and Szegedy, ICML 2015): one at 28×28, three at
    14×14, two at 7×7, a last one without padding. Glyphs are centred, so where a part was found
    tells something: its places are averaged by learnt weights, not evenly.
    """
    return _alone("broad")


def narrow() -> keras.Model:
    """The column of `cnn` for digits as MNIST holds them: as `broad`, with fewer filters."""
    return _alone("narrow")


def join(broad: keras.Model, narrow: keras.Model, share: float) -> keras.Model:
    """Make a `cnn` of two trained columns: the mean of their logits, the narrow one's by `share`.

    The narrow one was never shown what is no digit: to it that is as likely as the average digit.
    """
    network = cnn()
    for column in (broad, narrow):
        for layer in column.layers[1:-2]:
            network.get_layer(layer.name).set_weights(layer.get_weights())
    (weights, bias), (others, other_bias) = (c.layers[-1].get_weights() for c in (broad, narrow))
    joined = np.concatenate([weights * (1 - share), _digits_only(others) * share])
    joined_bias = bias * (1 - share) + _digits_only(other_bias) * share
    network.layers[-1].set_weights([joined, joined_bias])
    return network


_COLUMNS = {"broad": 16, "narrow": 6}  # filters of the first convolution; later ones have more

ARCHITECTURES: dict[str, Callable[[], keras.Model]] = {
    "linear": linear,
    "mlp100": mlp100,
    "mlp128": mlp128,
    "cnn_small": cnn_small,
    "cnn": cnn,
}


def describe(network: keras.Model) -> dict:
    """Name a network's layers in plain values: type, output shape, activation, parameters.

    Columns come one after the other; `inputs` names the layers that each takes from.
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
    """A layer after all that it rests on, without those `known` already."""
    found: list[layers.Layer] = []
    for before in _before(layer):
        found += _up_to(before, (*known, *found))
    return found if layer in known else [*found, layer]


def _before(layer: layers.Layer) -> list[layers.Layer]:
    tensors = layer.input if isinstance(layer.input, list) else [layer.input]
    return [t._keras_history.operation for t in tensors if t._keras_history.operation is not layer]


def _input() -> keras.KerasTensor:
    return keras.Input((GLYPH_SIDE, GLYPH_SIDE, 1), name="glyph")


def _dense(name: str, stack: list[layers.Layer]) -> keras.Model:
    glyph = _input()
    x = layers.Flatten(name="pixels")(glyph)
    for layer in stack:
        x = layer(x)
    return keras.Model(glyph, x, name=name)


def _alone(name: str) -> keras.Model:
    glyph = _input()
    return _answer(glyph, _column(glyph, name, _COLUMNS[name]), name)


def _column(glyph, name: str, filters: int):
    x = _convolution(glyph, filters, f"{name}_fine")
    x = _convolution(x, 2 * filters, f"{name}_half", strides=2)
    x = _convolution(x, 4 * filters, f"{name}_strokes_1")
    x = _convolution(x, 4 * filters, f"{name}_strokes_2")
    x = layers.MaxPooling2D(name=f"{name}_pool")(x)
    x = _convolution(x, 8 * filters, f"{name}_shapes_1")
    x = _convolution(x, 8 * filters, f"{name}_shapes_2")
    x = _convolution(x, 8 * filters, f"{name}_parts", padding="valid")
    return _over_places(x, f"{name}_places", f"{name}_average")


def _over_places(x, name: str, flat: str):
    """Average the 5×5 places by weights that begin even."""
    evenly = keras.initializers.Constant(1 / 25)
    x = layers.DepthwiseConv2D(5, depthwise_initializer=evenly, name=name)(x)
    return layers.Flatten(name=flat)(x)


def _answer(glyph, x, name: str) -> keras.Model:
    x = layers.Dropout(0.2, name="dropout")(x)
    scores = layers.Dense(DIGITS + 1, activation="softmax", name="digits_or_none")(x)
    return keras.Model(glyph, scores, name=name)


def _digits_only(weights: np.ndarray) -> np.ndarray:
    """The same odds between the digits, and for no digit the mean of their logits."""
    digits = weights[..., :DIGITS] - weights[..., :DIGITS].mean(-1, keepdims=True)
    return np.concatenate([digits, np.zeros_like(weights[..., DIGITS:])], -1)


def _convolution(x, filters: int, name: str, side=3, strides=1, padding="same"):
    x = layers.Conv2D(filters, side, strides=strides, padding=padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_normalised", momentum=0.9)(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _activation(layer: layers.Layer) -> str | None:
    if isinstance(layer, layers.ReLU):
        return "relu"
    name = getattr(getattr(layer, "activation", None), "__name__", None)
    return None if name == "linear" else name
