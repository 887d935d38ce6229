"""Files of predictions by any classifier: the true class and the answer, one row an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from model.errors import InputError, printable
from model.files.arrays import read_npz
from model.files.fingerprint import fingerprint
from report.evaluation.answered import Answered
from report.evaluation.columns import Table, Wanted, as_text
from report.evaluation.labels import check_order
from report.evaluation.pictures import PictureFiles
from report.evaluation.tables import read_table
from report.numbers.answers import Evaluation
from report.numbers.classes import MOST, read_names

ROLES = ("y_true", "y_pred", "y_prob", "y_score", "id", "image", "weight", "group")
TEXTS = ("y_true", "y_pred", "id", "image", "group")
CLASSES = "classes"  # of an .npz


@dataclass(frozen=True)
class PredictionsFile:
    """A file to report on, and how to read it.

    `columns` gives, by its role, the name of a column that has another than its role's;
    `classes` is a text file of class names, or None where the file itself tells them; `outputs`
    says what its numbers are, where they are no probabilities; `positive` names the class that
    scores are for, the second unless told; `images` is the folder that holds the pictures, the
    file's own unless told.
    """

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    classes: Path | None = None
    outputs: str | None = None
    positive: str | None = None
    images: Path | None = None
    names: ClassVar[None] = None  # known once it is read
    time_limit: ClassVar[None] = None

    @property
    def when_killed(self) -> str | None:
        """What it means when the process that reads the file dies; None where none should.

        That of a Parquet file does: it gives back the memory that pyarrow takes.
        """
        if self.path.suffix.lower() != ".parquet":
            return None
        return f"{self.path}: reading it was ended from outside, perhaps for want of memory"

    def evaluate(self) -> Evaluation:
        """Read the file. Raises InputError."""
        found = _Columns(self.path, self.columns)
        table = read_table(self.path, found.choose)
        texts = {role: table.texts[found.names[role]] for role in TEXTS if role in found.names}
        scores, classes, positive = self._scores(found, table)
        numbers = {} if scores is None else {"y_prob": scores}
        if "weight" in found.names:
            numbers["weight"] = table.numbers[found.names["weight"]]
        images = None
        if "image" in texts:
            images = PictureFiles(texts["image"].array.tolist(), self.images or self.path.parent)
        rows = Answered(self.path, texts, numbers, classes, self.outputs, positive)
        files = {printable(self.path.name): fingerprint(self.path)}
        name, noun = self.path.stem, found.names.get("group", "group")
        return rows.evaluation(name, name, images, files, noun)

    def _scores(
        self, found: _Columns, table: Table
    ) -> tuple[np.ndarray | None, Sequence[str] | None, str | None]:
        """The columns of scores (n, c), the classes as named, and the class of a single column."""
        columns = found.probabilities
        classes = self._classes(found)
        if len(columns) > 1:
            order = self._order(tuple(columns), classes) if classes else tuple(columns)
            scores = np.stack([table.numbers[columns[name]] for name in order], axis=1)
            return scores, classes or order, None
        positive, column = self.positive, found.names.get("y_score") or found.matrix
        if columns:
            ((positive, column),) = columns.items()
        if column is None:
            return None, classes, positive
        values = table.numbers[column]
        return values.reshape(len(values), -1), classes, positive

    def _classes(self, found: _Columns) -> tuple[str, ...] | None:
        """The classes' names by --classes, or else by an .npz. Raises InputError."""
        own = None
        if self.path.suffix.lower() == ".npz" and CLASSES in found.all:
            array = read_npz(self.path, (CLASSES,))[CLASSES]
            own = tuple(map(as_text, array.reshape(-1).tolist()))
        if self.classes:
            given = read_names(self.classes)
            check_order(given, own or given, self.path)
            return given
        return own

    def _order(self, columns: Sequence[str], names: Sequence[str]) -> Sequence[str]:
        """Names of columns in the order of the classes. Raises InputError where they differ."""
        if set(columns) == set(names):
            return names
        numbers = [str(place) for place in range(len(names))]
        if set(columns) == set(numbers):
            return numbers
        differing = sorted(set(columns) ^ set(names))
        raise InputError(
            f"{self.path}: its columns of probabilities are not those of the {len(names)} classes; "
            f"{differing[0]!r} is one of them only"
        )


class _Columns:
    """Which columns of a file stand for what.

    `names` has the column of each role, `probabilities` that of each class, and `matrix` the one
    that is called after the role alone: one probability a row, or, in an .npz, one a class.
    """

    def __init__(self, path: Path, given: Mapping[str, str]):
        self.path, self.given = path, given
        self.all: list[str] = []
        self.names: dict[str, str] = {}
        self.probabilities: dict[str, str] = {}
        self.matrix: str | None = None

    def choose(self, names: Sequence[str]) -> Wanted:
        """Find the columns among `names`. Raises InputError where a needed one is missing."""
        self.all = list(names)
        if not any(names):
            raise InputError(f"{self.path}: is empty; give a table whose columns have names")
        self._find_roles()
        self._find_probabilities()
        if "y_true" not in self.names:
            raise InputError(
                f"{self.path}: has no column y_true; name the one that holds the true class by "
                f"--column y_true=NAME (there are: {self._listed()})"
            )
        numbers = [*self.probabilities.values(), *([self.matrix] if self.matrix else [])]
        if not (numbers or {"y_pred", "y_score"} & set(self.names)):
            raise InputError(
                f"{self.path}: holds no answers; give y_prob_<class>, y_score or y_pred, or name "
                f"such columns by --column (there are: {self._listed()})"
            )
        if numbers:
            self.names.pop("y_score", None)
        numbers += [self.names[n] for n in ("y_score", "weight") if n in self.names]
        return Wanted(tuple(numbers), tuple(self.names[n] for n in TEXTS if n in self.names))

    def _find_roles(self) -> None:
        for role in ROLES:
            name = self.given.get(role, role)
            if name in self.all:
                self.names[role] = name
            elif role in self.given and role != "y_prob":
                raise InputError(
                    f"{self.path}: has no column {name!r}; there are: {self._listed()}"
                )

    def _find_probabilities(self) -> None:
        self.matrix = self.names.pop("y_prob", None)
        prefix = self.given.get("y_prob", "y_prob_")
        if self.matrix is None:
            starting = [name for name in self.all if name.startswith(prefix) and name != prefix]
            self.probabilities = {name.removeprefix(prefix).strip(): name for name in starting}
            if len(self.probabilities) < len(starting):
                raise InputError(f"{self.path}: two columns hold the probability of one class")
            if len(starting) > MOST:
                raise InputError(
                    f"{self.path}: {len(starting):,} columns hold probabilities; a report tells 2 "
                    f"to {MOST} classes apart"
                )
        if "y_prob" in self.given and not (self.matrix or self.probabilities):
            raise InputError(f"{self.path}: no column is {prefix!r} or starts so")

    def _listed(self) -> str:
        return ", ".join(printable(name) for name in self.all)[:200]


def parse_columns(texts: Sequence[str]) -> dict[str, str]:
    """Read every --column of a call, each ROLE=NAME. Raises InputError."""
    found: dict[str, str] = {}
    for text in texts:
        role, _, name = text.partition("=")
        if role not in ROLES or not name:
            raise InputError(f"--column {text}: give ROLE=NAME, ROLE one of {', '.join(ROLES)}")
        if role in found:
            raise InputError(f"--column {role}: is given twice")
        found[role] = name
    return found
