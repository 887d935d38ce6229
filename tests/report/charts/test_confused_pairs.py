"""Pairs are ranked, and the title says how few make up half of the errors."""

from __future__ import annotations

from dataclasses import replace

from report.charts import confused_pairs
from report.charts.style import styled
from tests.report.charts.made_up import confused


def test_pairs_are_drawn_most_frequent_first(summary):
    axes = confused_pairs.draw(summary.metrics).axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == [p.count for p in summary.metrics.most_confused[: len(widths)]]


def test_pairs_count_how_few_make_up_half():
    metrics = confused([4] * 4 + [7, 8, 3], [9] * 4 + [1, 1, 1])
    title = confused_pairs.find(metrics).title
    assert title == "1 pair of digits makes up half of the 7 errors; 4 pairs occur"


def test_one_only_pair_is_all_errors():
    title = confused_pairs.find(confused([4], [9])).title
    assert title == "The one error: 4 read as 9"


def test_bars_keep_their_room_beside_long_names():
    names = tuple(f"COMMON MOUNTAIN WHALE {letter}" for letter in "ABCDEFGHIJ")
    figure = confused_pairs.draw(replace(confused([4] * 3, [9] * 3), names=names))
    styled(figure.draw_without_rendering)()
    assert figure.axes[0].get_position().width > 0.3
