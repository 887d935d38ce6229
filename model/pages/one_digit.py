"""Finds the one digit of a picture, whatever lies around it.

What may not belong to the digit is left out, and what the network then accepts is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from model.files.pictures import ImageError, by_colour, to_grey
from model.pages.binarization import PageInk, find_page_ink
from model.pages.evidence import find_evidence
from model.pages.found import is_level
from model.pages.glyphs import Glyphs
from model.pages.outlines import is_figure
from model.pages.parts import columns_apart, extent, is_side_by_side, parts_of
from model.pages.rules import remove_rules
from model.pages.settings import ONE_DIGIT, TUNED
from model.pages.surroundings import (
    is_face,
    islands,
    within_lines,
    without_crumbs,
    without_dots,
    without_frame,
    without_lines,
    without_underline,
)
from model.preprocessing import Steps, is_canonical, is_photographed, preprocess, steps_of

if TYPE_CHECKING:
    from model.inference.predictor import Prediction, Predictor


_Pieces = tuple[list[Steps], bool]  # of which one may be the digit; whether that is all ink
_Way = Callable[..., Iterator[_Pieces]]


@dataclass(frozen=True)
class OneDigit:
    """A digit that was found: the steps to its glyph, and the answer.

    `is_all` where the steps are those of `preprocess`, with nothing left out; `has_others` where
    other ink stands on a line with the digit.
    """

    steps: Steps
    prediction: Prediction
    is_all: bool = False
    has_others: bool = False


def find_digit(image: Image.Image | np.ndarray, predictor: Predictor) -> OneDigit:
    """Find the one digit of a picture (see `preprocessing.preprocess`), whatever is around it.

    The first way that finds one is believed. Where nothing is accepted, it is the answer to all
    ink. Raises ImageError as `preprocess` does.
    """
    refused: OneDigit | None = None
    failure: ImageError | None = None
    on_page = partial(_on_page, predictor=predictor)
    ways: list[_Way] = [_as_drawn, _in_cell, _by_colour, on_page]
    if is_photographed(to_grey(image)):  # a shadow's edge or a desk is no ink to the local ground
        ways = [on_page, *ways[:-1]]
    for find in ways:
        if find is on_page and refused is not None and is_side_by_side(refused.steps):
            break  # several digits, which are read as a page; what comes is dear
        try:
            for pieces, is_whole in find(image):
                is_all = is_whole and find is _as_drawn
                found = [OneDigit(each, predictor.predict_steps(each), is_all) for each in pieces]
                if is_whole and _is_shape(found[0]):
                    return replace(found[0], prediction=_as_none(found[0].prediction))
                digit = _only_digit(found, is_whole, predictor)
                if is_whole and digit is not None and _are_several(digit.steps, predictor):
                    return replace(digit, prediction=replace(digit.prediction, accepted=False))
                if digit is not None:
                    return digit
                refused = refused or (found[0] if is_whole else None)
        except ImageError as error:
            failure = failure or error
    if refused is None:
        assert failure is not None  # where there is no ink at all, the first way has said so
        raise failure
    if is_figure(refused.steps):
        return replace(refused, prediction=_as_none(refused.prediction))
    return refused


def _is_shape(found: OneDigit) -> bool:
    """Say whether ink is a face, or a closed outline that is taken for a zero."""
    return is_face(found.steps) or (found.prediction.accepted and is_figure(found.steps))


def _are_several(steps: Steps, predictor: Predictor) -> bool:
    """Say whether ink is far wider than a digit, or stands in parts that are digits themselves."""
    width, height = steps.box[2:]
    sure = _sure_columns(steps, predictor)
    return width >= TUNED.widest * height or (len(sure) > 1 and all(sure))


def _sure_columns(steps: Steps, predictor: Predictor) -> list[bool]:
    """For each part of the ink that stands beside the others, whether it is a sure digit."""
    columns = columns_apart(steps)
    if len(columns) < 2:
        return []
    parts = [np.zeros_like(steps.ink) for _ in columns]
    for part, each in zip(parts, columns, strict=True):
        part[:, each] = steps.ink[:, each]
    return [_is_sure(predictor.predict_steps(steps_of(steps.grey, part))) for part in parts]


def _only_digit(found: list[OneDigit], is_whole: bool, predictor: Predictor) -> OneDigit | None:
    """The one piece of ink that is a digit; None where there is none, or another holds one."""
    digits = [one for one in found if one.prediction.accepted]
    if len(digits) != 1:
        return None
    (digit,) = digits
    if not is_whole:
        alone = replace(digit, steps=replace(digit.steps, grey=digit.steps.ink))
        if not _is_sure(digit.prediction) or _is_shape(alone):
            return None
    others = [one for one in found if one is not digit and is_level(one.steps.box, digit.steps.box)]
    if any((one.prediction.digit_probability or 1.0) > ONE_DIGIT.beside for one in others):
        return None
    if any(any(_sure_columns(one.steps, predictor)) for one in others):
        return None
    return replace(digit, has_others=bool(others))


def _as_none(answer: Prediction) -> Prediction:
    """The answer to what is known to be no digit."""
    can_say = answer.digit_probability is not None
    return replace(answer, accepted=False, digit_probability=0.0 if can_say else None)


def _is_sure(answer: Prediction) -> bool:
    """Say whether an answer is sure enough to believe that what was left out is no digit's."""
    return (
        answer.confidence >= ONE_DIGIT.sure and (answer.digit_probability or 1.0) >= ONE_DIGIT.sure
    )


def _as_drawn(image) -> Iterator[_Pieces]:
    return _variants(preprocess(image))


def _by_colour(image) -> Iterator[_Pieces]:
    coloured = by_colour(image)
    return iter(()) if coloured is None else _variants(preprocess(coloured))


def _variants(steps: Steps) -> Iterator[_Pieces]:
    """A digit among other ink, then all ink, then ink without lines; and which is all."""
    if not is_canonical(steps.grey) and len(parts_of(steps.ink)) > 2:
        yield _islands(steps.grey, steps.ink)
        for leave_out in (without_frame, without_dots):
            yield from _rest(steps, leave_out)
    yield [steps], True
    if not is_canonical(steps.grey):
        for leave_out in (without_lines, without_underline):
            yield from _rest(steps, leave_out)


def _rest(steps: Steps, leave_out: Callable[[np.ndarray], np.ndarray | None]) -> Iterator[_Pieces]:
    """What is left where there is something to leave out."""
    rest = leave_out(steps.ink)
    if rest is not None:
        yield [steps_of(steps.grey, rest)], False


def _islands(grey: np.ndarray, ink: np.ndarray) -> _Pieces:
    """The groups of ink that stand apart, of which one is the digit."""
    return [steps_of(grey, island) for island in islands(ink)], False


def _in_cell(image) -> Iterator[_Pieces]:
    """What lies within lines along the picture's edges, as of a cell cut from a grid."""
    grey = to_grey(image)
    if min(grey.shape) < ONE_DIGIT.least_cell or is_canonical(grey):
        return
    small = _reduced(grey)
    height, width = small.shape
    rows, columns = within_lines(small)
    lines = (rows.start > 0) + (rows.stop < height) + (columns.start > 0) + (columns.stop < width)
    if lines >= ONE_DIGIT.cell_lines:
        ink = np.zeros_like(small)
        ink[rows, columns] = preprocess(small[rows, columns]).ink
        yield [steps_of(grey, ink)], False


def _on_page(image, predictor: Predictor) -> Iterator[_Pieces]:
    """Strokes as the reader of pages tells them from shadows, and then from ruled lines."""
    grey = to_grey(image)
    if min(grey.shape) < ONE_DIGIT.least_ruled or is_canonical(grey):
        return
    small = _reduced(grey)
    page = find_page_ink(small)
    if page is None:
        return
    yield _islands(grey, _ink_of(page, small))
    evidence = find_evidence(page, Glyphs(page.strength, predictor))
    page, _ = remove_rules(page, evidence.kept, evidence.size)
    if np.count_nonzero(page.mask) < 4:
        return
    ink = without_crumbs(_ink_of(page, small))
    if 4 <= extent(ink) < ONE_DIGIT.rest[1] * max(small.shape):
        for pieces, _ in _variants(steps_of(grey, ink)):
            yield pieces, False


def _ink_of(page: PageInk, small: np.ndarray) -> np.ndarray:
    """A page's strokes as ink, uint8 bright on black, of the picture (h, w) they come from."""
    strength = np.where(page.mask > 0, page.strength, 0)
    peak = np.percentile(strength[page.mask > 0], 90)
    ink = np.round(np.minimum(strength / peak, 1) * 255).astype(np.uint8)
    return cv2.warpPerspective(ink, page.to_picture, small.shape[::-1])


def _reduced(grey: np.ndarray) -> np.ndarray:
    """A picture, uint8 (h, w), at a size at which lines are told from strokes."""
    factor = min(1.0, ONE_DIGIT.rules_side / max(grey.shape))
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def has_mark_beside(found: OneDigit, image: Image.Image | np.ndarray) -> bool:
    """Say whether a mark stands before or after a digit, as a minus or a point does."""
    try:
        steps = found.steps if found.is_all else preprocess(image)
    except ImageError:  # ink that differs from its ground by colour alone
        return False
    if is_canonical(steps.grey):
        return False
    parts = parts_of(steps.ink)
    digit = 1 + int(np.argmax(parts.area[1:]))
    left, _, width, _ = parts.boxes[digit]
    x, _, wide, _ = parts.boxes.T
    beside = (x > left + width) | (x + wide < left)
    beside[0] = False
    return bool((beside & (parts.area >= ONE_DIGIT.mark * parts.area[digit])).any())
