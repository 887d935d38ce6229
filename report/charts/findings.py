"""What each figure shows, in words and in numbers: its title, its alt text and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from report.numbers.check import Verdict
from report.numbers.classes import DIGIT_NAMES, MANY, SHOWN_OF_MANY, noun_of, nouns
from report.numbers.counts import ClassCounts
from report.numbers.formats import NARROW_SPACE, count, listed, part_of, percent, plural
from report.numbers.metrics import Metrics

PAIRS_DRAWN = 10
PAIRS_LISTED = 90  # as many as ten classes can have
LISTED = 10
MATRIX_LETTERS = 80  # in its headings: a wider table fits no sheet of paper


@dataclass(frozen=True)
class Table:
    """A figure's numbers: (heading, kind of cell) a column; a row's first cell is its heading."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Finding:
    """A figure's title, which says what it shows; its text for who can't see it; its numbers."""

    title: str
    alt: str
    table: Table


def verdicts(found: Sequence[Verdict]) -> Table:
    """Each threshold that was asked for, the value found, and whether it holds."""
    columns = (("Number", "text"), ("Found", "written"), ("Asked for", "written"), ("", "text"))
    return Table(columns, tuple((*v.row(), "holds" if v.holds else "falls short") for v in found))


def class_counts(
    test: Sequence[int], train: Sequence[int] | None, names: Sequence[str] = DIGIT_NAMES
) -> Finding:
    """How many images of each class there are; `train` is None where that is not known."""
    rare, common, noun = min(test), max(test), noun_of(names)
    if rare == 0:
        missing = [name for name, n in zip(names, test, strict=True) if n == 0]
        more = f" and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        title = f"Not tested at all: {listed(missing[:LISTED])}{more}"
    elif rare == common:
        title = f"Every {noun} was tested on {plural(rare, 'image')}"
    else:
        title = (
            f"Every {noun} has {count(rare)} to {count(common)} test images: "
            f"fewest of {names[test.index(rare)]}, most of {names[test.index(common)]}"
        )
    columns = [(noun.capitalize(), "text"), ("Test images", "count")]
    rows = list(zip(names, test, strict=True))
    if train is not None:
        columns.append(("Training images", "count"))
        rows = [(*row, n) for row, n in zip(rows, train, strict=True)]
    alt = f"Bars: images per {noun}. {title}; {plural(sum(test), 'test image')} in all."
    return Finding(title, alt, Table(tuple(columns), tuple(rows)))


def confusion(metrics: Metrics) -> Finding:
    """Which classes are taken for which."""
    n = plural(metrics.accuracy.total, "image")
    pairs, names, noun = metrics.most_confused, metrics.names, metrics.noun
    if pairs:
        top = pairs[0]
        title = (
            f"The most frequent error is {names[top.truth]} read as {names[top.reading]}: "
            f"{count(top.count)} of {plural(metrics.errors, 'error')}"
        )
    else:
        title = f"No image was misread (n = {count(metrics.accuracy.total)})"
    alt = f"Heat map: true {noun} against {noun} read, {n}. {title}."
    return Finding(title, alt, _matrix(metrics))


def _matrix(metrics: Metrics) -> Table:
    """The confusion matrix's counts; where it would be too wide, what was read of each class."""
    names, noun = metrics.names, metrics.noun
    if sum(max(len(name), 7) for name in names) <= MATRIX_LETTERS:
        columns = ((f"True {noun}", "text"), *((f"read as {name}", "count") for name in names))
        rows = zip(names, metrics.confusion, strict=True)
        return Table(columns, tuple((name, *row) for name, row in rows))
    columns = ((f"True {noun}", "text"), ("Read as", "text"))
    return Table(columns, tuple((name, _readings(row, names)) for name, row in zip(
        names, metrics.confusion, strict=True)))  # fmt: skip


def _readings(row: Sequence[int], names: Sequence[str]) -> str | None:
    """What images of one class were read as, most frequent first."""
    ranked = sorted((-n, c) for c, n in enumerate(row) if n)
    return listed(f"{names[c]} {count(-n)}×" for n, c in ranked) or None


def confused_pairs(metrics: Metrics) -> Finding:
    """Which confusions weigh most. There must be one."""
    pairs, names = metrics.most_confused, metrics.names
    running = list(accumulate(pair.count for pair in pairs))
    enough = next(k for k, total in enumerate(running, 1) if 2 * total >= metrics.errors)
    share = "all" if running[enough - 1] == metrics.errors else "half"
    verb = "makes" if enough == 1 else "make"
    occur = "occurs" if len(pairs) == 1 else "occur"
    title = (
        f"{plural(enough, 'pair')} of {nouns(metrics.noun)} {verb} up {share} of the "
        f"{plural(metrics.errors, 'error')}; {plural(len(pairs), 'pair')} {occur}"
    )
    columns = (
        ("True → read", "text"),
        ("Images", "count"),
        (f"Of that {metrics.noun}", "count"),
        ("Share", "percent"),
        ("95 % interval", "interval"),
    )
    rows = tuple(
        (f"{names[p.truth]} → {names[p.reading]}", p.count, p.support, p.share.value,
         p.share.interval)
        for p in pairs[:PAIRS_LISTED]
    )  # fmt: skip
    drawn = ", ".join(
        f"{names[p.truth]} read as {names[p.reading]} {p.count}×" for p in pairs[:PAIRS_DRAWN]
    )
    return Finding(
        title, f"Bars: the most frequent confusions. {title}. {drawn}.", Table(columns, rows)
    )


def per_class(metrics: Metrics) -> Finding:
    """Which classes are missed, and which readings are wrong, most often."""
    seen = [scores for scores in metrics.per_class if scores.support]
    read = [scores for scores in metrics.per_class if scores.predicted]
    missed = min(seen, key=lambda s: s.correct / s.support)
    doubtful = min(read, key=lambda s: s.correct / s.predicted)
    if metrics.errors:
        misses = part_of(missed.support - missed.correct, missed.support)
        wrongs = part_of(doubtful.predicted - doubtful.correct, doubtful.predicted)
        title = (
            f"{missed.label} is missed most often ({misses}); "
            f"a reading of {doubtful.label} is wrong most often ({wrongs})"
        )
    else:
        title = f"Every {metrics.noun} was found every time (n = {count(metrics.accuracy.total)})"
    columns = (
        (metrics.noun.capitalize(), "text"),
        ("Found (recall)", "share"),
        ("95 % interval", "shares"),
        ("Reading right (precision)", "share"),
        ("95 % interval", "shares"),
        ("F1", "share"),
        ("Images (support)", "count"),
    )
    rows = tuple(map(_class_row, metrics.per_class))
    which = f"each {metrics.noun}"
    if len(rows) > MANY:
        which = f"the {SHOWN_OF_MANY} hardest of {len(rows)} classes"
    alt = f"Dots with 95 % intervals: recall and precision of {which}. {title}."
    return Finding(title, alt, Table(columns, rows))


def _class_row(scores: ClassCounts) -> tuple[Any, ...]:
    recall, precision = scores.recall, scores.precision
    ratios = (recall.value, recall.interval, precision.value, precision.interval, scores.f1)
    return (scores.label, *ratios, scores.support)


def reliability(metrics: Metrics) -> Finding:
    """How confidence and correctness go together."""
    confidence, accuracy = metrics.confidence, metrics.accuracy
    low, high = accuracy.interval
    if confidence.mean_confidence > high:
        verdict = "Too sure of itself"
    elif confidence.mean_confidence < low:
        verdict = "Too modest"
    else:
        verdict = "Neither too sure nor too modest on average"
    said, was = percent(confidence.mean_confidence), percent(accuracy.value)
    title = f"{verdict}: it says {said} and is right {was} of the time"
    columns = (
        ("Confidence", "text"),
        ("Images", "count"),
        ("Confidence on average", "share"),
        ("Read correctly", "share"),
        ("95 % interval", "shares"),
    )
    width = 100 / len(confidence.bins)
    rows = tuple(
        (f"{k * width:.0f}–{(k + 1) * width:.0f}{NARROW_SPACE}%", b.count, b.mean_confidence,
         b.right.value, b.right.interval)
        for k, b in enumerate(confidence.bins)
    )  # fmt: skip
    alt = (
        "Reliability diagram: dots with 95 % intervals, share read correctly against confidence, "
        f"over bars of how many images there are. {title}."
    )
    return Finding(title, alt, Table(columns, rows))


def risk_coverage(metrics: Metrics) -> Finding:
    """How many errors are left when only the surest images are answered."""
    wrong = percent(1 - metrics.accuracy.value)
    if metrics.risk.value is None:
        title = f"It accepts no image at all; {wrong} of all would be misread"
    elif metrics.declined.count:
        title = (
            f"Answering only the {percent(metrics.accepted.value, 1)} it accepts leaves "
            f"{percent(metrics.risk.value)} wrong instead of {wrong}"
        )
    else:
        title = f"It answers every image, and {wrong} of the answers are wrong"
    columns = (
        ("Confidence at least", "percent"),
        ("Answered", "share"),
        ("Misread, of those", "percent"),
        ("95 % interval", "interval"),
    )
    total, curve = metrics.accuracy.total, metrics.confidence.curve
    step = max(1, len(curve) // 20)  # The file holds every point drawn; a reader wants some.
    rows = tuple(
        (p.confidence, p.answered / total, p.risk.value, p.risk.interval)
        for p in curve[::-1][::step]
    )
    alt = (
        "Risk–coverage curve: share misread among the surest images, from few of them to all, "
        f"with a dot where the network stands. {title}."
    )
    return Finding(title, alt, Table(columns, rows))
