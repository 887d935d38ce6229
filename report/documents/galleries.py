"""Which images each part of the page shows, so that none is shown more than twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from report.numbers.examples import Example
from report.numbers.summary import Summary

FIRST_PAIRS = 3  # shown beside the confusion matrix
FIRST_IMAGES = 4  # of each of these
MOST_TIMES = 2  # that one image is shown

Shown = tuple[Example, ...]


@dataclass(frozen=True)
class Galleries:
    """The images of each part of the page.

    `first` and `more` go by pair, (truth, reading): those beside the confusion matrix, and those
    further down, with what the first ones left over.
    """

    first: dict[tuple[int, int], Shown]
    more: dict[tuple[int, int], Shown]
    kinds: Shown
    suspects: Shown
    surest: Shown
    barely_right: Shown
    right: Shown
    known: Shown
    broken: Shown
    fixed: Shown


def arrange(summary: Summary) -> Galleries:
    """Say which images stand where; none stands in more than two places."""
    shown, previous, times = summary.examples, summary.previous, Counter[int]()

    def take(examples: Iterable[Example]) -> Shown:
        """Those that may be shown once more."""
        kept = tuple(e for e in examples if times[e.index] < MOST_TIMES)
        times.update(e.index for e in kept)
        return kept

    pairs = [(p.truth, p.reading) for p in summary.metrics.most_confused]
    found = {pair: images for pair in pairs if (images := shown.of_pair(*pair))}
    top = list(found)[:FIRST_PAIRS]
    left_over = {pair: found[pair][FIRST_IMAGES:] if pair in top else found[pair] for pair in found}
    suspects = summary.labels.shown
    apart = {e.index for e in suspects}
    return Galleries(
        first={pair: take(found[pair][:FIRST_IMAGES]) for pair in top},
        more={pair: take(images) for pair, images in left_over.items() if images},
        kinds=take(e for e in shown.kinds_of_mistake if (e.label, e.digit) not in found),
        suspects=take(suspects),
        surest=take(e for e in shown.confident_mistakes if e.index not in apart),
        barely_right=take(shown.barely_right),
        right=take(shown.right),
        known=take(error.example for error in summary.labels.known),
        broken=take(previous.broken_shown if previous else ()),
        fixed=take(previous.fixed_shown if previous else ()),
    )
