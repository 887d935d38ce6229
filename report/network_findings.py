"""What the figures about networks show: training, layers, and networks side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

from report.findings import Finding, Table
from report.formats import KINDS, count, listed, part_of, percent, plural, shape
from report.networks import NetworkScore, duels

Rows = Sequence[Mapping[str, Any]]


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


def networks(scores: Sequence[NetworkScore]) -> Finding:
    """How the first network compares with the others on the same images."""
    subject, *others = scores
    title = f"{subject.name} misread {part_of(len(subject.wrong), subject.count)}"
    if others:
        rest = sorted(others, key=lambda score: len(score.wrong))
        title += "; " + ", ".join(f"{score.name} {count(len(score.wrong))}" for score in rest)
        title += f": {_verdict(scores)}"
    alt = f"Dots with 95 % intervals: accuracy of each network on the same images. {title}."
    return Finding(title, alt, _network_table(scores))


def _verdict(scores: Sequence[NetworkScore]) -> str:
    """Say which of the differences chance alone may explain."""
    pairs = list(zip(scores, duels(scores), strict=True))[1:]
    open_ = [score.name for score, duel in pairs if not duel.is_decided]
    if not open_:
        return "more than chance explains" if len(pairs) == 1 else "each more than chance explains"
    names = "the difference" if len(pairs) == 1 else f"the difference from {listed(open_)}"
    return f"{names} may be chance"


def _network_table(scores: Sequence[NetworkScore]) -> Table:
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
    ranked = sorted(zip(scores, duels(scores), strict=True), key=lambda pair: len(pair[0].wrong))
    rows = [
        (s.name, s.accuracy.value, s.accuracy.interval, len(s.wrong),
         *((duel.only_other, duel.only_subject, duel.p_holm) if duel else (None,) * 3),
         s.parameters, s.litert_bytes, s.milliseconds)
        for s, duel in ranked
    ]  # fmt: skip
    known = [any(row[place] is not None for row in rows) for place in range(len(kinds))]
    return Table(
        columns=tuple(compress(kinds.items(), known)),
        rows=tuple(tuple(compress(row, known)) for row in rows),
    )
