"""Chart: the risk–coverage curve, the share of errors when only the surest are answered."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from report.charts import style
from report.charts.finding import Chart, Finding, Table
from report.numbers.confidence import CoveragePoint
from report.numbers.formats import count, percent
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary

Curve = Sequence[CoveragePoint]
LISTED = 20  # rows of the table, about; the curve has a point for many more images


def make_chart(summary: Summary) -> Chart | None:
    metrics = summary.metrics
    if metrics.confidence is None:
        return None
    curve = metrics.confidence.curve
    return style.assemble(find(metrics, curve), draw(metrics, curve))


def find(metrics: Metrics, curve: Curve) -> Finding:
    """Say what the network's own rule for accepting an answer saves in errors."""
    wrong = percent(metrics.errors / metrics.accuracy.total)  # The curve knows no weights.
    if metrics.risk.value is None:
        title = (
            f"It accepts no {metrics.item} at all; {wrong} of all would be {metrics.words.wrong}"
        )
    elif metrics.declined.count:
        title = (
            f"Answering only the {percent(metrics.accepted.value, 1)} it accepts leaves "
            f"{percent(metrics.risk.value)} wrong instead of {wrong}"
        )
    else:
        title = f"It answers every {metrics.item}, and {wrong} of the answers are wrong"
    alt = (
        "Risk–coverage curve: share of errors among the surest answers, from few of them to all, "
        f"with a dot where the network stands. {title}."
    )
    return Finding(title, alt, _table(metrics, curve))


def _table(metrics: Metrics, curve: Curve) -> Table:
    columns = (
        ("Confidence at least", "percent"),
        ("Answered", "share"),
        (f"{metrics.words.wrong.capitalize()}, of those", "percent"),
        ("95 % interval", "interval"),
    )
    total = metrics.accuracy.total
    step = max(1, len(curve) // LISTED)
    rows = tuple(
        (p.confidence, p.answered / total, p.risk.value, p.risk.interval)
        for p in curve[::-1][::step]
    )
    return Table(columns, rows)


@style.styled
def draw(metrics: Metrics, curve: Curve) -> Figure:
    """Draw the share misread against the share answered, and a dot at the network's own rule."""
    total = metrics.accuracy.total
    figure, (axes,) = style.new_figure(3.6)
    answered = [point.answered / total for point in curve]
    start = _axis_start(metrics, curve)
    lows, highs = zip(*(point.risk.interval for point in curve), strict=True)
    axes.fill_between(answered, lows, highs, color=style.FAINT, linewidth=0)
    axes.plot(answered, [point.risk.value for point in curve], color=style.INK, linewidth=1.4)
    margin = (1 - start) / 50
    axes.set(xlim=(start - margin, 1 + margin), ylabel=f"{metrics.words.wrong}, of those answered")
    axes.set_ylim(0, 1.25 * max(highs[-1], metrics.risk.value or 0))
    axes.set_xlabel(f"answered, surest first (n = {count(total)})")
    style.percent_axis(axes.xaxis, 5)
    style.percent_axis(axes.yaxis, 6)
    if metrics.accepted.count:
        _mark_operating_point(axes, metrics)
    return figure


def _axis_start(metrics: Metrics, curve: Curve) -> float:
    """Where the axis begins: the tenth that holds the first mistake or the dot."""
    mistaken = [p.answered for p in curve if p.correct < p.answered]
    first = min([metrics.accepted.count, *mistaken[:1]]) / metrics.accuracy.total
    return min(floor(10 * first) / 10, 0.9) if mistaken else 0.0


def _mark_operating_point(axes: Axes, metrics: Metrics) -> None:
    """Mark how much the network accepts, and how much of that is wrong."""
    wrong = metrics.accepted.count - metrics.accepted_correct
    x, y = metrics.accepted.value, wrong / metrics.accepted.count
    axes.plot(x, y, "o", color=style.ACCENT, markersize=7, zorder=3)
    text = f"accepts {percent(x, 1)},\nof those {percent(y)} wrong"
    is_left = x > sum(axes.get_xlim()) / 2
    style.annotate(
        axes, text, (x, y), (-9 if is_left else 9, 12), ha="right" if is_left else "left",
        va="bottom", color=style.ACCENT, fontweight="bold", fontsize=style.SMALL,
    )  # fmt: skip
