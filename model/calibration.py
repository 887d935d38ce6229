"""Calibrated probabilities from a network's scores, and thresholds for accepting an answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DIGIT_CLASSES = 10  # 0 to 9
_LEAST_DOUBT = 1e-6  # a float32 sigmoid comes no closer to 1
ACCEPTED_SHARE = 0.985  # of validation digits pass each of the two thresholds


def is_digit(value: object) -> bool:
    """Return whether a value from outside, such as JSON, is a whole number from 0 to 9."""
    return type(value) is int and 0 <= value < DIGIT_CLASSES


@dataclass(frozen=True)
class Calibration:
    """A network's temperature and its thresholds for accepting an answer.

    `outputs` names the activation of the network's last layer, "softmax" or "sigmoid".
    """

    outputs: str = "softmax"
    temperature: float = 1.0
    accept_confidence: float = 0.5
    accept_digit_probability: float | None = None

    def accepts(self, probabilities: np.ndarray, is_digit: np.ndarray | None) -> np.ndarray:
        """Say which answers are sure enough: bool (n,).

        `probabilities` are those of the digits, (n, 10), and `is_digit` that it is a digit at all,
        (n,), or None where the network does not say.
        """
        sure = probabilities.max(1, initial=0) >= self.accept_confidence
        return sure if is_digit is None else sure & (is_digit >= self.accept_digit_probability)


def digit_probabilities(scores: np.ndarray, outputs: str) -> np.ndarray:
    """Share of each digit among a network's scores, (n, ≥ 10): (n, 10), rows sum to 1.

    The eleventh class, "no digit", is left out. Sigmoid scores do not sum to one: Keras' sparse
    cross-entropy trains the softmax of the logits behind them, so that is what they mean.
    """
    digits = np.clip(scores[:, :DIGIT_CLASSES].astype(np.float64), 1e-12, 1)
    if outputs == "sigmoid":
        digits = digits / (1 + _LEAST_DOUBT - digits)
    return digits / digits.sum(1, keepdims=True)


def temper(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Soften (temperature > 1) or sharpen probabilities (n, 10): float32, rows sum to 1."""
    return softmax(np.log(np.maximum(probabilities, 1e-12)) / temperature).astype(np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn logits (n, k) into probabilities (n, k), rows sum to 1."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def fit_calibration(
    scores: np.ndarray, labels: np.ndarray, drawn: np.ndarray, outputs: str
) -> Calibration:
    """Fit a calibration to scores (n, 10 or 11) of validation digits with labels int64 (n,).

    One temperature minimises the log loss (Guo et al., "On calibration of modern neural networks",
    ICML 2017). The thresholds let 98.5 % of digits pass, by `drawn` (m, 10 or 11), the scores
    of validation digits augmented as in training.
    """
    temperature = fit_temperature(digit_probabilities(scores, outputs), labels)
    confidence = temper(digit_probabilities(drawn, outputs), temperature).max(1)
    low = 1 - ACCEPTED_SHARE
    knows_others = scores.shape[1] > DIGIT_CLASSES
    return Calibration(
        outputs=outputs,
        temperature=temperature,
        accept_confidence=round(float(np.quantile(confidence, low)), 4),
        accept_digit_probability=(
            round(float(np.quantile(1 - drawn[:, DIGIT_CLASSES], low)), 4) if knows_others else None
        ),
    )


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Temperature that minimises the log loss of probabilities (n, 10) given labels (n,)."""
    from scipy.optimize import minimize_scalar

    def log_loss(log_temperature: float) -> float:
        right = temper(probabilities, np.exp(log_temperature))[np.arange(len(labels)), labels]
        return -float(np.log(np.maximum(right, 1e-12)).mean())

    return round(float(np.exp(minimize_scalar(log_loss, bounds=(-2, 2), method="bounded").x)), 4)
