"""Chart: accuracy with the test labels as given, and with known label errors corrected."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from report.charts.finding import Chart, Finding, Table
from report.charts.style import ACCENT, INK, assemble, draw_accuracies, styled
from report.numbers.counts import Proportion
from report.numbers.formats import count, percent, plural
from report.numbers.labels import REVIEWERS, KnownError
from report.numbers.summary import Summary


def make_chart(summary: Summary) -> Chart | None:
    given, corrected = summary.metrics.accuracy, summary.labels.corrected
    if corrected is None:
        return None
    return assemble(find(given, corrected, summary.labels.known), draw(given, corrected))


def find(given: Proportion, corrected: Proportion, errors: tuple[KnownError, ...]) -> Finding:
    """Compare the accuracies before and after `errors` in the labels are corrected."""
    changed = sum(error.vote.agreed is not None for error in errors)
    title = (
        f"With {plural(changed, 'label')} corrected and {len(errors) - changed} undecided images "
        f"left out, accuracy is {percent(corrected.value)} instead of {percent(given.value)}"
    )
    columns = (
        ("Test image", "text"),
        ("Label", "text"),
        ("People saw", "text"),
        ("Votes for label, other, neither", "text"),
        ("Network read", "text"),
        ("Confidence", "percent"),
    )
    alt = f"Dots with 95 % intervals: accuracy with labels as given and as corrected. {title}."
    return Finding(title, alt, Table(columns, tuple(map(_row, errors))))


def _row(error: KnownError) -> tuple[Any, ...]:
    vote, read = error.vote, error.example
    agreed = "no agreement" if vote.agreed is None else str(vote.agreed)
    if 2 * vote.for_neither > REVIEWERS:
        agreed = "neither digit"
    votes = f"{vote.for_label}, {vote.for_proposed}, {vote.for_neither}"
    return (str(vote.index), str(vote.label), agreed, votes, str(read.digit), read.confidence)


@styled
def draw(given: Proportion, corrected: Proportion) -> Figure:
    """Draw both accuracies as dots with their intervals."""
    labels = [
        f"labels as given\nn = {count(given.total)}",
        f"labels corrected\nn = {count(corrected.total)}",
    ]
    return draw_accuracies(labels, [given, corrected], [INK, ACCENT])
