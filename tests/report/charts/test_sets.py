"""Further sets are compared with the test set."""

from __future__ import annotations

import pytest

from report.charts import sets, style
from tests.report.charts.made_up import answers, confused, plain


def test_sets_are_drawn_in_the_order_given_each_with_its_interval(summary):
    every = [summary.metrics, *(extra.metrics for extra in summary.extras)]
    axes = sets.draw(["test set", "mine", "W" * 24], every).axes[0]
    names = [label.get_text().splitlines() for label in axes.get_yticklabels()]
    assert [name for name, _ in names] == ["test set", "mine", "W" * 24]
    assert [n for _, n in names] == ["n = 400", "n = 200", "n = 200"]
    assert [line.get_xdata()[0] for line in axes.lines] == [m.accuracy.value for m in every]
    assert len(axes.collections) == 3
    style.encode(axes.figure)


@pytest.mark.parametrize(
    ("others", "title"),
    [
        ([60], "It reads “a” 30.00 points worse than the test set: 60.00 % against 90.00 %"),
        ([88], "It reads “a” 2.00 points worse than the test set: 88.00 % against 90.00 %, "
         "which may be chance"),
        ([95, 60], "It reads “b”, the hardest of these sets, 30.00 points worse than the test "
         "set: 60.00 % against 90.00 %"),
        ([95], "It reads “a” no worse than the test set: 95.00 % against 90.00 %"),
    ],
)  # fmt: skip
def test_sets_are_compared_with_the_test_set(others, title):
    metrics = [answers(right, 100, 0.9, 50) for right in (90, *others)]
    found = sets.find(["test set", "a", "b"][: len(metrics)], metrics)
    assert plain(found.title) == title
    name, images, accuracy, _, worst, accepted, when_accepted = found.table.rows[0]
    assert (name, images, accuracy, accepted, when_accepted) == ("test set", 100, 0.9, 0.5, 1.0)
    assert plain(worst) == "1 (0.00 %)"


def test_a_set_without_an_error_has_no_worst_digit():
    table = sets.find(
        ["test set", "a"], [answers(90, 100, 0.9, 50), confused([1, 2], [1, 2])]
    ).table
    assert table.rows[1][4] is None


def test_digits_of_a_set_say_what_they_were_misread_as():
    rows = sets.digit_table(confused([2, 2, 2, 2, 5], [7, 7, 1, 2, 5])).rows
    assert [(digit, images, right, said) for digit, images, right, _, said in rows] == [
        ("2", 4, 0.25, "7 (2×), 1 (1×)"),
        ("5", 1, 1.0, None),
    ]
