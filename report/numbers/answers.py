"""What networks answered: the test set as they saw it, and one array of answers each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from report.numbers.classes import DIGIT_NAMES
from report.numbers.curves import Curve

Facts = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class LabelledGlyphs:
    """A test set as networks see it: `images` uint8 (n, 28, 28), `labels` int64 (n,), origin.

    For a network that is not ours `images` may be larger or in colour, (n, h, w, 3), or of no
    height and width where there is nothing to see. `names` are what its classes are called;
    `writers`, where they are known, n names of who wrote the images.
    """

    images: np.ndarray
    labels: np.ndarray
    facts: Facts
    names: tuple[str, ...] = DIGIT_NAMES
    writers: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Answers:
    """One network's answers to n images, and what its bundle says about it.

    `training` is None where it is not known. `probabilities` float32 (n, c), rows sum to 1;
    `accepted` bool (n,); `digit_probability` float32 (n,), or None where the network does not judge
    whether an image is a digit; `milliseconds` for one image, or None where time was not taken.
    """

    model: Facts
    training: Facts | None
    probabilities: np.ndarray
    accepted: np.ndarray
    digit_probability: np.ndarray | None
    milliseconds: float | None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The network under test (`subject`) and all networks compared, on the same test images.

    `extras` are more sets that the subject alone has read, each with its answers; `robustness` is
    what it read of test images changed on purpose.
    """

    test: LabelledGlyphs
    subject: Answers
    networks: tuple[Answers, ...]
    extras: tuple[tuple[LabelledGlyphs, Answers], ...]
    robustness: tuple[Curve, ...]
