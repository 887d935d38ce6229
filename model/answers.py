"""What a picture holds: one digit, or several; and the answers to a batch of pictures, in order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from model.data.sources import picture_sources
from model.errors import InputError
from model.files.pictures import ImageError
from model.inference.predictor import Prediction, Predictor, predictions
from model.pages.found import share_within
from model.pages.one_digit import OneDigit, find_digit, has_mark_beside
from model.pages.outlines import is_star
from model.pages.page import Page, PageDigit
from model.pages.parts import count_tall_parts, edges_cutting, stroke_length
from model.pages.reader import read_page
from model.pages.settings import TUNED
from model.pages.surroundings import is_face
from model.pages.turned import Turned, find_turned
from model.preprocessing import are_canonical

_SLIM = 0.7  # of its height, from which a mark may be two digits that touch
_LONG = 2.2  # heights, from which strokes are long enough for two digits
_CLEAR = 0.6  # of a mark's confidence, from which it is clear which digit an odd one would be
_WITHIN = 0.8  # of a mark's width, that others may share where all were cut from one part
_MOST = 0.7  # of all marks are digits where a picture is said to hold several, and of one size


@dataclass(frozen=True)
class Answer:
    """What was read of a picture.

    `prediction` takes all of it for one digit, of which `glyph`, uint8 (28, 28), was read. Where it
    holds several, `page` has them; where an edge of the picture cuts the digit, `cut` names the
    edges: left, top, right, bottom. Where it is a digit only when it is turned, `turned` says so;
    `prediction` is still that for the picture as it stands, and it is not accepted.
    """

    prediction: Prediction
    glyph: np.ndarray
    page: Page | None = None
    cut: tuple[str, ...] = ()
    turned: Turned | None = None


def answer(image: Image.Image | np.ndarray, predictor: Predictor) -> Answer:
    """Read a picture of one digit, or say that it holds several. Raises ImageError."""
    return complete(find_digit(image, predictor), image, predictor)


def complete(found: OneDigit, image: Image.Image | np.ndarray, predictor: Predictor) -> Answer:
    """Complete the answer to a picture in which one digit was found.

    It may hold several, or a sign, be cut by an edge, or show a digit only when it is turned.
    """
    tall = count_tall_parts(found.steps)
    width, height = found.steps.box[2:]
    accepted, page = found.prediction.accepted, None
    may_touch = width >= _SLIM * height and stroke_length(found.steps) >= _LONG * height
    if tall > 1 or found.has_others or (may_touch and not accepted and not is_star(found.steps)):
        page = read_page(image, predictor)
        is_number = len(page.lines) == 1 and all(mark.accepted for mark in page.digits)
        may_be_unsure = (not accepted or found.has_others) and not is_face(found.steps)
        if (is_number or may_be_unsure) and _holds_several(page.digits, tall):
            return Answer(found.prediction, found.steps.glyph, page)
        if found.has_others and _has_refused(page.digits, height):
            return Answer(replace(found.prediction, accepted=False), found.steps.glyph)
    if has_mark_beside(found, image):
        page = page or read_page(image, predictor)
        is_sure = accepted or all(mark.accepted for mark in page.digits)
        if is_sure and page.text != page.lines:  # there is a sign, as the minus of -5
            return Answer(found.prediction, found.steps.glyph, page)
    cut, turned = edges_cutting(found.steps), find_turned(found, predictor)
    return Answer(found.prediction, found.steps.glyph, cut=cut, turned=turned)


def _has_refused(marks: Sequence[PageDigit], height: int) -> bool:
    """Say whether a mark about as high as a digit is none, as joined digits beside it may be."""
    low, high = (share * height for share in TUNED.like_height)
    return any(not mark.is_read and low < mark.box[3] < high for mark in marks)


def _holds_several(marks: Sequence[PageDigit], parts: int) -> bool:
    """Say whether marks are several digits, and no letter whose strokes look like some.

    `parts` is how many parts of like height the ink has. Strokes of one letter are read as 1 and 7.
    A low mark counts for little: it may be a flag that came off, or a dot. Where half are digits,
    the others may be odd ones, if it is clear which.
    """
    tallest = max((mark.box[3] for mark in marks), default=0)
    tall = [mark for mark in marks if mark.box[3] > 0.5 * tallest]
    read = [mark for mark in marks if mark.is_read]
    boxes = [mark.box for mark in marks]
    if parts == 1 and any(share_within(box, boxes) > _WITHIN for box in boxes):
        return False  # strokes that cross each other
    clear = all(mark.is_read or mark.confidence >= _CLEAR for mark in tall)
    enough = 0.5 if clear and parts >= len(tall) > 1 else _MOST
    sure = sum(mark.is_read for mark in tall)
    if sure < max(1 if enough < _MOST else 2, enough * len(tall)):
        return False
    heights = np.array([mark.box[3] for mark in read])
    if np.mean(heights > 0.5 * heights.max()) < _MOST:
        return False
    are_strokes = all(mark.digit in (1, 7) for mark in read)
    return parts >= len(read) / 2 + 0.5 or not are_strokes


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
