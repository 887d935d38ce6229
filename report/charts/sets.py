"""Chart: accuracy on further sets of images, beside the test set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from report.charts.finding import Chart, Finding, Table
from report.charts.style import ACCENT, INK, assemble, draw_accuracies, styled
from report.numbers.counts import difference_interval
from report.numbers.formats import count, listed, percent
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary


def make_chart(summary: Summary) -> Chart | None:
    if not summary.extras:
        return None
    names = ["test set", *(extra.name for extra in summary.extras)]
    metrics = [summary.metrics, *(extra.metrics for extra in summary.extras)]
    return assemble(find(names, metrics), draw(names, metrics))


def find(names: Sequence[str], metrics: Sequence[Metrics]) -> Finding:
    """Compare the hardest of the further sets with the test set, which comes first."""
    test, *others = (m.accuracy for m in metrics)
    worst = min(range(len(others)), key=lambda k: others[k].value)
    lowest, name = others[worst], names[worst + 1]
    points = 100 * (test.value - lowest.value)
    if lowest.value >= test.value:
        title = f"It reads “{name}” no worse than the test set"
    else:
        which = f"“{name}”" if len(others) == 1 else f"“{name}”, the hardest of these sets,"
        title = f"It reads {which} {points:.2f} points worse than the test set"
    title += f": {percent(lowest.value)} against {percent(test.value)}"
    if lowest.value < test.value and difference_interval(test, lowest)[0] <= 0:
        title += ", which may be chance"
    alt = f"Dots with 95 % intervals: accuracy on each set of images. {title}."
    return Finding(title, alt, _table(names, metrics))


def _table(names: Sequence[str], metrics: Sequence[Metrics]) -> Table:
    columns = (
        ("Set", "text"),
        ("Images", "count"),
        ("Accuracy", "percent"),
        ("95 % interval", "interval"),
        ("Worst digit", "text"),
        ("Accepted", "percent"),
        ("Right when accepted", "percent"),
    )
    return Table(columns, tuple(map(_row, names, metrics)))


def _row(name: str, metrics: Metrics) -> tuple[Any, ...]:
    accuracy, worst = metrics.accuracy, metrics.worst_class
    hardest = f"{worst.label} ({percent(worst.recall.value)})" if metrics.errors else None
    accepted = metrics.accepted.value, metrics.accuracy_when_accepted.value
    return (name, accuracy.total, accuracy.value, accuracy.interval, hardest, *accepted)


@styled
def draw(names: Sequence[str], metrics: Sequence[Metrics]) -> Figure:
    """Draw the accuracy on each set; the first is the test set."""
    accuracies = [found.accuracy for found in metrics]
    labels = [f"{n}\nn = {count(a.total)}" for n, a in zip(names, accuracies, strict=True)]
    return draw_accuracies(labels, accuracies, [ACCENT, *[INK] * (len(names) - 1)])


def digit_table(metrics: Metrics) -> Table:
    """List for each digit of a set how many images there are, and what they were misread as.

    Digits without an image are left out.
    """
    columns = (
        ("Digit", "text"),
        ("Images", "count"),
        ("Read correctly", "percent"),
        ("95 % interval", "interval"),
        ("Misread as", "text"),
    )
    pairs, names = metrics.most_confused, metrics.names
    rows = tuple(
        (c.label, c.support, c.recall.value, c.recall.interval,
         listed(f"{names[p.reading]} ({count(p.count)}×)" for p in pairs
                if names[p.truth] == c.label)
         or None)
        for c in metrics.per_class
        if c.support
    )  # fmt: skip
    return Table(columns, rows)
