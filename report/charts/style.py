"""How all figures look: colours, matplotlib's settings, the parts that figures share, the SVG.

No figure carries its title: the page sets that as text, which can be searched and wrapped.
Backgrounds are transparent. The settings hold only while a figure is drawn.
"""

from __future__ import annotations

import functools
import io
import logging
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, fontManager, get_font
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.typing import RcKeyType

from report.charts.finding import Chart, Finding, Link
from report.charts.fonts import describe, fonts_for
from report.numbers.classes import JOINERS, short_names
from report.numbers.counts import Proportion, Share
from report.numbers.formats import count, percent

P = ParamSpec("P")

# From the palette of Okabe and Ito, which colour-blind people tell apart; greys for the rest.
ACCENT = "#0072B2"
ERROR = "#D55E00"
INK = "#2b2b2b"
QUIET = "#767676"
FAINT = "#d9d9d9"
WIDTH_INCHES = 4.2
WIDE_INCHES = 6.6
SMALL = 8
HALO = [withStroke(linewidth=2.5, foreground="white")]  # around text that lines may run behind
FILE_DPI = 300  # of a figure written as PNG
MOST_LOOSE_ROWS = 12
MOST_LEGIBLE = 60  # classes named in a figure that is as wide as a page
MOST_LETTERS = 48  # of a label in a figure

STYLE: dict[RcKeyType, Any] = {
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
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0,
}


def assemble(
    finding: Finding,
    figure: Figure,
    names: Sequence[str] = (),
    links: tuple[Link, ...] = (),
) -> Chart:
    """Put what a figure shows and its drawing together; `names` are of classes that it names."""
    key = tuple((number_of(k), name) for k, name in enumerate(names) if not is_drawable(name))
    is_wide = figure.get_figwidth() > WIDTH_INCHES
    source = encode(figure)
    is_dense = is_wide and len(names) > MOST_LEGIBLE
    facts = finding.title, finding.alt, finding.table, source, figure
    return Chart(*facts, key, links, is_wide, is_dense)


def encode(figure: Figure) -> str:
    """Write a figure as SVG in a data URI. Equal figures give equal bytes."""
    # For equal bytes both the salt in STYLE and the missing date are needed.
    svg = _written(figure, "svg", dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"


def encode_file(figure: Figure, image_format: str, title: str) -> bytes:
    """Write a figure as `svg` or `png`, on white. Equal figures give equal bytes."""
    nothing = {"svg": ("Date", "Creator"), "png": ("Software",)}[image_format]
    metadata = dict.fromkeys(nothing) | {"Title": title}
    return _written(figure, image_format, metadata, dpi=FILE_DPI, facecolor="white")


def _written(figure: Figure, image_format: str, metadata: dict, **look: Any) -> bytes:
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format=image_format, metadata=metadata, **look)
    return buffer.getvalue()


def number_of(place: int) -> str:
    """What a figure calls a class whose name it has no letters for."""
    return f"class {place}"


def class_labels(names: Sequence[str]) -> list[str]:
    """Class names for a figure: shortened, and numbered where no font can write them.

    Fonts of the system that they need are added to those of the figure being drawn.
    """
    _use_fonts("".join(names))
    shown = zip(names, short_names(names), strict=True)
    return [s if is_drawable(n) else number_of(k) for k, (n, s) in enumerate(shown)]


def _use_fonts(letters: str) -> None:
    """Let the figure being drawn fall back on fonts of this system for these letters."""
    paths, _ = fonts_for(letter for letter in set(letters) if not _is_built_in(letter))
    if paths:  # Such a font has seldom a bold face, of which matplotlib would warn.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    families = [*mpl.rcParams["font.family"], *map(_family, paths)]
    mpl.rcParams["font.family"] = list(dict.fromkeys(families))


def families() -> list[str]:
    """The fonts for names; labels of an axis take those only that were in use when it was made."""
    return mpl.rcParams["font.family"]


@functools.cache
def _family(path: Path) -> str:
    """The name under which matplotlib knows a font file."""
    fontManager.addfont(path)
    return describe(path)[0]


def _is_built_in(letter: str) -> bool:
    return bool(get_font(findfont(STYLE["font.family"][0])).get_char_index(ord(letter)))


def is_drawable(text: str) -> bool:
    """Whether the figures' fonts, or others of this system, have all letters of a text."""
    lacking = {letter for letter in text if not _is_built_in(letter) and letter not in JOINERS}
    return {ord(letter) for letter in lacking} <= fonts_for(lacking)[1]


def legible(text: str) -> str:
    """Shorten a text in its middle, and put a box for each letter that all fonts lack."""
    if len(text) > MOST_LETTERS:
        text = f"{text[: MOST_LETTERS // 2]}…{text[-MOST_LETTERS // 2 :]}"
    _use_fonts(text)
    return "".join(letter if is_drawable(letter) else "□" for letter in text)


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw with the settings in STYLE; those from before are restored, also after an error."""

    @functools.wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return wrapped


def new_figure(
    height_inches: float, columns: int = 1, width_inches: float = WIDTH_INCHES, **kwargs: Any
) -> tuple[Figure, np.ndarray]:
    """Return a figure and the axes of its panels, which stand side by side."""
    figure = Figure(figsize=(width_inches, height_inches))
    return figure, figure.subplots(1, columns, squeeze=False, **kwargs)[0]


def rows_height(number: int, each_inches: float) -> float:
    """How high a list of so many rows is, which lie closer together where they are many."""
    return number * (each_inches if number <= MOST_LOOSE_ROWS else 0.68 * each_inches)


def list_rows(axes: Axes, labels: Sequence[str]) -> np.ndarray:
    """Make the y axis a list of labels, the first on top; return their places on the axis."""
    if len(labels) > MOST_LOOSE_ROWS:
        axes.tick_params(axis="y", labelsize=7)
    places = np.arange(len(labels))
    shown = ["\n".join(map(legible, label.split("\n"))) for label in labels]
    axes.set_yticks(places, shown, fontfamily=families())
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


def draw_dots(axes: Axes, places: Iterable[int], shares: Sequence[Share], colour: str) -> None:
    """Draw shares with their intervals; where there was nothing to count, draw nothing."""
    pairs = zip(places, shares, strict=True)
    known = [(place, share) for place, share in pairs if isinstance(share, Proportion)]
    at = [place for place, _ in known]
    lows, highs = zip(*(share.interval for _, share in known), strict=True) if known else ((), ())
    axes.hlines(at, lows, highs, color=colour, linewidth=1.4)
    axes.plot([share.value for _, share in known], at, "o", color=colour, markersize=5)
    percent_axis(axes.xaxis, 4)


def percent_axis(axis: Axis, ticks: int | None = None) -> None:
    """Label an axis of shares in percent, at `ticks` places or fewer."""
    if ticks is not None:
        axis.set_major_locator(MaxNLocator(nbins=ticks, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g} %"))


def annotate(
    axes: Axes, text: str, point: tuple[float, float], shift: tuple[float, float], **style: Any
) -> None:
    """Write text beside a point; `shift` says how far from it, in points (1/72 inch).

    Lines behind it stop a little before its letters.
    """
    style["path_effects"] = HALO
    axes.annotate(text, point, xytext=shift, textcoords="offset points", **style)


def draw_accuracies(
    names: Sequence[str], accuracies: Sequence[Proportion], colours: Sequence[str]
) -> Figure:
    """Draw the accuracy of each name as a dot with its interval and its number, one a row."""
    lines = 1 + max(name.count("\n") for name in names)
    figure, (axes,) = new_figure((0.22 + 0.14 * lines) * len(names) + 0.6)
    places = list_rows(axes, names)
    for place, accuracy, colour in zip(places, accuracies, colours, strict=True):
        draw_dots(axes, [place], [accuracy], colour)
        annotate(
            axes, percent(accuracy.value), (accuracy.value, place), (0, 5), ha="center",
            va="bottom", color=colour, fontsize=SMALL,
        )  # fmt: skip
    axes.margins(x=0.12)
    axes.set_xlabel("accuracy with 95 % interval")
    return figure
