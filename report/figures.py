"""The report's drawings: numbers in, a matplotlib `Figure` out, and one encoder to SVG.

No figure carries its title: the document sets it as text above, where it can be found and wrapped.
Backgrounds are transparent. Style holds only while drawing, so nothing global is left changed.
"""

from __future__ import annotations

import functools
import io
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log2, prod
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from report.counts import NetworkScore, Proportion
from report.findings import PAIRS_DRAWN, Block, blocks, has_validation
from report.formats import count, percent, shape
from report.metrics import Metrics

# Okabe and Ito's colours, told apart by everyone; one accent, one for errors, greys for the rest.
ACCENT = "#0072B2"
ERROR = "#D55E00"
INK = "#2b2b2b"
QUIET = "#767676"
FAINT = "#d9d9d9"
WIDTH_INCHES = 4.2
SMALL = 8
BOX_CENTRE = 0.64
SHALLOWEST = 0.01  # A share of errors below this never gets the deepest colour.
ERROR_SHADES = LinearSegmentedColormap.from_list("errors", ["#fdeee3", "#f0a871", ERROR, "#8a3a00"])

STYLE: dict[str, Any] = {
    "axes.edgecolor": QUIET,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "report",
    "text.color": INK,
}
for _axis in ("xtick", "ytick"):
    STYLE |= {f"{_axis}.color": QUIET, f"{_axis}.labelcolor": INK, f"{_axis}.major.size": 0}


@dataclass(frozen=True)
class Drawing:
    """A figure ready for an `<img>`: its data URI and the text for those who can't see it."""

    src: str
    alt: str


def encode(figure: Figure, alt: str) -> Drawing:
    """Write a figure as SVG, equal bytes for equal figures. Raises ValueError without alt text."""
    if not alt.strip():
        raise ValueError("a figure needs alt text that tells what it shows")
    buffer = io.BytesIO()
    # Both the salt in STYLE and the missing date are needed for equal bytes.
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata=nothing)
    return Drawing(f"data:image/svg+xml;base64,{b64encode(buffer.getvalue()).decode()}", alt)


def _styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw under this module's style, and restore what was set before even when drawing fails."""

    @functools.wraps(draw)
    def wrapped(*args, **kwargs):
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return wrapped


def _panels(height_inches: float, columns: int = 1, **kwargs) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(WIDTH_INCHES, height_inches))
    return figure, figure.subplots(1, columns, squeeze=False, **kwargs)[0]


def _rows(axes: Axes, labels: Sequence[str]) -> np.ndarray:
    """Make the y axis a list of labels, the first on top; return their places."""
    places = np.arange(len(labels))
    axes.set_yticks(places, labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", visible=False)
    return places


def _bars(axes: Axes, labels: Sequence[str], counts: Sequence[int], colour: str) -> None:
    """Draw counts as bars from zero, each with its number."""
    places = _rows(axes, labels)
    bars = axes.barh(places, counts, color=colour, height=0.68)
    axes.bar_label(bars, [count(n) for n in counts], padding=3, fontsize=SMALL, color=INK)
    axes.set_xlim(0, 1.18 * max(1, *counts))
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])


@_styled
def class_counts(test: Sequence[int], train: Sequence[int] | None) -> Figure:
    """Bars: how many test and, where known, training images there are of each digit."""
    digits = [str(digit) for digit in range(len(test))]
    figure, panels = _panels(0.24 * len(test) + 0.5, 1 if train is None else 2, sharey=True)
    _bars(panels[0], digits, test, ACCENT)
    panels[0].set_title(f"Test (n = {count(sum(test))})", fontsize=9, loc="left")
    if train is not None:
        _bars(panels[1], digits, train, QUIET)
        panels[1].set_title(f"Training (n = {count(sum(train))})", fontsize=9, loc="left")
    return figure


@_styled
def training_curve(history: Sequence[Mapping[str, Any]], quantity: str) -> Figure:
    """Lines: `quantity`, "loss" or "accuracy", after each epoch, in training and validation."""
    figure, (axes,) = _panels(2.7)
    epochs = [row["epoch"] for row in history]
    lines = [("training", quantity, QUIET)]
    if has_validation(history, quantity):
        lines.append(("validation", f"val_{quantity}", ACCENT))
    for _, key, colour in lines:
        values = [row[key] for row in history]
        axes.plot(epochs, values, color=colour, marker="o", markersize=3, linewidth=1.6)
    if quantity == "accuracy":
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
    else:
        axes.set_ylim(bottom=0)
    _label_ends(axes, epochs[-1], [(name, history[-1][key], c) for name, key, c in lines])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    axes.set_xlabel("epoch (one pass over the training images)")
    axes.set_ylabel(quantity)
    return figure


def _label_ends(axes: Axes, x: float, ends: Sequence[tuple[str, float, str]]) -> None:
    """Name lines right of their last point, pushed apart where they end close together."""
    values = [value for _, value, _ in ends]
    low, high = axes.get_ylim()
    apart_points = 5 if max(values) - min(values) < 0.1 * (high - low) else 0
    for rank, (name, value, colour) in enumerate(sorted(ends, key=lambda end: -end[1])):
        shift = 0 if len(ends) == 1 else apart_points * (-1 if rank else 1)
        place = {"xytext": (7, shift), "textcoords": "offset points", "va": "center"}
        axes.annotate(name, (x, value), color=colour, fontweight="bold", **place)


@_styled
def architecture(layers: Sequence[Mapping[str, Any]]) -> Figure:
    """Boxes from image to answer, one a block, as wide as the logarithm of its output's size."""
    steps = blocks(layers)
    figure, (axes,) = _panels(0.33 * len(steps) + 0.45)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(len(steps) - 0.4, -1.1)
    for x, heading, side in (
        (0, "layer", "left"),
        (BOX_CENTRE, "output", "center"),
        (1, "parameters", "right"),
    ):
        axes.text(x, -0.85, heading, ha=side, va="center", color=QUIET, fontsize=SMALL)
    widest = max(log2(prod(step.output_shape) + 1) for step in steps)
    for place, step in enumerate(steps):
        _box(axes, step, place, 0.10 + 0.22 * log2(prod(step.output_shape) + 1) / widest)
        if place:
            arrow = {"arrowstyle": "-|>", "color": QUIET, "lw": 0.7, "mutation_scale": 5}
            start, end = (BOX_CENTRE, place - 0.69), (BOX_CENTRE, place - 0.30)
            axes.annotate("", end, start, arrowprops=arrow | {"shrinkA": 0, "shrinkB": 0})
    return figure


def _box(axes: Axes, step: Block, place: int, width: float) -> None:
    """Draw one row of the diagram; blocks that learn are coloured."""
    learns = step.parameters > 0
    middle = {"va": "center", "fontsize": SMALL}
    axes.text(0, place, step.name, ha="left", color=INK if learns else QUIET, **middle)
    colour, ink = (ACCENT, "white") if learns else (FAINT, INK)
    left = BOX_CENTRE - width / 2
    axes.barh(place, width, left=left, height=0.62, color=colour, linewidth=0)
    axes.text(BOX_CENTRE, place, shape(step.output_shape), ha="center", color=ink, **middle)
    if learns:
        axes.text(1, place, count(step.parameters), ha="right", **middle)


@_styled
def confusion(metrics: Metrics) -> Figure:
    """Heat map: true digit against reading; zeros blank, diagonal quiet, errors shaded by share."""
    counts = np.array(metrics.confusion)
    support = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    diagonal = np.eye(len(counts), dtype=bool)
    deepest = max(shares[~diagonal].max(initial=0), SHALLOWEST)
    figure, (axes,) = _panels(4.0)
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
    _rule(axes, len(counts))
    _write_counts(axes, counts, shares / deepest)
    axes.set_xlabel("read as")
    axes.set_ylabel("true digit")
    axes.tick_params(axis="y", rotation=0)
    return figure


def _rule(axes: Axes, size: int) -> None:
    """Draw faint lines between cells, so that blank ones can be found."""
    axes.grid(visible=False)
    lines = np.arange(size + 1)
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


@_styled
def confused_pairs(metrics: Metrics) -> Figure:
    """Bars: the most frequent confusions."""
    pairs = metrics.most_confused[:PAIRS_DRAWN]
    figure, (axes,) = _panels(0.27 * len(pairs) + 0.3)
    names = [f"{pair.truth} read as {pair.reading}" for pair in pairs]
    _bars(axes, names, [pair.count for pair in pairs], ERROR)
    return figure


@_styled
def per_class(metrics: Metrics) -> Figure:
    """Dots with intervals: recall and precision of each digit."""
    scores = metrics.per_class
    figure, panels = _panels(0.26 * len(scores) + 0.75, 2, sharey=True, sharex=True)
    columns = (
        ("Found (recall)", "recall", ACCENT),
        ("Reading right (precision)", "precision", INK),
    )
    for axes, (title, name, colour) in zip(panels, columns, strict=True):
        places = _rows(axes, [score.label for score in scores])
        _dots(axes, places, [getattr(score, name) for score in scores], colour)
        axes.set_title(title, fontsize=9, loc="left", color=colour)
    return figure


@_styled
def networks(scores: Sequence[NetworkScore]) -> Figure:
    """Dots with intervals: accuracy of each network; the first is the one reported on."""
    ranked = sorted(scores, key=lambda score: len(score.wrong))
    figure, (axes,) = _panels(0.36 * len(ranked) + 0.6)
    places = _rows(axes, [score.name for score in ranked])
    for place, score in zip(places, ranked, strict=True):
        colour = ACCENT if score == scores[0] else QUIET
        _dots(axes, [place], [score.accuracy], colour)
        note = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center", "va": "bottom"}
        text = percent(score.accuracy.value)
        axes.annotate(text, (score.accuracy.value, place), color=colour, fontsize=SMALL, **note)
    axes.margins(x=0.12)
    axes.set_xlabel(f"accuracy with 95 % interval (n = {count(scores[0].count)})")
    return figure


def _dots(axes: Axes, places: Sequence[int], shares: Sequence[Proportion], colour: str) -> None:
    """Draw shares with their intervals; one without images stays blank."""
    known = [(place, share) for place, share in zip(places, shares, strict=True) if share.total]
    at = [place for place, _ in known]
    lows, highs = zip(*(share.interval for _, share in known), strict=True) if known else ((), ())
    axes.hlines(at, lows, highs, color=colour, linewidth=1.4)
    axes.plot([share.value for _, share in known], at, "o", color=colour, markersize=5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))
