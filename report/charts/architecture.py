"""Chart: the layers of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2, prod
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from report.charts import style
from report.charts.finding import Chart, Finding, Table
from report.numbers.formats import count, large, percent, plural, shape
from report.numbers.layers import Block, blocks, multiply_adds, rows, total_multiply_adds
from report.numbers.summary import Summary

Layers = Sequence[Mapping[str, Any]]
BOX_CENTRE, ROW_WIDTH = 0.64, 0.40  # of the boxes in a row, as shares of the figure's width


def make_chart(summary: Summary) -> Chart | None:
    layers = (summary.model["architecture"] or {"layers": []})["layers"]
    return style.assemble(find(layers, summary.metrics.item), draw(layers)) if layers else None


def find(layers: Layers, item: str = "image") -> Finding:
    """Say how large the network is, and how much work one `item` of the data takes."""
    total = sum(layer["parameters"] for layer in layers)
    heaviest = max(layers, key=lambda layer: layer["parameters"])
    title = f"{plural(len(layers), 'layer')} with {plural(total, 'adjustable number')}"
    if total and len(layers) > 1:
        share = heaviest["parameters"] / total
        title += f", {percent(share, 0)} of them in “{heaviest['name']}”"
    if work := total_multiply_adds(layers):
        title += f"; {large(work)} multiply-adds {'an' if item == 'image' else 'a'} {item}"
    steps = "; ".join(f"{layer['type']} to {shape(layer['output_shape'])}" for layer in layers)
    alt = f"Diagram of the layers from {item} to answer. {title}. In order: {steps}."
    return Finding(title, alt, _table(layers))


def _table(layers: Layers) -> Table:
    columns = (
        ("Layer", "text"),
        ("Type", "text"),
        ("Output shape", "shape"),
        ("Activation", "text"),
        ("Parameters", "count"),
        ("Multiply-adds", "count"),
    )
    keys = ("name", "type", "output_shape", "activation", "parameters")
    work = multiply_adds(layers)
    rows = ((*(layer[k] for k in keys), n) for layer, n in zip(layers, work, strict=True))
    return Table(columns, tuple(rows))


@style.styled
def draw(layers: Layers) -> Figure:
    """Draw boxes from image to answer, as wide as the logarithm of the size of their output.

    A box is a layer with the normalisation, activation and dropout after it. Layers that work side
    by side share a row, in which their parameters are added up.
    """
    steps = blocks(layers)
    places = rows(steps)
    inside: list[list[int]] = [[] for _ in range(max(places) + 1)]
    for number, place in enumerate(places):
        inside[place].append(number)
    figure, (axes,) = style.new_figure(0.33 * len(inside) + 0.45)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(len(inside) - 0.4, -1.1)
    _write_headings(axes)
    widest = max(log2(prod(step.output_shape) + 1) for step in steps)
    centres: list[float] = []
    for number, (step, place) in enumerate(zip(steps, places, strict=True)):
        beside = inside[place]
        slot = ROW_WIDTH / len(beside)
        centres.append(BOX_CENTRE + slot * (beside.index(number) - (len(beside) - 1) / 2))
        share = log2(prod(step.output_shape) + 1) / widest
        _draw_box(axes, step, centres[-1], place, min(0.10 + 0.22 * share, 0.92 * slot))
        for source in step.sources:
            _draw_arrow(axes, (centres[source], places[source]), (centres[-1], place))
    for place, beside in enumerate(inside):
        _name_row(axes, [steps[number] for number in beside], place)
    return figure


def _write_headings(axes: Axes) -> None:
    places = (0, "layer", "left"), (BOX_CENTRE, "output", "center"), (1, "parameters", "right")
    for x, heading, side in places:
        axes.text(x, -0.85, heading, ha=side, va="center", color=style.QUIET, fontsize=style.SMALL)


def _draw_box(axes: Axes, step: Block, x: float, place: int, width: float) -> None:
    """Draw one box; those with parameters are coloured."""
    colour, ink = (style.ACCENT, "white") if step.parameters else (style.FAINT, style.INK)
    axes.barh(place, width, left=x - width / 2, height=0.62, color=colour, linewidth=0)
    text = shape(step.output_shape)
    axes.text(x, place, text, ha="center", va="center", color=ink, fontsize=style.SMALL)


def _draw_arrow(axes: Axes, above: tuple[float, int], below: tuple[float, int]) -> None:
    """Draw an arrow from one box to another, given the centres of both."""
    arrow = {"arrowstyle": "-|>", "color": style.QUIET, "lw": 0.7, "mutation_scale": 5}
    start, end = (above[0], above[1] + 0.31), (below[0], below[1] - 0.30)
    axes.annotate("", end, start, arrowprops=arrow | {"shrinkA": 0, "shrinkB": 0})


def _name_row(axes: Axes, steps: Sequence[Block], place: int) -> None:
    """Name the layers in a row, each kind once, and add up their parameters."""
    parameters = sum(step.parameters for step in steps)
    names = style.legible(" | ".join(dict.fromkeys(step.name for step in steps)))
    colour = style.INK if parameters else style.QUIET
    axes.text(0, place, names, ha="left", va="center", color=colour, fontsize=style.SMALL)
    if parameters:
        axes.text(1, place, count(parameters), ha="right", va="center", fontsize=style.SMALL)
