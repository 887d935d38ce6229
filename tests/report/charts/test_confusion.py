"""The confusion matrix draws errors by share, and names the most frequent one."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex

from report.charts import confusion, style
from tests.report.charts.made_up import confused, texts


def test_confusion_leaves_zeros_blank_and_writes_every_other_count():
    figure = confusion.draw(confused([4] * 5 + [9] * 3 + [1], [9] * 2 + [4] * 3 + [9] * 3 + [1]))
    assert sorted(texts(figure)) == sorted(["2", "3", "3", "1"])


def test_confusion_keeps_the_diagonal_quiet_and_shades_errors_by_share():
    truth, reading = [4] * 10 + [9] * 100, [9] * 5 + [4] * 5 + [4] * 5 + [9] * 95
    figure = confusion.draw(confused(truth, reading))
    mesh = figure.axes[0].collections[0].get_array().reshape(10, 10)
    assert np.ma.is_masked(mesh[4, 4])
    assert np.ma.is_masked(mesh[0, 1])
    assert (mesh[4, 9], mesh[9, 4]) == (0.5, 0.05)
    colours = {t.get_text(): to_hex(t.get_color()) for t in figure.axes[0].texts}
    assert colours["95"] == style.QUIET


def test_confusion_without_errors_still_draws(flawless):
    figure = confusion.draw(flawless.metrics)
    assert len(texts(figure)) == 10


def test_the_most_frequent_error_is_named():
    found = confusion.find(confused([4, 4, 4, 7, 1], [9, 9, 4, 1, 1]))
    assert found.title == "The most frequent error is 4 read as 9: 2 of 3 errors"
    assert found.table.rows[4] == ("4", 0, 0, 0, 0, 1, 0, 0, 0, 0, 2)


def test_no_error_is_said_plainly():
    assert confusion.find(confused([1, 2], [1, 2])).title == "No image was misread (n = 2)"
