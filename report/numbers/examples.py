"""Which images a reader should see, and how they are kept: small PNGs beside what was read."""

from __future__ import annotations

import io
import warnings
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from PIL import Image

from report.numbers.classes import MANY

SAMPLES_PER_CLASS = 10
GRID_LENGTH = 12
PAIRS_SHOWN = 6
EXAMPLES_PER_PAIR = 8
KINDS_SHOWN = 90
RIGHT_PER_CLASS = 2
RIGHT_SHOWN = 40
TOP_LENGTH = 3
MOST_SIDE = 1000  # px; no picture shown is near it


@dataclass(frozen=True)
class Picture:
    """A small picture, pixel for pixel, as PNG bytes."""

    png: bytes

    @classmethod
    def of(cls, pixels: np.ndarray) -> Picture:
        """Keep `pixels`: uint8, (h, w) grey or (h, w, 3) colour."""
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
        return cls(buffer.getvalue())

    @property
    def pixels(self) -> np.ndarray:
        """The same uint8 array again. Raises ValueError or OSError where the PNG is none of ours.

        A report.json may come from anybody: nothing but PNG is opened, and nothing huge decoded.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                image = Image.open(io.BytesIO(self.png), formats=["PNG"])
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise ValueError(str(error)) from None
        if max(image.size) > MOST_SIDE:
            raise ValueError(f"a picture of {image.size} pixels is too large")
        return np.asarray(image)

    @property
    def base64(self) -> str:
        """The PNG as text, for a data URI or for JSON."""
        return b64encode(self.png).decode("ascii")

    @classmethod
    def from_base64(cls, text: str) -> Picture:
        """The picture that `base64` wrote."""
        return cls(b64decode(text, validate=True))


@dataclass(frozen=True)
class Example:
    """One test image, its label, and the network's best guesses with their probabilities."""

    index: int
    label: int
    top: tuple[tuple[int, float], ...]
    label_probability: float
    picture: Picture

    @property
    def digit(self) -> int:
        """The class read."""
        return self.top[0][0]

    @property
    def confidence(self) -> float:
        """The probability of the class read, 0 to 1."""
        return self.top[0][1]

    @property
    def is_right(self) -> bool:
        """Whether the reading equals the label."""
        return self.digit == self.label

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "index": self.index,
            "label": self.label,
            "top": [list(guess) for guess in self.top],
            "label_probability": self.label_probability,
            "picture": self.picture.base64,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Example:
        """The example that `to_json` wrote."""
        return cls(
            index=values["index"],
            label=values["label"],
            top=tuple((digit, probability) for digit, probability in values["top"]),
            label_probability=values["label_probability"],
            picture=Picture.from_base64(values["picture"]),
        )


@dataclass(frozen=True)
class Examples:
    """The images shown: a strip of samples per class, and answers right, barely right and wrong."""

    samples: tuple[Picture, ...]
    confident_mistakes: tuple[Example, ...]
    kinds_of_mistake: tuple[Example, ...]
    confused_pairs: tuple[Example, ...]
    barely_right: tuple[Example, ...]
    right: tuple[Example, ...]

    def of_pair(self, truth: int, reading: int) -> tuple[Example, ...]:
        """The images kept of class `truth` that were read as `reading`, surest first."""
        return tuple(e for e in self.confused_pairs if (e.label, e.digit) == (truth, reading))

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        grids = {name: [e.to_json() for e in getattr(self, name)] for name in GRIDS}
        return {"samples": [strip.base64 for strip in self.samples], **grids}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Examples:
        """The examples that `to_json` wrote."""
        grids = {name: tuple(map(Example.from_json, values[name])) for name in GRIDS}
        return cls(samples=tuple(map(Picture.from_base64, values["samples"])), **grids)


NO_EXAMPLES = Examples(*[()] * len(fields(Examples)))
GRIDS = ("confident_mistakes", "kinds_of_mistake", "confused_pairs", "barely_right", "right")


def choose_examples(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    pairs: Sequence[tuple[int, int]],
) -> Examples:
    """Choose what to show, the same for the same input.

    `images` uint8 (n, h, w) or (n, h, w, 3), of no height and width where there is nothing to see,
    and so nothing to show; `labels` int (n,), `probabilities` float (n, c) with rows that sum to 1,
    `pairs` the (truth, reading) confusions, most frequent first.
    """
    if not images.size:
        return NO_EXAMPLES
    readings = probabilities.argmax(axis=1)
    ranked = np.sort(probabilities, axis=1)
    confidence, margin = ranked[:, -1], ranked[:, -1] - ranked[:, -2]
    wrong, right = np.flatnonzero(readings != labels), np.flatnonzero(readings == labels)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")]
    closest = right[np.argsort(margin[right], kind="stable")]
    by_pair = [surest[(labels[surest] == t) & (readings[surest] == r)] for t, r in pairs]
    classes = range(probabilities.shape[1])
    per_class = [_spread(right[labels[right] == c], RIGHT_PER_CLASS) for c in classes]

    def show(indices) -> tuple[Example, ...]:
        return tuple(make_example(int(i), images, labels, probabilities) for i in indices)

    return Examples(
        samples=_samples(images, labels, classes),
        confident_mistakes=show(surest[:GRID_LENGTH]),
        kinds_of_mistake=show(found[0] for found in by_pair[:KINDS_SHOWN]),
        confused_pairs=show(
            i for found in by_pair[:PAIRS_SHOWN] for i in found[:EXAMPLES_PER_PAIR]
        ),
        barely_right=show(closest[:GRID_LENGTH]),
        right=show(_spread(np.concatenate(per_class), RIGHT_SHOWN)),
    )


def _samples(images: np.ndarray, labels: np.ndarray, classes: Sequence[int]) -> tuple[Picture, ...]:
    """A strip of samples a class; none where that would be too much to see."""
    if len(classes) > MANY:
        return ()
    return tuple(_strip(images, np.flatnonzero(labels == c)) for c in classes)


def _spread(indices: np.ndarray, length: int) -> np.ndarray:
    """Take at most `length` of `indices`, evenly from the first to the last."""
    if len(indices) <= length:
        return indices
    return indices[np.linspace(0, len(indices) - 1, length).round().astype(int)]


def _strip(images: np.ndarray, indices: np.ndarray) -> Picture:
    """Lay samples side by side; a class without images leaves the strip black."""
    height, width = images.shape[1:3]
    strip = np.zeros((height, width * SAMPLES_PER_CLASS, *images.shape[3:]), np.uint8)
    for place, index in enumerate(_spread(indices, SAMPLES_PER_CLASS)):
        strip[:, place * width : (place + 1) * width] = images[index]
    return Picture.of(strip)


def make_example(index: int, images, labels, probabilities) -> Example:
    """Gather the example at `index` of the arrays that `choose_examples` takes."""
    row = probabilities[index]
    best = np.argsort(-row, kind="stable")[:TOP_LENGTH]
    return Example(
        index=index,
        label=int(labels[index]),
        top=tuple((int(digit), float(row[digit])) for digit in best),
        label_probability=float(row[labels[index]]),
        picture=Picture.of(images[index]),
    )
