"""Chart: accuracy on test images that were changed on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from report.charts import style
from report.charts.finding import Chart, Finding, Table
from report.numbers.counts import Proportion
from report.numbers.curves import Curve
from report.numbers.formats import percent
from report.numbers.summary import Summary

COLUMNS = 4
MANY = 7  # levels, of which every third is named: the names of all would touch
GREY = "#8a8a8a"  # the line that is not the one of use


def make_chart(summary: Summary) -> Chart | None:
    curves = summary.robustness
    return style.assemble(find(curves), draw(curves)) if curves else None


def find(curves: Sequence[Curve]) -> Finding:
    """Name the change that costs the most accuracy."""
    worst, place = min(
        ((curve, place) for curve in curves for place in range(len(curve.levels))),
        key=lambda found: found[0].as_used[found[1]].value,
    )
    where = f"{worst.words.lower()} ({level_text(worst, worst.levels[place])})"
    was, now = percent(worst.unchanged.value, 1), percent(worst.as_used[place].value, 1)
    title = f"Hardest of these to read: {where}, {now} instead of {was} read correctly"
    columns = (
        ("Change", "text"),
        ("How much", "written"),
        ("Network alone", "share"),
        ("95 % interval", "shares"),
        ("After preparation", "share"),
        ("95 % interval", "shares"),
    )
    rows = tuple(row for curve in curves for row in _rows(curve))
    alt = (
        f"One small line chart for each of {len(curves)} changes: share of {curves[0].total} "
        f"images read correctly against how much they were changed. {title}. {_lowest(curves)}"
    )
    return Finding(title, alt, Table(columns, rows))


def level_text(curve: Curve, level: float) -> str:
    """Write how much was changed, with the unit."""
    if level == curve.neutral:
        return "unchanged"
    if not curve.unit:
        return "yes"
    sign = "+" if level > 0 and min(curve.levels) < 0 else ""
    return f"{sign}{_number(level)}{curve.unit}"


def _number(level: float) -> str:
    return f"{level:g}".replace("-", "−")


def _rows(curve: Curve) -> list[tuple[Any, ...]]:
    alone = curve.shares(curve.correct)
    after = curve.shares(curve.prepared) if curve.prepared is not None else [None] * len(alone)
    return [
        (curve.words, level_text(curve, level), *_cells(one), *_cells(other))
        for level, one, other in zip(curve.levels, alone, after, strict=True)
    ]


def _cells(share: Proportion | None) -> tuple[Any, ...]:
    return (None, None) if share is None else (share.value, share.interval)


def _lowest(curves: Sequence[Curve]) -> str:
    """Say the lowest accuracy of each curve."""
    lows = (min(share.value for share in curve.as_used) for curve in curves)
    parts = (f"{c.words.lower()} {percent(low, 1)}" for c, low in zip(curves, lows, strict=True))
    return f"Lowest of each: {', '.join(parts)}."


@style.styled
def draw(curves: Sequence[Curve]) -> Figure:
    """Draw a small line chart for each change; a large dot marks the unchanged images."""
    rows = ceil(len(curves) / COLUMNS)
    figure = Figure(figsize=(style.WIDE_INCHES, 1.55 * rows))
    panels = list(figure.subplots(rows, COLUMNS, squeeze=False, sharey=True).flat)
    for axes, curve in zip(panels, curves, strict=False):
        _draw_panel(axes, curve)
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    _name_lines(panels, curves)
    return figure


def _draw_panel(axes: Axes, curve: Curve) -> None:
    _draw_line(axes, curve, curve.correct, style.INK if curve.prepared is None else GREY)
    if curve.prepared is not None:
        _draw_line(axes, curve, curve.prepared, style.ACCENT)
    colour = style.INK if curve.prepared is None else style.ACCENT
    axes.plot(curve.neutral, curve.unchanged.value, "o", color=colour, markersize=7, zorder=3)
    axes.set_title(style.legible(curve.words), fontsize=9, loc="left")
    axes.set_xlabel(style.legible(curve.unit.strip()), fontsize=style.SMALL, labelpad=1)
    axes.set_ylim(0, 1.09)
    style.percent_axis(axes.yaxis, 3)
    if curve.unit:
        step = 1 if len(curve.levels) < MANY else 3
        texts = [_number(level) if k % step == 0 else "" for k, level in enumerate(curve.levels)]
        axes.set_xticks(curve.levels, texts)
        axes.tick_params(axis="x", labelsize=7)
    else:
        axes.set_xticks(curve.levels, ["no", "yes"])
        axes.margins(x=0.2)


def _draw_line(axes: Axes, curve: Curve, counts: tuple[int, ...], colour: str) -> None:
    """Draw counts as a line of shares, with a band of their 95 % intervals."""
    shares = curve.shares(counts)
    lows, highs = zip(*(share.interval for share in shares), strict=True)
    axes.fill_between(curve.levels, lows, highs, color=style.FAINT, alpha=0.7, linewidth=0)
    values = [share.value for share in shares]
    axes.plot(curve.levels, values, color=colour, marker="o", markersize=3, linewidth=1.4)


def _name_lines(panels: Sequence[Axes], curves: Sequence[Curve]) -> None:
    """Name both lines once, in the panel where they lie furthest apart."""
    both = [
        (axes, curve, curve.prepared)
        for axes, curve in zip(panels, curves, strict=False)
        if curve.prepared is not None
    ]
    if not both:
        return
    axes, curve, prepared = max(
        both, key=lambda found: max(p - c for p, c in zip(found[2], found[1].correct, strict=True))
    )
    for counts, text, colour, shift in (
        (prepared, "after preparation", style.ACCENT, (-2, -13)),
        (curve.correct, "network alone", style.INK, (-20, 0)),
    ):
        end = curve.levels[-1], counts[-1] / curve.total
        style.annotate(axes, text, end, shift, ha="right", color=colour, fontsize=style.SMALL)
