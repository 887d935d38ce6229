"""What changed since the previous report, as text. Needs no matplotlib, as a terminal shows it."""

from __future__ import annotations

from report.charts.finding import Table
from report.numbers.comparison import Change, Comparison
from report.numbers.formats import CELL_FORMATS, MISSING, chance, listed, percent, plural

ROUNDING = 5e-7  # A smaller change of a share is a rounding error.
LISTED = 15  # images that a line of the terminal names


def headline(comparison: Comparison) -> str:
    """Say in a sentence how the accuracy changed, and whether that may be chance."""
    change = comparison.accuracy
    if abs(change.gain) < ROUNDING:
        moved = f"Accuracy stayed at {percent(change.new)}"
    else:
        verb = "rose" if change.gain > 0 else "fell"
        moved = f"Accuracy {verb} from {percent(change.old)} to {percent(change.new)}"
    if comparison.is_paired:
        fixed = plural(len(comparison.fixed), "image")
        moved += f": {fixed} fixed, {len(comparison.broken):,} broken"
        if not comparison.fixed + comparison.broken:
            return moved
    if change.p_value is None:
        return moved
    p_value = chance(change.p_value)
    sign = "" if p_value.startswith("<") else "= "
    verdict = "more than chance explains" if change.is_significant else "which may be chance"
    return f"{moved}, {verdict} (p {sign}{p_value})"


def change_table(comparison: Comparison) -> Table:
    """List every number before and now."""
    columns = (
        ("Number", "text"),
        ("Before", "written"),
        ("Now", "written"),
        ("Change", "written"),
        ("If nothing had changed (p)", "chance"),
    )
    rows = tuple(
        (c.words, _written(c, c.old), _written(c, c.new), difference(c), c.p_value)
        for c in comparison.changes
    )
    return Table(columns, rows)


def _written(change: Change, value: float | None) -> str | None:
    return None if value is None else CELL_FORMATS[change.kind](value)


def difference(change: Change) -> str | None:
    """Write the new number less the old one, with its sign; shares in percentage points."""
    if change.old is None or change.new is None:
        return None
    gap = change.new - change.old
    if change.kind == "count":
        return f"{gap:+,}" if gap else "0"
    text = f"{100 * gap:+.2f}" if change.kind == "percent" else f"{gap:+.4f}"
    if float(text) == 0:
        return "0"
    unit = " points" if change.kind == "percent" else ""
    return f"{text}{unit}".replace("-", "−")


def terminal_lines(comparison: Comparison) -> list[str]:
    """Write the table, the images that were fixed or broken, and the headline."""
    rows = [["", "before", "now", "change", "p"]]
    for *texts, p_value in change_table(comparison).rows:
        texts.append(None if p_value is None else chance(p_value))
        rows.append([text or MISSING for text in texts])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    ]
    for what, places in (("fixed", comparison.fixed), ("broken", comparison.broken)):
        if places:
            more = f" and {len(places) - LISTED:,} more" if len(places) > LISTED else ""
            lines.append(f"{what}: {listed(places[:LISTED])}{more}")
    if not comparison.is_paired:
        lines.append("not the same test images, or not every answer kept: compared unpaired")
    return [*lines, headline(comparison)]
