"""What changing images on purpose does to accuracy, in words and in numbers."""

from __future__ import annotations

from collections.abc import Sequence

from report.charts.findings import Finding, Table
from report.numbers.counts import Proportion
from report.numbers.curves import Curve
from report.numbers.formats import percent


def robustness(curves: Sequence[Curve]) -> Finding:
    """Which change costs the most accuracy."""
    worst, place = min(
        ((curve, place) for curve in curves for place in range(len(curve.levels))),
        key=lambda found: found[0].as_used[found[1]].value,
    )
    costs = (
        f"{percent(worst.as_used[place].value, 1)} instead of {percent(worst.unchanged.value, 1)}"
    )
    where = f"{worst.words.lower()} ({level_text(worst, worst.levels[place])})"
    title = f"Hardest of these to read: {where}, {costs} read correctly"
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
        f"images read correctly against how much they were changed. {title}. {_each(curves)}"
    )
    return Finding(title, alt, Table(columns, rows))


def level_text(curve: Curve, level: float) -> str:
    """Write how much was changed."""
    if level == curve.neutral:
        return "unchanged"
    if not curve.unit:
        return "yes"
    sign = "+" if level > 0 and min(curve.levels) < 0 else ""
    return f"{sign}{level:g}{curve.unit}".replace("-", "−")


def _rows(curve: Curve) -> list[tuple]:
    alone = curve.shares(curve.correct)
    after = [None] * len(alone) if curve.prepared is None else curve.shares(curve.prepared)
    return [
        (curve.words, level_text(curve, level), *_cells(one), *_cells(other))
        for level, one, other in zip(curve.levels, alone, after, strict=True)
    ]


def _cells(share: Proportion | None) -> tuple:
    return (None, None) if share is None else (share.value, share.interval)


def _each(curves: Sequence[Curve]) -> str:
    """The lowest point of every curve, for those who can't see them."""
    lows = (min(share.value for share in curve.as_used) for curve in curves)
    parts = (f"{c.words.lower()} {percent(low, 1)}" for c, low in zip(curves, lows, strict=True))
    return f"Lowest of each: {', '.join(parts)}."
