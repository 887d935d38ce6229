"""Chart: the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import leaves_list, linkage

from report.charts import style
from report.charts.finding import Chart, Finding, Link, Table
from report.numbers.classes import MANY
from report.numbers.formats import count, listed, plural
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary

MATRIX_LETTERS = 80  # in the table's headings; a wider table does not fit on a sheet of paper
MOST_WITH_COUNTS = 16  # With more classes the cells are too small for numbers.
LEAST_LETTERS = 3.6  # points; those of a hundred classes, which have room for no more
MOST_UPRIGHT = 3  # letters; longer names are turned below the matrix
LEAST_SCALE = 0.01  # A share of errors below this never gets the deepest colour.
ERROR_SHADES = LinearSegmentedColormap.from_list(
    "errors", ["#fdeee3", "#f0a871", style.ERROR, "#8a3a00"]
)


def make_chart(summary: Summary) -> Chart:
    metrics, examples = summary.metrics, summary.examples
    shown = {(e.label, e.digit) for e in (*examples.confused_pairs, *examples.kinds_of_mistake)}
    figure = draw(metrics)
    return style.assemble(find(metrics), figure, metrics.names, _links(figure, metrics, shown))


def _links(figure: Figure, metrics: Metrics, shown: set[tuple[int, int]]) -> tuple[Link, ...]:
    """Lead from each cell whose images are shown to them."""
    box = figure.axes[0].get_position()
    order, names = class_order(metrics), metrics.names
    width, height = 100 * box.width / len(order), 100 * box.height / len(order)
    places = {c: place for place, c in enumerate(order)}
    return tuple(
        Link(
            left=round(100 * box.x0 + places[pair.reading] * width, 3),
            top=round(100 * (1 - box.y1) + places[pair.truth] * height, 3),
            width=round(width, 3),
            height=round(height, 3),
            target=f"pair-{pair.truth}-{pair.reading}",
            words=f"{names[pair.truth]} {metrics.words.taken} {names[pair.reading]}: {pair.count}",
        )
        for pair in metrics.most_confused
        if (pair.truth, pair.reading) in shown
    )


def class_order(metrics: Metrics) -> list[int]:
    """The order of rows and columns: of many classes, those that are confused lie together.

    Source: Z. Bar-Joseph, D. Gifford and T. Jaakkola, "Fast optimal leaf ordering for hierarchical
    clustering", 2001.
    """
    counts = np.array(metrics.confusion, float)
    if len(counts) <= MOST_WITH_COUNTS:
        return list(range(len(counts)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    likeness = shares + shares.T
    np.fill_diagonal(likeness, 0)
    distances = 1 - likeness[np.triu_indices(len(counts), 1)] / max(likeness.max(), 1e-9)
    tree = linkage(distances, "average", optimal_ordering=True)
    return leaves_list(tree).tolist()


def find(metrics: Metrics) -> Finding:
    """Name the most frequent error."""
    n = plural(metrics.accuracy.total, metrics.item)
    pairs, names, noun = metrics.most_confused, metrics.names, metrics.noun
    taken = metrics.words.taken
    if pairs:
        top = pairs[0]
        title = (
            f"The most frequent error is {names[top.truth]} {taken} {names[top.reading]}: "
            f"{count(top.count)} of {plural(metrics.errors, 'error')}"
        )
    else:
        title = f"No {metrics.item} was {metrics.words.wrong} (n = {count(metrics.accuracy.total)})"
    alt = f"Heat map: true {noun} against the one answered, {n}. {title}."
    return Finding(title, alt, _table(metrics))


def _table(metrics: Metrics) -> Table:
    """The matrix itself, or where it would be too wide, a list of readings for each class."""
    names, noun = metrics.names, metrics.noun
    rows = list(zip(names, metrics.confusion, strict=True))
    if sum(max(len(name), 7) for name in names) <= MATRIX_LETTERS:
        columns = (
            (f"True {noun}", "text"),
            *((f"{metrics.words.taken} {name}", "count") for name in names),
        )
        return Table(columns, tuple((name, *counts) for name, counts in rows))
    columns = ((f"True {noun}", "text"), (metrics.words.taken.capitalize(), "text"))
    return Table(columns, tuple((name, _readings(counts, names)) for name, counts in rows))


def _readings(counts: Sequence[int], names: Sequence[str]) -> str | None:
    """What the images of one class were read as, most frequent first."""
    ranked = sorted((-n, c) for c, n in enumerate(counts) if n)
    return listed(f"{names[c]} {count(-n)}×" for n, c in ranked) or None


@style.styled
def draw(metrics: Metrics) -> Figure:
    """Draw a heat map of true class against reading.

    Zeros are blank, the diagonal is grey, errors are shaded by their share of the true class.
    """
    order = class_order(metrics)
    counts = np.array(metrics.confusion)[np.ix_(order, order)]
    support = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    diagonal = np.eye(len(counts), dtype=bool)
    deepest = max(shares[~diagonal].max(initial=0), LEAST_SCALE)
    width = style.WIDTH_INCHES if len(counts) <= MOST_WITH_COUNTS else style.WIDE_INCHES
    height = _height(metrics) if width == style.WIDTH_INCHES else width
    figure, (axes,) = style.new_figure(height, width_inches=width)
    sns.heatmap(shares, mask=diagonal | (counts == 0), cmap=ERROR_SHADES, vmin=0, vmax=deepest,
                square=True, cbar=False, ax=axes)  # fmt: skip
    if len(counts) > MANY:
        axes.collections[0].set_rasterized(True)  # Thousands of cells would make a large file.
    _draw_grid(axes, len(counts), step=1 if len(counts) <= MANY else len(counts))
    if len(counts) <= MOST_WITH_COUNTS:
        _write_counts(axes, counts, shares / deepest)
    _name_classes(axes, metrics, order)
    axes.set_xlabel(metrics.words.taken)
    axes.set_ylabel(f"true {metrics.noun}")
    figure.draw_without_rendering()  # lays the axes out, whose cells are links on the page
    figure.set_layout_engine("none")
    return figure


def _height(metrics: Metrics) -> float:
    """How high, in inches, the matrix of a few classes is with their names below it."""
    longest = max(map(len, style.class_labels(metrics.names)))
    names = 0.065 * longest if longest > MOST_UPRIGHT else 0
    return min(4.0, 0.4 * len(metrics.names) + 0.8 + max(0.4, names))


def _draw_grid(axes: Axes, size: int, step: int) -> None:
    """Draw a faint line after every `step` cells."""
    axes.grid(visible=False)
    lines = np.arange(0, size + 1, step)
    axes.hlines(lines, 0, size, color=style.FAINT, linewidth=0.5, clip_on=False)
    axes.vlines(lines, 0, size, color=style.FAINT, linewidth=0.5, clip_on=False)


def _write_counts(axes: Axes, counts: np.ndarray, depth: np.ndarray) -> None:
    """Write each count above zero into its cell; `depth`, 0 to 1, is how dark the cell is."""
    for row, column in np.argwhere(counts):
        text = axes.text(
            column + 0.5, row + 0.5, count(counts[row, column]), ha="center", va="center",
            fontsize=style.SMALL, color=style.QUIET,
        )  # fmt: skip
        if row != column:
            text.set(color="white" if depth[row, column] > 0.55 else style.INK, fontweight="bold")


def _name_classes(axes: Axes, metrics: Metrics, order: Sequence[int]) -> None:
    """Name rows and columns, in letters as large as there is room for."""
    labels = style.class_labels(metrics.names)
    names = [labels[c] for c in order]
    size = 9.0 if len(names) <= MOST_WITH_COUNTS else max(LEAST_LETTERS, min(7.0, 330 / len(names)))
    places = np.arange(len(names)) + 0.5
    look: dict[str, Any] = {"rotation": 0, "fontsize": size, "fontfamily": style.families()}
    axes.set_yticks(places, names, **look)
    if max(map(len, names)) > MOST_UPRIGHT:
        slanted = {"rotation": 60, "ha": "right", "rotation_mode": "anchor"}
        look |= {"rotation": 90} if size < 9 else slanted
    axes.set_xticks(places, names, **look)
    axes.tick_params(pad=1 if size < 9 else 3)
