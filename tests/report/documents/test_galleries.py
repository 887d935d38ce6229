"""No image is shown again and again, and each confusion that is linked to is shown."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from report.documents.galleries import MOST_TIMES, arrange
from report.numbers.check import Verdict
from tests.report.rendering import render_html


def images_of(galleries) -> list[int]:
    parts = [value for value in vars(galleries).values() if isinstance(value, tuple)]
    parts += [*galleries.first.values(), *galleries.more.values()]
    return [example.index for part in parts for example in part]


def test_no_image_stands_in_more_than_two_places(summary):
    times = Counter(images_of(arrange(summary)))
    assert max(times.values()) == MOST_TIMES


def test_each_cell_leads_to_its_images(summary):
    html = render_html(summary)
    links = re.findall(r'<a href="#(pair-\d+-\d+)" style="left:([\d.]+)%;top:([\d.]+)%', html)
    kinds = {f"pair-{e.label}-{e.digit}" for e in summary.examples.kinds_of_mistake}
    assert {target for target, _, _ in links} == kinds
    assert all(0 < float(x) < 100 and 0 < float(y) < 100 for _, x, y in links)
    assert all(html.count(f'id="{target}"') == 1 for target in kinds)


def test_a_failed_check_is_the_first_thing_on_the_page(summary):
    short = Verdict("accuracy", 0.999, False, 0.9)
    html = render_html(replace(summary, verdicts=(short,)))
    assert html.index("Check failed.") < html.index("Evaluation report") < html.index("<h1")
    assert "≥ 0.999 (1 of 1 threshold fell short)." in html
    kept = Verdict("accuracy", 0.1, False, 0.9)
    html = render_html(replace(summary, verdicts=(kept,)))
    assert "Check failed" not in html
    assert "The threshold asked for holds" in html


def test_a_network_no_better_than_a_constant_answer_is_told_first(summary):
    html = render_html(summary)
    assert "constant answer" not in html.partition("<h1")[0]
    scores = replace(summary.metrics.scores, baseline_accuracy=0.95)
    html = render_html(replace(summary, metrics=replace(summary.metrics, scores=scores)))
    assert "No better than a constant answer." in html.partition("<h1")[0]


def test_a_heading_and_a_search_are_there_when_asked_for_or_needed(summary):
    assert "<script>" not in render_html(summary)
    html = render_html(replace(summary, title="Round <7>"))
    assert "<h1>Round &lt;7&gt;</h1>" in html
