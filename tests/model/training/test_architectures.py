import numpy as np
import pytest

from model.training.architectures import ARCHITECTURES, describe


@pytest.mark.parametrize(
    ("name", "parameters", "scores", "activation"),
    [
        ("linear", 7_850, 10, "sigmoid"),
        ("mlp100", 79_510, 10, "sigmoid"),
        ("mlp128", 101_770, 10, "softmax"),
        ("cnn_small", 44_270, 10, "softmax"),
        ("cnn", None, 11, "softmax"),
    ],
)
def test_each_network_is_what_it_is_known_as(name, parameters, scores, activation):
    network = ARCHITECTURES[name]()
    assert network.name == name
    assert network.output_shape == (None, scores)
    if parameters:
        assert network.count_params() == parameters
    assert network.count_params() <= 1_000_000
    rows = describe(network)["layers"]
    assert sum(row["parameters"] for row in rows) == network.count_params()
    assert rows[0]["output_shape"] == [28, 28, 1]
    assert rows[-1]["output_shape"] == [scores]
    assert rows[-1]["activation"] == activation
    assert network(np.zeros((2, 28, 28, 1), np.float32)).shape == (2, scores)


def test_each_layer_is_described_after_those_it_takes_from():
    rows = describe(ARCHITECTURES["cnn"]())["layers"]
    names = [row["name"] for row in rows]
    assert names[0] == "glyph"
    assert rows[1]["inputs"] == ["glyph"]
    for row in rows:
        assert set(row["inputs"]) <= set(names[: names.index(row["name"])])
