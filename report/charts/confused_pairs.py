"""Chart: the pairs of classes that are confused most often."""

from __future__ import annotations

from itertools import accumulate

from matplotlib.figure import Figure

from report.charts.finding import Chart, Finding, Table
from report.charts.style import (
    ERROR,
    WIDE_INCHES,
    WIDTH_INCHES,
    assemble,
    class_labels,
    draw_bars,
    new_figure,
    styled,
)
from report.numbers.classes import direction_marked, nouns
from report.numbers.formats import plural
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary

PAIRS_DRAWN = 10
PAIRS_LISTED = 90  # as many as ten classes can have
MOST_LETTERS = 25  # of two names and an arrow that leave room for bars beside them


def make_chart(summary: Summary) -> Chart | None:
    metrics = summary.metrics
    return assemble(find(metrics), draw(metrics), metrics.names) if metrics.errors else None


def find(metrics: Metrics) -> Finding:
    """Say how few pairs make up half of the errors. There must be an error."""
    pairs, names = metrics.most_confused, metrics.names
    running = list(accumulate(pair.count for pair in pairs))
    enough = next(k for k, total in enumerate(running, 1) if 2 * total >= metrics.errors)
    share = "all" if running[enough - 1] == metrics.errors else "half"
    verb = "makes" if enough == 1 else "make"
    occur = "occurs" if len(pairs) == 1 else "occur"
    title = (
        f"{plural(enough, 'pair')} of {nouns(metrics.noun)} {verb} up {share} of the "
        f"{plural(metrics.errors, 'error')}; {plural(len(pairs), 'pair')} {occur}"
    )
    if metrics.errors == 1:
        truth, reading = names[pairs[0].truth], names[pairs[0].reading]
        title = f"The one error: {truth} {metrics.words.taken} {reading}"
    drawn = ", ".join(
        f"{names[p.truth]} {metrics.words.taken} {names[p.reading]} {p.count}×"
        for p in pairs[:PAIRS_DRAWN]
    )
    alt = f"Bars: the most frequent confusions. {title}. {drawn}."
    return Finding(title, alt, _table(metrics))


def _table(metrics: Metrics) -> Table:
    names = metrics.names
    columns = (
        ("True → answer", "text"),
        (f"{metrics.item.capitalize()}s", "count"),
        (f"Of that {metrics.noun}", "count"),
        ("Share", "percent"),
        ("95 % interval", "interval"),
    )
    rows = tuple(
        (f"{names[p.truth]} → {names[p.reading]}", p.count, p.support, p.share.value,
         p.share.interval)
        for p in metrics.most_confused[:PAIRS_LISTED]
    )  # fmt: skip
    return Table(columns, rows)


@styled
def draw(metrics: Metrics) -> Figure:
    """Draw the most frequent pairs as bars; long names make the figure as wide as a page."""
    pairs = metrics.most_confused[:PAIRS_DRAWN]
    labels = list(map(direction_marked, class_labels(metrics.names)))
    names = [f"{labels[pair.truth]} → {labels[pair.reading]}" for pair in pairs]
    width = WIDE_INCHES if max(map(len, names), default=0) > MOST_LETTERS else WIDTH_INCHES
    figure, (axes,) = new_figure(0.27 * len(pairs) + 0.3, width_inches=width)
    draw_bars(axes, names, [pair.count for pair in pairs], ERROR)
    return figure
