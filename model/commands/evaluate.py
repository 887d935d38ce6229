"""The command `evaluate`: score a labelled set."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.options import add_reading, save_picture
from model.errors import Batch, InputError

if TYPE_CHECKING:
    import numpy as np

    from model.answers import Answer
    from model.data.labelled import LabelledImages
    from model.inference.predictor import Predictor

_WRITERS_PRINTED = 10  # those read worst
_PAIRS_PRINTED = 5  # those confused most


def add_evaluate(commands) -> None:
    command = commands.add_parser("evaluate", help="score a labelled set")
    command.add_argument("path", nargs="?", type=Path, metavar="PATH", help=(
        ".npz with x and y (or x_test and y_test), IDX, or a folder with one sub-folder a digit; "
        "nothing for the test part of --dataset"))  # fmt: skip
    command.add_argument("--dataset", metavar="NAME",
                         help="mnist (the default), digits, unipen or pendigits")  # fmt: skip
    command.add_argument("--misread", type=Path, metavar="FILE",
                         help="draw what was misread there, as a PNG")  # fmt: skip
    add_reading(command, _evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    import numpy as np

    from model.inference.predictor import Predictor

    predictor = Predictor.load(options.bundle)
    batch = Batch(options.json, options.strict)
    images, others = _load(options, batch)
    answers, images = _read_all(images, predictor, batch)
    if not answers:
        return batch.exit_code()
    digits = np.array([answer.prediction.digit for answer in answers])
    result = _score(answers, digits, images, others, predictor)
    if options.misread and result["accuracy"] < 1:
        from model.data.overview import misread_sheet

        glyphs = np.stack([answer.glyph for answer in answers])
        save_picture(misread_sheet(glyphs, images.labels, digits), options.misread)
    if options.json:
        print(json.dumps(result))
        return batch.exit_code()
    print(f"{result['count']:,} images from {images.name}, bundle '{predictor.bundle.name}'")
    _print_evaluation(result)
    if options.misread and result["accuracy"] == 1:
        print(f"nothing was misread: {options.misread} is not written")
    return batch.exit_code()


def _load(options: argparse.Namespace, batch: Batch) -> tuple[LabelledImages, np.ndarray | None]:
    """The labelled images, and what is no digit: uint8 (n, 28, 28), or None if the set has none."""
    from model.data.dataset import load_evaluation_set
    from model.data.own_files import load_labelled

    if options.path and options.dataset:
        raise InputError("give PATH or --dataset, not both")
    if options.path:
        return load_labelled(options.path, batch.fail), None
    data = load_evaluation_set(options.dataset or "mnist")
    return data.images, data.others


def _read_all(
    images: LabelledImages, predictor: Predictor, batch: Batch
) -> tuple[list[Answer], LabelledImages]:
    """The answers, and the images that they are for: those that can be read."""
    import numpy as np

    from model.answers import answer_many

    answers, rows = [], []
    for row, answer in enumerate(answer_many(images.images, predictor)):
        if isinstance(answer, InputError):
            batch.fail(*images.place(row), answer)
        else:
            answers.append(answer)
            rows.append(row)
    batch.read = len(rows)
    return answers, images.take(np.array(rows, int))


def _score(
    answers: list[Answer],
    digits: np.ndarray,
    images: LabelledImages,
    others: np.ndarray | None,
    predictor: Predictor,
) -> dict:
    """The object of `evaluate --json`; `digits`, int64 (n,), are what was read."""
    import numpy as np

    from model.inference.scoring import AccuracyCounts, auroc
    from model.writers import WriterCounts

    accepted = np.array([answer.prediction.accepted for answer in answers])
    result = AccuracyCounts.of(digits, accepted, images.labels).to_json()
    if images.writers is not None:
        result["writers"] = WriterCounts.of(images.writers, digits == images.labels).to_json()
    if others is not None:
        unknown = predictor.score(others).digit_probability
        if unknown is not None:
            known = np.array([answer.prediction.digit_probability for answer in answers])
            result["others"] = {"count": len(others), "auroc": auroc(known, unknown)}
    return result


def _print_evaluation(result: dict) -> None:
    """Print the object of `evaluate --json` in words."""
    low, high = result["accuracy_interval"]
    print(f"accuracy        {result['accuracy']:.2%}  (95 % interval {low:.2%} to {high:.2%})")
    print(f"accepted        {result['accepted_fraction']:.2%}")
    if result["accuracy_when_accepted"] is not None:
        print(f"right if so     {result['accuracy_when_accepted']:.2%}")
    if others := result.get("others"):
        print(f"digit or not    AUROC {others['auroc']:.4f}  "
              f"(against {others['count']:,} letters and symbols)")  # fmt: skip
    worst = min(result["per_class"], key=lambda row: row["accuracy"])
    print(f"worst digit     {worst['digit']}, {worst['accuracy']:.2%}")
    for row in result["per_class"]:
        print(f"  {row['digit']}  {row['accuracy']:.2%} of {row['count']:,}")
    _print_confusions(result)
    if writers := result.get("writers"):
        _print_writers(writers)


def _print_confusions(result: dict) -> None:
    """Print the confusion matrix, zeros as dots, and the pairs that were confused most."""
    matrix = result["confusion_matrix"]
    width = 1 + max(len(str(count)) for row in matrix for count in row)
    print("confusion matrix: a row for each true digit, a column for each digit read")
    print("   " + "".join(f"{digit:{width}}" for digit in range(len(matrix))))
    for digit, row in enumerate(matrix):
        print(f"  {digit}" + "".join(f"{count or '.':>{width}}" for count in row))
    pairs = result["most_confused"]
    for pair in pairs[:_PAIRS_PRINTED]:
        print(f"  {pair['digit']} read as {pair['read_as']}  {pair['count']:,}")
    if len(pairs) > _PAIRS_PRINTED:
        print(f"  and {len(pairs) - _PAIRS_PRINTED} pairs more: see --json")


def _print_writers(writers: dict) -> None:
    found = "too few for an interval"
    if writers["accuracy_interval"]:
        low, high = writers["accuracy_interval"]
        found = f"95 % interval resampled by writer {low:.2%} to {high:.2%}"
    print(f"writers         {writers['count']:,}  ({found})")
    rows = sorted(writers["per_writer"], key=lambda row: (row["accuracy"], -row["count"]))
    for row in rows[:_WRITERS_PRINTED]:
        print(f"  {row['name']}  {row['accuracy']:.2%} of {row['count']:,}")
    if len(rows) > _WRITERS_PRINTED:
        print(f"  and {len(rows) - _WRITERS_PRINTED:,} who were read no worse: see --json")
