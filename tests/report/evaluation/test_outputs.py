"""What outputs stand for: as declared, or beyond doubt; a contradiction is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from model.errors import InputError
from report.evaluation.outputs import as_probabilities

WEAK = np.array([[0.1, 0.2, 0.3], [0.5, 0.4, 0.2]])
SURE = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]])


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (4, 3), elements=some.floats(-30, 30)))
def test_logits_become_probabilities_in_their_order(scores):
    scores[0, 0] = -1  # so that no sum speaks against it
    found, said = as_probabilities(scores, "logits", "it")
    assert found == pytest.approx(softmax(scores, axis=1))
    assert "logits" in said


def test_weak_logits_are_logits_when_their_file_says_so():
    assert as_probabilities(WEAK, "logits", "it")[0] == pytest.approx(softmax(WEAK, axis=1))
    one = as_probabilities(np.array([[0.25], [0.9]]), "logits", "it")[0]
    assert (one[:, 1] > 0.5).all()


def test_one_row_of_zeros_changes_no_other_row():
    scores = np.vstack([WEAK, np.zeros((2, 3))])
    found, said = as_probabilities(scores, "probabilities", "it")
    assert found[:2] == pytest.approx(WEAK / WEAK.sum(axis=1, keepdims=True))
    assert found[2:] == pytest.approx(np.full((2, 3), 1 / 3))
    assert "2 rows are 0 for every class" in said


def test_percentages_are_divided():
    found, said = as_probabilities(100 * SURE, "percent", "it")
    assert found == pytest.approx(SURE)
    assert "percentages" in said
    one = as_probabilities(np.array([[25.0]]), "percent", "it")[0]
    assert one.tolist() == [[0.75, 0.25]]


def test_probabilities_stay_as_they_are():
    found, said = as_probabilities(SURE, None, "it")
    assert np.array_equal(found, SURE)
    assert "as they are" in said
    assert as_probabilities(np.array([[0.25]]), "probabilities", "it")[0].tolist() == [[0.75, 0.25]]


@pytest.mark.parametrize(
    ("scores", "kind", "said"),
    [
        (WEAK, None, "nothing says what its outputs are .*0.1 to 0.5.*--outputs"),
        (WEAK[:, :1], None, "nothing says what its one output is"),
        (100 * SURE, None, "nothing says"),
        (SURE, "logits", "said to be logits, but all rows sum to 1"),
        (100 * SURE, "logits", "said to be logits, but all rows sum to 100"),
        (100 * SURE, "probabilities", "said to be probabilities, within 0 and 1"),
        (-SURE, "probabilities", "within 0 and 1"),
        (SURE, "percent", "said to be percentages, but sum to 1"),
        (1000 * SURE, "percent", "within 0 and 100"),
        (np.array([[3.0]]), "probabilities", "within 0 and 1"),
        (np.array([[1.0, 0], [np.nan, 1]]), "probabilities", "row 1 .*not finite"),
    ],
)
def test_what_is_not_known_or_contradicted_is_refused(scores, kind, said):
    with pytest.raises(InputError, match=said):
        as_probabilities(scores, kind, "it")
