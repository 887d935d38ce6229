"""The report's drawings: numbers in, a matplotlib `Figure` out.

No figure carries its title: the document sets it as text above, where it can be found and wrapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from report.charts.findings import PAIRS_DRAWN
from report.charts.style import (
    ACCENT,
    ERROR,
    FAINT,
    INK,
    QUIET,
    SMALL,
    WIDTH_INCHES,
    draw_bars,
    draw_dots,
    drawable,
    list_rows,
    new_figure,
    percent_axis,
    styled,
)
from report.numbers.classes import DIGIT_NAMES, MANY, SHOWN_OF_MANY, short
from report.numbers.confidence import CONFIDENCE_BINS
from report.numbers.counts import Proportion
from report.numbers.formats import count, percent
from report.numbers.metrics import Metrics

MOST_WITH_COUNTS = 16  # With more classes the cells are too small for numbers.
SHALLOWEST = 0.01  # A share of errors below this never gets the deepest colour.
ERROR_SHADES = LinearSegmentedColormap.from_list("errors", ["#fdeee3", "#f0a871", ERROR, "#8a3a00"])


def _called(names: Sequence[str]) -> list[str]:
    """Names as figures have them: short, and a number for what their font can't write."""
    return [drawable(short(name), f"class {place}") for place, name in enumerate(names)]


@styled
def class_counts(
    test: Sequence[int], train: Sequence[int] | None, names: Sequence[str] = DIGIT_NAMES
) -> Figure:
    """Bars: how many test and, where known, training images; of many classes, the rarest."""
    places = range(len(test))
    if len(test) > MANY:
        places = sorted(places, key=lambda place: test[place])[:SHOWN_OF_MANY]
    called = _called(names)
    labels = [called[place] for place in places]
    figure, panels = new_figure(0.24 * len(labels) + 0.5, 1 if train is None else 2, sharey=True)
    draw_bars(panels[0], labels, [test[place] for place in places], ACCENT)
    fewest = f"Fewest {len(labels)} of {len(test)}; t" if len(test) > MANY else "T"
    panels[0].set_title(f"{fewest}est (n = {count(sum(test))})", fontsize=9, loc="left")
    if train is not None:
        draw_bars(panels[1], labels, [train[place] for place in places], QUIET)
        panels[1].set_title(f"Training (n = {count(sum(train))})", fontsize=9, loc="left")
    return figure


@styled
def confusion(metrics: Metrics) -> Figure:
    """Heat map: true class against reading; zeros blank, diagonal quiet, errors shaded by share."""
    counts = np.array(metrics.confusion)
    support = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    diagonal = np.eye(len(counts), dtype=bool)
    deepest = max(shares[~diagonal].max(initial=0), SHALLOWEST)
    figure, (axes,) = new_figure(min(4.0, 0.4 * len(counts) + 1.2))
    sns.heatmap(
        shares,
        mask=diagonal | (counts == 0),
        cmap=ERROR_SHADES,
        vmin=0,
        vmax=deepest,
        square=True,
        cbar=False,
        ax=axes,
    )
    if len(counts) > MANY:
        axes.collections[0].set_rasterized(True)  # Thousands of cells would make a large file.
    _rule(axes, len(counts), step=1 if len(counts) <= MANY else len(counts))
    if len(counts) <= MOST_WITH_COUNTS:
        _write_counts(axes, counts, shares / deepest)
    _name_classes(axes, metrics)
    axes.set_xlabel("read as")
    axes.set_ylabel(f"true {metrics.noun}")
    return figure


def _name_classes(axes: Axes, metrics: Metrics) -> None:
    """Name rows and columns; of many classes only those that are confused most."""
    names, rows = _called(metrics.names), range(len(metrics.names))
    columns = rows
    if len(names) > MANY:
        pairs = metrics.most_confused
        rows = _apart(pair.truth for pair in pairs)
        columns = _apart(pair.reading for pair in pairs)
    size = 9 if len(names) <= MOST_WITH_COUNTS else 6
    slant = 0 if max(map(len, names)) <= 3 else 60
    end = {"ha": "right", "rotation_mode": "anchor"} if slant else {}
    axes.set_xticks([c + 0.5 for c in columns], [names[c] for c in columns])
    axes.set_yticks([r + 0.5 for r in rows], [names[r] for r in rows])
    for label in axes.get_xticklabels():
        label.set(rotation=slant, fontsize=size, **end)
    for label in axes.get_yticklabels():
        label.set(rotation=0, fontsize=size)


def _apart(places: Iterable[int]) -> list[int]:
    """The first ten of these rows or columns, less those too near another to be named."""
    kept: list[int] = []
    for place in places:
        if len(kept) < PAIRS_DRAWN and all(abs(place - other) > 3 for other in kept):
            kept.append(place)
    return sorted(kept)


def _rule(axes: Axes, size: int, step: int) -> None:
    """Draw faint lines between every `step` cells, so that blank ones can be found."""
    axes.grid(visible=False)
    lines = np.arange(0, size + 1, step)
    axes.hlines(lines, 0, size, color=FAINT, linewidth=0.5, clip_on=False)
    axes.vlines(lines, 0, size, color=FAINT, linewidth=0.5, clip_on=False)


def _write_counts(axes: Axes, counts: np.ndarray, depth: np.ndarray) -> None:
    """Write counts above zero into the cells, dark on light and light on dark."""
    for row, column in np.argwhere(counts):
        style = {"color": QUIET}
        if row != column:
            dark = depth[row, column] > 0.55
            style = {"color": "white" if dark else INK, "fontweight": "bold"}
        text = count(counts[row, column])
        place = (column + 0.5, row + 0.5)
        axes.text(*place, text, ha="center", va="center", fontsize=SMALL, **style)


@styled
def confused_pairs(metrics: Metrics) -> Figure:
    """Bars: the most frequent confusions."""
    pairs = metrics.most_confused[:PAIRS_DRAWN]
    figure, (axes,) = new_figure(0.27 * len(pairs) + 0.3)
    called = _called(metrics.names)
    names = [f"{called[pair.truth]} read as {called[pair.reading]}" for pair in pairs]
    draw_bars(axes, names, [pair.count for pair in pairs], ERROR)
    return figure


@styled
def per_class(metrics: Metrics) -> Figure:
    """Dots with intervals: recall and precision of each class; of many, the hardest."""
    scores = list(zip(_called(metrics.names), metrics.per_class, strict=True))
    if len(scores) > MANY:
        seen = [pair for pair in scores if pair[1].support]
        scores = sorted(seen, key=lambda pair: pair[1].correct / pair[1].support)[:SHOWN_OF_MANY]
    figure, panels = new_figure(0.26 * len(scores) + 0.75, 2, sharey=True, sharex=True)
    is_narrow = max(len(label) for label, _ in scores) <= 3  # which leaves room for more words
    columns = (
        ("Found (recall)", "recall", ACCENT),
        (f"{'Reading right' if is_narrow else 'Right'} (precision)", "precision", INK),
    )
    for axes, (title, name, colour) in zip(panels, columns, strict=True):
        places = list_rows(axes, [label for label, _ in scores])
        draw_dots(axes, places, [getattr(score, name) for _, score in scores], colour)
        if not is_narrow:
            axes.tick_params(axis="x", labelsize=7)
        axes.set_title(title, fontsize=9, loc="left", color=colour)
    return figure


@styled
def reliability(metrics: Metrics) -> Figure:
    """Dots with intervals: share right against confidence, and below how many images there are."""
    confidence = metrics.confidence
    filled = [place for place, found in enumerate(confidence.bins) if found.count]
    found = [confidence.bins[place] for place in filled]
    right = [Proportion(b.correct, b.count) for b in found]
    figure = Figure(figsize=(WIDTH_INCHES, 4.4))
    above, below = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    above.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    said = [b.mean_confidence for b in found]
    lows, highs = zip(*(share.interval for share in right), strict=True)
    above.vlines(said, lows, highs, color=ACCENT, linewidth=1.4)
    above.plot(said, [share.value for share in right], "o", color=ACCENT, markersize=5)
    corner = {"color": QUIET, "fontsize": SMALL, "transform": above.transAxes}
    above.text(0.04, 0.8, "above the line:\ntoo modest", ha="left", **corner)
    above.text(0.97, 0.08, "below the line:\ntoo sure", ha="right", **corner)
    above.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.03), ylabel="read correctly")
    percent_axis(above.yaxis, 6)
    _count_bins(below, filled, [b.count for b in found])
    below.set_xlabel(f"confidence (n = {count(confidence.count)})")
    return figure


def _count_bins(axes: Axes, places: Sequence[int], counts: Sequence[int]) -> None:
    """Draw how many images there are in each range of confidence, from zero, with the number."""
    width = 1 / CONFIDENCE_BINS
    drawn = axes.bar([(p + 0.5) * width for p in places], counts, 0.8 * width, color=QUIET)
    labels = [count(n) for n in counts]
    axes.bar_label(drawn, labels, padding=2, rotation=90, fontsize=7, color=INK)
    axes.set_ylim(0, 2 * max(counts))
    axes.set_yticks([])
    axes.set_ylabel("images")
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    percent_axis(axes.xaxis, 6)


@styled
def risk_coverage(metrics: Metrics) -> Figure:
    """Line: share misread of the surest images, from few to all; a dot where it accepts."""
    curve, total = metrics.confidence.curve, metrics.accuracy.total
    figure, (axes,) = new_figure(4.4)
    answered = [point.answered / total for point in curve]
    start = _first_tenth(metrics)
    lows, highs = zip(*(point.risk.interval for point in curve), strict=True)
    axes.fill_between(answered, lows, highs, color=FAINT, linewidth=0)
    axes.plot(answered, [point.risk.value for point in curve], color=INK, linewidth=1.4)
    margin = (1 - start) / 50
    axes.set(xlim=(start - margin, 1 + margin), ylabel="misread, of those answered")
    axes.set_ylim(0, 1.25 * max(highs[-1], metrics.risk.value or 0))
    axes.set_xlabel(f"answered, surest first (n = {count(total)})")
    percent_axis(axes.xaxis, 5)
    percent_axis(axes.yaxis, 6)
    if metrics.accepted.count:
        _mark_operating_point(axes, metrics)
    return figure


def _first_tenth(metrics: Metrics) -> float:
    """Where the axis begins: in the tenth of the first mistake, or of what is accepted."""
    mistaken = [p.answered for p in metrics.confidence.curve if p.correct < p.answered]
    first = min([metrics.accepted.count, *mistaken[:1]]) / metrics.accuracy.total
    return min(floor(10 * first) / 10, 0.9) if mistaken else 0.0


def _mark_operating_point(axes: Axes, metrics: Metrics) -> None:
    """Show how much the network accepts, and how much of that is wrong."""
    wrong = metrics.accepted.count - metrics.accepted_correct
    place = metrics.accepted.value, wrong / metrics.accepted.count
    axes.plot(*place, "o", color=ACCENT, markersize=7, zorder=3)
    text = f"accepts {percent(place[0], 1)},\nof those {percent(place[1])} wrong"
    left = place[0] > sum(axes.get_xlim()) / 2
    note = {"xytext": (-9 if left else 9, 12), "textcoords": "offset points", "color": ACCENT}
    note |= {"ha": "right" if left else "left", "va": "bottom", "fontweight": "bold"}
    axes.annotate(text, place, fontsize=SMALL, **note)
