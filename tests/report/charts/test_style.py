"""How figures look, and that drawing leaves nothing behind."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import pytest

from report.charts import confusion, networks, style
from report.charts.finding import Finding, Table


def test_nothing_global_is_left_changed_even_on_failure(summary):
    before = dict(mpl.rcParams)
    style.encode(confusion.draw(summary.metrics))
    with pytest.raises(AttributeError):
        confusion.draw(None)
    assert dict(mpl.rcParams) == before
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_alt_text_is_refused(alt):
    with pytest.raises(ValueError, match="alt text"):
        Finding("a title", alt, Table((), ()))


def test_equal_figures_give_equal_bytes_and_are_svg(summary):
    first, again = (style.encode(networks.draw(summary.networks)) for _ in range(2))
    assert first == again
    svg = base64.b64decode(first.removeprefix("data:image/svg+xml;base64,"))
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert b"<text" not in svg  # Glyphs are outlines: the same on every machine.
