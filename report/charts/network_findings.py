"""What the figures about networks show: training, layers, and networks side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

from report.charts.findings import Finding, Table
from report.numbers.counts import Proportion, difference_interval
from report.numbers.formats import (
    CELL_FORMATS,
    count,
    decimal,
    large,
    listed,
    part_of,
    percent,
    plural,
    shape,
)
from report.numbers.layers import multiply_adds, total_multiply_adds
from report.numbers.networks import NetworkResult, paired_tests

Rows = Sequence[Mapping[str, Any]]


def training_curve(history: Rows, quantity: str) -> Finding:
    """How `quantity`, "loss" or "accuracy", went from epoch to epoch."""
    kind = "percent" if quantity == "accuracy" else "decimal"
    write = CELL_FORMATS[kind]
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
    for key, heading, kind in (
        ("learning_rate", "Learning rate", "rate"),
        ("seconds", "Seconds", "decimal"),
    ):
        if all(row.get(key) is not None for row in history):
            keys.append(key)
            columns.append((heading, kind))
    rows = tuple(tuple(row[key] for key in keys) for row in history)
    return Finding(title, alt, Table(tuple(columns), rows))


def has_validation(history: Rows, quantity: str) -> bool:
    """Whether every epoch was also measured on images kept aside."""
    return all(row.get(f"val_{quantity}") is not None for row in history)


def overfitting(history: Rows, validation_count: int) -> str | None:
    """Say where overfitting begins, if it does; None without `validation_count` images to tell.

    It begins where the validation loss is lowest, if after that it rises while the training loss
    goes on falling; whether the rise matters, the validation accuracy tells.
    """
    if not (history and validation_count and has_validation(history, "loss")):
        return None
    best, last = min(history, key=lambda row: row["val_loss"]), history[-1]
    low, end = decimal(best["val_loss"], 4), decimal(last["val_loss"], 4)
    if best is last:
        return (
            f"The validation loss was lowest after the last epoch ({low}), so overfitting had not "
            "begun; more epochs might have helped."
        )
    rise = percent(last["val_loss"] / best["val_loss"] - 1, 0)
    lowest = f"The validation loss was lowest after epoch {best['epoch']} ({low})"
    if last["loss"] >= best["loss"]:
        return (
            f"{lowest} and ended {rise} above ({end}), but the training loss fell no further "
            "either: this is wavering, not overfitting."
        )
    return (
        f"{lowest} and ended {rise} above ({end}) while the training loss went on falling: there "
        f"overfitting begins.{_lost_accuracy(best, last, validation_count)}"
    )


def _lost_accuracy(best: Mapping[str, Any], last: Mapping[str, Any], count_: int) -> str:
    """Weigh a rise of the validation loss by what it cost in validation accuracy."""
    if not has_validation([best, last], "accuracy"):
        return ""
    shares = [row["val_accuracy"] for row in (best, last)]
    was, now = (Proportion(round(share * count_), count_) for share in shares)
    numbers = f"{percent(was.value)} then, {percent(now.value)} at the end"
    if difference_interval(was, now)[0] <= 0:
        return f" It is slight: validation accuracy lost no more than chance explains ({numbers})."
    return f" Validation accuracy fell with it ({numbers})."


def architecture(layers: Rows) -> Finding:
    """What the network is made of."""
    total = sum(layer["parameters"] for layer in layers)
    heaviest = max(layers, key=lambda layer: layer["parameters"])
    title = f"{plural(len(layers), 'layer')} with {plural(total, 'adjustable number')}"
    if total and len(layers) > 1:
        share = heaviest["parameters"] / total
        title += f", {percent(share, 0)} of them in “{heaviest['name']}”"
    work = multiply_adds(layers)
    if whole := total_multiply_adds(layers):
        title += f"; {large(whole)} multiply-adds an image"
    columns = (
        ("Layer", "text"),
        ("Type", "text"),
        ("Output shape", "shape"),
        ("Activation", "text"),
        ("Parameters", "count"),
        ("Multiply-adds", "count"),
    )
    keys = ("name", "type", "output_shape", "activation", "parameters")
    steps = "; ".join(f"{layer['type']} to {shape(layer['output_shape'])}" for layer in layers)
    alt = f"Diagram of the layers from image to answer. {title}. In order: {steps}."
    rows = ((*(row[k] for k in keys), n) for row, n in zip(layers, work, strict=True))
    return Finding(title, alt, Table(columns, tuple(rows)))


def networks(scores: Sequence[NetworkResult]) -> Finding:
    """How the first network compares with the others on the same images."""
    subject, *others = scores
    title = f"{subject.name} misread {part_of(len(subject.wrong), subject.count)}"
    if others:
        rest = sorted(others, key=lambda score: len(score.wrong))
        title += "; " + ", ".join(f"{score.name} {count(len(score.wrong))}" for score in rest)
        title += f": {_verdict(scores)}"
    alt = f"Dots with 95 % intervals: accuracy of each network on the same images. {title}."
    return Finding(title, alt, _network_table(scores))


def _verdict(scores: Sequence[NetworkResult]) -> str:
    """Say which of the differences chance alone may explain."""
    pairs = list(zip(scores[1:], paired_tests(scores), strict=True))
    open_ = [score.name for score, test in pairs if not test.is_significant]
    if not open_:
        return "more than chance explains" if len(pairs) == 1 else "each more than chance explains"
    names = "the difference" if len(pairs) == 1 else f"the difference from {listed(open_)}"
    return f"{names} may be chance"


def _network_table(scores: Sequence[NetworkResult]) -> Table:
    """Each network's numbers, fewest errors first; columns that nothing is known for are left out.

    The chances are raised for the number of tests (Holm).
    """
    kinds = {
        "Network": "text",
        "Accuracy": "percent",
        "95 % interval": "interval",
        "Errors": "count",
        f"Right where {scores[0].name} is wrong": "count",
        f"Wrong where {scores[0].name} is right": "count",
        "If equally good (p)": "chance",
        "Parameters": "count",
        "File size": "size",
        "One image": "milliseconds",
    }
    tests = [None, *paired_tests(scores)]
    ranked = sorted(zip(scores, tests, strict=True), key=lambda pair: len(pair[0].wrong))
    rows = [
        (s.name, s.accuracy.value, s.accuracy.interval, len(s.wrong),
         *((test.only_other, test.only_subject, test.p_holm) if test else (None,) * 3),
         s.parameters, s.litert_bytes, s.milliseconds)
        for s, test in ranked
    ]  # fmt: skip
    known = [any(row[place] is not None for row in rows) for place in range(len(kinds))]
    return Table(
        columns=tuple(compress(kinds.items(), known)),
        rows=tuple(tuple(compress(row, known)) for row in rows),
    )
