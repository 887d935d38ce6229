"""What a picture holds: one digit, or several; and the answers to a batch of pictures, in order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from model.data.sources import picture_sources
from model.errors import InputError
from model.files.pictures import ImageError
from model.inference.predictor import Prediction, Predictor, predictions
from model.pages.one_digit import (
    OneDigit,
    count_tall_parts,
    edges_cutting,
    find_digit,
    is_side_by_side,
)
from model.pages.reader import Page, read_page
from model.preprocessing import are_canonical

_MOST = 0.7  # of all marks are digits where a picture is said to hold several, and of one size


@dataclass(frozen=True)
class Answer:
    """What was read of a picture.

    `prediction` takes all of it for one digit, of which `glyph`, uint8 (28, 28), was read. Where it
    holds several, `page` has them; where an edge of the picture cuts the digit, `cut` names the
    edges: left, top, right, bottom.
    """

    prediction: Prediction
    glyph: np.ndarray
    page: Page | None = None
    cut: tuple[str, ...] = ()


def answer(image: Image.Image | np.ndarray, predictor: Predictor) -> Answer:
    """Read a picture of one digit, or say that it holds several. Raises ImageError."""
    return complete(find_digit(image, predictor), image, predictor)


def complete(found: OneDigit, image: Image.Image | np.ndarray, predictor: Predictor) -> Answer:
    """What there is to be said of a picture beside the one digit that was found in it."""
    if not found.prediction.accepted or is_side_by_side(found.steps):
        page = read_page(image, predictor)
        if _holds_several(page, count_tall_parts(found.steps)):
            return Answer(found.prediction, found.steps.glyph, page)
    return Answer(found.prediction, found.steps.glyph, cut=edges_cutting(found.steps))


def _holds_several(page: Page, parts: int) -> bool:
    """Say whether a page holds several digits, and is no letter whose strokes look like some.

    `parts` is how many parts of like height the ink has. Strokes of one letter are read as 1 and 7.
    """
    accepted = [mark for mark in page.digits if mark.accepted]
    if len(accepted) < max(2, _MOST * len(page.digits)):
        return False
    heights = np.array([mark.box[3] for mark in accepted])
    if np.mean(heights > 0.5 * heights.max()) < _MOST:
        return False
    strokes = sum(mark.digit in (1, 7) for mark in accepted)
    return parts >= len(accepted) / 2 + 0.5 or strokes < len(accepted) / 2


def answer_many(
    images: Sequence[Image.Image | np.ndarray] | np.ndarray, predictor: Predictor
) -> list[Answer | ImageError]:
    """Answer pictures as `answer` does, or say why one cannot be read, in their order.

    `images` is a sequence of pictures, or an array of n; canonical ones are read together.
    """
    is_glyph = np.zeros(len(images), bool)
    if isinstance(images, np.ndarray):
        is_glyph = are_canonical(images)
    glyphs = np.array([images[row] for row in np.flatnonzero(is_glyph).tolist()], np.uint8)
    together = predictions(predictor.score(glyphs)) if len(glyphs) else []
    read = iter([Answer(*both) for both in zip(together, glyphs, strict=True)])

    def answer_one(image) -> Answer | ImageError:
        try:
            return answer(image, predictor)
        except ImageError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV and LiteRT release the lock
        others = pool.map(answer_one, [images[row] for row in np.flatnonzero(~is_glyph).tolist()])
        return [next(read) if known else next(others) for known in is_glyph]


def predict_all(
    paths: Iterable[str | Path], predictor: Predictor
) -> Iterator[tuple[str, int | None, Answer | InputError]]:
    """Read pictures of one digit each: (source, row in an .npz or None, answer or why none)."""
    for source, first, pictures in picture_sources(paths):
        if isinstance(pictures, InputError):
            yield source, None, pictures
            continue
        for row, each in enumerate(answer_many(pictures, predictor)):
            yield source, None if first is None else first + row, each
