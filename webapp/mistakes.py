"""The test images of MNIST that a network misreads, and how often each digit is read as which.

The counts were recorded when the network was tested. The images are MNIST's own: they are shown
where MNIST is on the disk.
"""

from __future__ import annotations

import json
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from model.bundles.store import Bundle
from model.calibration import DIGIT_CLASSES
from model.data.mnist import read_test_images
from model.inference.predictor import Predictor
from webapp.encoding import png_url
from webapp.language import Words

RECORD_FILE = "evaluation.json"  # beside a bundle's files, written by `report record`
SHOWN = 20  # images of a pair of digits, the surest mistakes first
_lock = Lock()


def describe_mistakes(predictor: Predictor, words: Words) -> dict[str, Any]:
    """Put a network's mistakes into a table, and each mistaken image with what it was taken for."""
    counts, images = _mistakes(predictor)
    if counts is None:
        return {"state": "none", "words": words["wrong_none"], "rows": [], "images": []}
    return {
        "state": "counted",
        "words": words["wrong_text" if images else "wrong_no_images"],
        "digits": list(range(DIGIT_CLASSES)),
        "rows": [_row(truth, counts[truth], bool(images), words) for truth in range(DIGIT_CLASSES)],
        "images": [
            {
                "pair": f"{truth}-{digit}",
                "picture": picture,
                "name": words.say("wrong_caption", truth=truth, digit=digit),
                "percent": words.percent(confidence),
            }
            for truth, digit, confidence, picture in images
        ],
    }


def _row(truth: int, counts: np.ndarray, has_images: bool, words: Words) -> dict[str, Any]:
    cells = []
    for digit, count in enumerate(counts.tolist()):
        is_wrong = digit != truth and count > 0
        cells.append(
            {
                "text": f"{count}" if count else "",
                "kind": "right" if digit == truth else "wrong" if is_wrong else "none",
                "pair": f"{truth}-{digit}" if is_wrong and has_images else None,
                "name": words.say("wrong_cell", count=count, truth=truth, digit=digit),
            }
        )
    return {"truth": truth, "cells": cells}


def _mistakes(predictor: Predictor) -> tuple[np.ndarray | None, list[tuple]]:
    with _lock:  # reading ten thousand images takes seconds: not twice at once
        images = _read_wrong(predictor)
    if images is not None:
        return images
    return recorded_counts(predictor.bundle), []


@cache
def _read_wrong(predictor: Predictor) -> tuple[np.ndarray, list[tuple]] | None:
    """Counts int64 (10, 10), truth by reading, and the wrong ones; None without MNIST."""
    test = read_test_images()
    if test is None:
        return None
    glyphs, labels = test
    apart = Predictor(predictor.bundle, threads=1)  # leaves the other cores to drawings
    probabilities = apart.score(glyphs).probabilities
    digits, confidences = probabilities.argmax(1), probabilities.max(1)
    counts = np.zeros((DIGIT_CLASSES, DIGIT_CLASSES), np.int64)
    np.add.at(counts, (labels, digits), 1)
    left = np.minimum(counts, SHOWN)
    wrong = []
    for row in np.flatnonzero(digits != labels)[np.argsort(-confidences[digits != labels])]:
        pair = int(labels[row]), int(digits[row])
        if left[pair]:
            left[pair] -= 1
            wrong.append((*pair, float(confidences[row]), png_url(glyphs[row])))
    return counts, wrong


def recorded_counts(bundle: Bundle) -> np.ndarray | None:
    """Counts int64 (10, 10) as recorded beside a bundle; None where none are about it."""
    try:
        record = json.loads((bundle.path / RECORD_FILE).read_text("utf-8"))
        counts = np.array(record["metrics"]["confusion_matrix"], np.int64)
        is_about_it = record["model"]["files"] == bundle.metadata["files"]
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return counts if is_about_it and counts.shape == (DIGIT_CLASSES, DIGIT_CLASSES) else None
