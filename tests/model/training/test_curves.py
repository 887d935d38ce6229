"""Learning curves as a figure: what was measured, and nothing that was not."""

from __future__ import annotations

from model.training.curves import CURVES_FILE, draw_curves, save_curves

HISTORY = [
    {"epoch": 1, "loss": 0.5, "accuracy": 0.8, "val_loss": 0.4, "val_accuracy": 0.9},
    {"epoch": 2, "loss": 0.3, "accuracy": 0.9, "val_loss": 0.5, "val_accuracy": 0.85},
]


def lines(history):
    return {
        (axes.get_ylabel(), line.get_label()): line.get_ydata().tolist()
        if hasattr(line.get_ydata(), "tolist")
        else list(line.get_ydata())
        for axes in draw_curves(history).axes
        for line in axes.lines
    }


def test_each_measure_has_its_line_on_training_and_on_validation_images():
    assert lines(HISTORY) == {
        ("loss", "training images"): [0.5, 0.3],
        ("loss", "validation images"): [0.4, 0.5],
        ("accuracy", "training images"): [0.8, 0.9],
        ("accuracy", "validation images"): [0.9, 0.85],
    }


def test_without_validation_images_there_is_one_line(tmp_path):
    alone = [{k: v for k, v in row.items() if "val_" not in k} for row in HISTORY]
    assert {label for _, label in lines(alone)} == {"training images"}
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        save_curves(alone, tmp_path / name)
    first, again = ((tmp_path / name / CURVES_FILE).read_bytes() for name in ("first", "again"))
    assert first == again
