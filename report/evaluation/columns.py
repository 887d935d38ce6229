"""Columns of a table, as arrays: numbers, and texts by the different ones there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError, first_line


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts: the different ones, and for each row which of them it is, int64 (n,)."""

    values: tuple[str, ...]
    places: np.ndarray

    @property
    def array(self) -> np.ndarray:
        """The text of every row, as objects (n,)."""
        return np.array(self.values, dtype=object)[self.places]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length by name: `numbers` float (n,) or (n, c), and `texts`."""

    numbers: Mapping[str, np.ndarray]
    texts: Mapping[str, Texts]


@dataclass(frozen=True)
class Wanted:
    """Names of the columns to read, as numbers and as texts."""

    numbers: tuple[str, ...]
    texts: tuple[str, ...]


Choose = Callable[[Sequence[str]], Wanted]


def as_text(value: Any) -> str:
    """Write a label or a name as text: a whole number without a point, as in 3 for 3.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


@contextmanager
def refusing(path: Path, kind: str, faults: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn what a damaged file raises into one line. Raises InputError."""
    try:
        yield
    except InputError:
        raise
    except UnicodeError:
        raise InputError(f"{path}: is not UTF-8 text; save it as such") from None
    except faults as error:
        raise InputError(f"{path}: is no readable {kind} ({first_line(error)})") from None


def numeric(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "buif" or array.ndim not in (1, 2):
        raise InputError(f"{path}: {name} holds no numbers, or not one row a prediction")
    return array if array.dtype == np.float32 else array.astype(np.float64)


def factorised(path: object, name: str, array: np.ndarray) -> Texts:
    if array.dtype.kind not in "buifUSO":
        raise InputError(f"{path}: {name} holds {array.dtype}, no texts or numbers")
    if array.shape[1:] == (1,):
        array = array.reshape(-1)
    if array.ndim != 1:
        raise InputError(f"{path}: {name} has the shape {array.shape}; give one value a prediction")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InputError(f"{path}: row {row} (counted from 0): {name} is {array[row]}")
    if array.dtype.kind == "O":
        array = np.array(objects_as_texts(path, name, array))
    values, places = np.unique(array, return_inverse=True)
    return Texts(tuple(map(as_text, values.tolist())), places.reshape(-1))


def objects_as_texts(path: object, name: str, values: Iterable[Any]) -> list[str]:
    """Labels of any types as texts. Raises InputError, which names the row, for a missing one."""
    texts = list(map(as_text, values))
    for row, (value, text) in enumerate(zip(values, texts, strict=True)):
        if not isinstance(value, str) and text in ("None", "nan", "<NA>", "NaT"):
            raise InputError(f"{path}: row {row} (counted from 0): {name} is missing ({text})")
    return texts
