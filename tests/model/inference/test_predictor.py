import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from model.bundles.store import shipped_bundles
from model.calibration import Calibration, digit_probabilities, temper
from model.files.keras_files import load_keras
from model.inference.predictor import Prediction, Predictor, decide, predictions
from model.preprocessing import to_glyphs

SHIPPED = ("linear", "mlp100", "mlp128", "cnn")
# Accuracy on MNIST's test set that each network is known for, within what seeds do.
KNOWN = {"linear": (0.921, 0.930), "mlp100": (0.970, 0.983), "mlp128": (0.970, 0.980),
         "cnn": (0.990, 1.0)}  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_probabilities_sum_to_one_also_where_the_outputs_are_sigmoids(name, digits):
    scores = Predictor.load(name).score(to_glyphs(digits.test.images))
    np.testing.assert_allclose(scores.probabilities.sum(1), 1, atol=1e-5)
    assert scores.accepted.dtype == bool
    assert (scores.digit_probability is not None) == (name == "cnn")


@pytest.mark.mnist
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_networks_have_the_accuracy_they_are_known_for(name, mnist):
    scores = Predictor.load(name).score(mnist.test.images)
    low, high = KNOWN[name]
    assert low <= (scores.probabilities.argmax(1) == mnist.test.labels).mean() <= high


@pytest.mark.mnist
@pytest.mark.parametrize("name", SHIPPED)
def test_litert_and_keras_agree_on_the_test_set(name, mnist):
    predictor = Predictor.load(name)
    images = mnist.test.images
    pixels = images[..., None] / np.float32(255)
    raw = load_keras(predictor.bundle.keras_path).predict(pixels, batch_size=500, verbose=0)
    np.testing.assert_allclose(predictor.raw_scores(images), raw, atol=1e-5)
    scores = predictor.score(images)
    settings = predictor.calibration
    expected = temper(digit_probabilities(raw, settings.outputs), settings.temperature)
    # So near to 1 the last bit of a sigmoid, which processors round otherwise, changes its odds.
    told_apart = (raw[:, :10].max(1) < 1 - 1e-5) | (settings.outputs == "softmax")
    assert told_apart.mean() > 0.6
    np.testing.assert_allclose(scores.probabilities[told_apart], expected[told_apart], atol=1e-4)
    np.testing.assert_allclose(scores.probabilities, expected, atol=1e-2)
    if scores.digit_probability is not None:
        np.testing.assert_allclose(scores.digit_probability, 1 - raw[:, 10], atol=1e-4)


def test_drawn_digits_are_read(reader, canvas, seven):
    one = canvas([(140, 50), (140, 230)])
    four = canvas([(120, 50), (70, 160), (210, 160)], [(170, 90), (170, 240)])
    crossed = np.minimum(seven, canvas([(105, 145), (190, 145)]))
    for digit, drawing in ((7, seven), (1, one), (4, four), (7, crossed)):
        answer = reader.predict(drawing)
        assert answer.digit == digit
        assert answer.accepted
        assert answer.confidence == max(answer.probabilities) > 0.8


def test_a_slashed_zero_is_a_zero(reader, canvas):
    angles = np.linspace(0, 2 * np.pi, 40)
    ring = [(int(140 + 55 * np.cos(a)), int(140 + 80 * np.sin(a))) for a in angles]
    answer = reader.predict(canvas(ring, [(90, 225), (190, 55)], pen=14))
    assert answer.digit == 0
    assert answer.accepted


def test_a_letter_and_a_scrawl_are_not_accepted(reader, canvas):
    letter = canvas([(70, 220), (70, 60), (140, 150), (210, 60), (210, 220)])
    scrawl = canvas([(40, 40), (240, 90), (30, 130), (230, 180), (60, 240), (200, 30), (90, 250)])
    for drawing in (letter, scrawl):
        answer = reader.predict(drawing)
        assert not answer.accepted
        assert answer.digit_probability < reader.calibration.accept_digit_probability


def test_a_batch_answers_as_single_pictures_do(reader, digits):
    glyphs = to_glyphs(digits.test.images)
    rows = predictions(reader.score(glyphs))
    for i in (0, 7, 300):
        single = reader.predict(digits.test.images[i])
        assert single.digit == rows[i].digit
        np.testing.assert_allclose(single.probabilities, rows[i].probabilities, atol=1e-5)
    assert len(reader.score(glyphs[:0]).probabilities) == 0


def test_threads_share_a_predictor(reader, digits):
    glyphs = to_glyphs(digits.test.images[:64])
    expected = reader.score(glyphs).probabilities

    def ask(i):
        size = 1 + i % 5
        return i, reader.score(glyphs[i : i + size]).probabilities

    with ThreadPoolExecutor(8) as pool:
        for i, got in pool.map(ask, range(60)):
            np.testing.assert_allclose(got, expected[i : i + len(got)], atol=1e-5)


def test_the_shipped_bundles_verify():
    assert [b.name for b in shipped_bundles()][0] == "linear"
    assert "ai_edge_litert.interpreter" in sys.modules


@pytest.mark.parametrize(
    ("accepted", "chance", "least", "expected"),
    [
        (True, 0.95, 0.9, "sure"),
        (True, None, None, "sure"),
        (False, 0.95, 0.9, "unsure"),
        (False, 0.7, 0.9, "no-digit"),  # over a half, and still under what the bundle asks for
        (False, 0.4, 0.3, "unsure"),
        (False, None, None, "unsure"),
    ],
)
def test_how_sure_follows_the_bundles_own_threshold(accepted, chance, least, expected):
    answer = Prediction(8, 0.6, (0.04,) * 8 + (0.6, 0.04), chance, accepted)
    assert decide(answer, Calibration(accept_digit_probability=least)) == expected
