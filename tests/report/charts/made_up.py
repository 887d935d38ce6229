"""Made-up answers to draw, and what tests read off a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from report.numbers.formats import NARROW_SPACE
from report.numbers.metrics import Metrics, measure
from tests.report.answered import answered


def confused(truth: Sequence[int], reading: Sequence[int]) -> Metrics:
    """Measure answers that are all certain and all accepted."""
    return measure(*answered(truth, np.eye(10)[reading]))


def answers(right: int, total: int, confidence: float, accepted: int = 0) -> Metrics:
    """Measure `total` answers of one confidence, of which `right` are; the first are accepted."""
    probabilities = np.full((total, 10), (1 - confidence) / 9)
    probabilities[:, 0] = confidence
    labels = (np.arange(total) >= right).astype(int)
    return measure(*answered(labels, probabilities, np.arange(total) < accepted))


def plain(text: str) -> str:
    """The text with ordinary spaces."""
    return text.replace(NARROW_SPACE, " ")


def texts(figure: Figure) -> list[str]:
    """Every non-empty text written inside the axes."""
    return [t.get_text() for axes in figure.axes for t in axes.texts if t.get_text()]
