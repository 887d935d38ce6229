"""What is known and suspected of a test set's labels, in words and in numbers."""

from __future__ import annotations

from report.charts.findings import Finding, Table
from report.numbers.counts import Proportion
from report.numbers.formats import percent, plural
from report.numbers.labels import REVIEWERS, KnownError, LabelCheck


def corrections(accuracy: Proportion, check: LabelCheck) -> Finding:
    """Accuracy as given and with known label errors put right. There must be some known."""
    given, corrected = percent(accuracy.value), percent(check.corrected.value)
    changed = sum(error.vote.agreed is not None for error in check.known)
    title = (
        f"With {plural(changed, 'label')} corrected and {len(check.known) - changed} undecided "
        f"images left out, accuracy is {corrected} instead of {given}"
    )
    columns = (
        ("Test image", "text"),
        ("Label", "text"),
        ("People saw", "text"),
        ("Votes for label, other, neither", "text"),
        ("Network read", "text"),
        ("Confidence", "percent"),
    )
    alt = f"Dots with 95 % intervals: accuracy with labels as given and as corrected. {title}."
    return Finding(title, alt, Table(columns, tuple(map(_row, check.known))))


def _row(error: KnownError) -> tuple:
    vote, read = error.vote, error.example
    agreed = "no agreement" if vote.agreed is None else str(vote.agreed)
    if 2 * vote.for_neither > REVIEWERS:
        agreed = "neither digit"
    votes = f"{vote.for_label}, {vote.for_proposed}, {vote.for_neither}"
    return (str(vote.index), str(vote.label), agreed, votes, str(read.digit), read.confidence)
