"""What each figure shows, in words and in numbers: its title, its alt text and its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from report.counts import ClassCounts, NetworkScore
from report.formats import KINDS, count, percent, plural, shape
from report.metrics import Metrics

PAIRS_DRAWN = 10
ACTIVATIONS = {"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"}
SHAPERS = {
    "BatchNormalization": "normalised",
    "LayerNormalization": "normalised",
    "GroupNormalization": "normalised",
    "Dropout": "dropout",
    "SpatialDropout2D": "dropout",
}
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


@dataclass(frozen=True)
class Block:
    """One step of a network as people draw it: a layer with what only shapes its output."""

    name: str
    output_shape: tuple[int, ...]
    parameters: int


def blocks(layers: Rows) -> list[Block]:
    """Fold normalisations, activations and dropout into the layer they follow."""
    found: list[Block] = []
    for layer in layers:
        shape_out, parameters = tuple(layer["output_shape"]), layer["parameters"]
        name, activation = layer["type"], layer["activation"]
        folds = name in ACTIVATIONS or name in SHAPERS
        notes = [SHAPERS[name]] if name in SHAPERS else []
        notes += [activation] if activation not in (None, "linear") else []
        if folds and found:
            last = found.pop()
            name, parameters = last.name, parameters + last.parameters
        found.append(Block(", ".join([name, *notes]), shape_out, parameters))
    return found


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


def _of(part: int, whole: int) -> str:
    return f"{count(part)} of {count(whole)}"


def _listed(items) -> str:
    return ", ".join(map(str, items))
