"""Answers in words: the same on the command line and in the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.inference.predictor import Decision, Prediction

if TYPE_CHECKING:
    from model.answers import Answer
    from model.pages.reader import Page

_CLOSE = 0.15  # of the first answer's probability, below which a second answer is not mentioned
_DOUBTS = {
    "sure": "",
    "unsure": ", but not sure",
    "no-digit": ", but this does not look like a digit",
}


def percent(probability: float, space: str = "\N{NO-BREAK SPACE}") -> str:
    """Write a probability in per cent, never rounded up to certain or down to impossible."""
    if probability >= 0.9995:
        return f"> 99.9{space}%"
    if probability < 0.0005:
        return f"< 0.1{space}%"
    return f"{100 * probability:.1f}{space}%"


def likely_digits(prediction: Prediction) -> tuple[int, ...]:
    """The digit that was read, and another if it is nearly as likely, in ascending order.

    A bare hook is a 1 for some writers and a 7 for others: no network can know which.
    """
    chances = prediction.probabilities
    others = [digit for digit in range(len(chances)) if digit != prediction.digit]
    second = max(others, key=lambda digit: chances[digit])
    first = chances[prediction.digit]
    is_close = _CLOSE * first <= chances[second] <= first
    return tuple(sorted((prediction.digit, second))) if is_close else (prediction.digit,)


def describe_digit(prediction: Prediction, decision: Decision) -> str:
    """Say an answer in a line: `1 or 7 (52.0% or 47.1%), but not sure`."""
    digits = likely_digits(prediction)
    shares = [percent(prediction.probabilities[digit], space="") for digit in digits]
    return f"{' or '.join(map(str, digits))} ({' or '.join(shares)}){_DOUBTS[decision]}"


def describe_answer(answer: Answer, decision: Decision) -> str:
    """Say in a line what a picture holds: what `describe_digit` or `describe_page` says."""
    if answer.page is not None:
        return describe_page(answer.page)
    edges = " and ".join(answer.cut)
    cut = f", cut by the {edges} edge{'s' * (len(answer.cut) > 1)} of the picture" if edges else ""
    turned = answer.turned
    upright = f"; turned by {turned.degrees} degrees it is a {turned.digit}" if turned else ""
    return describe_digit(answer.prediction, decision) + cut + upright


def describe_page(page: Page) -> str:
    """Say which digits a picture holds, with their signs: `several digits: -42 / 17`."""
    doubtful = sum(not mark.accepted for mark in page.digits)
    marks = f"{doubtful} mark{'s' * (doubtful > 1)}"
    more = f", but not sure of {marks}" if doubtful else ""
    name = "a number" if len(page.digits) == 1 else "several digits"
    return f"{name}: {page.number or ' / '.join(page.text or page.lines)}{more}"


def describe_doubts(page: Page) -> list[str]:
    """Say how many digits of a page are guessed, and how many marks on it are left out."""
    if page.turned and not page.lines:
        return [f"not sure; turned by {page.turned} degrees it is a {page.digits[0].digit}"]
    guessed = [f"{mark.digit} ({percent(mark.confidence, space='')})"
               for mark in page.digits if mark.guessed]  # fmt: skip
    left_out = sum(not mark.is_read for mark in page.digits)
    said = []
    if guessed:
        several = f"{len(guessed)} of these digits are" if len(guessed) > 1 else "one digit is"
        said.append(f"{several} not sure: {', '.join(guessed)}")
    if left_out:
        marks = "one more mark is" if left_out == 1 else f"{left_out} more marks are"
        said.append(f"{marks} not taken for a digit")
    return said
