"""What the figures say: titles that are true, and tables that hold what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from report.charts import findings, network_findings, set_findings
from report.numbers.formats import NARROW_SPACE
from report.numbers.metrics import measure


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
        ([5, 9, *[6] * 8], "Every digit has 5 to 9 test images: fewest of 0, most of 1"),
        ([4] * 10, "Every digit was tested on 4 images"),
        ([4, 0, 0, *[1] * 7], "Not tested at all: 1, 2"),
    ],
)
def test_the_balance_of_the_data(counts, title):
    assert findings.class_counts(counts, None).title == title


def test_every_finding_has_alt_text_that_tells_it(summary):
    for found in (
        findings.class_counts(summary.dataset["class_counts"], None),
        network_findings.training_curve(summary.training["history"], "accuracy"),
        network_findings.architecture(summary.model["architecture"]["layers"]),
        findings.confusion(summary.metrics),
        findings.confused_pairs(summary.metrics),
        findings.per_class(summary.metrics),
        network_findings.networks(summary.networks),
        findings.reliability(summary.metrics),
        findings.risk_coverage(summary.metrics),
        set_findings.sets(["test set", "mine"], [summary.metrics, summary.extras[0].metrics]),
    ):
        assert found.title in found.alt
        assert len(found.alt) > len(found.title)
        widths = {len(row) for row in found.table.rows}
        assert widths == {len(found.table.columns)}


def test_networks_are_compared_with_the_one_reported_on(summary):
    found = network_findings.networks(summary.networks)
    cnn, linear = (len(score.wrong) for score in summary.networks)
    assert found.title == (f"cnn misread {cnn} of 400; linear {linear}: more than chance explains")


def answers(right: int, total: int, confidence: float, accepted: int = 0):
    """Measure `total` answers of one confidence, of which `right` are; the first are accepted."""
    probabilities = np.full((total, 10), (1 - confidence) / 9)
    probabilities[:, 0] = confidence
    labels = (np.arange(total) >= right).astype(int)
    return measure(labels, probabilities, np.arange(total) < accepted)


@pytest.mark.parametrize(
    ("confidence", "verdict"),
    [
        (0.99, "Too sure of itself"),
        (0.82, "Neither too sure nor too modest on average"),
        (0.5, "Too modest"),
    ],
)
def test_confidence_is_judged_against_the_interval_of_accuracy(confidence, verdict):
    title = plain(findings.reliability(answers(80, 100, confidence)).title)
    assert title == f"{verdict}: it says {100 * confidence:.2f} % and is right 80.00 % of the time"


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        (80, "Answering only the 80.0 % it accepts leaves 0.00 % wrong instead of 20.00 %"),
        (100, "It answers every image, and 20.00 % of the answers are wrong"),
        (0, "It accepts no image at all; 20.00 % of all would be misread"),
    ],
)
def test_acceptance_is_weighed(accepted, title):
    assert plain(findings.risk_coverage(answers(80, 100, 0.9, accepted)).title) == title


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
    sets = [answers(right, 100, 0.9, 50) for right in (90, *others)]
    found = set_findings.sets(["test set", "a", "b"][: len(sets)], sets)
    assert plain(found.title) == title
    name, images, accuracy, _, worst, accepted, when_accepted = found.table.rows[0]
    assert (name, images, accuracy, accepted, when_accepted) == ("test set", 100, 0.9, 0.5, 1.0)
    assert plain(worst) == "1 (0.00 %)"


def test_digits_of_a_set_say_what_they_were_misread_as():
    rows = set_findings.set_digits(confused([2, 2, 2, 2, 5], [7, 7, 1, 2, 5])).rows
    assert [(digit, images, right, said) for digit, images, right, _, said in rows] == [
        ("2", 4, 0.25, "7 (2×), 1 (1×)"),
        ("5", 1, 1.0, None),
    ]


def plain(text: str) -> str:
    """The text with ordinary spaces."""
    return text.replace(NARROW_SPACE, " ")
