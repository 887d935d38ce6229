"""Every figure as a file for slides, with its numbers beside it as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

from report.charts.finding import Chart, Table
from report.charts.style import encode_file

FOLDER = "figures"


def figure_files(charts: Mapping[str, Chart], image_format: str) -> dict[str, bytes]:
    """Draw each chart as `svg` or `png`; return the contents by path, numbers included."""
    found = {}
    for name, chart in charts.items():
        found[f"{FOLDER}/{name}.{image_format}"] = encode_file(
            chart.figure, image_format, chart.title
        )
        found[f"{FOLDER}/{name}.csv"] = csv_text(chart.table).encode()
    return found


def csv_text(table: Table) -> str:
    """Write a table's numbers unrounded; an interval takes two columns.

    A text that a spreadsheet would take for a formula gets a quote in front, as OWASP advises.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    kinds = zip(table.headings, table.columns, strict=True)
    pairs = ([h, f"{h} (to)"] if _is_pair(kind) else [h] for h, (_, kind) in kinds)
    writer.writerow([_no_formula(heading) for pair in pairs for heading in pair])
    writer.writerows([_no_formula(cell) for cell in _cells(table, row)] for row in table.rows)
    return text.getvalue()


def _cells(table: Table, row: tuple) -> Iterator[object]:
    for (_, kind), value in zip(table.columns, row, strict=True):
        if _is_pair(kind):
            yield from value or (None, None)
        else:
            yield value


def _no_formula(cell: object) -> object:
    is_formula = isinstance(cell, str) and re.match(r"[=@＝＠]|[+＋－-](?![\d.]+$)", cell)
    return f"'{cell}" if is_formula else cell


def _is_pair(kind: str) -> bool:
    return kind in ("interval", "shares")
