"""Training curves, and that overfitting is only said to begin where it does."""

from __future__ import annotations

import pytest

from report.charts import style, training
from tests.report.charts.made_up import plain, texts


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
def test_curves_show_every_epoch_and_name_their_lines(summary, quantity):
    history = summary.training["history"]
    figure = training.draw(history, quantity)
    trained, validation = figure.axes[0].lines
    assert list(trained.get_ydata()) == [row[quantity] for row in history]
    assert list(validation.get_ydata()) == [row[f"val_{quantity}"] for row in history]
    assert sorted(texts(figure)) == ["training", "validation"]


@pytest.mark.parametrize("missing", [{}, {"val_loss": None}])
def test_curves_do_without_validation(missing):
    history = [{"epoch": 1, "loss": 0.5, "accuracy": 0.8} | missing]
    figure = training.draw(history, "loss")
    assert texts(figure) == ["training"]
    style.encode(figure)
    assert "validation" not in training.find(history, "loss").title


def epochs(*rows: tuple[float, float, float]) -> list[dict]:
    keys = ("loss", "val_loss", "val_accuracy")
    return [{"epoch": k} | dict(zip(keys, row, strict=True)) for k, row in enumerate(rows, 1)]


def note(history: list[dict], validation_count: int) -> str | None:
    data = {"validation_count": validation_count}
    return training.overfitting_note({"history": history, "data": data})


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(0.5, 0.4, 0.9), (0.3, 0.3, 0.91)], "overfitting had not begun"),
        ([(0.5, 0.3, 0.9), (0.3, 0.3, 0.91)], "overfitting had not begun"),
        ([(0.5, 0.0, 1.0), (0.3, 0.1, 1.0)], "lowest after epoch 1 (0.0000) and ended above (0.1"),
        ([(0.5, 0.4, 0.9), (0.3, 0.3, 0.95), (0.1, 0.6, 0.85)],
         "lowest after epoch 2 (0.3000) and ended 100 % above (0.6000) while the training loss "
         "went on falling: there overfitting begins. Validation accuracy fell with it (95.00 % "
         "then, 85.00 % at the end)."),
        ([(0.5, 0.3, 0.95), (0.3, 0.33, 0.949)],
         "It is slight: validation accuracy lost no more than chance explains (95.00 % then,"),
        ([(0.3, 0.3, 0.95), (0.3, 0.33, 0.949)], "wavering, not overfitting"),
    ],
)  # fmt: skip
def test_the_lowest_validation_loss_tells(rows, said):
    assert said in plain(note(epochs(*rows), 1000))


def test_without_validation_nothing_is_said():
    assert note([], 1000) is None
    assert note(epochs((0.5, 0.4, 0.9)), 0) is None
    assert note([{"epoch": 1, "loss": 0.5, "accuracy": 0.9}], 1000) is None


def test_the_curves_table_holds_learning_rate_and_seconds_where_known():
    rows = [{"epoch": 1, "loss": 0.5, "accuracy": 0.9, "seconds": 3.2, "learning_rate": 1e-3}]
    table = training.find(rows, "loss").table
    assert [name for name, _ in table.columns] == ["Epoch", "Training", "Learning rate", "Seconds"]
    assert table.rows == ((1, 0.5, 1e-3, 3.2),)
    del rows[0]["learning_rate"]
    assert [name for name, _ in training.find(rows, "loss").table.columns][2:] == ["Seconds"]
