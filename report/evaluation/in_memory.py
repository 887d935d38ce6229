"""Labels and answers that are in memory, as arrays, lists or columns of a DataFrame."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from model.errors import InputError, printable
from report.evaluation.arrays import thumbnails
from report.evaluation.columns import Texts, as_text, factorised
from report.evaluation.labels import (
    checked_weights,
    class_numbers,
    from_one_hot,
    names_of,
    set_facts,
)
from report.evaluation.outputs import KINDS, PROBABILITIES, as_probabilities
from report.numbers.answers import Answers, Evaluation, LabelledData
from report.numbers.classes import fault_of
from report.numbers.examples import Images

SOURCE = "evaluate"  # what messages begin with


def evaluation_of(
    y_true: Any,
    probabilities: Any = None,
    y_pred: Any = None,
    classes: Sequence[str] | None = None,
    outputs: str | None = None,
    weights: Any = None,
    groups: Any = None,
    images: Any = None,
    name: str = "model",
    data: str = "data",
) -> Evaluation:
    """Check labels and answers and put them together. See `report.api.evaluate`."""
    if outputs not in (None, *KINDS):
        raise InputError(f"outputs={outputs!a}: give one of {', '.join(KINDS)}")
    scores = None if probabilities is None else _scores(probabilities)
    given = {"y_true": _texts("y_true", y_true)}
    if y_pred is not None:
        given["y_pred"] = _texts("y_pred", y_pred)
    if scores is None and y_pred is None:
        raise InputError("evaluate needs answers; give probabilities, or y_pred, or both")
    names = _names(classes, scores, given)
    weights, groups, images = _beside(weights, groups, images)
    labels = class_numbers(given, names, SOURCE)
    count = len(labels["y_true"])
    columns = {"probabilities": scores, "y_pred": labels.get("y_pred"), "weights": weights,
               "groups": groups, "images": images}  # fmt: skip
    for column, values in columns.items():
        if values is not None and len(values) != count:
            raise InputError(f"{column} has {len(values):,} rows; y_true has {count:,}")
    words = "Only the answers were given, no probabilities."
    if scores is not None:
        scores, words = as_probabilities(scores, outputs or PROBABILITIES, SOURCE)
        if scores.shape[1] != len(names):
            raise InputError(f"{scores.shape[1]} columns of probabilities, {len(names)} classes")
    answers = Answers(_facts(name, words), None, scores, np.ones(count, bool), None, None,
                      labels.get("y_pred"))  # fmt: skip
    test = _data(labels["y_true"], names, data, weights, groups, images)
    return Evaluation(test, answers, (), (), ())


def _scores(probabilities: Any) -> np.ndarray:
    scores = _array("probabilities", probabilities)
    if scores.dtype.kind not in "buif" or scores.ndim not in (1, 2) or not scores.size:
        raise InputError("probabilities must be numbers, one row an image and one column a class")
    scores = scores if scores.dtype.kind == "f" else scores.astype(np.float64)
    return scores.reshape(len(scores), -1)


def _array(name: str, values: Any, kind: Any = None, sides: tuple[int, ...] = ()) -> np.ndarray:
    """The values as an array of so many `sides`. Raises InputError where they make up none."""
    try:
        array = np.asarray(values, kind)
    except (ValueError, TypeError) as error:
        raise InputError(f"{name}: can't be made an array ({error})") from None
    if sides and array.ndim not in sides:
        raise InputError(f"{name} has the shape {array.shape}; give one value or image a row")
    return array


def _beside(weights: Any, groups: Any, images: Any) -> tuple[np.ndarray | None, ...]:
    """What goes with the labels as arrays, None where it is not given. Raises InputError."""
    return (
        None if weights is None else _array("weights", weights, float, (1,)),
        None if groups is None else _texts("groups", groups).array,
        None if images is None else _array("images", images, np.float32, (3, 4)),
    )


def _texts(name: str, values: Any) -> Texts:
    array = _array(name, values)
    if not array.size:
        raise InputError(f"{name} is empty; give one label a row")
    if array.ndim == 2 and array.shape[1] > 1:
        array = from_one_hot(array, name)
    return factorised(SOURCE, name, array.reshape(-1) if array.ndim == 2 else array)


def _names(
    classes: Sequence[str] | None, scores: np.ndarray | None, given: dict[str, Texts]
) -> tuple[str, ...]:
    if classes is not None:
        if isinstance(classes, str):
            raise InputError(f"classes={classes!a}: give a list of names, one a class")
        names = tuple(map(as_text, classes))
        if wrong := fault_of(names):
            raise InputError(f"of the classes {wrong}")
        return names
    found = names_of(list(given.values()), SOURCE)
    columns = None if scores is None else max(2, scores.shape[1])
    numbers = tuple(map(str, range(columns or 0)))
    return numbers if set(found) <= set(numbers) else found


def _facts(name: str, outputs: str) -> dict[str, Any]:
    unknown = ("created_at", "architecture", "calibration", "preprocessing_version", "litert_bytes")
    known = {"name": printable(name), "files": {}, "kind": "predictions", "outputs": outputs}
    return known | dict.fromkeys(unknown)


def _data(
    labels: np.ndarray, names: tuple[str, ...], name: str, weights: Any, groups: Any, images: Any
) -> LabelledData:
    shown: Images = np.zeros((len(labels), 0, 0), np.uint8)
    digest = hashlib.sha256(labels.astype("<i8").tobytes())
    if images is not None:
        images = np.asarray(images, np.float32)
        digest.update(np.ascontiguousarray(images, "<f4").tobytes())
        shown = thumbnails(images)
    facts = set_facts(name, digest.hexdigest(), labels, names)
    return LabelledData(
        shown,
        labels,
        facts,
        names,
        groups=groups,
        weights=None if weights is None else checked_weights(weights, SOURCE),
    )
