"""The connected parts of one digit's ink, and what they tell of the picture."""

from __future__ import annotations

import cv2
import numpy as np

from model.pages.connected import Components
from model.pages.settings import ONE_DIGIT
from model.preprocessing import Steps, is_canonical, pen_width


def extent(ink: np.ndarray) -> int:
    """Longer side of what is inked, px."""
    return max(cv2.boundingRect((ink > ONE_DIGIT.inked).astype(np.uint8))[2:])


def parts_of(ink: np.ndarray) -> Components:
    """Connected parts of uint8 ink (h, w)."""
    mask = (ink > ONE_DIGIT.inked).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)  # the rest of a large canvas costs time
    rows, columns = slice(top, max(top + height, 1)), slice(left, max(left + width, 1))
    found = Components.of(mask[rows, columns])
    labels = np.zeros(ink.shape, found.labels.dtype)
    labels[rows, columns] = found.labels
    return Components(labels, found.stats + (left, top, 0, 0, 0))


def is_side_by_side(steps: Steps) -> bool:
    """Say whether ink stands in parts of like height beside each other, as several digits do."""
    return len(columns_apart(steps)) > 1


def columns_apart(steps: Steps) -> list[slice]:
    """The columns of parts of like height, in order; those that overlap are in one slice."""
    if is_canonical(steps.grey):
        return []
    tall = _tall(steps.ink)
    left, right = np.sort(tall[:, 0]), np.sort(tall[:, 0] + tall[:, 2])
    blank = np.flatnonzero(left[1:] > right[:-1])
    starts, stops = left[np.append(0, blank + 1)], right[np.append(blank, -1)]
    return [slice(start, stop) for start, stop in zip(starts, stops, strict=True)]


def count_tall_parts(steps: Steps) -> int:
    """Count the ink's parts that are at least half as tall as the tallest."""
    return len(_tall(steps.ink))


def stroke_length(steps: Steps) -> float:
    """How long the strokes of a picture are in all, px: their area by the width of the pen."""
    left, top, width, height = steps.box
    inked = steps.ink[top : top + height, left : left + width] > ONE_DIGIT.inked
    around = np.pad(inked, 1) * np.uint8(255)
    return np.count_nonzero(inked) / pen_width(around)


def _tall(ink: np.ndarray) -> np.ndarray:
    boxes = parts_of(ink).boxes[1:]
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
    touched = tuple(
        side for side in room if room[side] <= max(width, height) // ONE_DIGIT.sure_side
    )
    free = [side for side in room if room[side] > ONE_DIGIT.room * max(ink_width, ink_height)]
    is_cut = len(touched) in (1, 2) and len(touched) + len(free) == 4
    return touched if is_cut and set(touched) not in ({"left", "right"}, {"top", "bottom"}) else ()
