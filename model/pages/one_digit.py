"""Finds the one digit of a picture, whatever lies around it.

What may not belong to the digit is left out, and what the network then accepts is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from model.files.pictures import ImageError, by_colour, to_grey
from model.pages.binarization import find_page_ink
from model.pages.evidence import find_evidence
from model.pages.glyphs import Glyphs
from model.pages.outlines import is_figure
from model.pages.parts import extent, is_side_by_side, parts_of
from model.pages.rules import remove_rules
from model.pages.settings import ONE_DIGIT
from model.pages.surroundings import (
    is_face,
    within_lines,
    without_crumbs,
    without_dots,
    without_frame,
    without_lines,
)
from model.preprocessing import Steps, is_canonical, preprocess, steps_of

if TYPE_CHECKING:
    from model.inference.predictor import Prediction, Predictor


@dataclass(frozen=True)
class OneDigit:
    """A digit that was found: the steps to its glyph, and the answer.

    `is_all` where the steps are those of `preprocess`, with nothing left out.
    """

    steps: Steps
    prediction: Prediction
    is_all: bool = False


def find_digit(image: Image.Image | np.ndarray, predictor: Predictor) -> OneDigit:
    """Find the one digit of a picture (see `preprocessing.preprocess`), whatever is around it.

    Where nothing is accepted, it is the answer to all ink. Raises ImageError as `preprocess` does.
    """
    refused: OneDigit | None = None
    failure: ImageError | None = None
    off_rules = partial(_off_rules, predictor=predictor)
    for find in (_as_drawn, _in_cell, _by_colour, off_rules):
        if find is off_rules and refused is not None and is_side_by_side(refused.steps):
            break  # several digits, which are read as a page; what comes is dear
        try:
            for steps, is_whole in find(image):
                answer = predictor.predict_steps(steps)
                found = OneDigit(steps, answer, is_whole and find is _as_drawn)
                if is_whole and (is_face(steps) or (answer.accepted and is_figure(steps))):
                    return OneDigit(steps, _as_none(answer))
                if found.prediction.accepted and (is_whole or _is_sure(found.prediction)):
                    return found
                refused = refused or (found if is_whole else None)
        except ImageError as error:
            failure = failure or error
    if refused is None:
        assert failure is not None  # where there is no ink at all, the first way has said so
        raise failure
    if is_figure(refused.steps):
        return replace(refused, prediction=_as_none(refused.prediction))
    return refused


def _as_none(answer: Prediction) -> Prediction:
    """The answer to what is known to be no digit."""
    can_say = answer.digit_probability is not None
    return replace(answer, accepted=False, digit_probability=0.0 if can_say else None)


def _is_sure(answer: Prediction) -> bool:
    """Say whether an answer is sure enough to believe that what was left out is no digit's."""
    return (
        answer.confidence >= ONE_DIGIT.sure and (answer.digit_probability or 1.0) >= ONE_DIGIT.sure
    )


def _as_drawn(image) -> Iterator[tuple[Steps, bool]]:
    return _variants(preprocess(image))


def _by_colour(image) -> Iterator[tuple[Steps, bool]]:
    coloured = by_colour(image)
    return iter(()) if coloured is None else _variants(preprocess(coloured))


def _variants(steps: Steps) -> Iterator[tuple[Steps, bool]]:
    """A digit within a frame or beside dots, then all ink, then ink without lines; which is all."""
    if is_canonical(steps.grey):
        yield steps, True
        return
    for leave_out in (without_frame, without_dots):
        rest = leave_out(steps.ink)
        if rest is not None:
            yield steps_of(steps.grey, rest), False
    yield steps, True
    rest = without_lines(steps.ink)
    if rest is not None:
        yield steps_of(steps.grey, rest), False


def _in_cell(image) -> Iterator[tuple[Steps, bool]]:
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
        yield steps_of(grey, ink), False


def _off_rules(image, predictor: Predictor) -> Iterator[tuple[Steps, bool]]:
    """Strokes as the reader of pages tells them from ruled lines, where there may be some."""
    grey = to_grey(image)
    if min(grey.shape) < ONE_DIGIT.least_ruled or is_canonical(grey):
        return
    small = _reduced(grey)
    page = find_page_ink(small)
    if page is None:
        return
    evidence = find_evidence(page, Glyphs(page.strength, predictor))
    page, _ = remove_rules(page, evidence.kept, evidence.size)
    if np.count_nonzero(page.mask) < 4:
        return
    strength = np.where(page.mask > 0, page.strength, 0)
    peak = np.percentile(strength[page.mask > 0], 90)
    ink = np.round(np.minimum(strength / peak, 1) * 255).astype(np.uint8)
    ink = without_crumbs(cv2.warpPerspective(ink, page.to_picture, small.shape[::-1]))
    if 4 <= extent(ink) < ONE_DIGIT.rest[1] * max(small.shape):
        for steps, _ in _variants(steps_of(grey, ink)):
            yield steps, False


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
    _, boxes, areas = parts_of(steps.ink)
    digit = 1 + int(np.argmax(areas[1:]))
    left, _, width, _ = boxes[digit]
    x, _, wide, _ = boxes.T
    beside = (x > left + width) | (x + wide < left)
    beside[0] = False
    return bool((beside & (areas >= ONE_DIGIT.mark * areas[digit])).any())
