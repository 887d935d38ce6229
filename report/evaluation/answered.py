"""Rows with their true classes and the answers to them, from a file or from memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.errors import InputError, printable
from report.evaluation.columns import Texts
from report.evaluation.labels import (
    check_present,
    checked_weights,
    class_numbers,
    label_texts,
    names_of,
    set_facts,
)
from report.evaluation.outputs import PROBABILITIES, as_probabilities
from report.numbers.answers import Answers, Evaluation, Images, LabelledData
from report.numbers.classes import fault_of

UNKNOWN = ("created_at", "architecture", "calibration", "preprocessing_version", "litert_bytes")


@dataclass(frozen=True, eq=False)
class Answered:
    """n rows, as they were given.

    `source` is what messages begin with. By their roles, `texts` holds y_true and, where given,
    y_pred, group and id; `numbers` holds y_prob (n, c), or (n, 1) for one of two classes, and
    weight (n,). `classes` are named in the order of y_prob's columns, or None where nothing names
    them. `outputs` says what y_prob holds, `positive` which class one column is for (None: the
    second). `called` says what messages call a role.
    """

    source: object
    texts: Mapping[str, Texts]
    numbers: Mapping[str, np.ndarray]
    classes: Sequence[str] | None = None
    outputs: str | None = None
    positive: str | None = None
    called: Mapping[str, str] = field(default_factory=dict)

    def evaluation(
        self,
        name: str,
        data: str,
        images: Images | None = None,
        files: Mapping[str, Any] | None = None,
        group_noun: str = "group",
    ) -> Evaluation:
        """Check everything and put it together. Raises InputError.

        `name` is the classifier's, `data` the set's; `files` has the fingerprints of what was read.
        """
        self._check_lengths()
        names = self._names()
        labels = class_numbers(self._labels, names, self.source)
        truth = labels["y_true"]
        probabilities, words = self._probabilities(names)
        ids = self.texts.get("id")
        if twice := len(ids.places) - len(np.unique(ids.places)) if ids else 0:
            rows = "One row repeats" if twice == 1 else f"{twice:,} rows repeat"
            words += f" {rows} the id of another row; each counts."
        model: dict[str, Any] = {"name": printable(name), "files": files or {}}
        model |= {**dict.fromkeys(UNKNOWN), "kind": "predictions", "outputs": words}
        every = np.ones(len(truth), bool)
        answers = Answers(model, None, probabilities, every, None, None, labels.get("y_pred"))
        weights = self.numbers.get("weight")
        test = LabelledData(
            np.zeros((len(truth), 0, 0), np.uint8) if images is None else images,
            truth,
            set_facts(data, self._sha256(truth, images), truth, names),
            names,
            groups=self.texts["group"].array if "group" in self.texts else None,
            group_noun=printable(group_noun),
            weights=None if weights is None else checked_weights(weights, self.source),
        )
        return Evaluation(test, answers, (), (), ())

    @property
    def _labels(self) -> dict[str, Texts]:
        return {role: self.texts[role] for role in ("y_true", "y_pred") if role in self.texts}

    def _check_lengths(self) -> None:
        count = len(self.texts["y_true"].places)
        lengths = {role: len(column) for role, column in self.numbers.items()}
        for role, found in (lengths | {r: len(t.places) for r, t in self.texts.items()}).items():
            if found != count:
                name = self.called.get(role, role)
                raise InputError(f"{self.source}: {name} has {found:,} rows; y_true has {count:,}")

    def _names(self) -> tuple[str, ...]:
        """The classes: those named, or else those of the columns, or of the labels."""
        columns = list(self._labels.values())
        names = tuple(self.classes or ())
        for column in columns:
            check_present(column, names, self.source)
        scores = self.numbers.get("y_prob")
        used = label_texts(columns)
        if not names and scores is not None and (scores.shape[1] > 1 or set(used) <= {"0", "1"}):
            width = max(2, scores.shape[1])
            names = used if len(used) == width else tuple(map(str, range(width)))
        if not names:
            return names_of(columns, self.source)
        if wrong := fault_of(names):
            raise InputError(f"{self.source}: of its classes, {wrong}")
        return names

    def _probabilities(self, names: Sequence[str]) -> tuple[np.ndarray | None, str]:
        """Probabilities float (n, c), or None where there are only answers; and words on them."""
        scores = self.numbers.get("y_prob")
        if scores is None and self.outputs:
            raise InputError(
                f"{self.source}: holds answers alone, without numbers that --outputs could explain;"
                " leave it out"
            )
        if scores is None:
            return None, "Only the answers were given, no probabilities."
        kind = self.outputs or PROBABILITIES
        if scores.shape[1] == 1:
            return self._of_two(scores, names, kind)
        if scores.shape[1] != len(names):
            raise InputError(
                f"{self.source}: {self.called.get('y_prob', 'y_prob')} has {scores.shape[1]} "
                f"columns; there are {len(names)} classes"
            )
        return as_probabilities(scores, kind, self.source)

    def _of_two(self, scores: np.ndarray, names: Sequence[str], kind: str) -> tuple:
        """From one score a row, which is for the class `positive`."""
        if len(names) != 2:
            raise InputError(
                f"{self.source}: one score a row tells two classes apart, not {len(names)}; give "
                f"{self.called.get('y_prob', 'y_prob_<class>')}, one column a class"
            )
        positive = names[1] if self.positive is None else self.positive
        if positive not in names:
            listed = ", ".join(names)
            raise InputError(f"{self.source}: {positive!r} is none of its classes, {listed}")
        found, words = as_probabilities(scores, kind, self.source)
        said = f"“{positive}”; the other class has"
        words = words.replace("the second class; the first has", said)
        return (found if positive == names[1] else found[:, ::-1]), words

    def _sha256(self, labels: np.ndarray, images: Images | None) -> str:
        """Hex digest of the labels and of what identifies the rows, the same from any file."""
        digest = hashlib.sha256(labels.astype("<i8").tobytes())
        rows = self.texts.get("id") or self.texts.get("image")
        if rows:
            digest.update("\n".join(rows.array.tolist()).encode("utf-8", "replace"))
        elif isinstance(images, np.ndarray):
            digest.update(np.ascontiguousarray(images).tobytes())
        return digest.hexdigest()
