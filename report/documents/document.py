"""The report's page: the values that its template is given, and its HTML."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import TypedDict

from markupsafe import escape

from report.charts.catalogue import make_charts
from report.charts.finding import Chart, Table
from report.charts.score_table import ranking_table, score_table
from report.charts.sets import digit_table
from report.charts.thresholds import advice
from report.charts.training import overfitting_note
from report.documents.galleries import Galleries, arrange
from report.documents.limits import limits
from report.documents.results import verdict_table
from report.documents.templating import TEMPLATES, html_environment, mark_directions
from report.numbers.classes import short_names
from report.numbers.formats import NARROW_SPACE
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary

HTML_TEMPLATE = "report.html.j2"
SCRIPT = "report.js"
FEWEST_TO_SEARCH = 16  # classes; fewer rows are seen at a glance
GROUPS_SHOWN = 40


class ReportPage(TypedDict):
    """The values that `report.html.j2` is given.

    `charts` holds by name those that apply, `digit_tables` a table for each extra set.
    `group_table` lists the groups of the test set, None where it has none.
    `training_note` says where overfitting begins; None where that is not known. `score_table` holds
    the single numbers, `ranking_table` each class against the rest, `advice` what another threshold
    would give: each None where there is none. `labels` are the classes' names, shortened;
    `script_hash` allows the script that searches long tables, None where none is long.
    """

    summary: Summary
    charts: dict[str, Chart]
    digit_tables: list[Table]
    training_note: str | None
    verdict_table: Table
    limits: list[str]
    group_table: Table | None
    score_table: Table | None
    ranking_table: Table | None
    advice: str | None
    galleries: Galleries
    labels: list[str]
    script_hash: str | None


def report_page(summary: Summary) -> ReportPage:
    """Prepare the page's values. Numbers stay numbers: the template writes them."""
    return ReportPage(
        summary=summary,
        charts=make_charts(summary),
        digit_tables=[digit_table(extra.metrics) for extra in summary.extras],
        training_note=overfitting_note(summary.training) if summary.training else None,
        verdict_table=verdict_table(summary.verdicts),
        limits=limits(summary),
        group_table=group_table(summary.metrics),
        score_table=score_table(summary.metrics),
        ranking_table=ranking_table(summary.metrics),
        advice=advice(summary.metrics),
        galleries=arrange(summary),
        labels=short_names(summary.metrics.names),
        script_hash=_script_hash() if len(summary.metrics.names) > FEWEST_TO_SEARCH else None,
    )


def _script_hash() -> str:
    """The hash by which the content security policy allows the script that searches long tables."""
    script = (TEMPLATES / SCRIPT).read_text(encoding="utf-8")
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def group_table(metrics: Metrics) -> Table | None:
    """List the groups that fare worst, and how each was answered; None where there are none."""
    groups = metrics.groups
    if groups is None:
        return None
    columns = (
        (groups.noun.capitalize(), "text"),
        (f"{metrics.item.capitalize()}s", "count"),
        (metrics.words.right.capitalize(), "percent"),
        ("95 % interval", "interval"),
        ("Mean recall of its classes", "percent"),
    )
    rows = (
        (row.name, row.count, row.accuracy.value, row.accuracy.interval, row.balanced_accuracy)
        for row in groups.per_group[:GROUPS_SHOWN]
    )
    return Table(columns, tuple(rows))


def render_page(page: ReportPage) -> str:
    """Write the HTML file from the page's values; it loads nothing from outside."""
    html = html_environment().get_template(HTML_TEMPLATE).render(page)
    html = re.sub(r"(?<=\d) (?=%)", NARROW_SPACE, html)  # no line breaks there
    return mark_directions(html, page["summary"].metrics.names, escape)
