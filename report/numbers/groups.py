"""How each group of a test set fares, such as the images of one site or device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from model.intervals import cluster_interval
from report.numbers.answers import LabelledData
from report.numbers.counts import NothingCounted, Share, Weights, share_of
from report.numbers.plain import Plain

MOST_KEPT = 1000


@dataclass(frozen=True)
class GroupCounts(Plain):
    """One group: its images, at least one, those of them answered correctly, and its recall.

    `balanced_accuracy` is the mean recall of the classes that the group holds, or None where all
    its weights are 0; `weights` are given where images have some.
    """

    name: str
    count: int
    correct: int
    balanced_accuracy: float | None
    weights: Weights | None = None

    @property
    def accuracy(self) -> Share:
        """The share answered correctly."""
        return share_of(self.correct, self.count, self.weights)

    def to_json(self) -> dict[str, Any]:
        found = super().to_json() | {
            "accuracy": self.accuracy.value,
            "accuracy_interval": self.accuracy.interval,
        }
        return {name: value for name, value in found.items() if name != "weights" or value}


@dataclass(frozen=True)
class Groups(Plain):
    """The groups of a test set; `noun` says what a group is, `worst` names the first.

    `accuracy_interval` is the 95 % interval of the accuracy over all, resampled by group (see
    `cluster_interval`), or None for fewer than five groups. Of very many groups, `count`, only the
    `MOST_KEPT` worst are in `per_group`. The worst come first: those of which it is surest that
    they fare badly, by the upper end of their interval, so that a group of one image is no match
    for one of a hundred.
    """

    noun: str
    count: int
    accuracy_interval: tuple[float, float] | None
    worst: str
    per_group: tuple[GroupCounts, ...]


def measure_groups(data: LabelledData, right: np.ndarray) -> Groups:
    """Count by group whether answers are right, bool (n,). There must be groups."""
    assert data.groups is not None
    names, places = np.unique(data.groups, return_inverse=True)
    each = data.row_weights

    def sums(values: np.ndarray) -> list[float]:
        return np.bincount(places, values, minlength=len(names)).tolist()

    counts, correct = np.bincount(places).tolist(), map(int, sums(right))
    parts, totals = sums(each * right), sums(each)
    found: Iterable[Weights | None] = repeat(None)
    if data.weights is not None:
        found = map(Weights, parts, totals, sums(each**2))
    balanced = _balanced_accuracy(places, data.labels, right, each)
    rows = map(GroupCounts, map(str, names.tolist()), counts, correct, balanced, found)
    worst_first = sorted(rows, key=_badness)[:MOST_KEPT]
    weighed = [pair for pair in zip(parts, totals, strict=True) if pair[1]]
    interval = cluster_interval([part for part, _ in weighed], [total for _, total in weighed])
    return Groups(data.group_noun, len(names), interval, worst_first[0].name, tuple(worst_first))


def _badness(group: GroupCounts) -> tuple[float, float, int, str]:
    """What groups are sorted by, the worst first; those without any weight come last."""
    accuracy = group.accuracy
    if isinstance(accuracy, NothingCounted):
        return 2.0, 2.0, -group.count, group.name
    return accuracy.interval[1], accuracy.value, -group.count, group.name


def _balanced_accuracy(
    places: np.ndarray, labels: np.ndarray, right: np.ndarray, weights: np.ndarray
) -> list[float | None]:
    """The mean recall of the classes in each group; None for a group without weight."""
    classes, total = int(labels.max()) + 1, int(places.max()) + 1
    cells, rows = np.unique(places * classes + labels, return_inverse=True)
    support, correct = np.bincount(rows, weights), np.bincount(rows, weights * right)
    held = support > 0
    recall, groups = correct[held] / support[held], cells[held] // classes
    sums = np.bincount(groups, recall, minlength=total).tolist()
    found = np.bincount(groups, minlength=total).tolist()
    return [part / count if count else None for part, count in zip(sums, found, strict=True)]
