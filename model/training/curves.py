"""Learning curves: loss and accuracy after each epoch, on training and on validation images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES_FILE = "curves.svg"
PARTS = (("", "training images", "o-"), ("val_", "validation images", "s--"))


def draw_curves(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the history of a training, which has one row an epoch as `bundle.json` keeps it."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, measure in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for prefix, words, style in PARTS:
            values = [row.get(f"{prefix}{measure}") for row in history]
            if None not in values:
                axes.plot(epochs, values, style, markersize=4, label=words)
        axes.set(xlabel="epoch", ylabel=measure)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()
    return figure


def save_curves(history: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write the curves into a folder, as SVG. Equal histories give equal bytes. Raises OSError."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": CURVES_FILE}):
        draw_curves(history).savefig(folder / CURVES_FILE, metadata={"Date": None})
