"""What the figures say: titles that are true, and tables that hold what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from report import findings
from report.metrics import measure


def confused(truth, reading):
    return measure(np.array(truth), np.eye(10)[reading], np.ones(len(truth), bool))


def test_the_most_frequent_error_is_named():
    found = findings.confusion(confused([4, 4, 4, 7, 1], [9, 9, 4, 1, 1]))
    assert found.title == "The most frequent error is 4 read as 9: 2 of 3 errors"
    assert found.table.rows[4] == ("4", 0, 0, 0, 0, 1, 0, 0, 0, 0, 2)


def test_no_error_is_said_plainly():
    assert findings.confusion(confused([1, 2], [1, 2])).title == "No image was misread (n = 2)"


def test_pairs_count_how_few_make_up_half():
    metrics = confused([4] * 4 + [7, 8, 3], [9] * 4 + [1, 1, 1])
    title = findings.confused_pairs(metrics).title
    assert title == "1 pair of digits makes up half of the 7 errors; 4 pairs occur"


def test_one_only_pair_is_all_errors():
    title = findings.confused_pairs(confused([4], [9])).title
    assert title == "1 pair of digits makes up all of the 1 error; 1 pair occurs"


def test_the_hardest_digits_are_named():
    truth, reading = [3] * 4 + [5] * 4, [3, 3, 5, 5] + [5] * 4
    title = findings.per_class(confused(truth, reading)).title
    assert title == ("3 is missed most often (2 of 4); a reading of 5 is wrong most often (2 of 6)")


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ([5, 9, 6], "Every digit has 5 to 9 test images: fewest of 0, most of 1"),
        ([4, 4, 4], "Every digit was tested on 4 images"),
        ([4, 0, 0], "Not tested at all: 1, 2"),
    ],
)
def test_the_balance_of_the_data(counts, title):
    assert findings.class_counts(counts, None).title == title


def test_every_finding_has_alt_text_that_tells_it(summary):
    for found in (
        findings.class_counts(summary.dataset["class_counts"], None),
        findings.training_curve(summary.training["history"], "accuracy"),
        findings.architecture(summary.model["architecture"]["layers"]),
        findings.confusion(summary.metrics),
        findings.confused_pairs(summary.metrics),
        findings.per_class(summary.metrics),
        findings.networks(summary.networks),
    ):
        assert found.title in found.alt
        assert len(found.alt) > len(found.title)
        widths = {len(row) for row in found.table.rows}
        assert widths == {len(found.table.columns)}


def test_networks_are_compared_with_the_one_reported_on(summary):
    found = findings.networks(summary.networks)
    cnn, linear = (len(score.wrong) for score in summary.networks)
    assert found.title == f"cnn misread {cnn} of 400; linear {linear}"
