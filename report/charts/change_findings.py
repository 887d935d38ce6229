"""What changed since the previous report, in words and in numbers."""

from __future__ import annotations

from report.charts.findings import Finding, Table
from report.numbers.classes import MANY, SHOWN_OF_MANY
from report.numbers.comparison import Change, Comparison
from report.numbers.formats import CELL_FORMATS, chance, listed, percent, plural

UNCHANGED = 5e-7  # A smaller change of a share comes from rounding, not from the network.
LISTED = 15  # places of images in a terminal's line


def headline(comparison: Comparison) -> str:
    """One sentence: where the accuracy went, and whether chance explains it."""
    change = comparison.accuracy
    if abs(change.gain) < UNCHANGED:
        moved = f"Accuracy stayed at {percent(change.new)}"
    else:
        verb = "rose" if change.gain > 0 else "fell"
        moved = f"Accuracy {verb} from {percent(change.old)} to {percent(change.new)}"
    if comparison.is_paired:
        fixed = plural(len(comparison.fixed), "image")
        moved += f": {fixed} fixed, {len(comparison.broken):,} broken"
        if not comparison.fixed + comparison.broken:
            return moved
    verdict = "more than chance explains" if change.is_significant else "which may be chance"
    return f"{moved}, {verdict} (p{_equals(change.p_value)})"


def _equals(p_value: float) -> str:
    text = chance(p_value)
    return f" {text}" if text.startswith("<") else f" = {text}"


def changes(comparison: Comparison) -> Finding:
    """Every number before and now."""
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
    title = headline(comparison)
    drawn, all_tested = tested(comparison), sum(c.p_value is not None for c in comparison.changes)
    which = (
        "each class’s recall" if len(drawn) == all_tested else "the recalls chance explains least"
    )
    alt = f"Two dots a row: accuracy, and {which}, before and now. {title}."
    return Finding(title, alt, Table(columns, rows))


def tested(comparison: Comparison) -> list[Change]:
    """The changes that are drawn: the accuracy and, of many more, what chance explains least."""
    first, *others = (change for change in comparison.changes if change.p_value is not None)
    if len(others) > MANY:
        others = sorted(others, key=lambda change: change.p_value)[:SHOWN_OF_MANY]
    return [first, *others]


def _written(change: Change, value: float | None) -> str | None:
    return None if value is None else CELL_FORMATS[change.kind](value)


def difference(change: Change) -> str | None:
    """The new number less the old one, with its sign."""
    if change.old is None or change.new is None:
        return None
    gap = change.new - change.old
    if change.kind == "count":
        return f"{gap:+,}" if gap else "0"
    digits = (100 * gap, 2, " points") if change.kind == "percent" else (gap, 4, "")
    text = f"{digits[0]:+.{digits[1]}f}"
    return "0" if float(text) == 0 else f"{text}{digits[2]}".replace("-", "−")


def terminal_lines(comparison: Comparison) -> list[str]:
    """What a terminal shows: a table, then the images, then the verdict."""
    table = changes(comparison).table
    rows = [("", "before", "now", "change", "p")]
    rows += [(*row[:4], None if row[4] is None else chance(row[4])) for row in table.rows]
    texts = [[text or "–" for text in row] for row in rows]
    texts[0][0] = ""
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in texts
    ]
    for what in ("fixed", "broken"):
        places = getattr(comparison, what)
        if places:
            more = f" and {len(places) - LISTED:,} more" if len(places) > LISTED else ""
            lines.append(f"{what}: {listed(places[:LISTED])}{more}")
    if not comparison.is_paired:
        lines.append("not the same test images, or not every answer kept: compared unpaired")
    return [*lines, headline(comparison)]
