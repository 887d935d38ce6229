"""Drawing of accuracy under changes made on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from report.charts.style import (
    ACCENT,
    FAINT,
    INK,
    SMALL,
    WIDTH_INCHES,
    legible,
    percent_axis,
    styled,
)
from report.numbers.curves import Curve

COLUMNS = 2


@styled
def robustness(curves: Sequence[Curve]) -> Figure:
    """Small line charts with bands of 95 %, one a change; a large dot where nothing is changed."""
    rows = ceil(len(curves) / COLUMNS)
    figure = Figure(figsize=(WIDTH_INCHES, 1.45 * rows))
    panels = figure.subplots(rows, COLUMNS, squeeze=False, sharey=True).ravel()
    for axes, curve in zip(panels, curves, strict=False):
        _panel(axes, curve)
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    _name_lines(panels, curves)
    return figure


def _panel(axes: Axes, curve: Curve) -> None:
    _line(axes, curve, curve.correct, INK if curve.prepared is None else "#8a8a8a")
    if curve.prepared is not None:
        _line(axes, curve, curve.prepared, ACCENT)
    colour = INK if curve.prepared is None else ACCENT
    axes.plot(curve.neutral, curve.unchanged.value, "o", color=colour, markersize=7, zorder=3)
    unit = f" ({curve.unit.strip()})" if curve.unit else ""
    axes.set_title(legible(f"{curve.words}{unit}"), fontsize=9, loc="left")
    axes.set_ylim(0, 1.09)
    percent_axis(axes.yaxis, 3)
    if curve.unit:
        axes.set_xticks(curve.levels, [f"{v:g}".replace("-", "−") for v in curve.levels])
        axes.tick_params(axis="x", labelsize=7)
    else:
        axes.set_xticks(curve.levels, ["no", "yes"])
        axes.margins(x=0.2)


def _line(axes: Axes, curve: Curve, counts: tuple[int, ...], colour: str) -> None:
    shares = curve.shares(counts)
    lows, highs = zip(*(share.interval for share in shares), strict=True)
    axes.fill_between(curve.levels, lows, highs, color=FAINT, alpha=0.7, linewidth=0)
    values = [share.value for share in shares]
    axes.plot(curve.levels, values, color=colour, marker="o", markersize=3, linewidth=1.4)


def _name_lines(panels: Sequence[Axes], curves: Sequence[Curve]) -> None:
    """Name both lines once, in the chart where they lie furthest apart."""
    both = [(axes, c) for axes, c in zip(panels, curves, strict=False) if c.prepared is not None]
    if not both:
        return
    gaps = [max(p - c for p, c in zip(c.prepared, c.correct, strict=True)) for _, c in both]
    axes, curve = both[gaps.index(max(gaps))]
    place = {"ha": "right", "fontsize": SMALL, "textcoords": "offset points"}
    for counts, text, colour, apart in (
        (curve.prepared, "after preparation", ACCENT, (-2, -13)),
        (curve.correct, "network alone", INK, (-20, 0)),
    ):
        end = curve.levels[-1], counts[-1] / curve.total
        axes.annotate(text, end, color=colour, xytext=apart, **place)
