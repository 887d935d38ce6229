"""The classes with the lowest recall and precision are named."""

from __future__ import annotations

from report.charts import per_class
from tests.report.charts.made_up import confused


def test_dots_leave_out_classes_without_images():
    figure = per_class.draw(confused([0, 1], [0, 1]))
    recall = figure.axes[0].lines[0]
    assert list(recall.get_ydata()) == [0, 1]


def test_the_hardest_digits_are_named():
    truth, reading = [3] * 4 + [5] * 4, [3, 3, 5, 5] + [5] * 4
    title = per_class.find(confused(truth, reading)).title
    assert title == ("3 is missed most often (2 of 4); a reading of 5 is wrong most often (2 of 6)")
