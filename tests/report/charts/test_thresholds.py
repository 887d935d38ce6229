"""The curves of two classes, the tables of single numbers, and what they say."""

from __future__ import annotations

import numpy as np
import pytest

from report.charts import thresholds
from report.charts.score_table import ranking_table, score_table
from report.charts.style import new_figure
from report.numbers.metrics import measure
from report.numbers.settings import Questions
from tests.report.answered import answered


def two_classes(**asked):
    """A network that finds the ill only from a probability of 0.3 on."""
    random = np.random.default_rng(3)
    labels = (np.arange(200) < 20).astype(int)
    ill = np.where(labels == 1, random.uniform(0.3, 0.6, 200), random.uniform(0, 0.3, 200))
    made = answered(labels, np.stack([1 - ill, ill], axis=1), names=("well", "ill"))
    return measure(*made, Questions(**asked))


def test_a_better_threshold_is_named_and_drawn():
    metrics = two_classes()
    said = thresholds.advice(metrics)
    assert "would find 100.0\u202f% of them instead of" in said
    assert "choose yours on other data" in said
    scores, curve = metrics.scores, metrics.scores.operating
    found = thresholds.find("ill", scores, curve)
    assert "ROC AUC of 1.000" in found.title
    assert len(found.table.rows) >= 11
    figure = thresholds.draw(scores, curve)
    dot = figure.axes[0].lines[-1]
    now = curve.chosen("as it is")
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (now.alarm_rate, now.recall)


@pytest.mark.parametrize(("recall", "stands"), [(0.05, "bottom"), (0.9, "top")])
def test_words_at_a_dot_stand_above_it_where_the_axis_is_below(recall, stands):
    _, (axes,) = new_figure(3)
    thresholds._mark(axes, 0.6, recall)
    assert axes.texts[0].get_va() == stands


def test_costs_have_a_column_and_rows():
    costs = ((0.0, 1.0), (10.0, 0.0))
    metrics = two_classes(costs=costs)
    found = thresholds.find("ill", metrics.scores, metrics.scores.operating).table
    assert ("Cost", "decimal") in found.columns
    assert any("least cost" in (row[-1] or "") for row in found.rows)
    names = [row[0] for row in score_table(metrics).rows]
    assert names[-3:] == ["Cost", "Cost of one answer", "Cost by probability"]


def test_every_row_of_the_single_numbers_says_what_it_is(summary):
    found = score_table(summary.metrics)
    rows = {row[0]: row for row in found.rows}
    assert {"Baseline", "Balanced accuracy", "MCC", "Log loss", "ECE, adaptive"} <= set(rows)
    assert all(row[1] and row[3] for row in found.rows)
    assert "Brier score, 0 to 1" not in rows
    assert len(ranking_table(summary.metrics).rows) == 10
    assert ranking_table(two_classes()) is None
    assert thresholds.make_chart(summary) is None
