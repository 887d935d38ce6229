"""Chart: recall and precision of each class."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from report.charts import style
from report.charts.finding import Chart, Finding, Table
from report.numbers.classes import MANY, SHOWN_OF_MANY, nouns
from report.numbers.counts import ClassCounts
from report.numbers.formats import count, part_of
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary


def make_chart(summary: Summary) -> Chart:
    return style.assemble(find(summary.metrics), draw(summary.metrics), summary.metrics.names)


def find(metrics: Metrics) -> Finding:
    """Name the class that is missed most often, and the reading that is wrong most often."""
    seen = [scores for scores in metrics.per_class if scores.support]
    read = [scores for scores in metrics.per_class if scores.predicted]
    missed = min(seen, key=lambda s: s.correct / s.support)
    doubtful = min(read, key=lambda s: s.correct / s.predicted)
    if metrics.errors:
        misses = part_of(missed.support - missed.correct, missed.support)
        wrongs = part_of(doubtful.predicted - doubtful.correct, doubtful.predicted)
        title = (
            f"{missed.label} is missed most often ({misses}); "
            f"{metrics.words.answer} of {doubtful.label} is wrong most often ({wrongs})"
        )
    else:
        n, absent = count(metrics.accuracy.total), len(metrics.names) - len(seen)
        title = f"Every {metrics.noun} was found every time (n = {n})"
        if absent:
            verb = "was" if len(seen) == 1 else "were"
            tested = f"{len(seen)} of {len(metrics.names)} {nouns(metrics.noun)}"
            title = f"Only {tested} {verb} tested; nothing was {metrics.words.wrong} (n = {n})"
    which = f"each {metrics.noun}"
    if len(metrics.names) > MANY:
        which = f"the {SHOWN_OF_MANY} hardest of {len(metrics.names)} classes"
    alt = f"Dots with 95 % intervals: recall and precision of {which}. {title}."
    return Finding(title, alt, _table(metrics))


def _table(metrics: Metrics) -> Table:
    columns = (
        (metrics.noun.capitalize(), "text"),
        ("Found (recall)", "share"),
        ("95 % interval", "shares"),
        (f"{_answer(metrics)} right (precision)", "share"),
        ("95 % interval", "shares"),
        ("F1", "share"),
        (f"{metrics.item.capitalize()}s (support)", "count"),
    )
    return Table(columns, tuple(map(_row, metrics.per_class)))


def _answer(metrics: Metrics) -> str:
    return metrics.words.answer.split()[-1].capitalize()


def _row(scores: ClassCounts) -> tuple[Any, ...]:
    recall, precision = scores.recall, scores.precision
    ratios = (recall.value, recall.interval, precision.value, precision.interval, scores.f1)
    return (scores.label, *ratios, scores.support)


@style.styled
def draw(metrics: Metrics) -> Figure:
    """Draw both shares as dots with their intervals; of many classes only the hardest."""
    scores = list(zip(style.class_labels(metrics.names), metrics.per_class, strict=True))
    if len(scores) > MANY:
        seen = [pair for pair in scores if pair[1].support]
        scores = sorted(seen, key=lambda pair: pair[1].correct / pair[1].support)[:SHOWN_OF_MANY]
    labels = [label for label, _ in scores]
    figure, panels = style.new_figure(
        style.rows_height(len(scores), 0.26) + 0.75, 2, sharey=True, sharex=True
    )
    is_narrow = max(map(len, labels)) <= 3  # Short labels leave room for more words above.
    columns = (
        ("Found (recall)", [s.recall for _, s in scores], style.ACCENT),
        (f"{f'{_answer(metrics)} right' if is_narrow else 'Right'} (precision)",
         [s.precision for _, s in scores], style.INK),
    )  # fmt: skip
    for axes, (title, shares, colour) in zip(panels, columns, strict=True):
        places = style.list_rows(axes, labels)
        style.draw_dots(axes, places, shares, colour)
        if not is_narrow:
            axes.tick_params(axis="x", labelsize=7)
        axes.set_title(title, fontsize=9, loc="left", color=colour)
    return figure
