"""What changed since the previous report, as text. Needs no matplotlib, as a terminal shows it."""

from __future__ import annotations

from typing import Any

from report.charts.finding import Table
from report.numbers.comparison import Change, Comparison
from report.numbers.formats import CELL_FORMATS, MISSING, chance, listed, percent, plural

ROUNDING = 5e-7  # A smaller change of a share is a rounding error.
LISTED = 15  # images or rows that a line of the terminal names


def headline(comparison: Comparison) -> str:
    """Say in a sentence how the accuracy changed, and whether that may be chance."""
    change = comparison.accuracy
    if abs(change.gain) < ROUNDING:
        moved = f"Accuracy stayed at {percent(change.new)}"
    else:
        verb = "rose" if change.gain > 0 else "fell"
        moved = f"Accuracy {verb} from {percent(change.old)} to {percent(change.new)}"
    if comparison.is_paired:
        fixed = plural(len(comparison.fixed), comparison.item)
        moved += f": {fixed} fixed, {len(comparison.broken):,} broken"
        if not comparison.fixed + comparison.broken:
            return moved
    if change.p_value is None:
        return moved
    verdict = "more than chance explains" if change.is_significant else "which may be chance"
    return f"{moved}, {verdict} ({p_text(change.p_value)})"


def change_table(comparison: Comparison) -> Table:
    """List every number before and now, but for those that neither report has."""
    columns = (
        ("Number", "text"),
        ("Before", "written"),
        ("Now", "written"),
        ("Change", "written"),
        ("95 % interval of the change", "written"),
        ("If nothing had changed (p)", "chance"),
        ("Verdict", "text"),
    )
    known = (c for c in comparison.changes if c.old is not None or c.new is not None)
    return Table(columns, tuple(map(_row, known)))


def _row(change: Change) -> tuple[Any, ...]:
    numbers = _written(change, change.old), _written(change, change.new)
    tested = _interval_text(change), change.p_value, verdict(change)
    return change.words, *numbers, difference(change), *tested


def verdict(change: Change) -> str | None:
    """Say whether a number became better or worse; None where that was not tested."""
    if change.p_value is None:
        return None
    if change.old == change.new:
        return "unchanged"
    if not change.is_significant:
        return "may be chance"
    return "worse" if change.is_regression else "better"


def _interval_text(change: Change) -> str | None:
    """Write the interval of a difference, of shares in percentage points."""
    if change.interval is None:
        return None
    factor, digits = (100, 2) if change.kind == "percent" else (1, 4)
    low, high = (f"{factor * x:+.{digits}f}".replace("-", "−") for x in change.interval)
    return f"{low} to {high}"


def _written(change: Change, value: float | None) -> str | None:
    return None if value is None else CELL_FORMATS[change.kind](value)


def difference(change: Change) -> str | None:
    """Write the new number less the old one, with its sign; shares in percentage points."""
    if change.old is None or change.new is None:
        return None
    gap = change.new - change.old
    if change.kind == "count":
        return f"{gap:+,}".replace("-", "−") if gap else "0"
    text = f"{100 * gap:+.2f}" if change.kind == "percent" else f"{gap:+.4f}"
    if float(text) == 0:
        return "0"
    unit = " points" if change.kind == "percent" else ""
    return f"{text}{unit}".replace("-", "−")


def matching_lines(comparison: Comparison) -> list[str]:
    """Say which classes and sets were renamed, added or lost, a sentence each."""
    lines = []
    for noun, found in (("class", comparison.classes), ("set", comparison.sets)):
        lines += [f"{noun} “{old}” is now called “{new}”" for old, new in found.renamed]
        lines += [f"{noun} “{name}” is new, so not compared" for name in found.added]
    return [*lines, *comparison.lost]


def regression_lines(comparison: Comparison) -> list[str]:
    """Say what became worse, more than chance explains, and what is no longer measured."""
    worse = (f"{change.name}: {change_sentence(change)}" for change in comparison.regressions)
    return [*worse, *comparison.lost]


def change_sentence(change: Change) -> str:
    """Say a change in a sentence, with the verdict, interval and p-value where it was tested."""
    verb = "stayed at" if change.old == change.new else "went from"
    moved = "" if change.old == change.new else f"{_written(change, change.old)} to "
    told = f"{change.words} {verb} {moved}{_written(change, change.new)}"
    if change.p_value is None:
        return told
    unit = " points" if change.kind == "percent" else ""
    reach = f"95 % interval of the change {_interval_text(change)}{unit}"
    return f"{told}: {verdict(change)} ({p_text(change.p_value)}; {reach})"


def p_text(p_value: float) -> str:
    """Write a p-value as in a sentence: p < 0.001, or p = 0.031."""
    written = chance(p_value)
    return f"p {written}" if written.startswith("<") else f"p = {written}"


def terminal_lines(comparison: Comparison) -> list[str]:
    """Write the table, the images that were fixed or broken, and the headline."""
    rows = [["", "before", "now", "change", "95 % interval", "p", ""]]
    for *texts, p_value, said in change_table(comparison).rows:
        texts += [None if p_value is None else chance(p_value), said]
        rows.append([text or MISSING for text in texts])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([first.ljust(widths[0]), *map(str.rjust, numbers, widths[1:]), last]).rstrip()
        for first, *numbers, last in rows
    ]
    for what, places in (("fixed", comparison.fixed), ("broken", comparison.broken)):
        if places:
            more = f" and {len(places) - LISTED:,} more" if len(places) > LISTED else ""
            lines.append(f"{what}: {listed(places[:LISTED])}{more}")
    lines += matching_lines(comparison)
    if not comparison.is_paired:
        what = f"not the same test {comparison.item}s, or not every answer kept"
        lines.append(f"{what}: compared unpaired")
    return [*lines, headline(comparison)]
