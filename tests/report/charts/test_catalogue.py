"""All charts together: each is shown somewhere, described, and has a table."""

from __future__ import annotations

import re

from report.charts.catalogue import CHARTS, make_charts
from report.documents.templating import TEMPLATES
from report.numbers.summary import snapshot


def test_every_chart_is_told_in_words_and_numbers(summarise_made_up, summary):
    charts = make_charts(summarise_made_up(previous=snapshot(summary)))
    assert list(charts) == [
        name
        for name in CHARTS
        if name not in ("label_errors", "thresholds")  # for MNIST, and for two classes
    ]
    for chart in charts.values():
        assert chart.title in chart.alt
        assert len(chart.alt) > len(chart.title)
        assert {len(row) for row in chart.table.rows} == {len(chart.table.columns)}


def test_every_chart_is_shown_in_a_template():
    partials = (TEMPLATES / "_partials").glob("*.html.j2")
    text = "".join(path.read_text(encoding="utf-8") for path in partials)
    assert set(re.findall(r"show\.chart\(charts\.(\w+)", text)) == set(CHARTS)
