"""Chart: the reliability diagram, which sets confidence against correctness."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from report.charts import style
from report.charts.finding import Chart, Finding, Table
from report.numbers.calibration import CONFIDENCE_BINS
from report.numbers.confidence import Confidence, ConfidenceBin
from report.numbers.formats import count, interval, percent
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary


def make_chart(summary: Summary) -> Chart | None:
    metrics, confidence = summary.metrics, summary.metrics.confidence
    if confidence is None:
        return None
    return style.assemble(find(metrics, confidence), draw(metrics, confidence))


def find(metrics: Metrics, confidence: Confidence) -> Finding:
    """Say whether the network is too sure, judged by the interval of its accuracy."""
    low, high = metrics.accuracy.interval
    if confidence.mean_confidence > high:
        verdict = "Too sure of itself"
    elif confidence.mean_confidence < low:
        verdict = "Too modest"
    else:
        verdict = "No sign of being too sure or too modest"
    said, was = percent(confidence.mean_confidence), percent(metrics.accuracy.value)
    title = f"{verdict}: it says {said} and is right {was} of the time"
    alt = (
        "Reliability diagram: dots with 95 % intervals, share right against confidence, "
        f"over bars of how many there are. {title}."
    )
    return Finding(title, alt, _table(metrics, confidence.confidence_bins))


def _table(metrics: Metrics, bins: Sequence[ConfidenceBin]) -> Table:
    columns = (
        ("Confidence", "text"),
        (f"{metrics.item.capitalize()}s", "count"),
        ("Confidence on average", "share"),
        (metrics.words.right.capitalize(), "share"),
        ("95 % interval", "shares"),
    )
    rows = tuple(
        (interval((k / len(bins), (k + 1) / len(bins)), 0), b.count, b.mean_confidence,
         b.right.value, b.right.interval)
        for k, b in enumerate(bins)
    )  # fmt: skip
    return Table(columns, rows)


@style.styled
def draw(metrics: Metrics, confidence: Confidence) -> Figure:
    """Draw the share right of each range of confidence; below it, how many images that is."""
    bins = confidence.confidence_bins
    filled = [place for place, found in enumerate(bins) if found.weight]
    found = [bins[place] for place in filled]
    right = [b.right for b in found]
    figure = Figure(figsize=(style.WIDTH_INCHES, 3.6))
    above, below = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    above.plot([0, 1], [0, 1], color=style.QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    said = [b.mean_confidence for b in found]
    lows, highs = zip(*(share.interval for share in right), strict=True)
    above.vlines(said, lows, highs, color=style.ACCENT, linewidth=1.4)
    above.plot(said, [share.value for share in right], "o", color=style.ACCENT, markersize=5)
    _write_corner(above, 0.04, 0.8, "above the line:\ntoo modest", "left")
    _write_corner(above, 0.97, 0.08, "below the line:\ntoo sure", "right")
    above.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.03), ylabel=metrics.words.right)
    style.percent_axis(above.yaxis, 6)
    _draw_counts(below, filled, [b.count for b in found], f"{metrics.item}s")
    below.set_xlabel(f"confidence (n = {count(confidence.count)})")
    return figure


def _write_corner(axes: Axes, x: float, y: float, text: str, side: str) -> None:
    axes.text(x, y, text, ha=side, transform=axes.transAxes, color=style.QUIET,
              fontsize=style.SMALL, path_effects=style.HALO)  # fmt: skip


def _draw_counts(axes: Axes, places: Sequence[int], counts: Sequence[int], items: str) -> None:
    """Draw how many `items` each range of confidence holds as bars, each with its number."""
    width = 1 / CONFIDENCE_BINS
    bars = axes.bar([(p + 0.5) * width for p in places], counts, 0.8 * width, color=style.QUIET)
    labels = [count(n) for n in counts]
    axes.bar_label(bars, labels, padding=2, rotation=90, fontsize=7, color=style.INK)
    axes.set_ylim(0, 2 * max(counts))
    axes.set_yticks([])
    axes.set_ylabel(items)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    style.percent_axis(axes.xaxis, 6)
