"""Chart: what changed since the previous report."""

from __future__ import annotations

from matplotlib.figure import Figure

from report.charts import style
from report.charts.change_text import change_table, headline
from report.charts.finding import Chart, Finding
from report.numbers.classes import MANY, SHOWN_OF_MANY
from report.numbers.comparison import Change, Comparison
from report.numbers.summary import Summary


def make_chart(summary: Summary) -> Chart | None:
    comparison = summary.previous
    return style.assemble(find(comparison), draw(comparison)) if comparison else None


def find(comparison: Comparison) -> Finding:
    """Say how the accuracy changed, and list every number before and now."""
    title = headline(comparison)
    drawn, tested = _drawn(comparison), len(_shares(comparison))
    which = "each class’s recall" if len(drawn) == tested else "the recalls chance explains least"
    alt = f"Two dots a row: accuracy, and {which}, before and now. {title}."
    return Finding(title, alt, change_table(comparison))


def _shares(comparison: Comparison) -> list[tuple[float, Change]]:
    """What was tested and is a share, as the axis counts these, with its p value."""
    tested = ((c.p_value, c) for c in comparison.changes if c.kind == "percent")
    return [(p_value, change) for p_value, change in tested if p_value is not None]


def _drawn(comparison: Comparison) -> list[Change]:
    """The accuracy and the other tested shares; of many, those with the smallest p values."""
    (_, first), *others = _shares(comparison)
    if len(others) > MANY:
        others = sorted(others, key=lambda pair: pair[0])[:SHOWN_OF_MANY]
    return [first, *(change for _, change in others)]


@style.styled
def draw(comparison: Comparison) -> Figure:
    """Draw two dots a row, before and now, for the accuracy and the other tested numbers."""
    rows = _drawn(comparison)
    figure, (axes,) = style.new_figure(0.27 * len(rows) + 0.75)
    places = style.list_rows(
        axes, [r.words if style.is_drawable(r.words) else r.name for r in rows]
    )
    for place, row in zip(places, rows, strict=True):
        colour = style.ERROR if row.is_regression else style.ACCENT
        axes.plot([row.old, row.new], [place, place], color=colour, linewidth=1.4)
        axes.plot(row.old, place, "o", color="white", markeredgecolor=style.QUIET, markersize=5)
        axes.plot(row.new, place, "o", color=colour, markersize=5)
    style.percent_axis(axes.xaxis, 4)
    axes.set_xlabel("○ before   ● now", color=style.INK, fontsize=style.SMALL)
    axes.margins(x=0.06)
    return figure
