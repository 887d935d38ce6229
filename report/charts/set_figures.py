"""Drawings of accuracy on further sets of images, and with other labels."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from report.charts.style import ACCENT, INK, draw_accuracies, styled
from report.numbers.counts import Proportion
from report.numbers.formats import count
from report.numbers.labels import LabelCheck
from report.numbers.metrics import Metrics


@styled
def sets(names: Sequence[str], metrics: Sequence[Metrics]) -> Figure:
    """Dots with intervals: accuracy on each set of images; the first is the test set."""
    accuracies = [found.accuracy for found in metrics]
    labels = [f"{n}\nn = {count(a.total)}" for n, a in zip(names, accuracies, strict=True)]
    figure = draw_accuracies(labels, accuracies, [ACCENT, *[INK] * (len(names) - 1)])
    figure.axes[0].set_xlabel("accuracy with 95 % interval")
    return figure


@styled
def corrections(accuracy: Proportion, check: LabelCheck) -> Figure:
    """Dots with intervals: accuracy with labels as given, and with known errors corrected."""
    shares = (accuracy, check.corrected)
    titles = ("labels as given", "labels corrected")
    names = [f"{t}\nn = {count(s.total)}" for t, s in zip(titles, shares, strict=True)]
    figure = draw_accuracies(names, shares, [INK, ACCENT])
    figure.axes[0].set_xlabel("accuracy with 95 % interval")
    return figure
