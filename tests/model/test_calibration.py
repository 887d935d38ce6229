import numpy as np
import pytest

from model.calibration import digit_probabilities, fit_calibration, fit_temperature, temper


@pytest.fixture
def honest():
    """Probabilities (20000, 10) with labels drawn from them: perfectly calibrated."""
    random = np.random.default_rng(0)
    rows = random.dirichlet(np.full(10, 0.3), 20_000)
    labels = (random.random((len(rows), 1)) > rows.cumsum(1)).sum(1).clip(max=9)
    return rows, labels


def test_probabilities_always_sum_to_one():
    scores = np.random.default_rng(0).random((50, 11)).astype(np.float32)
    scores[0] = 0
    soft = digit_probabilities(scores, "softmax")
    for rows in (soft, digit_probabilities(scores, "sigmoid"), temper(soft, 0.3)):
        np.testing.assert_allclose(rows.sum(1), 1, atol=1e-6)
    expected = scores[1:, :10] / scores[1:, :10].sum(1, keepdims=True)
    np.testing.assert_allclose(soft[1:], expected, rtol=1e-5)


def test_sigmoids_mean_the_softmax_of_their_logits():
    logits = np.random.default_rng(0).normal(0, 3, (50, 10))
    sigmoids = 1 / (1 + np.exp(-logits))
    powers = np.exp(logits)
    expected = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(digit_probabilities(sigmoids, "sigmoid"), expected, atol=2e-3)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_undoes_what_was_done(honest, temperature):
    rows, labels = honest
    off = temper(rows, 1 / temperature)
    assert fit_temperature(off, labels) == pytest.approx(temperature, rel=0.05)


def test_thresholds_let_through_the_share_they_promise(honest):
    rows, labels = honest
    none = np.random.default_rng(1).random(len(rows))
    scores = np.column_stack([rows * (1 - none[:, None]), none])
    fitted = fit_calibration(scores, labels, scores, "softmax")
    assert np.mean(1 - none >= fitted.accept_digit_probability) == pytest.approx(0.985, abs=1e-3)
    sure = temper(rows, fitted.temperature).max(1)
    assert np.mean(sure >= fitted.accept_confidence) == pytest.approx(0.985, abs=1e-3)
    assert fit_calibration(rows, labels, rows, "softmax").accept_digit_probability is None
