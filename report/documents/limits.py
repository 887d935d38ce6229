"""The limits of a network as they were measured, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from report.charts.robustness import level_text
from report.numbers.counts import difference_interval
from report.numbers.formats import count, interval, percent, plural
from report.numbers.summary import Summary


def limits(summary: Summary) -> list[str]:
    """Say where the test found this network worse, in sentences with the numbers."""
    return [*_errors(summary), *_sets(summary), *_changes(summary), *_confidence(summary)]


def _errors(summary: Summary) -> Iterator[str]:
    metrics = summary.metrics
    tested = plural(metrics.accuracy.total, f"test {metrics.item}")
    if not metrics.errors:
        yield f"It made no error on {tested} (accuracy {interval(metrics.accuracy.interval)})."
        return
    worst = metrics.worst_class
    yield (
        f"It {metrics.words.wrong} {count(metrics.errors)} of {tested}; of the {metrics.noun} "
        f"{worst.label} it found {percent(worst.recall.value)} "
        f"({interval(worst.recall.interval)}), the smallest share."
    )


def _sets(summary: Summary) -> Iterator[str]:
    """Further sets that are read worse than the test set, more than chance explains."""
    test = summary.metrics.accuracy
    for extra in summary.extras:
        found = extra.metrics.accuracy
        if difference_interval(test, found)[0] > 0:
            yield (
                f"Of “{extra.name}” it read {percent(found.value)} ({interval(found.interval)}), "
                f"fewer than of {summary.dataset['name']} ({percent(test.value)})."
            )


def _changes(summary: Summary) -> Iterator[str]:
    """The worst level of each way of changing images that costs more than chance explains."""
    for curve in summary.robustness:
        shares = curve.as_used
        place = min(range(len(shares)), key=lambda index: shares[index].value)
        if difference_interval(curve.unchanged, shares[place])[0] > 0:
            yield (
                f"{curve.words} ({level_text(curve, curve.levels[place])}): "
                f"{percent(shares[place].value, 1)} read correctly instead of "
                f"{percent(curve.unchanged.value, 1)}."
            )


def _confidence(summary: Summary) -> Iterator[str]:
    measured = summary.metrics.confidence
    if measured and measured.ece is not None:
        yield (
            f"Its confidence is off by {percent(measured.ece)} on average "
            f"(expected calibration error, {interval(measured.ece_interval)})."
        )
