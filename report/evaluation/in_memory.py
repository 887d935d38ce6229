"""Labels and answers that are in memory, as arrays, lists or columns of a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from model.errors import InputError
from report.evaluation.answered import Answered
from report.evaluation.arrays import thumbnails
from report.evaluation.columns import Texts, as_text, factorised, objects_as_texts
from report.evaluation.labels import check_order, from_one_hot, label_texts
from report.evaluation.outputs import KINDS
from report.numbers.answers import Evaluation

SOURCE = "evaluate"  # what messages begin with
# What the arguments are called that hold each role.
CALLED = {"y_prob": "probabilities", "weight": "weights", "group": "groups", "image": "images"}


def evaluation_of(
    columns: Mapping[str, Any],
    classes: Sequence[str] | None,
    outputs: str | None,
    name: str,
    data: str,
) -> Evaluation:
    """Put columns together, which are given by role; see `report.api.evaluate`."""
    if outputs not in (None, *KINDS):
        raise InputError(f"outputs={outputs!r}: give one of {', '.join(KINDS)}")
    if not {"y_prob", "y_pred"} & columns.keys():
        raise InputError("evaluate needs answers; give probabilities, or y_pred, or both")
    texts = {r: _texts(r, columns[r]) for r in ("y_true", "y_pred", "group") if r in columns}
    numbers = {"y_prob": _scores(columns["y_prob"])} if "y_prob" in columns else {}
    if "weight" in columns:
        numbers["weight"] = _array("weight", columns["weight"], float, (1,))
    images = None
    if "image" in columns:
        images = _array("image", columns["image"], np.float32, (3, 4))
        if len(images) != len(texts["y_true"].places):
            raise InputError(
                f"images has {len(images):,} rows; y_true has {len(texts['y_true'].places):,}"
            )
        images = thumbnails(images)
    names = _named(classes, columns.get("y_prob"), texts)
    rows = Answered(SOURCE, texts, numbers, names, outputs, called=CALLED)
    return rows.evaluation(str(name), str(data), images)


def _named(
    classes: Sequence[str] | None, probabilities: Any, texts: Mapping[str, Texts]
) -> tuple[str, ...] | None:
    """The classes as given, or else by the columns of a DataFrame where labels are among these.

    Raises InputError where both name the same in another order.
    """
    own = tuple(map(as_text, getattr(probabilities, "columns", ())))
    if classes is None:
        labels = label_texts(texts[role] for role in ("y_true", "y_pred") if role in texts)
        return own if len(own) > 1 and set(labels) <= set(own) else None
    if isinstance(classes, str | set | frozenset) or not isinstance(classes, Iterable):
        raise InputError(f"classes={classes!r}: give a list of names, one a class, in their order")
    names = tuple(objects_as_texts(SOURCE, "classes", list(classes)))
    check_order(names, own, "the columns of probabilities")
    return names


def _scores(probabilities: Any) -> np.ndarray:
    scores = _array("y_prob", probabilities)
    if scores.dtype.kind not in "buif" or scores.ndim not in (1, 2) or not scores.size:
        raise InputError("probabilities must be numbers, one row an image and one column a class")
    scores = scores if scores.dtype == np.float32 else scores.astype(np.float64)
    return scores.reshape(len(scores), -1)


def _array(role: str, values: Any, kind: Any = None, sides: tuple[int, ...] = ()) -> np.ndarray:
    """The values as an array of so many `sides`. Raises InputError where they make up none."""
    name = CALLED.get(role, role)
    if np.ma.is_masked(values):
        row = np.argwhere(np.ma.getmaskarray(values))[0][0]
        raise InputError(f"{name}: row {row} (counted from 0) is masked; leave such rows out")
    try:
        array = np.asarray(values, kind)
    except (ValueError, TypeError, RuntimeError) as error:  # as of a tensor with gradients
        raise InputError(f"{name}: can't be made an array ({error})") from None
    if sides and array.ndim not in sides:
        raise InputError(f"{name} has the shape {array.shape}; give one value or image a row")
    return array


def _texts(role: str, values: Any) -> Texts:
    array, name = _array(role, values), CALLED.get(role, role)
    if not array.size:
        raise InputError(f"{name} is empty; give one label a row")
    if array.ndim == 2 and array.shape[1] > 1:
        array = from_one_hot(array, name)
    return factorised(SOURCE, name, array)
