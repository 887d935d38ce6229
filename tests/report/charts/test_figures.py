"""Drawings: what they draw, what they leave alone, and how they are encoded."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from report.charts import figures, network_figures, network_findings, set_figures, style
from report.numbers import layers
from report.numbers.metrics import measure


def texts(figure: Figure) -> list[str]:
    """Every non-empty text written inside the axes."""
    return [t.get_text() for axes in figure.axes for t in axes.texts if t.get_text()]


def confused(truth, reading):
    return measure(np.array(truth), np.eye(10)[reading], np.ones(len(truth), bool))


def test_nothing_global_is_left_changed_even_on_failure(summary):
    before = dict(mpl.rcParams)
    style.encode(figures.confusion(summary.metrics), "alt")
    with pytest.raises(AttributeError):
        figures.confusion(None)
    assert dict(mpl.rcParams) == before
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_alt_text_is_refused(summary, alt):
    with pytest.raises(ValueError, match="alt text"):
        style.encode(figures.per_class(summary.metrics), alt)


def test_equal_figures_give_equal_bytes_and_are_svg(summary):
    first, again = (
        style.encode(network_figures.networks(summary.networks), "alt") for _ in range(2)
    )
    assert first == again
    svg = base64.b64decode(first.src.removeprefix("data:image/svg+xml;base64,"))
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert b"<text" not in svg  # Glyphs are outlines: the same on every machine.


def test_confusion_leaves_zeros_blank_and_writes_every_other_count():
    figure = figures.confusion(confused([4] * 5 + [9] * 3 + [1], [9] * 2 + [4] * 3 + [9] * 3 + [1]))
    assert sorted(texts(figure)) == sorted(["2", "3", "3", "1"])


def test_confusion_keeps_the_diagonal_quiet_and_shades_errors_by_share():
    truth, reading = [4] * 10 + [9] * 100, [9] * 5 + [4] * 5 + [4] * 5 + [9] * 95
    figure = figures.confusion(confused(truth, reading))
    mesh = figure.axes[0].collections[0].get_array().reshape(10, 10)
    assert np.ma.is_masked(mesh[4, 4])
    assert np.ma.is_masked(mesh[0, 1])
    assert (mesh[4, 9], mesh[9, 4]) == (0.5, 0.05)
    colours = {t.get_text(): to_hex(t.get_color()) for t in figure.axes[0].texts}
    assert colours["95"] == figures.QUIET


def test_confusion_without_errors_still_draws(flawless):
    figure = figures.confusion(flawless.metrics)
    assert len(texts(figure)) == 10


def test_bars_start_at_zero_and_carry_their_counts():
    counts = [5, 1200, 0, 4, 4, 4, 4, 4, 4, 4]
    figure = figures.class_counts(counts, None)
    assert figure.axes[0].get_xlim()[0] == 0
    assert [bar.get_width() for bar in figure.axes[0].patches] == counts
    assert "1,200" in texts(figure)


def test_training_images_are_drawn_where_known(summary):
    counts = summary.dataset["class_counts"]
    assert len(figures.class_counts(counts, None).axes) == 1
    assert len(figures.class_counts(counts, counts).axes) == 2


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_curves_show_every_epoch_and_name_their_lines(summary, quantity):
    history = summary.training["history"]
    figure = network_figures.training_curve(history, quantity)
    training, validation = figure.axes[0].lines
    assert list(training.get_ydata()) == [row[quantity] for row in history]
    assert list(validation.get_ydata()) == [row[f"val_{quantity}"] for row in history]
    assert sorted(texts(figure)) == ["training", "validation"]


@pytest.mark.parametrize("missing", [{}, {"val_loss": None}])
def test_curves_do_without_validation(missing):
    history = [{"epoch": 1, "loss": 0.5, "accuracy": 0.8} | missing]
    figure = network_figures.training_curve(history, "loss")
    assert texts(figure) == ["training"]
    style.encode(figure, "one epoch")
    assert "validation" not in network_findings.training_curve(history, "loss").title


def test_architecture_shows_every_layer(summary):
    layers = summary.model["architecture"]["layers"]
    shown = texts(network_figures.architecture(layers))
    for text in ("InputLayer", "Conv2D, relu", "14×14×8", "208", "Dense, softmax", "15,690"):
        assert text in shown


def test_architecture_draws_normalisation_and_activation_with_their_layer():
    keys = ("name", "type", "output_shape", "activation", "parameters")
    rows = [
        ("a", "Conv2D", [14, 14, 8], "linear", 72),
        ("b", "BatchNormalization", [14, 14, 8], None, 32),
        ("c", "ReLU", [14, 14, 8], "relu", 0),
        ("d", "Flatten", [1568], None, 0),
        ("e", "Dropout", [1568], None, 0),
    ]
    found = layers.blocks([dict(zip(keys, row, strict=True)) for row in rows])
    assert [(block.name, block.parameters) for block in found] == [
        ("Conv2D, normalised, relu", 104),
        ("Flatten, dropout", 0),
    ]


def columns() -> list[dict]:
    """Layers of two columns, of one kind and size as far as "c" and "d"."""
    keys = ("name", "inputs", "type", "output_shape", "activation", "parameters")
    rows = [
        ("a", [], "InputLayer", [28, 28, 1], None, 0),
        ("b", ["a"], "Conv2D", [14, 14, 8], None, 72),
        ("c", ["b"], "ReLU", [14, 14, 8], "relu", 0),
        ("d", ["a"], "Conv2D", [14, 14, 8], "relu", 72),
        ("e", ["d"], "Conv2D", [14, 14, 4], None, 288),
        ("f", ["c", "e"], "Concatenate", [14, 14, 12], None, 0),
        ("g", ["f"], "Dropout", [14, 14, 12], None, 0),
    ]
    return [dict(zip(keys, row, strict=True)) for row in rows]


def test_columns_of_a_network_are_told_apart():
    found = layers.blocks(columns())
    assert [(block.name, block.sources) for block in found] == [
        ("InputLayer", ()),
        ("Conv2D, relu", (0,)),
        ("Conv2D, relu", (0,)),
        ("Conv2D", (2,)),
        ("Concatenate, dropout", (1, 3)),
    ]
    assert layers.rows(found) == [0, 1, 1, 2, 3]
    assert layers.multiply_adds(columns())[4] == 14 * 14 * 9 * 8 * 4


def test_columns_are_drawn_side_by_side():
    axes = network_figures.architecture(columns()).axes[0]
    boxes = [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_y()) for bar in axes.patches
             if isinstance(bar, Rectangle)]  # fmt: skip
    (_, first_end, first_y), (second_start, _, second_y) = boxes[1:3]
    assert first_y == second_y
    assert first_end < second_start
    shown = texts(axes.figure)
    assert shown.count("Conv2D, relu") == 1
    assert shown.count("14×14×8") == 2
    assert "144" in shown  # the parameters of both


def test_networks_are_ranked_by_errors(summary):
    axes = network_figures.networks(summary.networks[::-1]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cnn", "linear"]


def test_dots_leave_out_classes_without_images():
    figure = figures.per_class(confused([0, 1], [0, 1]))
    recall = figure.axes[0].lines[0]
    assert list(recall.get_ydata()) == [0, 1]


def test_pairs_are_drawn_most_frequent_first(summary):
    axes = figures.confused_pairs(summary.metrics).axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == [p.count for p in summary.metrics.most_confused[: len(widths)]]


def test_reliability_draws_every_filled_range_and_its_count(summary):
    above, below = figures.reliability(summary.metrics).axes
    filled = [b for b in summary.metrics.confidence.bins if b.count]
    diagonal, points = above.lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    assert list(points.get_xdata()) == [b.mean_confidence for b in filled]
    assert list(points.get_ydata()) == [b.right.value for b in filled]
    assert below.get_ylim()[0] == 0
    assert [t.get_text() for t in below.texts] == [str(b.count) for b in filled]


def test_risk_and_coverage_mark_where_the_network_stands(summary):
    axes = figures.risk_coverage(summary.metrics).axes[0]
    line, point = axes.lines
    curve = summary.metrics.confidence.curve
    assert list(line.get_ydata()) == [p.risk.value for p in curve]
    assert line.get_xdata()[-1] == 1
    stands = summary.metrics.accepted.value, summary.metrics.risk.value
    assert (point.get_xdata()[0], point.get_ydata()[0]) == stands
    assert axes.get_ylim()[0] == 0


@pytest.mark.parametrize(
    ("labels", "accepted"), [([0, 1, 2], [1, 1, 1]), ([0, 1, 1], [0, 0, 0]), ([9, 9, 9], [1, 0, 0])]
)
def test_risk_and_coverage_draw_also_at_the_ends(labels, accepted):
    metrics = measure(np.array(labels), np.eye(10)[[0, 1, 2]], np.array(accepted, bool))
    figure = figures.risk_coverage(metrics)
    assert len(figure.axes[0].lines) == 1 + any(accepted)
    style.encode(figure, "all right, all declined, all wrong")


def test_sets_are_drawn_in_the_order_given_each_with_its_interval(summary):
    every = [summary.metrics, *(extra.metrics for extra in summary.extras)]
    axes = set_figures.sets(["test set", "mine", "W" * 24], every).axes[0]
    names = [label.get_text().splitlines() for label in axes.get_yticklabels()]
    assert [name for name, _ in names] == ["test set", "mine", "W" * 24]
    assert [n for _, n in names] == ["n = 400", "n = 200", "n = 200"]
    assert [line.get_xdata()[0] for line in axes.lines] == [m.accuracy.value for m in every]
    assert len(axes.collections) == 3
    style.encode(axes.figure, "names of the greatest length fit")
