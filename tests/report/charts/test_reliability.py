"""Every range of confidence is drawn, and the title judges the average."""

from __future__ import annotations

import pytest

from report.charts import reliability
from tests.report.charts.made_up import answers, plain


def test_reliability_draws_every_filled_range_and_its_count(summary):
    above, below = reliability.draw(summary.metrics, summary.metrics.confidence).axes
    filled = [b for b in summary.metrics.confidence.confidence_bins if b.count]
    diagonal, points = above.lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    assert list(points.get_xdata()) == [b.mean_confidence for b in filled]
    assert list(points.get_ydata()) == [b.right.value for b in filled]
    assert below.get_ylim()[0] == 0
    assert [t.get_text() for t in below.texts] == [str(b.count) for b in filled]


@pytest.mark.parametrize(
    ("confidence", "verdict"),
    [
        (0.99, "Too sure of itself"),
        (0.82, "No sign of being too sure or too modest"),
        (0.5, "Too modest"),
    ],
)
def test_confidence_is_judged_against_the_interval_of_accuracy(confidence, verdict):
    metrics = answers(80, 100, confidence)
    title = plain(reliability.find(metrics, metrics.confidence).title)
    assert title == f"{verdict}: it says {100 * confidence:.2f} % and is right 80.00 % of the time"
