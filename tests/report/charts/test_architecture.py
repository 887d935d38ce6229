"""The diagram of layers: what shares a box, and what stands side by side."""

from __future__ import annotations

from matplotlib.patches import Rectangle

from report.charts import architecture
from report.numbers import layers
from tests.report.charts.made_up import texts


def test_architecture_shows_every_layer(summary):
    shown = texts(architecture.draw(summary.model["architecture"]["layers"]))
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
    axes = architecture.draw(columns()).axes[0]
    boxes = [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_y()) for bar in axes.patches
             if isinstance(bar, Rectangle)]  # fmt: skip
    (_, first_end, first_y), (second_start, _, second_y) = boxes[1:3]
    assert first_y == second_y
    assert first_end < second_start
    shown = texts(axes.figure)
    assert shown.count("Conv2D, relu") == 1
    assert shown.count("14×14×8") == 2
    assert "144" in shown  # the parameters of both
