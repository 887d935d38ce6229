"""The page of a report, from its summary."""

from report.documents.document import render_page, report_page


def render_html(summary):
    return render_page(report_page(summary))
