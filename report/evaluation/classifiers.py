"""A trained classifier in a file, whichever library made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError, first_line, how_to_install, printable
from model.files.fingerprint import folder_fingerprint
from report.evaluation.outputs import LOGITS, PROBABILITIES, as_probabilities
from report.numbers.answers import Facts

SUM_SLACK = 1e-2  # of a softmax's rows: bfloat16 keeps two digits, float16 three
SOFTMAX, SIGMOID, LINEAR = "softmax", "sigmoid", "linear"
MOST_NUMBERS = 2**31  # of a step: 8 GB
MOST_BYTES = 2**31  # that Protocol Buffers and FlatBuffers can hold
DECLARED = {
    SOFTMAX: PROBABILITIES,
    SIGMOID: PROBABILITIES,
    "hard_sigmoid": PROBABILITIES,
    LINEAR: LOGITS,
    "log_softmax": LOGITS,  # softmax undoes the logarithm
}


@dataclass(frozen=True)
class Classifier:
    """A classifier that was loaded from `path`.

    `scores` takes rows of data as they are, (n, ...), and gives its outputs, float (n, c);
    `read_one` is the quickest way to run a single one, (1, ...), which is timed. `activation` is
    that of its last layer, where the file tells and it is one of `DECLARED`; else None.
    `input_shape` is that of one row, with None for any side; None where any shape may do.
    `classes` are names that the file gives them, else None. `answers_only` says that the outputs,
    (n, 1), are class numbers and no scores. `slack` is how far the rows of a softmax may be from a
    sum of 1. `facts` are what a report says of it.
    """

    path: Path
    scores: Callable[[np.ndarray], np.ndarray]
    activation: str | None
    input_shape: tuple[int | None, ...] | None
    facts: Facts
    read_one: Callable[[np.ndarray], object]
    classes: tuple[str, ...] | None = None
    answers_only: bool = False
    slack: float = SUM_SLACK

    def predict(
        self, x: np.ndarray, names: Sequence[str], outputs: str | None = None
    ) -> tuple[np.ndarray, str]:
        """Probabilities float (n, c) of the c classes `names`, and how outputs became them.

        `outputs` is what a user says they are, or None. Raises InputError where the data do not
        fit, where there are not c outputs, and where their meaning is not known or contradicted.
        """
        scores = self.outputs(x)
        if sum(side != 1 for side in scores.shape[1:]) < 2:  # as of a pooling layer, (n, 1, 1, c)
            scores = scores.reshape(len(scores), -1)
        fitting = [(len(x), len(names)), *([(len(x), 1)] if len(names) == 2 else [])]
        if scores.shape not in fitting:
            given = "×".join(map(str, scores.shape[1:])) or "no"
            raise InputError(
                f"{self.path}: gives {given} numbers an image; {len(names)} classes were named"
            )
        probabilities, words = as_probabilities(scores, self._kind(outputs), self.path)
        if self.activation == SOFTMAX and scores.shape[1] == 1:
            raise InputError(f"{self.path}: ends in a softmax over one output, which is always 1")
        off = np.abs(scores.sum(axis=1) - 1).max()
        if self.activation == SOFTMAX and off > self.slack:
            raise InputError(
                f"{self.path}: ends in a softmax, but its rows do not sum to 1; is it over the "
                "classes?"
            )
        return probabilities, words

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """What it gives for rows of data, float64. Raises InputError where it can't take them."""
        try:
            return np.asarray(self.scores(x), np.float64)
        except InputError:
            raise
        except Exception as error:  # It is not ours, and may fail in any way.
            raise InputError(f"{self.path}: it can't read x ({first_line(error)})") from None

    def _kind(self, outputs: str | None) -> str | None:
        """What its outputs are, by file and user. Raises InputError where these differ."""
        declared = DECLARED.get(self.activation or "")
        if declared == PROBABILITIES and outputs not in (None, declared):
            raise InputError(
                f"{self.path}: ends in a {self.activation}, so its outputs are no {outputs}; leave "
                "out --outputs"
            )
        return outputs or declared


def read_model(path: Path, kind: str) -> bytes:
    """The bytes of a file. Raises InputError for one that is larger than its format allows."""
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path}: is over 2 GB, which no {kind} is")
    return path.read_bytes()


def check_size(count: int, path: Path) -> None:
    """Refuse a step that makes so many numbers: few bytes ask for all memory. Raises InputError."""
    if count > MOST_NUMBERS:
        raise InputError(f"{path}: makes {count:,} numbers in one step; it is not run")


def in_type(x: np.ndarray, kind: Any) -> np.ndarray:
    """Rows of data in the NumPy type `kind` of a network's input.

    Raises ValueError where that is of whole numbers which can't hold them.
    """
    with np.errstate(invalid="ignore"):
        found = np.ascontiguousarray(x, kind)
    if np.issubdtype(kind, np.integer) and not np.array_equal(found, x):
        raise ValueError(f"it takes {np.dtype(kind).name}, which can't hold all numbers of x")
    return found


def are_answers(kind: Any, shape: Sequence[object]) -> bool:
    """Whether an output of this dtype and shape, (n, ...), holds one whole number a row."""
    return np.issubdtype(kind, np.integer) and all(side == 1 for side in shape[1:])


def model_facts(
    path: Path,
    kind: str,
    framework: str,
    parameters: int | None,
    layers: Sequence[dict[str, Any]] = (),
    architecture: str | None = None,
) -> dict[str, Any]:
    """The facts, in the form of report.json; `kind` says what the file is."""
    name = printable(path.stem)
    return {
        "name": name,
        "created_at": None,
        "architecture": {
            "name": printable(architecture or name),
            "parameters": parameters,
            "layers": list(layers),
        },
        "calibration": None,
        "preprocessing_version": None,
        "files": {printable(path.name): folder_fingerprint(path)},
        "litert_bytes": None,
        "kind": kind,
        "framework": framework,
    }


@contextmanager
def loading(path: Path, kind: str, extra: str) -> Iterator[None]:
    """Turn what a file from elsewhere, or a package that is missing, raises into one line."""
    try:
        yield
    except InputError:
        raise
    except ModuleNotFoundError as error:
        raise InputError(f"{path}: this takes {error.name}: {how_to_install(extra)}") from None
    except Exception as error:  # A file from elsewhere may fail in any way.
        raise InputError(f"{path}: is no {kind} that can be loaded ({first_line(error)})") from None


def in_batches(run: Callable[[np.ndarray], np.ndarray], size: int) -> Callable:
    """A function that runs over rows `size` at a time."""

    def scores(x: np.ndarray) -> np.ndarray:
        parts = range(0, len(x), size)
        return np.concatenate([np.atleast_1d(run(x[start : start + size])) for start in parts])

    return scores
