"""Charts: loss and accuracy after each epoch of training; and where overfitting begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from report.charts import style
from report.charts.finding import Chart, Finding, Table
from report.numbers.counts import Proportion, difference_interval
from report.numbers.formats import CELL_FORMATS, decimal, percent, plural
from report.numbers.summary import Summary

Epoch = Mapping[str, Any]
History = Sequence[Epoch]


def _make_chart(summary: Summary, quantity: str) -> Chart | None:
    history = summary.training["history"] if summary.training else ()
    return style.assemble(find(history, quantity), draw(history, quantity)) if history else None


CHARTS = {name: partial(_make_chart, quantity=name) for name in ("loss", "accuracy")}


def find(history: History, quantity: str) -> Finding:
    """Say how `quantity`, "loss" or "accuracy", went from the first epoch to the last."""
    kind = "percent" if quantity == "accuracy" else "decimal"
    write = CELL_FORMATS[kind]
    first, last = history[0], history[-1]
    if len(history) == 1:
        title = f"Training {quantity} was {write(last[quantity])} after one epoch"
    else:
        went = f"from {write(first[quantity])} to {write(last[quantity])}"
        title = f"Training {quantity} went {went} in {plural(len(history), 'epoch')}"
    if _is_known(history, f"val_{quantity}"):
        title += f"; validation ended at {write(last[f'val_{quantity}'])}"
    alt = f"Line chart: {quantity} after each epoch. {title}."
    return Finding(title, alt, _table(history, quantity, kind))


def _table(history: History, quantity: str, kind: str) -> Table:
    """List every epoch; a column that some epoch lacks is left out."""
    columns = [
        ("epoch", "Epoch", "count"),
        (quantity, "Training", kind),
        (f"val_{quantity}", "Validation", kind),
        ("learning_rate", "Learning rate", "rate"),
        ("seconds", "Seconds", "decimal"),
    ]
    known = [column for column in columns if _is_known(history, column[0])]
    return Table(
        columns=tuple((heading, kind) for _, heading, kind in known),
        rows=tuple(tuple(row[key] for key, _, _ in known) for row in history),
    )


def _is_known(history: History, key: str) -> bool:
    """Whether every epoch has this number; those on validation images begin with `val_`."""
    return all(row.get(key) is not None for row in history)


@style.styled
def draw(history: History, quantity: str) -> Figure:
    """Draw `quantity`, "loss" or "accuracy", after each epoch, in training and in validation."""
    figure, (axes,) = style.new_figure(2.5)
    epochs = [row["epoch"] for row in history]
    lines = [("training", quantity, style.QUIET)]
    if _is_known(history, f"val_{quantity}"):
        lines.append(("validation", f"val_{quantity}", style.ACCENT))
    for _, key, colour in lines:
        values = [row[key] for row in history]
        axes.plot(epochs, values, color=colour, marker="o", markersize=3, linewidth=1.6)
    if quantity == "accuracy":
        style.percent_axis(axes.yaxis)
    else:
        axes.set_ylim(bottom=0)
    _name_lines(axes, epochs[-1], [(name, history[-1][key], c) for name, key, c in lines])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    axes.set_xlabel("epoch (one pass over the training images)")
    axes.set_ylabel(quantity)
    return figure


def _name_lines(axes: Axes, x: float, ends: Sequence[tuple[str, float, str]]) -> None:
    """Name lines beside their last point, with more distance where they end close together."""
    values = [value for _, value, _ in ends]
    low, high = axes.get_ylim()
    distance = 5 if max(values) - min(values) < 0.1 * (high - low) else 0
    for rank, (name, value, colour) in enumerate(sorted(ends, key=lambda end: -end[1])):
        shift = 0 if len(ends) == 1 else distance * (-1 if rank else 1)
        style.annotate(
            axes, name, (x, value), (7, shift), va="center", color=colour, fontweight="bold"
        )


def overfitting_note(training: Mapping[str, Any]) -> str | None:
    """Say where overfitting begins, if it does; None where no validation images can tell.

    It begins after the epoch with the lowest validation loss, if the validation loss then rises
    while the training loss keeps falling. Validation accuracy tells whether the rise matters.
    """
    history, count = training["history"], training["data"].get("validation_count")
    if not (history and count and _is_known(history, "val_loss")):
        return None
    best, last = min(history, key=lambda row: row["val_loss"]), history[-1]
    lowest, end = best["val_loss"], last["val_loss"]
    if end == lowest:
        return (
            f"The validation loss was lowest after the last epoch ({decimal(lowest, 4)}), so "
            "overfitting had not begun; more epochs might have helped."
        )
    share = f"{percent(end / lowest - 1, 0)} " if lowest > 0 else ""
    rise = (
        f"The validation loss was lowest after epoch {best['epoch']} ({decimal(lowest, 4)}) and "
        f"ended {share}above ({decimal(end, 4)})"
    )
    if last["loss"] >= best["loss"]:
        return (
            f"{rise}, but the training loss fell no further either: this is wavering, not "
            "overfitting."
        )
    return (
        f"{rise} while the training loss went on falling: there overfitting begins."
        f"{_lost_accuracy(best, last, count)}"
    )


def _lost_accuracy(best: Epoch, last: Epoch, count: int) -> str:
    """Say how much validation accuracy, on `count` images, was lost between two epochs."""
    if not _is_known([best, last], "val_accuracy"):
        return ""
    shares = [row["val_accuracy"] for row in (best, last)]
    was, now = (Proportion(round(share * count), count) for share in shares)
    numbers = f"{percent(was.value)} then, {percent(now.value)} at the end"
    if difference_interval(was, now)[0] <= 0:
        return f" It is slight: validation accuracy lost no more than chance explains ({numbers})."
    return f" Validation accuracy fell with it ({numbers})."
