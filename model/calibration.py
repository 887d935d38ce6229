"""How a network's scores become honest probabilities, and what is sure enough to be accepted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DIGITS = 10
ACCEPTED_SHARE = 0.985  # of validation digits pass each of the two thresholds


@dataclass(frozen=True)
class Calibration:
    """How scores become what is shown: a temperature, and what is sure enough to be accepted."""

    temperature: float = 1.0
    accept_confidence: float = 0.5
    accept_digit_probability: float | None = None


def digit_probabilities(scores: np.ndarray) -> np.ndarray:
    """Share of each digit among a network's scores, (n, ≥ 10): (n, 10), rows sum to 1.

    Sigmoid scores do not sum to one, and the eleventh class is no digit: both are divided out.
    """
    digits = np.maximum(scores[:, :DIGITS].astype(np.float64), 1e-12)
    return digits / digits.sum(1, keepdims=True)


def temper(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Soften (temperature > 1) or sharpen probabilities (n, 10): float32, rows sum to 1."""
    logits = np.log(np.maximum(probabilities, 1e-12)) / temperature
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True)).astype(np.float32)


def fit_calibration(scores: np.ndarray, labels: np.ndarray, drawn: np.ndarray) -> Calibration:
    """Fit a calibration to scores (n, 10 or 11) of validation digits with labels int64 (n,).

    One temperature minimises the log loss (Guo et al., "On calibration of modern neural networks",
    ICML 2017). The thresholds let through 98.5 % of the digits behind `drawn` (m, 10 or 11), the
    scores of digits as varied as people draw them.
    """
    temperature = fit_temperature(digit_probabilities(scores), labels)
    confidence = temper(digit_probabilities(drawn), temperature).max(1)
    low = 1 - ACCEPTED_SHARE
    knows_others = scores.shape[1] > DIGITS
    return Calibration(
        temperature=temperature,
        accept_confidence=round(float(np.quantile(confidence, low)), 4),
        accept_digit_probability=(
            round(float(np.quantile(1 - drawn[:, DIGITS], low)), 4) if knows_others else None
        ),
    )


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Temperature that minimises the log loss of probabilities (n, 10) given labels (n,)."""
    from scipy.optimize import minimize_scalar

    def log_loss(log_temperature: float) -> float:
        right = temper(probabilities, np.exp(log_temperature))[np.arange(len(labels)), labels]
        return -float(np.log(np.maximum(right, 1e-12)).mean())

    return round(float(np.exp(minimize_scalar(log_loss, bounds=(-2, 2), method="bounded").x)), 4)
