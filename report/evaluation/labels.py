"""Labels as class numbers: checked strictly, as a report is only as good as its labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from unicodedata import normalize

import numpy as np

from model.errors import InputError, printable
from report.evaluation.columns import Texts
from report.numbers.classes import MOST, fault_of

BOOLEANS = {"false": "False", "true": "True", "0": "False", "1": "True"}
MISSING = ("nan", "NaN", "NAN", "<NA>", "NA")  # as pandas, NumPy and R write them; Na is sodium


def set_facts(name: str, sha256: str, labels: np.ndarray, names: Sequence[str]) -> dict:
    """What a report tells of a set: `labels` int64 (n,) number the classes `names`."""
    return {
        "name": printable(name),
        "source": "",
        "licence": "",
        "sha256": sha256,
        "count": len(labels),
        "class_counts": np.bincount(labels, minlength=len(names)).tolist(),
    }


def natural_order(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts in order: by value where all are whole numbers, else by letter."""
    different = set(texts)
    if all(text.removeprefix("-").isdecimal() for text in different):
        return tuple(sorted(different, key=lambda text: (int(text), text)))
    return tuple(sorted(different))


def spellings(texts: Iterable[str]) -> dict[str, str]:
    """How to write each of these labels, so that equal ones are equal texts.

    Letters with marks are composed (Unicode's NFC): é is one letter, however it was typed.
    Where all are whole numbers, 3.0 becomes 3; where all are true or false, in any case or as 1
    and 0, they become True and False. Others stay as they are.
    """
    composed = {text: normalize("NFC", text) for text in texts}
    plain = {text: re.sub(r"^(-?\d+)\.0+$", r"\1", found) for text, found in composed.items()}
    lower = {text.lower() for text in plain.values()}
    if lower <= set(BOOLEANS) and lower & {"true", "false"}:
        return {text: BOOLEANS[found.lower()] for text, found in plain.items()}
    are_numbers = all(text.removeprefix("-").isdecimal() for text in lower)
    return plain if are_numbers else composed


def label_texts(columns: Iterable[Texts]) -> tuple[str, ...]:
    """The different labels that the columns hold, in their natural order."""
    return natural_order(spellings(t for column in columns for t in column.values).values())


def check_present(column: Texts, names: Sequence[str], source: object) -> None:
    """Refuse a label that stands for a missing value, unless a class of `names` is called so.

    Raises InputError, which names the row.
    """
    texts = {text for text in MISSING if text not in names}
    missing = [place for place, text in enumerate(column.values) if text in texts]
    rows = np.flatnonzero(np.isin(column.places, missing))
    if rows.size:
        text = column.values[column.places[rows[0]]]
        raise InputError(
            f"{source}: row {rows[0]} (counted from 0): a label is missing ({text}); leave the row "
            f"out or, where a class is called {text}, name all classes by --classes"
        )


def names_of(columns: Sequence[Texts], source: object) -> tuple[str, ...]:
    """The classes that labels and answers name, in their natural order. Raises InputError."""
    names = label_texts(columns)
    if len(names) > MOST:
        raise InputError(
            f"{source}: holds {len(names):,} different labels; a report tells 2 to {MOST} classes "
            "apart"
        )
    if len(names) < 2:
        raise InputError(
            f"{source}: holds one label alone, {names[0]!r}; name all classes by --classes"
        )
    if wrong := fault_of(names):
        raise InputError(f"{source}: of its labels, {wrong}")
    _check_different(names, source)
    _check_alike(columns, source)
    return names


def _check_different(names: Sequence[str], source: object) -> None:
    """Refuse labels that write one number in two ways, as 01 and 1. Raises InputError."""
    if not all(name.removeprefix("-").isdecimal() for name in names):
        return
    for one, next_one in pairwise(names):
        if int(one) == int(next_one):
            raise InputError(
                f"{source}: {one!r} and {next_one!r} are the same number; write both alike, or "
                "name all classes by --classes"
            )


def _check_alike(columns: Sequence[Texts], source: object) -> None:
    """Refuse labels and answers that have nothing in common. Raises InputError."""
    spelling = spellings(text for column in columns for text in column.values)
    used = [{spelling[text] for text in column.values} for column in columns]
    if min(map(len, used)) > 1 and not set.intersection(*used):
        labels, answers = (", ".join(natural_order(texts))[:60] for texts in used)
        raise InputError(
            f"{source}: y_true and y_pred have no class in common ({labels}; {answers}); write "
            "both alike, or name all classes by --classes"
        )


def check_order(given: Sequence[str], own: Sequence[str], source: object) -> None:
    """Refuse the classes that a file names itself in another order. Raises InputError."""
    if set(given) == set(own) and tuple(given) != tuple(own):
        raise InputError(
            f"{source}: its classes are {', '.join(own)[:80]}, which --classes names in another "
            "order; leave --classes out"
        )


def class_numbers(
    columns: dict[str, Texts], names: Sequence[str], source: object
) -> dict[str, np.ndarray]:
    """Labels, in columns by name, as class numbers int64 (n,): by `names`, or counted from 0.

    All columns are taken the same way: as names, unless more of their texts are numbers. Raises
    InputError, which names the row, for a label that is neither.
    """
    used = {text for column in columns.values() for text in column.values}
    spelling = spellings(used | set(names))
    if len({spelling[name] for name in names}) < len(names):
        spelling = {text: text for text in spelling}
    used = {spelling[text] for text in used}
    known = [spelling[name] for name in names]
    numbers = {name: place for place, name in enumerate(known)}
    by_number = {text: number for text in used if (number := _number(text, len(names))) is not None}
    if len(by_number) > len(used & set(known)):
        numbers = by_number
    found = {}
    for name, column in columns.items():
        strange = [
            place for place, text in enumerate(column.values) if spelling[text] not in numbers
        ]
        rows = np.flatnonzero(np.isin(column.places, strange))
        if rows.size:
            row = int(rows[0])
            text = column.values[column.places[row]]
            raise InputError(
                f"{source}: row {row} (counted from 0): {name} is {text[:60]!r}, none of the "
                f"{len(names)} classes ({', '.join(names)[:80]}), nor a number from 0 to "
                f"{len(names) - 1}"
            )
        by_place = [numbers.get(spelling[text], -1) for text in column.values]
        found[name] = np.array(by_place, np.int64)[column.places]
    return found


def _number(text: str, count: int) -> int | None:
    """The number below `count` that a text writes, also as 3.0; None where it is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number in range(count) else None


def from_one_hot(y: np.ndarray, source: object) -> np.ndarray:
    """Class numbers int64 (n,) from rows (n, c) with a single one. Raises InputError."""
    wrong = ~(np.isin(y, (0, 1)).all(axis=1) & (y.sum(axis=1) == 1))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        values = y[row]
        ones = int((values == 1).sum())
        told = f"{ones} ones" if np.isin(values, (0, 1)).all() else f"{values.max():g}, say"
        raise InputError(
            f"{source}: row {row} of y (counted from 0) holds {told}; one-hot rows hold a single "
            f"one and zeros ({int(wrong.sum()):,} of {len(y):,} rows do not)"
        )
    return y.argmax(axis=1).astype(np.int64)


def checked_weights(weights: np.ndarray, source: object) -> np.ndarray:
    """Return weights as float64 (n,). Raises InputError where one is negative or not finite.

    Also for those whose squares a float can't hold.
    """
    if weights.ndim != 1:
        raise InputError(f"{source}: weight has the shape {weights.shape}; give one value a row")
    wrong = ~((weights == 0) | ((weights > 1e-100) & (weights < 1e100)))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{source}: row {row} (counted from 0): the weight is {weights[row]:g}; weights are 0 "
            "or more, and neither tiny nor huge"
        )
    if not 0 < weights.sum() < 1e15:
        raise InputError(f"{source}: its weights sum to {weights.sum():g}; none can be told")
    return weights.astype(np.float64)
