"""The part of a report that is compared with another."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from report.numbers.metrics import Metrics
from report.numbers.predictions import Predictions


@dataclass(frozen=True)
class Snapshot:
    """What a comparison needs of a report.

    `answers` has empty columns where a report does not keep the answer to each image. `extras` are
    the further sets' hashes and numbers by name.
    """

    model: str
    created_at: str
    dataset: str
    sha256: str
    metrics: Metrics
    extras: Mapping[str, tuple[str, Metrics]]
    answers: Predictions

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Snapshot:
        """Read it from a report.json, also from one that other versions of this program wrote."""
        extras = values["metrics"].get("extra", ())
        found = cls(
            model=str(values["model"]["name"]),
            created_at=str(values["environment"]["created_at"]),
            dataset=str(values["dataset"]["name"]),
            sha256=values["dataset"]["sha256"],
            metrics=Metrics.from_json(values["metrics"]),
            extras={e["name"]: (e["sha256"], Metrics.from_json(e)) for e in extras},
            answers=Predictions.from_json(values["predictions"]),
        )
        columns = found.answers.to_json().values()
        lengths = {len(column) for column in columns if column is not None}
        if lengths not in ({0}, {found.metrics.accuracy.total}):
            raise ValueError("as many predictions as images are needed")
        check_answers(found.answers, found.metrics)
        return found

    def is_of_same_data(self, other: Snapshot) -> bool:
        """Whether both are of the same test images.

        Their hash covers the labels as numbers, which change with the names of the classes where
        these are sorted by name. So where some names differ, and most do not, reports are of the
        same data, too, if both divide as many images into classes alike; unless images stand in the
        order of their classes, as many a set's do.
        """
        if self.sha256 == other.sha256:
            return True
        mine, others = np.array(self.answers.label, int), np.array(other.answers.label, int)
        names, others_names = set(self.metrics.names), set(other.metrics.names)
        is_renamed = len(names) / 2 < len(names & others_names) < len(names)
        if not is_renamed or len(mine) != len(others) or _changes(mine) <= 2 * len(names):
            return False
        together = set(zip(mine.tolist(), others.tolist(), strict=True))
        return len(together) == len(np.unique(mine)) == len(np.unique(others))

    def class_keys(self, of_same_data: bool) -> dict[str, Hashable]:
        """What tells a class by other than its name, for each class's name.

        In reports of the same data that is its images, or its place and size where the answers
        were not kept; otherwise the letters and digits of its name.
        """
        names, labels = self.metrics.names, np.array(self.answers.label)
        if not of_same_data:
            return {name: "".join(filter(str.isalnum, name.casefold())) for name in names}
        if not len(labels):
            return {c.label: (p, c.support) for p, c in enumerate(self.metrics.per_class)}
        images = (np.flatnonzero(labels == place) for place in range(len(names)))
        pairs = enumerate(zip(names, images, strict=True))
        return {n: rows.tobytes() or p for p, (n, rows) in pairs}


def check_answers(answers: Predictions, metrics: Metrics) -> None:
    """Raises ValueError where the answers that are kept contradict the counts, or weigh nothing."""
    count = len(metrics.names)
    if answers.label:
        cells = np.array(answers.label) * count + np.array(answers.digit)
        counts = np.bincount(cells, minlength=count**2).tolist()
        if counts != [cell for row in metrics.confusion for cell in row]:
            raise ValueError("the answers are not those that were counted")
    if answers.weight and not sum(answers.weight) > 0:
        raise ValueError("no answer has any weight")


def _changes(labels: np.ndarray) -> int:
    """How often a label, int (n,), differs from the one before it."""
    return int(np.count_nonzero(np.diff(labels)))
