"""The curve, the dot on it, and what the title says of both."""

from __future__ import annotations

import numpy as np
import pytest

from report.charts import risk_coverage, style
from report.numbers.metrics import measure
from tests.report.answered import answered
from tests.report.charts.made_up import answers, plain


def test_risk_and_coverage_mark_where_the_network_stands(summary):
    curve = summary.metrics.confidence.curve
    axes = risk_coverage.draw(summary.metrics, curve).axes[0]
    line, point = axes.lines
    assert list(line.get_ydata()) == [p.risk.value for p in curve]
    assert line.get_xdata()[-1] == 1
    stands = summary.metrics.accepted.value, summary.metrics.risk.value
    assert (point.get_xdata()[0], point.get_ydata()[0]) == stands
    assert axes.get_ylim()[0] == 0


@pytest.mark.parametrize(
    ("labels", "accepted"), [([0, 1, 2], [1, 1, 1]), ([0, 1, 1], [0, 0, 0]), ([9, 9, 9], [1, 0, 0])]
)
def test_risk_and_coverage_draw_also_at_the_ends(labels, accepted):
    metrics = measure(*answered(labels, np.eye(10)[[0, 1, 2]], accepted))
    figure = risk_coverage.draw(metrics, metrics.confidence.curve)
    assert len(figure.axes[0].lines) == 1 + any(accepted)
    style.encode(figure)


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        (80, "Answering only the 80.0 % it accepts leaves 0.00 % wrong instead of 20.00 %"),
        (100, "It answers every image, and 20.00 % of the answers are wrong"),
        (0, "It accepts no image at all; 20.00 % of all would be misread"),
    ],
)
def test_acceptance_is_weighed(accepted, title):
    metrics = answers(80, 100, 0.9, accepted)
    assert plain(risk_coverage.find(metrics, metrics.confidence.curve).title) == title
