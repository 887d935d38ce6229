import keras
import numpy as np
import pytest

from model.training.architectures import ARCHITECTURES, broad, describe, join, narrow


@pytest.mark.parametrize(
    ("name", "parameters", "scores", "activation"),
    [
        ("linear", 7_850, 10, "sigmoid"),
        ("mlp100", 79_510, 10, "sigmoid"),
        ("mlp128", 101_770, 10, "softmax"),
        ("cnn_small", 63_322, 10, "softmax"),
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


def test_columns_are_described_one_after_the_other():
    rows = describe(ARCHITECTURES["cnn"]())["layers"]
    names = [row["name"] for row in rows]
    assert names[0] == "glyph"
    columns = [name.partition("_")[0] for name in names[1:-3]]
    assert columns == sorted(columns)  # broad, then narrow
    assert rows[names.index("narrow_fine")]["inputs"] == ["glyph"]
    assert rows[names.index("both")]["inputs"] == ["broad_average", "narrow_average"]
    for row in rows:
        assert set(row["inputs"]) <= set(names[: names.index(row["name"])])


def logits(network, glyphs):
    before = keras.Model(network.input, network.layers[-2].output)(glyphs).numpy()
    weights, bias = network.layers[-1].get_weights()
    return before @ weights + bias


def test_joined_columns_answer_with_the_mean_of_their_logits():
    keras.utils.set_random_seed(3)
    glyphs = np.random.default_rng(0).random((5, 28, 28, 1)).astype(np.float32)
    columns = broad(), narrow()
    for column in columns:
        column.layers[-1].bias.assign(np.random.default_rng(1).normal(size=11))
    wide, thin = (logits(column, glyphs) for column in columns)
    joined = logits(join(*columns, 0.25), glyphs)
    mean = 0.75 * wide + 0.25 * thin
    np.testing.assert_allclose(
        np.diff(joined[:, :10], axis=1), np.diff(mean[:, :10], axis=1), atol=1e-4
    )
    centred = thin[:, :10].mean(1)  # what no digit is to the narrow column, as likely as that
    np.testing.assert_allclose(
        joined[:, 10] - joined[:, 0],
        0.75 * (wide[:, 10] - wide[:, 0]) + 0.25 * (centred - thin[:, 0]), atol=1e-4,
    )  # fmt: skip
