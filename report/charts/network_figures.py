"""Drawings of networks: their training, their layers, and how they compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2, prod
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from report.charts.network_findings import has_validation
from report.charts.style import (
    ACCENT,
    FAINT,
    INK,
    QUIET,
    SMALL,
    draw_accuracies,
    legible,
    new_figure,
    styled,
)
from report.numbers.formats import count, shape
from report.numbers.layers import Block, blocks, rows
from report.numbers.networks import NetworkResult

BOX_CENTRE, SLOT = 0.64, 0.40  # where boxes stand, and the width that a row of them shares


@styled
def training_curve(history: Sequence[Mapping[str, Any]], quantity: str) -> Figure:
    """Lines: `quantity`, "loss" or "accuracy", after each epoch, in training and validation."""
    figure, (axes,) = new_figure(2.7)
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


@styled
def architecture(layers: Sequence[Mapping[str, Any]]) -> Figure:
    """Boxes from image to answer, one a block, as wide as the logarithm of its output's size.

    Blocks that work side by side stand in one row, whose parameters are added up.
    """
    steps = blocks(layers)
    places = rows(steps)
    inside: list[list[int]] = [[] for _ in range(max(places) + 1)]
    for number, place in enumerate(places):
        inside[place].append(number)
    figure, (axes,) = new_figure(0.33 * len(inside) + 0.45)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(len(inside) - 0.4, -1.1)
    for x, heading, side in (
        (0, "layer", "left"),
        (BOX_CENTRE, "output", "center"),
        (1, "parameters", "right"),
    ):
        axes.text(x, -0.85, heading, ha=side, va="center", color=QUIET, fontsize=SMALL)
    widest = max(log2(prod(step.output_shape) + 1) for step in steps)
    centres = []
    for number, (step, place) in enumerate(zip(steps, places, strict=True)):
        beside = inside[place]
        slot = SLOT / len(beside)
        centres.append(BOX_CENTRE + slot * (beside.index(number) - (len(beside) - 1) / 2))
        share = log2(prod(step.output_shape) + 1) / widest
        _box(axes, step, centres[-1], place, min(0.10 + 0.22 * share, 0.92 * slot))
        for source in step.sources:
            arrow = {"arrowstyle": "-|>", "color": QUIET, "lw": 0.7, "mutation_scale": 5}
            start, end = (centres[source], places[source] + 0.31), (centres[-1], place - 0.30)
            axes.annotate("", end, start, arrowprops=arrow | {"shrinkA": 0, "shrinkB": 0})
    for place, beside in enumerate(inside):
        _label(axes, [steps[number] for number in beside], place)
    return figure


def _box(axes: Axes, step: Block, x: float, place: int, width: float) -> None:
    """Draw one block of the diagram; those that learn are coloured."""
    colour, ink = (ACCENT, "white") if step.parameters else (FAINT, INK)
    axes.barh(place, width, left=x - width / 2, height=0.62, color=colour, linewidth=0)
    words = {"ha": "center", "va": "center", "color": ink, "fontsize": SMALL}
    axes.text(x, place, shape(step.output_shape), **words)


def _label(axes: Axes, beside: Sequence[Block], place: int) -> None:
    """Name the blocks of a row, each kind once, and add up their parameters."""
    parameters = sum(step.parameters for step in beside)
    middle = {"va": "center", "fontsize": SMALL}
    names = " | ".join(dict.fromkeys(step.name for step in beside))
    axes.text(0, place, legible(names), ha="left", color=INK if parameters else QUIET, **middle)
    if parameters:
        axes.text(1, place, count(parameters), ha="right", **middle)


@styled
def networks(scores: Sequence[NetworkResult]) -> Figure:
    """Dots with intervals: accuracy of each network; the first is the one reported on."""
    ranked = sorted(scores, key=lambda score: len(score.wrong))
    colours = [ACCENT if score == scores[0] else QUIET for score in ranked]
    figure = draw_accuracies(
        [score.name for score in ranked], [s.accuracy for s in ranked], colours
    )
    figure.axes[0].set_xlabel(f"accuracy with 95 % interval (n = {count(scores[0].count)})")
    return figure
