"""Drawing of what changed since the previous report."""

from __future__ import annotations

from matplotlib.figure import Figure

from report.charts.change_findings import tested
from report.charts.style import (
    ACCENT,
    ERROR,
    INK,
    QUIET,
    SMALL,
    drawable,
    list_rows,
    new_figure,
    percent_axis,
    styled,
)
from report.numbers.comparison import Comparison


@styled
def changes(comparison: Comparison) -> Figure:
    """Two dots a row, before and now, for the accuracy and all that was tested beside it."""
    rows = tested(comparison)
    figure, (axes,) = new_figure(0.27 * len(rows) + 0.75)
    places = list_rows(axes, [drawable(row.words, row.name) for row in rows])
    for place, row in zip(places, rows, strict=True):
        colour = ERROR if row.is_regression else ACCENT
        axes.plot([row.old, row.new], [place, place], color=colour, linewidth=1.4)
        axes.plot(row.old, place, "o", color="white", markeredgecolor=QUIET, markersize=5)
        axes.plot(row.new, place, "o", color=colour, markersize=5)
    percent_axis(axes.xaxis, 4)
    axes.set_xlabel("○ before   ● now", color=INK, fontsize=SMALL)
    axes.margins(x=0.06)
    return figure
