"""Bars start at zero, and the title says how even the classes are."""

from __future__ import annotations

import pytest

from report.charts import class_counts
from tests.report.charts.made_up import texts


def test_bars_start_at_zero_and_carry_their_counts():
    counts = [5, 1200, 0, 4, 4, 4, 4, 4, 4, 4]
    figure = class_counts.draw(counts, None)
    assert figure.axes[0].get_xlim()[0] == 0
    assert [bar.get_width() for bar in figure.axes[0].patches] == counts
    assert "1,200" in texts(figure)


def test_training_images_are_drawn_where_known(summary):
    counts = summary.dataset["class_counts"]
    assert len(class_counts.draw(counts, None).axes) == 1
    assert len(class_counts.draw(counts, counts).axes) == 2


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ([5, 9, *[6] * 8], "Every digit has 5 to 9 test images: fewest of 0, most of 1"),
        ([4] * 10, "Every digit was tested on 4 images"),
        ([4, 0, 0, *[1] * 7], "Not tested at all: 1, 2"),
    ],
)
def test_the_balance_of_the_data(counts, title):
    assert class_counts.find(counts, None).title == title
