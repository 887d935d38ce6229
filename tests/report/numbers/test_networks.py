"""Networks on the same images: the paired test of each against the subject, in words and JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from report.charts import networks
from report.numbers import formats
from report.numbers.networks import NetworkResult, networks_json, paired_tests, with_tests
from report.numbers.significance import clustered_difference, mcnemar


def score(name: str, wrong, milliseconds=0.5) -> NetworkResult:
    return NetworkResult(name, "kind", 10, 2000, 100, tuple(wrong), milliseconds)


SUBJECT = score("subject", range(5))
WORSE = score("worse", range(3, 40))
EVEN = score("even", range(4, 10))


def test_a_paired_test_counts_the_images_that_only_one_read_correctly():
    tests = paired_tests(with_tests([SUBJECT, WORSE, EVEN]))
    assert len(tests) == 2
    worse, even = tests
    assert (worse.only_subject, worse.only_other) == (35, 3)
    assert (even.only_subject, even.only_other) == (5, 4)
    assert worse.p_value == mcnemar(35, 3)


def test_p_values_are_corrected_for_the_number_of_tests():
    worse, even = paired_tests(with_tests([SUBJECT, WORSE, EVEN]))
    assert worse.p_holm == 2 * worse.p_value
    assert even.p_holm == even.p_value
    assert (worse.is_significant, even.is_significant) == (True, False)


def test_an_equal_network_is_no_different():
    assert paired_tests(with_tests([SUBJECT, SUBJECT]))[0].p_holm == 1
    assert paired_tests(with_tests([SUBJECT])) == []


def test_where_images_come_by_writer_writers_are_counted():
    """Two of ten writers account for the whole difference: as much as two images would tell."""
    subject, other = score("subject", []), score("other", range(20))
    writers = np.arange(100) // 10
    alone, grouped = (paired_tests(with_tests([subject, other], g))[0] for g in (None, writers))
    assert alone.p_value < 0.001
    gaps = -np.repeat([1, 0], [2, 8]) * 10.0
    assert grouped.p_value == clustered_difference(gaps, np.full(10, 10.0))[0] > 0.1
    assert (alone.only_subject, grouped.only_subject) == (20, 20)


@pytest.mark.parametrize(
    ("others", "ending"),
    [
        ([], "subject misread 5 of 100"),
        ([WORSE], "; worse 37: more than chance explains"),
        ([EVEN], "; even 6: the difference may be chance"),
        ([WORSE, EVEN], "; even 6, worse 37: the difference from even may be chance"),
        ([WORSE, score("bad", range(60))], "worse 37, bad 60: each more than chance explains"),
    ],
)
def test_the_verdict_is_said_in_the_title(others, ending):
    assert networks.find(with_tests([SUBJECT, *others])).title.endswith(ending)


def test_the_table_holds_the_test_and_leaves_out_what_is_not_known():
    timed = networks.find(with_tests([SUBJECT, WORSE])).table
    untimed = networks.find(with_tests([score("subject", [1], None)])).table
    assert [name for name, _ in timed.columns][4:7] == [
        "Right where subject is wrong", "Wrong where subject is right", "If equally good (p)",
    ]  # fmt: skip
    assert timed.rows[1][4:7] == (3, 35, mcnemar(35, 3))
    assert timed.rows[0][4:7] == (None, None, None)
    assert timed.columns[-1] == ("One image", "milliseconds")
    assert [name for name, _ in untimed.columns][3:] == ["Errors", "Parameters", "File size"]


def test_json_holds_the_paired_test_and_reads_back():
    scores = list(with_tests([SUBJECT, WORSE]))
    records = json.loads(json.dumps(networks_json(scores)))
    assert records[0]["against_subject"] is None
    assert records[1]["against_subject"]["p_holm"] == mcnemar(35, 3)
    assert [NetworkResult.from_json(record) for record in records] == scores


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "< 0.001"), (0.0009999, "< 0.001"), (0.0134, "0.013"), (1.0, "1.000")]
)
def test_chances_are_written_without_false_certainty(p, text):
    assert formats.chance(p) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0751, "0.075 ms"), (1.26, "1.3 ms"), (1234, "1,234 ms")]
)
def test_milliseconds(value, text):
    assert formats.milliseconds(value) == text
