"""The work a layer does, against Keras' own layers' kernels."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

import pytest

from report.numbers.layers import multiply_adds

PRETRAINED = Path(__file__).resolve().parents[3] / "model" / "pretrained"


def layer(kind: str, shape: tuple[int, ...], parameters: int = 0) -> dict:
    return {"name": kind, "type": kind, "output_shape": list(shape), "parameters": parameters}


@pytest.mark.parametrize(
    ("before", "kind", "after", "parameters", "work"),
    [
        ((28, 28, 1), "Conv2D", (14, 14, 32), 25 * 32, 14 * 14 * 25 * 32),
        ((28, 28, 1), "Conv2D", (14, 14, 32), 26 * 32, 14 * 14 * 25 * 32),
        ((7, 7, 64), "Conv2D", (5, 5, 128), 9 * 64 * 128 + 128, 5 * 5 * 9 * 64 * 128),
        ((7, 7, 64), "Conv2D", (7, 7, 128), 3 * 64 * 128, 7 * 7 * 3 * 64 * 128),
        ((14, 14, 16), "DepthwiseConv2D", (7, 7, 16), 9 * 16, 7 * 7 * 9 * 16),
        ((14, 14, 16), "DepthwiseConv2D", (7, 7, 16), 10 * 16, 7 * 7 * 9 * 16),
        ((30, 4), "Conv1D", (28, 8), 3 * 4 * 8 + 8, 28 * 3 * 4 * 8),
        ((784,), "Dense", (10,), 7850, 7840),
        ((5, 16), "Dense", (5, 8), 136, 5 * 16 * 8),
        ((7, 7, 64), "MaxPooling2D", (3, 3, 64), 0, None),
        ((7, 7, 64), "BatchNormalization", (7, 7, 64), 256, None),
        ((7, 7, 64), "Conv2D", (7, 7, 128), 1234, None),
        ((), "Dense", (10,), 7850, None),
    ],
)
def test_products_follow_from_shapes_and_parameters(before, kind, after, parameters, work):
    layers = [layer("InputLayer", before), layer(kind, after, parameters)]
    assert multiply_adds(layers) == [None, work]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["linear", "mlp100", "cnn"])
def test_a_networks_products_are_those_of_its_kernels(name):
    import keras

    network = keras.models.load_model(PRETRAINED / name / "model.keras", compile=False)
    text = (PRETRAINED / name / "bundle.json").read_text(encoding="utf-8")
    listed = json.loads(text)["architecture"]["layers"]
    found = multiply_adds(listed)
    for row, work in zip(listed, found, strict=True):
        one = network.get_layer(row["name"])
        kernel = getattr(one, "kernel", None)
        places = prod(one.output.shape[1:-1])
        assert work == (None if kernel is None else places * prod(kernel.shape)), one.name
