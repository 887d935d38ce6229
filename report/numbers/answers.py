"""The test set, and the answers of each network to it, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from report.numbers.classes import DIGIT_NAMES
from report.numbers.curves import Curve

Facts = Mapping[str, Any]


class Images(Protocol):
    """Pictures by their place, such as a uint8 array (n, h, w) or (n, h, w, 3).

    Others than an array may be of several sizes, up to that in `shape`, and read a picture only
    when it is asked for, which may raise InputError. `size` is 0 where there is nothing to see.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def size(self) -> int: ...

    def __getitem__(self, place: int, /) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class LabelledData:
    """A test set of n rows: `images`, `labels` int64 (n,), and where it comes from.

    `images` are uint8 (n, 28, 28) for our networks, (n, h, w) or (n, h, w, 3) for others, and of no
    height and width where there is nothing to see. `names` are what its classes are called. Where
    they are known: `writers`, n names of who wrote the images; `groups`, n names of the slice that
    each row belongs to, and `group_noun`, what a slice is; `weights` float64 (n,), none negative,
    how much each row counts.
    """

    images: Images
    labels: np.ndarray
    facts: Facts
    names: tuple[str, ...] = DIGIT_NAMES
    writers: np.ndarray | None = None
    groups: np.ndarray | None = None
    group_noun: str = "group"
    weights: np.ndarray | None = None

    @property
    def row_weights(self) -> np.ndarray:
        """How much each row counts, float64 (n,): 1 where all count the same."""
        return np.ones(len(self.labels)) if self.weights is None else self.weights


@dataclass(frozen=True, eq=False)
class LabelledGlyphs(LabelledData):
    """A test set as our own networks see it: `images` uint8 (n, 28, 28)."""

    images: np.ndarray


@dataclass(frozen=True, eq=False)
class Answers:
    """One network's answers to n images, and what its bundle says about it.

    `training` is None where it is not known. `probabilities` float (n, c), rows sum to 1, or None
    where only the answers are known; `predicted`, int (n,), are these, or None where the likeliest
    class is the answer. One of the two is given.
    `accepted` bool (n,); `digit_probability` float32 (n,), or None where the network does not judge
    whether an image is a digit; `milliseconds` for one image, or None where time was not taken.
    """

    model: Facts
    training: Facts | None
    probabilities: np.ndarray | None
    accepted: np.ndarray
    digit_probability: np.ndarray | None
    milliseconds: float | None
    predicted: np.ndarray | None = None

    @cached_property
    def readings(self) -> np.ndarray:
        """The class answered for each image, int (n,)."""
        if self.predicted is not None:
            return self.predicted
        assert self.probabilities is not None
        return self.probabilities.argmax(axis=1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability of each answer, float (n,). Without probabilities there is none."""
        assert self.probabilities is not None
        return self.probabilities[np.arange(len(self.readings)), self.readings]

    @cached_property
    def second(self) -> np.ndarray:
        """The likeliest class beside each answer, int (n,). It takes probabilities as well."""
        assert self.probabilities is not None
        others = self.probabilities.copy()
        others[np.arange(len(self.readings)), self.readings] = -1
        return others.argmax(axis=1)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The network under test (`subject`) and all networks compared, on the same test images.

    `extras` are more sets that the subject alone has read, each with its answers; `robustness` is
    what it read of test images changed on purpose.
    """

    test: LabelledData
    subject: Answers
    networks: tuple[Answers, ...]
    extras: tuple[tuple[LabelledData, Answers], ...]
    robustness: tuple[Curve, ...]
