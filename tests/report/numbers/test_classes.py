"""Names of classes: which are taken, and how they are shortened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.numbers.classes import SHORT_LENGTH, fault_of, letters_of, short_names

PLANTS = ["Tomato___Early_blight", "Tomato___Late_blight", "Tomato___Tomato_mosaic_virus"]


@pytest.mark.parametrize(
    "name", ["x" * 200, "क्‍ष", "می‌خواهم", "👩‍👩‍👧", "猫", "wheelbarrow, lawn cart"]
)
def test_names_in_any_script_are_taken(name):
    assert fault_of([name, "other"]) is None


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "turned\u202e"])
def test_what_cant_be_shown_is_refused_in_one_short_line(name):
    said = fault_of([name, "other"])
    assert "no class name" in said
    assert len(said) < 120


def test_names_that_begin_and_end_alike_stay_apart():
    found = short_names(PLANTS)
    assert found[0] == "Tomato___Ea…y_blight"
    assert found[1] == "Tomato___Late_blight"
    assert short_names([f"{'a' * 40}{k}{'b' * 40}" for k in range(3)])[1] == "aaaaa…1…bbbb"


@given(st.lists(st.text("ab猫é\u0301", min_size=1, max_size=60), min_size=2, unique=True))
def test_no_two_shortened_names_are_equal(names):
    found = short_names(names)
    assert len(set(found)) == len(names)
    assert all(len(letters_of(name)) <= SHORT_LENGTH for name in found)


def test_a_letter_keeps_its_marks():
    assert letters_of("e\u0301क्‍ष👩‍👧") == ["e\u0301", "क्‍ष", "👩‍👧"]
