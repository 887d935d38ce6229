"""The layers of a network: they are those it was trained with, and they lead to its answers."""

import shutil

import numpy as np
import pytest

from model.bundles.store import SHIPPED, Bundle, BundleError, load_bundle, shipped_bundles
from model.inference.layers import BATCH, Layers
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs


@pytest.fixture(scope="module", params=[bundle.name for bundle in shipped_bundles()])
def bundle(request):
    return load_bundle(request.param)


def test_the_last_layer_of_the_features_gives_the_networks_answers(bundle, digits):
    glyphs = to_glyphs(digits.test.images[:20])
    layers, last = Layers(bundle), Layers(bundle).last
    points = layers.features(glyphs) @ last.weights.T + last.bias
    scores = Predictor(bundle).raw_scores(glyphs)
    if bundle.metadata["calibration"]["outputs"] == "softmax":
        powers = np.exp(points - points.max(1, keepdims=True))
        shares = powers / powers.sum(1, keepdims=True)
    else:
        shares = 1 / (1 + np.exp(-points))
    assert np.abs(shares - scores).max() < 1e-4


def test_layers_are_named_and_shaped_as_in_training(bundle):
    shapes = {layer["name"]: tuple(layer["output_shape"])
              for layer in bundle.metadata["architecture"]["layers"]}  # fmt: skip
    layers = Layers(bundle).layers
    assert layers
    for layer in layers:
        assert layer.shape == shapes[layer.name]


def test_a_layers_maps_are_its_convolution_of_those_before(digits):
    layers = Layers(load_bundle("cnn"))
    number = layers.pictured[1]
    before, after = (
        layers.outputs(to_glyphs(digits.test.images[:1]))[place][0]
        for place in (number - 1, number)
    )
    weights = layers.layers[number].weights
    padded = np.pad(before, ((1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))
    raw = np.einsum("hwcij,oijc->hwo", windows, weights)
    assert after.min() == 0  # ReLU
    for place in range(after.shape[-1]):
        seen = after[..., place] > 0
        if seen.sum() > 3:
            shift = (after - raw)[..., place][seen]
            assert np.ptp(shift) < 1e-3  # the bias of that map alone


def test_more_than_a_batch_is_read_as_one_by_one(digits):
    layers = Layers(load_bundle("linear"))
    glyphs = to_glyphs(digits.test.images[: BATCH + 3])
    assert np.array_equal(layers.features(glyphs), (glyphs / np.float32(255)).reshape(-1, 784))
    assert layers.features(glyphs[:0]).shape == (0, 784)


def test_a_network_that_cannot_be_opened_is_said(tmp_path):
    folder = shutil.copytree(SHIPPED / "linear", tmp_path / "broken")
    (folder / "model.tflite").write_bytes(b"no network")
    bundle = Bundle(folder, load_bundle("linear").metadata)
    with pytest.raises(BundleError, match="cannot be looked into"):
        Layers(bundle)
