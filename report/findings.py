"""What each figure shows, in words and in numbers: its title, its alt text and its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from report.counts import ClassCounts, NetworkScore, difference_interval
from report.formats import KINDS, NARROW_SPACE, count, percent, plural, shape
from report.metrics import Metrics

PAIRS_DRAWN = 10
Rows = Sequence[Mapping[str, Any]]


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


def class_counts(test: Sequence[int], train: Sequence[int] | None) -> Finding:
    """How many images of each digit there are; `train` is None where that is not known."""
    rare, common = min(test), max(test)
    if rare == 0:
        title = f"Not tested at all: {_listed(c for c, n in enumerate(test) if n == 0)}"
    elif rare == common:
        title = f"Every digit was tested on {plural(rare, 'image')}"
    else:
        title = (
            f"Every digit has {count(rare)} to {count(common)} test images: "
            f"fewest of {test.index(rare)}, most of {test.index(common)}"
        )
    columns = [("Digit", "text"), ("Test images", "count")]
    rows = [(str(c), n) for c, n in enumerate(test)]
    if train is not None:
        columns.append(("Training images", "count"))
        rows = [(*row, n) for row, n in zip(rows, train, strict=True)]
    alt = f"Bars: images per digit. {title}; {plural(sum(test), 'test image')} in all."
    return Finding(title, alt, Table(tuple(columns), tuple(rows)))


def training_curve(history: Rows, quantity: str) -> Finding:
    """How `quantity`, "loss" or "accuracy", went from epoch to epoch."""
    kind = "percent" if quantity == "accuracy" else "decimal"
    write = KINDS[kind]
    first, last = history[0][quantity], history[-1][quantity]
    epochs = plural(len(history), "epoch")
    if len(history) == 1:
        title = f"Training {quantity} was {write(last)} after one epoch"
    else:
        title = f"Training {quantity} went from {write(first)} to {write(last)} in {epochs}"
    columns = [("Epoch", "count"), ("Training", kind)]
    keys = ["epoch", quantity]
    if has_validation(history, quantity):
        keys.append(f"val_{quantity}")
        columns.append(("Validation", kind))
        title += f"; validation ended at {write(history[-1][keys[-1]])}"
    alt = f"Line chart: {quantity} after each epoch. {title}."
    rows = tuple(tuple(row[key] for key in keys) for row in history)
    return Finding(title, alt, Table(tuple(columns), rows))


def has_validation(history: Rows, quantity: str) -> bool:
    """Whether every epoch was also measured on images kept aside."""
    return all(row.get(f"val_{quantity}") is not None for row in history)


def architecture(layers: Rows) -> Finding:
    """What the network is made of."""
    total = sum(layer["parameters"] for layer in layers)
    heaviest = max(layers, key=lambda layer: layer["parameters"])
    title = f"{plural(len(layers), 'layer')} with {plural(total, 'adjustable number')}"
    if total and len(layers) > 1:
        share = heaviest["parameters"] / total
        title += f", {percent(share, 0)} of them in “{heaviest['name']}”"
    columns = (
        ("Layer", "text"),
        ("Type", "text"),
        ("Output shape", "shape"),
        ("Activation", "text"),
        ("Parameters", "count"),
    )
    keys = ("name", "type", "output_shape", "activation", "parameters")
    steps = "; ".join(f"{layer['type']} to {shape(layer['output_shape'])}" for layer in layers)
    alt = f"Diagram of the layers from image to answer. {title}. In order: {steps}."
    return Finding(title, alt, Table(columns, tuple(tuple(row[k] for k in keys) for row in layers)))


def confusion(metrics: Metrics) -> Finding:
    """Which digits are taken for which."""
    n = plural(metrics.accuracy.total, "image")
    pairs = metrics.most_confused
    if pairs:
        title = (
            f"The most frequent error is {pairs[0].truth} read as {pairs[0].reading}: "
            f"{count(pairs[0].count)} of {plural(metrics.errors, 'error')}"
        )
    else:
        title = f"No image was misread (n = {count(metrics.accuracy.total)})"
    classes = range(len(metrics.confusion))
    columns = (("True digit", "text"), *((f"read as {c}", "count") for c in classes))
    rows = tuple((str(c), *metrics.confusion[c]) for c in classes)
    alt = f"Heat map: true digit against digit read, {n}. {title}."
    return Finding(title, alt, Table(columns, rows))


def confused_pairs(metrics: Metrics) -> Finding:
    """Which confusions weigh most. There must be one."""
    pairs = metrics.most_confused
    running = list(accumulate(pair.count for pair in pairs))
    enough = next(k for k, total in enumerate(running, 1) if 2 * total >= metrics.errors)
    share = "all" if running[enough - 1] == metrics.errors else "half"
    verb = "makes" if enough == 1 else "make"
    occur = "occurs" if len(pairs) == 1 else "occur"
    title = (
        f"{plural(enough, 'pair')} of digits {verb} up {share} of the "
        f"{plural(metrics.errors, 'error')}; {plural(len(pairs), 'pair')} {occur}"
    )
    columns = (
        ("True → read", "text"),
        ("Images", "count"),
        ("Of that digit", "count"),
        ("Share", "percent"),
        ("95 % interval", "interval"),
    )
    rows = tuple(
        (f"{p.truth} → {p.reading}", p.count, p.support, p.share.value, p.share.interval)
        for p in pairs
    )
    drawn = ", ".join(f"{p.truth} read as {p.reading} {p.count}×" for p in pairs[:PAIRS_DRAWN])
    return Finding(
        title, f"Bars: the most frequent confusions. {title}. {drawn}.", Table(columns, rows)
    )


def per_class(metrics: Metrics) -> Finding:
    """Which digits are missed, and which readings are wrong, most often."""
    seen = [scores for scores in metrics.per_class if scores.support]
    read = [scores for scores in metrics.per_class if scores.predicted]
    missed = min(seen, key=lambda s: s.recall.value)
    doubtful = min(read, key=lambda s: s.precision.value)
    if metrics.errors:
        misses = _of(missed.support - missed.correct, missed.support)
        wrongs = _of(doubtful.predicted - doubtful.correct, doubtful.predicted)
        title = (
            f"{missed.label} is missed most often ({misses}); "
            f"a reading of {doubtful.label} is wrong most often ({wrongs})"
        )
    else:
        title = f"Every digit was found every time (n = {count(metrics.accuracy.total)})"
    columns = (
        ("Digit", "text"),
        ("Found (recall)", "share"),
        ("95 % interval", "shares"),
        ("Reading right (precision)", "share"),
        ("95 % interval", "shares"),
        ("F1", "share"),
        ("Images (support)", "count"),
    )
    rows = tuple(map(_class_row, metrics.per_class))
    alt = f"Dots with 95 % intervals: recall and precision of each digit. {title}."
    return Finding(title, alt, Table(columns, rows))


def _class_row(scores: ClassCounts) -> tuple[Any, ...]:
    recall, precision = scores.recall, scores.precision
    ratios = (recall.value, recall.interval, precision.value, precision.interval, scores.f1)
    return (scores.label, *ratios, scores.support)


def networks(scores: Sequence[NetworkScore]) -> Finding:
    """How the first network compares with the others on the same images."""
    subject, *others = scores
    title = f"{subject.name} misread {_of(len(subject.wrong), subject.count)}"
    if others:
        rest = sorted(others, key=lambda score: len(score.wrong))
        title += "; " + ", ".join(f"{score.name} {count(len(score.wrong))}" for score in rest)
    columns = (
        ("Network", "text"),
        ("Accuracy", "percent"),
        ("95 % interval", "interval"),
        ("Errors", "count"),
        ("Parameters", "count"),
        ("File size", "size"),
    )
    rows = tuple(
        (s.name, s.accuracy.value, s.accuracy.interval, len(s.wrong), s.parameters, s.litert_bytes)
        for s in sorted(scores, key=lambda score: len(score.wrong))
    )
    alt = f"Dots with 95 % intervals: accuracy of each network on the same images. {title}."
    return Finding(title, alt, Table(columns, rows))


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


def sets(names: Sequence[str], metrics: Sequence[Metrics]) -> Finding:
    """How the extra sets compare with the test set, which comes first."""
    test, *others = (m.accuracy for m in metrics)
    worst = min(range(len(others)), key=lambda k: others[k].value)
    lowest, name = others[worst], names[worst + 1]
    points = 100 * (test.value - lowest.value)
    if lowest.value >= test.value:
        title = f"It reads “{name}” no worse than the test set"
    else:
        which = f"“{name}”" if len(others) == 1 else f"“{name}”, the hardest of these sets,"
        title = f"It reads {which} {points:.2f} points worse than the test set"
    title += f": {percent(lowest.value)} against {percent(test.value)}"
    if lowest.value < test.value and difference_interval(test, lowest)[0] <= 0:
        title += ", which may be chance"
    columns = (
        ("Set", "text"),
        ("Images", "count"),
        ("Accuracy", "percent"),
        ("95 % interval", "interval"),
        ("Worst digit", "text"),
        ("Accepted", "percent"),
        ("Right when accepted", "percent"),
    )
    rows = tuple(_set_row(*pair) for pair in zip(names, metrics, strict=True))
    alt = f"Dots with 95 % intervals: accuracy on each set of images. {title}."
    return Finding(title, alt, Table(columns, rows))


def _set_row(name: str, metrics: Metrics) -> tuple[Any, ...]:
    accuracy, worst = metrics.accuracy, metrics.worst_class
    hardest = f"{worst.label} ({percent(worst.recall.value)})"
    accepted = metrics.accepted.value, metrics.accuracy_when_accepted.value
    return (name, accuracy.total, accuracy.value, accuracy.interval, hardest, *accepted)


def set_digits(metrics: Metrics) -> Table:
    """Digit by digit: how many images, the share read correctly, and what the others were read as.

    Classes without an image are left out.
    """
    columns = (
        ("Digit", "text"),
        ("Images", "count"),
        ("Read correctly", "percent"),
        ("95 % interval", "interval"),
        ("Misread as", "text"),
    )
    pairs = metrics.most_confused
    rows = tuple(
        (c.label, c.support, c.recall.value, c.recall.interval,
         _listed(f"{p.reading} ({count(p.count)}×)" for p in pairs if str(p.truth) == c.label)
         or None)
        for c in metrics.per_class
        if c.support
    )  # fmt: skip
    return Table(columns, rows)


def _of(part: int, whole: int) -> str:
    return f"{count(part)} of {count(whole)}"


def _listed(items) -> str:
    return ", ".join(map(str, items))
