"""Chart: the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from report.charts.finding import Chart, Finding, Table
from report.charts.style import (
    ERROR,
    FAINT,
    INK,
    QUIET,
    SMALL,
    assemble,
    class_labels,
    new_figure,
    styled,
)
from report.numbers.classes import MANY
from report.numbers.formats import count, listed, plural
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary

MATRIX_LETTERS = 80  # in the table's headings; a wider table does not fit on a sheet of paper
MOST_WITH_COUNTS = 16  # With more classes the cells are too small for numbers.
MOST_TICKS = 10  # named rows, and named columns, where there are too many classes to name all
LEAST_DISTANCE = 4  # between two of those, in cells
LEAST_SCALE = 0.01  # A share of errors below this never gets the deepest colour.
ERROR_SHADES = LinearSegmentedColormap.from_list("errors", ["#fdeee3", "#f0a871", ERROR, "#8a3a00"])


def make_chart(summary: Summary) -> Chart:
    return assemble(find(summary.metrics), draw(summary.metrics))


def find(metrics: Metrics) -> Finding:
    """Name the most frequent error."""
    n = plural(metrics.accuracy.total, "image")
    pairs, names, noun = metrics.most_confused, metrics.names, metrics.noun
    if pairs:
        top = pairs[0]
        title = (
            f"The most frequent error is {names[top.truth]} read as {names[top.reading]}: "
            f"{count(top.count)} of {plural(metrics.errors, 'error')}"
        )
    else:
        title = f"No image was misread (n = {count(metrics.accuracy.total)})"
    alt = f"Heat map: true {noun} against {noun} read, {n}. {title}."
    return Finding(title, alt, _table(metrics))


def _table(metrics: Metrics) -> Table:
    """The matrix itself, or where it would be too wide, a list of readings for each class."""
    names, noun = metrics.names, metrics.noun
    rows = list(zip(names, metrics.confusion, strict=True))
    if sum(max(len(name), 7) for name in names) <= MATRIX_LETTERS:
        columns = ((f"True {noun}", "text"), *((f"read as {name}", "count") for name in names))
        return Table(columns, tuple((name, *counts) for name, counts in rows))
    columns = ((f"True {noun}", "text"), ("Read as", "text"))
    return Table(columns, tuple((name, _readings(counts, names)) for name, counts in rows))


def _readings(counts: Sequence[int], names: Sequence[str]) -> str | None:
    """What the images of one class were read as, most frequent first."""
    ranked = sorted((-n, c) for c, n in enumerate(counts) if n)
    return listed(f"{names[c]} {count(-n)}×" for n, c in ranked) or None


@styled
def draw(metrics: Metrics) -> Figure:
    """Draw a heat map of true class against reading.

    Zeros are blank, the diagonal is grey, errors are shaded by their share of the true class.
    """
    counts = np.array(metrics.confusion)
    support = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    diagonal = np.eye(len(counts), dtype=bool)
    deepest = max(shares[~diagonal].max(initial=0), LEAST_SCALE)
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
    _draw_grid(axes, len(counts), step=1 if len(counts) <= MANY else len(counts))
    if len(counts) <= MOST_WITH_COUNTS:
        _write_counts(axes, counts, shares / deepest)
    _name_classes(axes, metrics)
    axes.set_xlabel("read as")
    axes.set_ylabel(f"true {metrics.noun}")
    return figure


def _draw_grid(axes: Axes, size: int, step: int) -> None:
    """Draw a faint line after every `step` cells."""
    axes.grid(visible=False)
    lines = np.arange(0, size + 1, step)
    axes.hlines(lines, 0, size, color=FAINT, linewidth=0.5, clip_on=False)
    axes.vlines(lines, 0, size, color=FAINT, linewidth=0.5, clip_on=False)


def _write_counts(axes: Axes, counts: np.ndarray, depth: np.ndarray) -> None:
    """Write each count above zero into its cell; `depth`, 0 to 1, is how dark the cell is."""
    for row, column in np.argwhere(counts):
        text = axes.text(
            column + 0.5, row + 0.5, count(counts[row, column]), ha="center", va="center",
            fontsize=SMALL, color=QUIET,
        )  # fmt: skip
        if row != column:
            text.set(color="white" if depth[row, column] > 0.55 else INK, fontweight="bold")


def _name_classes(axes: Axes, metrics: Metrics) -> None:
    """Name rows and columns; of many classes only some of those that are confused most."""
    names = class_labels(metrics.names)
    rows: Sequence[int] = range(len(names))
    columns = rows
    if len(names) > MANY:
        pairs = metrics.most_confused
        rows = _spaced(pair.truth for pair in pairs)
        columns = _spaced(pair.reading for pair in pairs)
    size = 9 if len(names) <= MOST_WITH_COUNTS else 6
    axes.set_xticks([c + 0.5 for c in columns], [names[c] for c in columns])
    axes.set_yticks([r + 0.5 for r in rows], [names[r] for r in rows])
    for label in axes.get_xticklabels():
        label.set(rotation=0, fontsize=size)
        if max(map(len, names)) > 3:
            label.set(rotation=60, ha="right", rotation_mode="anchor")
    for label in axes.get_yticklabels():
        label.set(rotation=0, fontsize=size)


def _spaced(places: Iterable[int]) -> list[int]:
    """The first of these rows or columns, in order, without those too near another to be named."""
    kept: list[int] = []
    for place in places:
        if len(kept) < MOST_TICKS and all(abs(place - k) >= LEAST_DISTANCE for k in kept):
            kept.append(place)
    return sorted(kept)
