"""From a `Summary` to the report's page: what it is given, its figures drawn, and its HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from report.charts import (
    change_figures,
    change_findings,
    figures,
    findings,
    label_findings,
    network_figures,
    network_findings,
    robustness_figures,
    robustness_findings,
    set_figures,
    set_findings,
)
from report.charts.findings import Finding, Table
from report.charts.style import Drawing, encode
from report.documents.templating import html_environment
from report.numbers.summary import Summary

HTML_TEMPLATE = "report.html.j2"


@dataclass(frozen=True)
class Chart:
    """A figure as the page shows it: its finding as title, the drawing, and its numbers."""

    title: str
    drawing: Drawing
    table: Table


class ReportPage(TypedDict):
    """All that `report.html.j2` is given; `charts` lacks the ones that don't apply.

    `digit_tables` has one table an extra set; `training_note` says where overfitting begins.
    """

    summary: Summary
    charts: dict[str, Chart]
    digit_tables: list[Table]
    training_note: str | None
    verdict_table: Table


def report_page(summary: Summary) -> ReportPage:
    """Prepare the page's values: numbers stay numbers, the template writes them."""
    tables = [set_findings.set_digits(extra.metrics) for extra in summary.extras]
    training = summary.training
    return ReportPage(
        summary=summary,
        charts=draw_charts(summary),
        digit_tables=tables,
        training_note=training
        and network_findings.overfitting(
            training["history"], training["data"].get("validation_count")
        ),
        verdict_table=findings.verdicts(summary.verdicts),
    )


def render_html(summary: Summary) -> str:
    """Write the report as one HTML file that loads nothing from outside."""
    return render_page(report_page(summary))


def render_page(page: ReportPage) -> str:
    """The same from the page's values."""
    return html_environment().get_template(HTML_TEMPLATE).render(page)


def draw_charts(summary: Summary) -> dict[str, Chart]:
    """Draw every figure that applies, once."""
    metrics, training = summary.metrics, summary.training
    learnt = training and training["data"].get("train_class_counts")
    counts = summary.dataset["class_counts"], learnt
    history = training and training["history"]
    layers = summary.model["architecture"]["layers"]
    charts = {
        "class_counts": _chart(figures.class_counts, findings.class_counts, *counts, metrics.names)
    }
    if layers:
        charts["architecture"] = _chart(
            network_figures.architecture, network_findings.architecture, layers
        )
    for quantity in ("loss", "accuracy") if history else ():
        charts[quantity] = _chart(
            network_figures.training_curve, network_findings.training_curve, history, quantity
        )
    charts["confusion"] = _chart(figures.confusion, findings.confusion, metrics)
    charts["per_class"] = _chart(figures.per_class, findings.per_class, metrics)
    if metrics.errors:
        charts["confused_pairs"] = _chart(figures.confused_pairs, findings.confused_pairs, metrics)
    charts["reliability"] = _chart(figures.reliability, findings.reliability, metrics)
    charts["risk_coverage"] = _chart(figures.risk_coverage, findings.risk_coverage, metrics)
    if summary.extras:
        names = ["test set", *(extra.name for extra in summary.extras)]
        every = [metrics, *(extra.metrics for extra in summary.extras)]
        charts["sets"] = _chart(set_figures.sets, set_findings.sets, names, every)
    if summary.labels.known:
        charts["corrections"] = _chart(
            set_figures.corrections, label_findings.corrections, metrics.accuracy, summary.labels
        )
    if summary.robustness:
        charts["robustness"] = _chart(
            robustness_figures.robustness, robustness_findings.robustness, summary.robustness
        )
    if summary.previous:
        charts["changes"] = _chart(
            change_figures.changes, change_findings.changes, summary.previous
        )
    if len(summary.networks) > 1:
        charts["networks"] = _chart(
            network_figures.networks, network_findings.networks, summary.networks
        )
    return charts


def _chart(draw, find, *values) -> Chart:
    finding: Finding = find(*values)
    return Chart(finding.title, encode(draw(*values), finding.alt), finding.table)
