"""A test set and a network's answers to it, from arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from report.numbers.answers import Answers, LabelledData
from report.numbers.classes import DIGIT_NAMES


def answered(
    labels: Any,
    probabilities: np.ndarray | None,
    accepted: Any = None,
    names: Sequence[str] = DIGIT_NAMES,
    *,
    readings: np.ndarray | None = None,
    sha256: str = "0",
    **known: Any,
) -> tuple[LabelledData, Answers]:
    """Blank images with these labels and answers, all of them accepted unless said otherwise.

    Classes without `names` are called by their numbers.
    """
    labels = np.asarray(labels)
    if probabilities is not None and probabilities.shape[1] != len(names):
        names = tuple(map(str, range(probabilities.shape[1])))
    accepted = np.ones(len(labels), bool) if accepted is None else np.asarray(accepted, bool)
    images = np.zeros((len(labels), 28, 28), np.uint8)
    data = LabelledData(images, labels, {"sha256": sha256}, tuple(names), **known)
    return data, Answers({}, None, probabilities, accepted, None, None, readings)
