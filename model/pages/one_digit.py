"""One digit told from what lies around it: a box, a circle, ruled lines, a stray dot.

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
from model.pages.rules import remove_rules
from model.preprocessing import Steps, is_canonical, pen_width, preprocess, steps_of

if TYPE_CHECKING:
    from model.inference.predictor import Prediction, Predictor

_INKED = 51  # of 255, from which a pixel belongs to a stroke
_LEAST_PAGE = 48  # px; smaller pictures hold no ruled lines
_PAGE_SIDE = 1000  # px; larger pictures are brought to this size to tell rules from strokes
_INNER = 0.22  # of a frame's longer side, from which what it surrounds may be a digit
_LEAST_CELL = 20  # px; a smaller picture is no cell cut from a grid
_BAND = 0.2  # of a cell's height or width, in which its lines lie
_CELL_LINES = 3  # at least, along the edges of a cell
_SLACK = 0.035  # of a cell's height or width, by which they may be askew
_AROUND = 0.8  # of all directions in which a frame lies around what it surrounds
_SLASH = 0.35  # tangent of the slant from which a stroke in a ring is a zero's slash
_SPECK = 0.15  # of the largest part's ink, up to which a part may be a stray dot
_MARK = 0.02  # of a digit's ink, from which a part beside it may be a sign
_APART = 0.25  # of the digit's longer side, by which a stray dot lies apart
_LINE = 0.8  # of the ink's width or height, from which a straight run is a line
_SPAN = 0.9  # of the picture's width or height, from which ink may be ruled lines
_REST = (0.25, 0.85)  # of the ink's longer side: what is left when lines are taken away
_CRUMB = 0.1  # of the largest part's ink, below which a part is what is left of a line
_READ_SIDE = 1600  # px; a larger picture's box is known to some pixels only
_ROOM = 0.1  # of the ink's longer side, from which there is room beside it
_SURE = 0.9  # of the network, from which it is believed that what was left out is no digit's


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
    for find in (_as_drawn, _in_cell, _by_colour, partial(_off_rules, predictor=predictor)):
        try:
            for steps, is_whole in find(image):
                answer = predictor.predict_steps(steps)
                found = OneDigit(steps, answer, is_whole and find is _as_drawn)
                if is_whole and found.prediction.accepted and _is_face(steps):
                    return OneDigit(steps, _as_none(found.prediction))
                if found.prediction.accepted and (is_whole or _is_sure(found.prediction)):
                    return found
                refused = refused or (found if is_whole else None)
        except ImageError as error:
            failure = failure or error
    if refused is None:
        assert failure is not None  # where there is no ink at all, the first way has said so
        raise failure
    return refused


def _is_face(steps: Steps) -> bool:
    """Say whether ink is a ring around two marks or more, as a face is and no digit."""
    if is_canonical(steps.grey):
        return False
    labels, boxes, areas = _parts(steps.ink)
    if len(boxes) < 4:
        return False
    frame, inside = _surrounded(boxes)
    inside &= areas >= _MARK * areas[frame]
    return bool(np.count_nonzero(inside) > 1 and _lies_around(labels == frame, inside[labels]))


def _as_none(answer: Prediction) -> Prediction:
    """The answer to what is known to be no digit."""
    can_say = answer.digit_probability is not None
    return replace(answer, accepted=False, digit_probability=0.0 if can_say else None)


def _is_sure(answer: Prediction) -> bool:
    """Say whether an answer is sure enough to believe that what was left out is no digit's."""
    return answer.confidence >= _SURE and (answer.digit_probability or 1.0) >= _SURE


def _in_cell(image) -> Iterator[tuple[Steps, bool]]:
    """What lies within lines along the picture's edges, as of a cell cut from a grid."""
    grey = to_grey(image)
    if min(grey.shape) < _LEAST_CELL or is_canonical(grey):
        return
    small = _reduced(grey)
    height, width = small.shape
    rows, columns = _within_lines(small)
    lines = (rows.start > 0) + (rows.stop < height) + (columns.start > 0) + (columns.stop < width)
    if lines >= _CELL_LINES:
        ink = np.zeros_like(small)
        ink[rows, columns] = preprocess(small[rows, columns]).ink
        yield steps_of(grey, ink), False


def _within_lines(grey: np.ndarray) -> tuple[slice, slice]:
    """The rows and columns of uint8 grey (h, w) within any lines along its edges."""
    height, width = grey.shape
    smooth = cv2.GaussianBlur(grey, (0, 0), 1).astype(np.int16)
    paper = np.median(smooth[height // 4 : -height // 4, width // 4 : -width // 4])
    apart = np.abs(smooth - paper)
    marked = (apart > apart.max() / 2).astype(np.uint8)
    return _between(marked), _between(marked.T)


def _between(marked: np.ndarray) -> slice:
    """The rows of marks, uint8 (h, w) of 0 and 1, between lines along the first and last ones."""
    height = len(marked)
    slack = np.ones((2 * int(_SLACK * height) + 1, 1), np.uint8)
    covered = cv2.dilate(marked, slack).mean(1) >= _LINE
    band = int(_BAND * height)
    first, last = np.flatnonzero(covered[:band]), np.flatnonzero(covered[-band:])
    return slice(
        int(first.max()) + 1 if len(first) else 0,
        height - band + int(last.min()) if len(last) else height,
    )


def _as_drawn(image) -> Iterator[tuple[Steps, bool]]:
    return _variants(preprocess(image))


def _by_colour(image) -> Iterator[tuple[Steps, bool]]:
    coloured = by_colour(image)
    return iter(()) if coloured is None else _variants(preprocess(coloured))


def _reduced(grey: np.ndarray) -> np.ndarray:
    """A picture, uint8 (h, w), at a size at which lines are told from strokes."""
    factor = min(1.0, _PAGE_SIDE / max(grey.shape))
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _off_rules(image, predictor: Predictor) -> Iterator[tuple[Steps, bool]]:
    """Strokes as the reader of pages tells them from ruled lines, where there may be some."""
    grey = to_grey(image)
    if min(grey.shape) < _LEAST_PAGE or is_canonical(grey):
        return
    small = _reduced(grey)
    page = find_page_ink(small)
    if page is None:
        return
    evidence = find_evidence(page, predictor)
    page, _ = remove_rules(page, evidence.kept, evidence.size)
    if np.count_nonzero(page.mask) < 4:
        return
    strength = np.where(page.mask > 0, page.strength, 0)
    peak = np.percentile(strength[page.mask > 0], 90)
    ink = np.round(np.minimum(strength / peak, 1) * 255).astype(np.uint8)
    ink = _no_crumbs(cv2.warpPerspective(ink, page.to_picture, small.shape[::-1]))
    if 4 <= _extent(ink) < _REST[1] * max(small.shape):
        for steps, _ in _variants(steps_of(grey, ink)):
            yield steps, False


def _variants(steps: Steps) -> Iterator[tuple[Steps, bool]]:
    """A digit within a frame or beside dots, then all ink, then ink without lines; which is all."""
    if is_canonical(steps.grey):
        yield steps, True
        return
    for leave_out in (_frame, _dots):
        rest = leave_out(steps.ink)
        if rest is not None:
            yield steps_of(steps.grey, rest), False
    yield steps, True
    rest = _lines(steps.ink)
    if rest is not None:
        yield steps_of(steps.grey, rest), False


def _extent(ink: np.ndarray) -> int:
    """Longer side of what is inked, px."""
    return max(cv2.boundingRect((ink > _INKED).astype(np.uint8))[2:])


def _parts(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Connected parts of uint8 ink (h, w): labels (h, w), boxes int (n, 4) and areas int (n,).

    Row 0 of both is the ground.
    """
    mask = (ink > _INKED).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)  # the rest of a large canvas costs time
    rows, columns = slice(top, max(top + height, 1)), slice(left, max(left + width, 1))
    _, found, stats, _ = cv2.connectedComponentsWithStats(mask[rows, columns], connectivity=8)
    labels = np.zeros(ink.shape, found.dtype)
    labels[rows, columns] = found
    return labels, stats[:, :4] + (left, top, 0, 0), stats[:, cv2.CC_STAT_AREA]


def _frame(ink: np.ndarray) -> np.ndarray | None:
    """The ink that a ring or box surrounds; None where there is none, or it is a zero's own."""
    labels, boxes, _ = _parts(ink)
    if len(boxes) < 3:
        return None
    frame, inside = _surrounded(boxes)
    inner = inside[labels]
    points = np.argwhere(inner)
    longest = boxes[frame, 2:].max()
    if len(points) < 16 or np.ptp(points, axis=0).max() < _INNER * longest:
        return None
    if not _lies_around(labels == frame, inner) or _is_slash(points):
        return None
    return np.where(cv2.dilate(inner.astype(np.uint8), np.ones((3, 3))) > 0, ink, 0)


def _surrounded(boxes: np.ndarray) -> tuple[int, np.ndarray]:
    """The part with the largest box, and which parts, bool (n,), lie within that box."""
    frame = 1 + int(np.argmax(boxes[1:, 2] * boxes[1:, 3]))
    left, top, width, height = boxes[frame]
    x, y, w, h = boxes.T
    inside = (x > left) & (y > top) & (x + w < left + width) & (y + h < top + height)
    inside[[0, frame]] = False
    return frame, inside


def _lies_around(frame: np.ndarray, inner: np.ndarray) -> bool:
    """Say whether a part (h, w) lies in nearly all directions from the middle of others."""
    around = np.argwhere(frame) - np.argwhere(inner).mean(0)
    directions = np.unique(np.degrees(np.arctan2(*around.T)) // 10)
    return len(directions) >= _AROUND * 36


def _is_slash(points: np.ndarray) -> bool:
    """Say whether points (n, 2) of (y, x) are one slanted or level stroke, as in a zero."""
    spread, axes = np.linalg.eigh(np.cov(points.T.astype(float)))
    down, across = axes[:, 1]
    return spread[1] > 12 * spread[0] and abs(across) > _SLASH * abs(down)


def _dots(ink: np.ndarray) -> np.ndarray | None:
    """Ink without small parts that lie apart; None where there are none, or one is an i's dot."""
    labels, boxes, areas = _parts(ink)
    if len(boxes) < 3:
        return None
    small = areas < _SPECK * areas[1:].max()
    small[0] = False
    x, y, w, h = boxes[1:][~small[1:]].T
    left, top, right, bottom = x.min(), y.min(), (x + w).max(), (y + h).max()
    apart = _APART * max(right - left, bottom - top)
    x, y, w, h = boxes.T
    aside = np.maximum(left - (x + w), x - right)
    off = np.maximum(aside, np.maximum(top - (y + h), y - bottom))
    stray = small & (off > apart) & (aside > apart / 2)
    if not stray.any():
        return None
    return np.where(stray[labels], 0, ink)


def _lines(ink: np.ndarray) -> np.ndarray | None:
    """Ink without the straight lines of a box or of ruled paper; None where there are none.

    They run through all the picture, or along all four sides of the ink.
    """
    mask = (ink > _INKED).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    across, down = _runs(mask, int(_LINE * width)), _runs(mask.T, int(_LINE * height)).T
    rows, columns = np.flatnonzero(across.any(1)) - top, np.flatnonzero(down.any(0)) - left
    is_box = _at_both_ends(rows, height) and _at_both_ends(columns, width)
    if not is_box:
        across = across * (width >= _SPAN * ink.shape[1])
        down = down * (height >= _SPAN * ink.shape[0])
    if not (across.any() or down.any()):
        return None
    mask = _without_runs(_without_runs(mask, across).T, down.T).T
    rest = _no_crumbs(np.where(mask > 0, ink, 0))
    low, high = (share * max(width, height) for share in _REST)
    return rest if low <= _extent(rest) and (is_box or _extent(rest) <= high) else None


def _runs(mask: np.ndarray, length: int) -> np.ndarray:
    """Strokes (h, w) of 0 and 1 that go on, level or nearly so, for more than `length` px."""
    loose = cv2.dilate(mask, np.ones((5, 1), np.uint8))
    return cv2.morphologyEx(loose, cv2.MORPH_OPEN, np.ones((1, length + 2), np.uint8)) & mask


def _without_runs(mask: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Strokes without level runs; what crosses a run, or is much thicker than it, stays."""
    if not runs.any():
        return mask
    thick = int(np.ceil(pen_width(runs * np.uint8(255))))
    wide = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thick + 3, thick + 3), np.uint8))
    rest = mask & (1 - runs | wide)
    crossing = np.ones((2 * thick + 3, 3), np.uint8)
    return rest | cv2.morphologyEx(rest, cv2.MORPH_CLOSE, crossing) & runs


def _no_crumbs(ink: np.ndarray) -> np.ndarray:
    """Ink without what is left of lines here and there."""
    labels, _, areas = _parts(ink)
    crumbs = areas < _CRUMB * areas[1:].max(initial=0)
    crumbs[0] = False
    return np.where(crumbs[labels], 0, ink)


def _at_both_ends(places: np.ndarray, length: int) -> bool:
    """Say whether some places (n,) lie in the first and some in the last eighth of a length."""
    return len(places) > 0 and places.min() < length / 8 and places.max() > length * 7 / 8


def is_side_by_side(steps: Steps) -> bool:
    """Say whether ink stands in parts of like height beside each other, as several digits do."""
    if is_canonical(steps.grey):
        return False
    tall = _tall(steps.ink)
    left, right = np.sort(tall[:, 0]), np.sort(tall[:, 0] + tall[:, 2])
    return bool((left[1:] > right[:-1]).any())


def has_mark_beside(found: OneDigit, image: Image.Image | np.ndarray) -> bool:
    """Say whether a mark stands before or after a digit, as a minus or a point does."""
    try:
        steps = found.steps if found.is_all else preprocess(image)
    except ImageError:  # ink that differs from its ground by colour alone
        return False
    if is_canonical(steps.grey):
        return False
    _, boxes, areas = _parts(steps.ink)
    digit = 1 + int(np.argmax(areas[1:]))
    left, _, width, _ = boxes[digit]
    x, _, wide, _ = boxes.T
    beside = (x > left + width) | (x + wide < left)
    beside[0] = False
    return bool((beside & (areas >= _MARK * areas[digit])).any())


def columns_of_ink(steps: Steps) -> list[np.ndarray]:
    """Ink that stands side by side, from left to right: uint8 (h, w) each.

    Parts of which one lies above the other by half its width or more stay together.
    """
    labels, boxes, _ = _parts(steps.ink)
    groups: list[tuple[int, int, list[int]]] = []  # left, right, and the parts
    for part in 1 + np.argsort(boxes[1:, 0]):
        left, width = int(boxes[part, 0]), int(boxes[part, 2])
        if groups:
            first, last, parts = groups[-1]
            if min(last, left + width) - left >= min(width, last - first) / 2:
                groups[-1] = first, max(last, left + width), [*parts, int(part)]
                continue
        groups.append((left, left + width, [int(part)]))
    return [np.where(np.isin(labels, parts), steps.ink, 0) for _, _, parts in groups]


def count_tall_parts(steps: Steps) -> int:
    """Count the ink's parts that are at least half as tall as the tallest."""
    return len(_tall(steps.ink))


def _tall(ink: np.ndarray) -> np.ndarray:
    boxes = _parts(ink)[1][1:]
    return boxes[boxes[:, 3] > 0.5 * boxes[:, 3].max(initial=0)]


def edges_cutting(steps: Steps) -> tuple[str, ...]:
    """Name the edges of the picture that cut its digit: left, top, right, bottom.

    A picture cropped to its digit touches it on most sides, so only one side or two neighbours
    count, and only where there is room on the others.
    """
    if is_canonical(steps.grey):
        return ()
    height, width = steps.grey.shape
    left, top, ink_width, ink_height = steps.box
    room = {"left": left, "top": top,
            "right": width - left - ink_width, "bottom": height - top - ink_height}  # fmt: skip
    touched = tuple(side for side in room if room[side] <= max(width, height) // _READ_SIDE)
    free = [side for side in room if room[side] > _ROOM * max(ink_width, ink_height)]
    is_cut = len(touched) in (1, 2) and len(touched) + len(free) == 4
    return touched if is_cut and set(touched) not in ({"left", "right"}, {"top", "bottom"}) else ()
