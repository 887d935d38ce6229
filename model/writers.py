"""Accuracy by writer, and its confidence interval for writers in general."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.intervals import cluster_interval


@dataclass(frozen=True)
class WriterCounts:
    """Counts of one set's images by who wrote them, as columns with one row a writer.

    `counts` are a writer's images, at least one, and `correct` those of them read correctly.
    `accuracy_interval` is the 95 % interval of the accuracy over all, resampled by writer (see
    `cluster_interval`); None for too few writers.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    correct: tuple[int, ...]
    accuracy_interval: tuple[float, float] | None

    @classmethod
    def of(cls, writers: np.ndarray, right: np.ndarray) -> WriterCounts:
        """Count by `writers`, n names, whether images were read correctly: `right`, bool (n,)."""
        names, rows = np.unique(writers, return_inverse=True)
        counts = tuple(np.bincount(rows).tolist())
        correct = tuple(np.bincount(rows[right], minlength=len(names)).tolist())
        return cls(tuple(names.tolist()), counts, correct, cluster_interval(correct, counts))

    @property
    def worst_first(self) -> list[tuple[str, int, int, float]]:
        """Each writer's name, images, correct ones and accuracy: the lowest accuracy first."""
        columns = zip(self.names, self.counts, self.correct, strict=True)
        rows = [(name, count, correct, correct / count) for name, count, correct in columns]
        return sorted(rows, key=lambda row: (row[3], -row[1], row[0]))

    def to_json(self) -> dict[str, Any]:
        rows = zip(self.names, self.counts, self.correct, strict=True)
        return {
            "count": len(self.names),
            "accuracy_interval": self.accuracy_interval,
            "per_writer": [
                {"name": name, "count": count, "correct": correct, "accuracy": correct / count}
                for name, count, correct in rows
            ],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> WriterCounts:
        interval, rows = record["accuracy_interval"], record["per_writer"]
        return cls(
            names=tuple(row["name"] for row in rows),
            counts=tuple(row["count"] for row in rows),
            correct=tuple(row["correct"] for row in rows),
            accuracy_interval=None if interval is None else tuple(interval),
        )
