"""Release notes: the main numbers of a report, in Markdown."""

from __future__ import annotations

import re
from typing import Any, TypedDict

from report.charts.finding import Table
from report.documents.templating import text_environment
from report.numbers.metrics import Metrics
from report.numbers.summary import Summary

TEMPLATE = "release_notes.md.j2"
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # breaks or turns a line
# Characters with a meaning in Markdown or on GitHub, as in @name.
SPECIAL = re.compile(r"[\\`*_{}\[\]<>|#~@&$]")


class NotesPage(TypedDict):
    """The values that the template is given."""

    summary: Summary
    model: Any
    data: Any
    metrics: Metrics
    accuracy: Any
    changes: Table | None
    verdicts: Table | None


def render_notes(
    summary: Summary, changes: Table | None = None, verdicts: Table | None = None
) -> str:
    """Write the release notes.

    `changes` lists what changed since the previous report, None where there is none; `verdicts`
    lists the thresholds that were asked for.
    """
    page = NotesPage(
        summary=summary,
        model=summary.model,
        data=summary.dataset,
        metrics=summary.metrics,
        accuracy=summary.metrics.accuracy,
        changes=changes,
        verdicts=verdicts,
    )
    environment = text_environment(autoescape=False, finalize=_as_text)
    return environment.get_template(TEMPLATE).render(page)


def _as_text(value: Any) -> Any:
    """Escape a string, so that Markdown shows it as it is, on one line."""
    if not isinstance(value, str):
        return value
    return SPECIAL.sub(lambda found: f"&#{ord(found[0])};", CONTROL.sub(" ", value))
