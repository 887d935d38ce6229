"""How the report draws: colours, matplotlib's settings, the parts figures share, the one encoder.

Backgrounds are transparent. Style holds only while drawing, so nothing global is left changed.
"""

from __future__ import annotations

import functools
import io
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.ticker import FuncFormatter, MaxNLocator

from report.numbers.counts import Proportion, Share
from report.numbers.formats import count, percent

# Okabe and Ito's colours, told apart by everyone; one accent, one for errors, greys for the rest.
ACCENT = "#0072B2"
ERROR = "#D55E00"
INK = "#2b2b2b"
QUIET = "#767676"
FAINT = "#d9d9d9"
WIDTH_INCHES = 4.2
SMALL = 8
MOST_LETTERS = 48  # of a name in a figure

STYLE: dict[str, Any] = {
    "axes.edgecolor": QUIET,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "report",
    "text.color": INK,
    "text.parse_math": False,  # a class may be called $x$
}
for _axis in ("xtick", "ytick"):
    STYLE |= {f"{_axis}.color": QUIET, f"{_axis}.labelcolor": INK, f"{_axis}.major.size": 0}


@dataclass(frozen=True)
class Drawing:
    """A figure ready for an `<img>`: its data URI and the text for those who can't see it."""

    src: str
    alt: str


def encode(figure: Figure, alt: str) -> Drawing:
    """Write a figure as SVG, equal bytes for equal figures. Raises ValueError without alt text."""
    if not alt.strip():
        raise ValueError("a figure needs alt text that tells what it shows")
    buffer = io.BytesIO()
    # Both the salt in STYLE and the missing date are needed for equal bytes.
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata=nothing)
    return Drawing(f"data:image/svg+xml;base64,{b64encode(buffer.getvalue()).decode()}", alt)


def drawable(text: str, otherwise: str) -> str:
    """The text, or `otherwise` where the figures' font lacks one of its letters."""
    font = get_font(findfont(STYLE["font.family"][0]))
    return text if all(font.get_char_index(ord(letter)) for letter in text) else otherwise


def legible(text: str) -> str:
    """The text as it fits into a figure: its middle cut out, a box for what the font lacks."""
    if len(text) > MOST_LETTERS:
        text = f"{text[: MOST_LETTERS // 2]}…{text[-MOST_LETTERS // 2 :]}"
    return "".join(drawable(letter, "□") for letter in text)


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw under this module's style, and restore what was set before even when drawing fails."""

    @functools.wraps(draw)
    def wrapped(*args, **kwargs):
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return wrapped


def new_figure(height_inches: float, columns: int = 1, **kwargs) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(WIDTH_INCHES, height_inches))
    return figure, figure.subplots(1, columns, squeeze=False, **kwargs)[0]


def list_rows(axes: Axes, labels: Sequence[str]) -> np.ndarray:
    """Make the y axis a list of labels, the first on top; return their places."""
    places = np.arange(len(labels))
    axes.set_yticks(places, ["\n".join(map(legible, label.split("\n"))) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", visible=False)
    return places


def draw_bars(axes: Axes, labels: Sequence[str], counts: Sequence[int], colour: str) -> None:
    """Draw counts as bars from zero, each with its number."""
    places = list_rows(axes, labels)
    bars = axes.barh(places, counts, color=colour, height=0.68)
    axes.bar_label(bars, [count(n) for n in counts], padding=3, fontsize=SMALL, color=INK)
    axes.set_xlim(0, 1.18 * max(1, *counts))
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])


def draw_dots(axes: Axes, places: Sequence[int], shares: Sequence[Share], colour: str) -> None:
    """Draw shares with their intervals; one without images stays blank."""
    pairs = zip(places, shares, strict=True)
    known = [(place, share) for place, share in pairs if isinstance(share, Proportion)]
    at = [place for place, _ in known]
    lows, highs = zip(*(share.interval for _, share in known), strict=True) if known else ((), ())
    axes.hlines(at, lows, highs, color=colour, linewidth=1.4)
    axes.plot([share.value for _, share in known], at, "o", color=colour, markersize=5)
    percent_axis(axes.xaxis, 4)


def percent_axis(axis: Axis, marks: int) -> None:
    """Mark an axis of shares in percent, at `marks` places or fewer."""
    axis.set_major_locator(MaxNLocator(nbins=marks, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))


def draw_accuracies(
    names: Sequence[str], accuracies: Sequence[Proportion], colours: Sequence[str]
) -> Figure:
    """Draw one dot a row, each with its interval and its number."""
    lines = 1 + max(name.count("\n") for name in names)
    figure, (axes,) = new_figure((0.22 + 0.14 * lines) * len(names) + 0.6)
    places = list_rows(axes, names)
    for place, accuracy, colour in zip(places, accuracies, colours, strict=True):
        draw_dots(axes, [place], [accuracy], colour)
        note = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center", "va": "bottom"}
        text = percent(accuracy.value)
        axes.annotate(text, (accuracy.value, place), color=colour, fontsize=SMALL, **note)
    axes.margins(x=0.12)
    return figure
