"""What a network's outputs stand for: probabilities, or numbers that are made such."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax

SUM_TOLERANCE = 1e-3


def as_probabilities(scores: np.ndarray) -> tuple[np.ndarray, str]:
    """Take scores (n, c) for what they are: probabilities, shares not yet summing to 1, logits.

    One column is that of the second of two classes. Returns what was done in words as well.
    """
    if scores.shape[1] == 1:
        return _two_classes(scores)
    sums = scores.sum(axis=1, keepdims=True)
    if scores.min() >= 0 and np.abs(sums - 1).max() < SUM_TOLERANCE:
        return scores / sums, "These numbers are probabilities and used as they are."
    if scores.min() >= 0 and scores.max() <= 1 and sums.min() > 0:
        return scores / sums, "They don’t sum to 1, so each was divided by their sum."
    text = "They are no probabilities (logits), so the softmax function made them such."
    return softmax(scores, axis=1), text


def _two_classes(scores: np.ndarray) -> tuple[np.ndarray, str]:
    """From the one output (n, 1) of a network that tells two classes apart."""
    text = "Its one output is the probability of the second class; the first has the rest."
    if scores.min() < 0 or scores.max() > 1:
        scores = expit(scores)
        text = (
            "Its one output is no probability (a logit), so the sigmoid function made it that of "
            "the second class; the first has the rest."
        )
    return np.hstack([1 - scores, scores]), text
