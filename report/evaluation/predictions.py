"""A file of predictions, whoever made them: the true class and the answer, one row an image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from model.errors import InputError, printable
from model.files.arrays import read_npz
from model.files.fingerprint import fingerprint
from report.evaluation.columns import Table, Texts, Wanted, as_text
from report.evaluation.labels import (
    check_order,
    checked_weights,
    class_numbers,
    label_texts,
    names_of,
    set_facts,
)
from report.evaluation.outputs import PROBABILITIES, as_probabilities
from report.evaluation.pictures import PictureFiles
from report.evaluation.tables import read_table
from report.numbers.answers import Answers, Evaluation, LabelledData
from report.numbers.classes import fault_of, read_names
from report.numbers.examples import Images

ROLES = ("y_true", "y_pred", "y_prob", "y_score", "id", "image", "weight", "group")
TEXTS = ("y_true", "y_pred", "id", "image", "group")
CLASSES = "classes"  # of an .npz


@dataclass(frozen=True)
class PredictionsFile:
    """A file to report on, and how to read it.

    `columns` gives, by its role, the name of a column that has another than its role's;
    `classes` is a text file of class names, or None where the file itself tells them; `outputs`
    says what its numbers are, where they are no probabilities; `positive` names the class that
    scores are for, the second unless told.
    """

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    classes: Path | None = None
    outputs: str | None = None
    positive: str | None = None

    @property
    def options(self) -> list[tuple[str, object]]:
        """The words of the command line that ask for this; None where one is left out."""
        found: list[tuple[str, object]] = [("--predictions", self.path)]
        found += [("--column", f"{role}={name}") for role, name in self.columns.items()]
        return [*found, ("--classes", self.classes), ("--outputs", self.outputs)]

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
        names = self._names(found, table)
        labels = class_numbers(
            {n: table.texts[found.names[n]] for n in ("y_true", "y_pred") if n in found.names},
            names,
            self.path,
        )
        probabilities, words = self._probabilities(found, table, names)
        answers = Answers(
            model=self._facts(words),
            training=None,
            probabilities=probabilities,
            accepted=np.ones(len(labels["y_true"]), bool),
            digit_probability=None,
            milliseconds=None,
            predicted=labels.get("y_pred"),
        )
        data = self._data(found, table, names, labels["y_true"])
        return Evaluation(data, answers, (), (), ())

    def _names(self, found: _Columns, table: Table) -> tuple[str, ...]:
        """The classes: told by hand, by an .npz, by columns of probabilities, or by the labels."""
        told: tuple[str, ...] = ()
        if self.path.suffix.lower() == ".npz" and CLASSES in found.all:
            array = read_npz(self.path, (CLASSES,))[CLASSES]
            told = tuple(map(as_text, array.reshape(-1).tolist()))
        if self.classes:
            given = read_names(self.classes)
            check_order(given, told or given, self.path)
            return given
        if not told and len(found.probabilities) > 1:
            told = tuple(found.probabilities)
        elif not told and found.matrix and table.numbers[found.matrix].ndim == 2:
            told = tuple(map(str, range(table.numbers[found.matrix].shape[1])))
        used = [table.texts[found.names[n]] for n in ("y_true", "y_pred") if n in found.names]
        if not told:
            return names_of(used, self.path)
        if found.matrix and CLASSES not in found.all:  # in the order of the labels, as they are
            own = label_texts(used)
            told = own if len(own) == len(told) else told
        if wrong := fault_of(told):
            raise InputError(f"{self.path}: of its classes {wrong}")
        return told

    def _probabilities(
        self, found: _Columns, table: Table, names: Sequence[str]
    ) -> tuple[np.ndarray | None, str]:
        """Probabilities float (n, c), or None where there are only answers; and words on them."""
        kind = self.outputs or PROBABILITIES
        one = found.names.get("y_score") or found.matrix
        if len(found.probabilities) > 1:
            order = self._order(tuple(found.probabilities), names)
            columns = [table.numbers[found.probabilities[name]] for name in order]
            return as_probabilities(np.stack(columns, axis=1), kind, self.path)
        if found.matrix and table.numbers[found.matrix].ndim == 2:
            scores = table.numbers[found.matrix]
            if scores.shape[1] not in (1, len(names)):
                raise InputError(
                    f"{self.path}: {found.matrix} has {scores.shape[1]} columns; there are "
                    f"{len(names)} classes"
                )
            if scores.shape[1] > 1:
                return as_probabilities(scores, kind, self.path)
        if found.probabilities:
            ((positive, one),) = found.probabilities.items()
            return self._of_two(table.numbers[one], names, kind, positive)
        if one:
            return self._of_two(table.numbers[one], names, kind, self.positive)
        return None, "Only the answers were given, no probabilities."

    def _of_two(
        self, scores: np.ndarray, names: Sequence[str], kind: str, positive: str | None
    ) -> tuple[np.ndarray, str]:
        """From one score a row, which is for the class `positive`."""
        if len(names) != 2:
            raise InputError(
                f"{self.path}: one score a row tells two classes apart, not {len(names)}; give one "
                "column a class, y_prob_<class>"
            )
        positive = names[1] if positive is None else positive
        if positive not in names:
            raise InputError(
                f"{self.path}: {positive!a} is none of its classes, {', '.join(names)}"
            )
        found, words = as_probabilities(scores.reshape(-1, 1), kind, self.path)
        words = words.replace(
            "the second class; the first has", f"“{positive}”; the other class has"
        )
        return (found if positive == names[1] else found[:, ::-1]), words

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
            f"{differing[0]!a} is one of them only"
        )

    def _data(
        self, found: _Columns, table: Table, names: tuple[str, ...], labels: np.ndarray
    ) -> LabelledData:
        images: Images = np.zeros((len(labels), 0, 0), np.uint8)
        texts = {n: table.texts[found.names[n]] for n in TEXTS if n in found.names}
        if "image" in texts:
            images = PictureFiles(texts["image"].array.tolist(), self.path.parent)
        digest = _sha256(labels, texts.get("id") or texts.get("image"))
        facts = set_facts(self.path.stem, digest, labels, names)
        return LabelledData(
            images,
            labels,
            facts,
            names,
            groups=texts["group"].array if "group" in texts else None,
            group_noun=printable(found.names.get("group", "group")),
            weights=checked_weights(table.numbers[found.names["weight"]], self.path)
            if "weight" in found.names
            else None,
            ids=texts["id"].array if "id" in texts else None,
        )

    def _facts(self, outputs: str) -> dict[str, object]:
        return {
            "name": printable(self.path.stem),
            "created_at": None,
            "architecture": None,
            "calibration": None,
            "preprocessing_version": None,
            "files": {printable(self.path.name): fingerprint(self.path)},
            "litert_bytes": None,
            "kind": "predictions",
            "outputs": outputs,
        }


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
        for role in ROLES:
            name = self.given.get(role, role)
            if name in names:
                self.names[role] = name
            elif role in self.given and role != "y_prob":
                raise InputError(
                    f"{self.path}: has no column {name!a}; there are: {self._listed()}"
                )
        self.matrix = self.names.pop("y_prob", None)
        prefix = self.given.get("y_prob", "y_prob_")
        if self.matrix is None:
            starting = [name for name in names if name.startswith(prefix) and name != prefix]
            self.probabilities = {name.removeprefix(prefix): name for name in starting}
        if "y_prob" in self.given and not (self.matrix or self.probabilities):
            raise InputError(f"{self.path}: no column is {prefix!a} or starts so")
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


def _sha256(labels: np.ndarray, rows: Texts | None) -> str:
    """Hex digest of the labels and of what tells the rows apart, whatever file held them."""
    digest = hashlib.sha256(labels.astype("<i8").tobytes())
    if rows:
        digest.update("\n".join(rows.array.tolist()).encode("utf-8", "replace"))
    return digest.hexdigest()
