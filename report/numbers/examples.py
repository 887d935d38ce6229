"""The images that a report shows: how they are chosen, and kept as small PNGs."""

from __future__ import annotations

import io
import warnings
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from PIL import Image

from report.numbers.answers import Answers, Images, LabelledData
from report.numbers.classes import MANY
from report.numbers.plain import Plain

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

    def to_json(self) -> str:
        return self.base64

    @classmethod
    def from_json(cls, text: str) -> Picture:
        return cls(b64decode(text, validate=True))


@dataclass(frozen=True)
class Example(Plain):
    """One test image, its label, and the network's best guesses with their probabilities.

    The answer comes first. Where probabilities are not known, they are None, and it stands alone.
    """

    index: int
    label: int
    top: tuple[tuple[int, float | None], ...]
    label_probability: float | None
    picture: Picture

    @property
    def digit(self) -> int:
        """The class read."""
        return self.top[0][0]

    @property
    def confidence(self) -> float | None:
        """The probability of the class read, 0 to 1; None where it is not known."""
        return self.top[0][1]

    @property
    def is_right(self) -> bool:
        """Whether the reading equals the label."""
        return self.digit == self.label


@dataclass(frozen=True)
class Examples(Plain):
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


NO_EXAMPLES = Examples(*[()] * len(fields(Examples)))
GRIDS = ("confident_mistakes", "kinds_of_mistake", "confused_pairs", "barely_right", "right")


def choose_examples(
    data: LabelledData, answers: Answers, pairs: Sequence[tuple[int, int]]
) -> Examples:
    """Choose what to show, the same for the same input; nothing where there is nothing to see.

    `pairs` are the (truth, reading) confusions, most frequent first. Without probabilities no
    answer is surer than another: the order is then that of the set, and none is barely right.
    """
    if not data.images.size:
        return NO_EXAMPLES
    labels, readings, probabilities = data.labels, answers.readings, answers.probabilities
    confidence = margin = np.zeros(len(readings))
    if probabilities is not None:
        confidence = answers.confidence
        margin = confidence - probabilities[np.arange(len(readings)), answers.second]
    wrong, right = np.flatnonzero(readings != labels), np.flatnonzero(readings == labels)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")]
    closest = right[np.argsort(margin[right], kind="stable")]
    by_pair = [surest[(labels[surest] == t) & (readings[surest] == r)] for t, r in pairs]
    classes = range(len(data.names))
    sampled = classes if len(classes) <= MANY else ()  # of more, it would be too much to see
    per_class = [_spread(right[labels[right] == c], RIGHT_PER_CLASS) for c in classes]

    def show(indices) -> tuple[Example, ...]:
        return tuple(make_example(int(i), data, answers) for i in indices)

    return Examples(
        samples=tuple(_strip(data.images, np.flatnonzero(labels == c)) for c in sampled),
        confident_mistakes=show(surest[:GRID_LENGTH]),
        kinds_of_mistake=show(found[0] for found in by_pair[:KINDS_SHOWN]),
        confused_pairs=show(i for of in by_pair[:PAIRS_SHOWN] for i in of[:EXAMPLES_PER_PAIR]),
        barely_right=() if probabilities is None else show(closest[:GRID_LENGTH]),
        right=show(_spread(np.concatenate(per_class), RIGHT_SHOWN)),
    )


def _spread(indices: np.ndarray, length: int) -> np.ndarray:
    """Take at most `length` of `indices`, evenly from the first to the last."""
    if len(indices) <= length:
        return indices
    return indices[np.linspace(0, len(indices) - 1, length).round().astype(int)]


def _strip(images: Images, indices: np.ndarray) -> Picture:
    """Lay samples side by side; a class without images leaves the strip black."""
    cells = [images[int(index)] for index in _spread(indices, SAMPLES_PER_CLASS)]
    height, width = images.shape[1:3]
    if cells:
        height, width = (max(cell.shape[side] for cell in cells) for side in (0, 1))
    strip = np.zeros((height, width * SAMPLES_PER_CLASS, *images.shape[3:]), np.uint8)
    for place, cell in enumerate(cells):
        strip[: cell.shape[0], place * width : place * width + cell.shape[1]] = cell
    return Picture.of(strip)


def make_example(place: int, data: LabelledData, answers: Answers) -> Example:
    """Make the example of the image at a place of the data."""
    label, reading = int(data.labels[place]), int(answers.readings[place])
    top: list[tuple[int, float | None]] = [(reading, None)]
    label_probability = None
    if answers.probabilities is not None:
        row = answers.probabilities[place]
        others = [c for c in np.argsort(-row, kind="stable").tolist() if c != reading]
        top = [(c, float(row[c])) for c in [reading, *others][:TOP_LENGTH]]
        label_probability = float(row[label])
    return Example(place, label, tuple(top), label_probability, Picture.of(data.images[place]))
