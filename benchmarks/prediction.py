"""How fast glyphs are read, from one to ten thousand at once, beside three ways of Keras.

python -m benchmarks.prediction [--rounds N]
All read the same glyphs with the same weights, from bytes to probabilities. Each number of glyphs
is also set against what its multiply-adds would take at the peak of all cores, as measured.
"""

from __future__ import annotations

import sys
from functools import partial

import numpy as np

from benchmarks.results import compare, publish
from benchmarks.turns import rounds_of, take_turns
from model.data.dataset import load_dataset
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs, to_input
from report.numbers.layers import total_multiply_adds

COUNTS = (1, 10, 100, 1_000, 10_000)
OURS, LIMIT = "ours (LiteRT)", "limit: multiply-adds at the peak"
_SIDE = 2048  # of a matrix that shows the peak


def main(argv: list[str] | None = None) -> int:
    rounds = rounds_of(__doc__, argv)
    predictor = Predictor.load("cnn")
    few = to_glyphs(load_dataset("digits").test.images)
    glyphs = np.resize(few, (max(COUNTS), *few.shape[1:]))
    ways = {OURS: lambda some: predictor.score(some).probabilities} | keras_ways(predictor)
    check_answers(ways, glyphs[:100])
    architecture = predictor.bundle.metadata["architecture"]
    work = 2 * total_multiply_adds(architecture["layers"])
    rows = []
    for count in COUNTS:
        some = glyphs[:count]
        taken = take_turns({name: partial(way, some) for name, way in ways.items()}, rounds)
        taken = {name: [1000 * s for s in seconds] for name, seconds in taken.items()}
        taken[LIMIT] = [1000 * count * work / peak_flops()] * rounds
        what = f"{count:,} glyph{'s' * (count > 1)}, ms"
        rows += [compare(what, OURS, taken[OURS], *peer) for peer in list(taken.items())[1:]]
    publish("prediction", rows, ("ai-edge-litert", "keras", "tensorflow", "numpy"))
    return 0


def peak_flops() -> float:
    """Floating-point operations a second, float32, all cores: the best of a matrix product here.

    TensorFlow's product: NumPy's may not know the processor's widest instructions.
    """
    import tensorflow as tf

    matrix = tf.random.normal((_SIDE, _SIDE))
    product = {"product": lambda: tf.linalg.matmul(matrix, matrix).numpy()}
    return 2 * _SIDE**3 / min(take_turns(product, rounds=10)["product"])


def keras_ways(predictor: Predictor) -> dict:
    """Give Keras' ways to read uint8 glyphs (n, 28, 28), each to scores (n, 11)."""
    import tensorflow as tf

    from model.files.keras_files import load_keras

    network = load_keras(predictor.bundle.keras_path)
    compiled = tf.function(network, reduce_retracing=True)

    return {
        "model.predict": lambda glyphs: network.predict(to_input(glyphs), verbose=0),
        "model(x)": lambda glyphs: network(to_input(glyphs), training=False).numpy(),
        "tf.function": lambda glyphs: compiled(to_input(glyphs), training=False).numpy(),
    }


def check_answers(ways: dict, glyphs: np.ndarray) -> None:
    """Make sure that all of them read the same digits."""
    digits = {name: way(glyphs)[:, :10].argmax(1).tolist() for name, way in ways.items()}
    assert all(read == digits[OURS] for read in digits.values()), digits


if __name__ == "__main__":
    sys.exit(main())
