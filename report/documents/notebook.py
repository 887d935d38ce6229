"""The first screen of a report as a notebook shows it."""

from __future__ import annotations

from typing import TypedDict

from markupsafe import escape

from report.charts.finding import Chart
from report.documents.templating import html_environment, mark_directions
from report.numbers.summary import Summary

TEMPLATE = "notebook.html.j2"
MEASURES = (
    ("balanced_accuracy", "balanced accuracy"),
    ("macro_f1", "macro F1"),
    ("mcc", "Matthews correlation (MCC)"),
    ("cohen_kappa", "Cohen’s kappa"),
    ("log_loss", "log loss"),
    ("ece", "calibration error (ECE)"),
    ("brier", "Brier score (0 to 2)"),
)
PAIRS = 5


class NotebookPage(TypedDict):
    """The values that `notebook.html.j2` is given."""

    summary: Summary
    confusion: Chart
    measures: list[tuple[str, float]]
    most_pairs: int


def first_screen(summary: Summary, confusion: Chart) -> str:
    """Write verdict, accuracy, baseline, confusion matrix and the most-confused pairs as HTML."""
    values = summary.metrics.to_json()
    page = NotebookPage(
        summary=summary,
        confusion=confusion,
        measures=[(words, values[k]) for k, words in MEASURES if values.get(k) is not None],
        most_pairs=PAIRS,
    )
    html = html_environment().get_template(TEMPLATE).render(page)
    return mark_directions(html, summary.metrics.names, escape)
