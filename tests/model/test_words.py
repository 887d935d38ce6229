"""What is said of an answer: never more than is known."""

import numpy as np
import pytest

from model.inference.predictor import Prediction
from model.pages.page import Page, PageDigit
from model.words import describe_digit, describe_doubts, describe_page, likely_digits, percent
from webapp.language import Words


def prediction(**chances: float) -> Prediction:
    """An answer with the chances of some digits, as `d1=0.5`; the others share the rest."""
    rest = (1 - sum(chances.values())) / (10 - len(chances))
    probabilities = tuple(chances.get(f"d{digit}", rest) for digit in range(10))
    return Prediction(int(np.argmax(probabilities)), max(probabilities), probabilities, 0.9, True)


@pytest.mark.parametrize(
    ("probability", "said"),
    [(1.0, "> 99.9%"), (0.99996, "> 99.9%"), (0.9994, "99.9%"), (0.5, "50.0%"), (0.0, "< 0.1%")],
)
def test_per_cent_never_say_certain_or_impossible(probability, said):
    assert percent(probability, space="") == said


def test_two_answers_that_are_close_are_both_named_in_their_order():
    hook = prediction(d7=0.55, d1=0.44)
    assert likely_digits(hook) == (1, 7)
    assert describe_digit(hook, "unsure") == "1 or 7 (44.0% or 55.0%), but not sure"
    assert Words().verdict(hook, "unsure") == "Not sure: it may be a 1 or a 7"
    assert Words().verdict(prediction(d3=0.5, d8=0.4), "sure") == "This is a 3 or an 8"


def test_one_answer_far_ahead_stands_alone():
    sure = prediction(d8=0.999)
    assert likely_digits(sure) == (8,)
    assert describe_digit(sure, "sure") == "8 (99.9%)"
    assert describe_digit(sure, "no-digit") == "8 (99.9%), but this does not look like a digit"
    assert likely_digits(prediction(d8=0.8, d3=0.1)) == (8,)
    assert Words("it").verdict(prediction(d0=0.999), "sure") == "Questo è uno 0"


def test_several_digits_are_said_with_their_signs():
    assert describe_page(Page(("5678",), ())) == "several digits: 5678"
    assert describe_page(Page(("42", "17"), (), ("-42", "-17"))) == "several digits: -42 / -17"
    marks = tuple(PageDigit((x, 0, 9, 20), digit, 0.9, x > 0, 0 if x else None)
                  for x, digit in ((0, 3), (10, 0)))  # fmt: skip
    assert describe_page(Page(("0",), marks)) == "several digits: 30, but not sure of 1 mark"
    for turned, box in ((90, (40, 90, 20, 9)), (180, (90, 40, 9, 20)), (270, (40, 0, 20, 9))):
        first = PageDigit(box, 3, 0.9, False, None)
        second = PageDigit((40, 40, 20, 20), 0, 0.9, True, 0)
        assert Page(("0",), (second, first), turned=turned).number == "30", turned


def test_digits_that_are_guessed_and_marks_left_out_are_said():
    digits = (
        PageDigit((0, 0, 9, 9), 4, 0.999, True, 0),
        PageDigit((20, 0, 9, 9), 2, 0.75, False, 0, guessed=True),
        PageDigit((40, 0, 9, 9), 8, 0.4, False, None),
    )
    assert describe_doubts(Page(("42",), digits[:2])) == ["one digit is not sure: 2 (75.0%)"]
    assert describe_page(Page(("42",), digits[:2])) == "several digits: 42, but not sure of 1 mark"
    assert describe_doubts(Page(("422",), (*digits, *digits[1:]))) == [
        "2 of these digits are not sure: 2 (75.0%), 2 (75.0%)",
        "2 more marks are not taken for a digit",
    ]
