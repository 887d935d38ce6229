"""What the figures about further sets of images show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from report.charts.findings import Finding, Table
from report.numbers.counts import difference_interval
from report.numbers.formats import count, listed, percent
from report.numbers.metrics import Metrics


def sets(names: Sequence[str], metrics: Sequence[Metrics]) -> Finding:
    """How the extra sets compare with the test set, which comes first."""
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
    columns = (
        ("Set", "text"),
        ("Images", "count"),
        ("Accuracy", "percent"),
        ("95 % interval", "interval"),
        ("Worst digit", "text"),
        ("Accepted", "percent"),
        ("Right when accepted", "percent"),
    )
    rows = tuple(_set_row(*pair) for pair in zip(names, metrics, strict=True))
    alt = f"Dots with 95 % intervals: accuracy on each set of images. {title}."
    return Finding(title, alt, Table(columns, rows))


def _set_row(name: str, metrics: Metrics) -> tuple[Any, ...]:
    accuracy, worst = metrics.accuracy, metrics.worst_class
    hardest = f"{worst.label} ({percent(worst.recall.value)})"
    accepted = metrics.accepted.value, metrics.accuracy_when_accepted.value
    return (name, accuracy.total, accuracy.value, accuracy.interval, hardest, *accepted)


def set_digits(metrics: Metrics) -> Table:
    """Digit by digit: how many images, the share read correctly, and what the others were read as.

    Classes without an image are left out.
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
