"""Chart: for two classes, the ROC curve and the precision–recall curve."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from report.charts import style
from report.charts.finding import Chart, Finding
from report.charts.score_table import threshold_table
from report.numbers.formats import decimal, percent
from report.numbers.metrics import Metrics
from report.numbers.ranking import EVEN, OperatingCurve
from report.numbers.scores import OverallScores
from report.numbers.summary import Summary


def make_chart(summary: Summary) -> Chart | None:
    scores, names = summary.metrics.scores, summary.metrics.names
    if scores is None or scores.operating is None:
        return None
    name = names[scores.operating.positive]
    return style.assemble(find(name, scores, scores.operating), draw(scores, scores.operating))


def find(name: str, scores: OverallScores, curve: OperatingCurve) -> Finding:
    """Say how well the positive class, `name`, is told from the other."""
    title = (
        f"“{name}” is told with a ROC AUC of {decimal(scores.roc_auc)} and an average precision "
        f"of {decimal(scores.average_precision)}"
    )
    alt = (
        f"Two curves. ROC: share of “{name}” found against false alarms; precision against recall; "
        f"a dot marks the threshold of one half. {title}."
    )
    return Finding(title, alt, threshold_table(curve, scores))


def advice(metrics: Metrics) -> str | None:
    """What the threshold with the best F1 would give instead of one half; None where no better."""
    curve = metrics.scores and metrics.scores.operating
    if not curve:
        return None
    now, best = curve.chosen("as it is"), curve.chosen("best F1")
    if now is None or best is None or best.f1 - now.f1 < 0.001:
        return None
    return (
        f"Answering “{metrics.names[curve.positive]}” from a probability of "
        f"{decimal(best.threshold)} on instead of {EVEN} would find {percent(best.recall, 1)} of "
        f"them instead of {percent(now.recall, 1)}, and {percent(best.precision, 1)} of these "
        f"answers would be right instead of {percent(now.precision, 1)}. That threshold was chosen "
        "on this very test set: choose yours on other data."
    )


@style.styled
def draw(scores: OverallScores, curve: OperatingCurve) -> Figure:
    """Draw both curves side by side, with a dot where the answers stand."""
    now = curve.chosen("as it is")
    figure, (left, right) = style.new_figure(3.1, 2, width_inches=style.WIDE_INCHES)
    alarms = [0.0, *(p.alarm_rate for p in curve.points)]
    left.plot([0, 1], [0, 1], color=style.QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    left.step(alarms, [0.0, *(p.recall for p in curve.points)], color=style.ACCENT, where="post")
    known = [p for p in curve.points if p.precision is not None]
    first = curve.points[0]
    prevalence = first.positives / (first.positives + first.negatives)
    right.axhline(prevalence, color=style.QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    right.plot([p.recall for p in known], [p.precision for p in known], color=style.ACCENT)
    _label(
        left, "false alarms (1 − specificity)", "found (recall)", f"AUC {decimal(scores.roc_auc)}"
    )
    _label(right, "found (recall)", "right (precision)",
           f"average precision {decimal(scores.average_precision)}")  # fmt: skip
    if now:
        _mark(left, now.alarm_rate, now.recall)
        if now.precision is not None:
            _mark(right, now.recall, now.precision)
    return figure


def _label(axes: Axes, across: str, up: str, title: str) -> None:
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.05), xlabel=across, ylabel=up)
    axes.set_title(title, fontsize=9, loc="left", color=style.ACCENT)
    style.percent_axis(axes.xaxis, 5)
    style.percent_axis(axes.yaxis, 5)


def _mark(axes: Axes, x: float, y: float) -> None:
    """Mark where answers stand; the text goes to the sides with more room."""
    axes.plot(x, y, "o", color=style.ACCENT, markersize=6, zorder=3)
    shift, side = (-8, "right") if x > 0.5 else (8, "left")
    rise, end = (-10, "top") if y > 0.2 else (6, "bottom")
    style.annotate(
        axes, f"from {EVEN}", (x, y), (shift, rise), ha=side, va=end, color=style.ACCENT,
        fontweight="bold", fontsize=style.SMALL,
    )  # fmt: skip
