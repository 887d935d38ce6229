"""Release notes: the main numbers of a report, in Markdown."""

from __future__ import annotations

from typing import TypedDict

from report.charts.finding import Table
from report.documents.templating import as_text, mark_directions, markdown_environment
from report.numbers.summary import Summary

TEMPLATE = "release_notes.md.j2"


class NotesPage(TypedDict):
    """The values that the template is given."""

    summary: Summary
    changes: Table | None
    verdicts: Table | None


def render_notes(
    summary: Summary, changes: Table | None = None, verdicts: Table | None = None
) -> str:
    """Write the release notes.

    `changes` lists what changed since the previous report, None where there is none; `verdicts`
    lists the thresholds that were asked for.
    """
    page = NotesPage(summary=summary, changes=changes, verdicts=verdicts)
    notes = markdown_environment().get_template(TEMPLATE).render(page)
    return mark_directions(notes, summary.metrics.names, as_text)
