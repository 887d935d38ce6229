"""Takes away what surrounds one digit: a ring, a box, lines, stray dots; and what stands apart."""

from __future__ import annotations

import cv2
import numpy as np

from model.pages.connected import Components
from model.pages.parts import extent, parts_of
from model.pages.settings import ONE_DIGIT
from model.preprocessing import Steps, is_canonical, pen_width


def without_frame(ink: np.ndarray) -> np.ndarray | None:
    """The ink that a ring or box surrounds; None where there is none, or it is a zero's own."""
    parts = parts_of(ink)
    if len(parts) < 3:
        return None
    frame, inside = _surrounded(parts.boxes)
    inner = inside[parts.labels]
    points = np.argwhere(inner)
    longest = parts.longest[frame]
    if len(points) < 16 or np.ptp(points, axis=0).max() < ONE_DIGIT.inner * longest:
        return None
    if not _lies_around(parts.labels == frame, inner) or _is_slash(points):
        return None
    return _only(ink, inner)


def _only(ink: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Ink of a part, bool (h, w), with its faint rim."""
    return np.where(cv2.dilate(part.astype(np.uint8), np.ones((3, 3))) > 0, ink, 0)


def is_face(steps: Steps) -> bool:
    """Say whether ink is a ring around two marks or more, as a face is and no digit."""
    if is_canonical(steps.grey):
        return False
    ink = _with_dots(steps)
    parts = parts_of(ink)
    if len(parts) < 4:
        return False
    frame, inside = _surrounded(parts.boxes)
    inside &= parts.area >= max(ONE_DIGIT.dot * parts.area[frame], 0.5 * pen_width(ink) ** 2)
    if np.count_nonzero(inside) < 2:
        return False
    return _lies_around(parts.labels == frame, inside[parts.labels])


def _with_dots(steps: Steps) -> np.ndarray:
    """Ink, uint8 (h, w), with what is as dark as it but too small to be kept: the dots for eyes."""
    grey = steps.grey
    if grey.shape != steps.ink.shape:  # a large picture's ink is found at a smaller size
        grey = cv2.resize(grey, steps.ink.shape[::-1], interpolation=cv2.INTER_AREA)
    ink, paper = np.median(grey[steps.ink > ONE_DIGIT.inked]), np.median(grey[steps.ink == 0])
    is_dark = np.abs(grey - paper) > 0.5 * abs(ink - paper)
    is_dark &= (grey > paper) == (ink > paper)
    return np.where(is_dark, np.uint8(255), steps.ink)


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
    return len(directions) >= ONE_DIGIT.around * 36


def _is_slash(points: np.ndarray) -> bool:
    """Say whether points (n, 2) of (y, x) are one slanted or level stroke, as in a zero."""
    spread, axes = np.linalg.eigh(np.cov(points.T.astype(float)))
    down, across = axes[:, 1]
    return spread[1] > 12 * spread[0] and abs(across) > ONE_DIGIT.slash * abs(down)


def without_dots(ink: np.ndarray) -> np.ndarray | None:
    """Ink without small parts that lie apart; None where there are none, or one is an i's dot."""
    parts = parts_of(ink)
    if len(parts) < 3:
        return None
    is_small = parts.area[1:] < ONE_DIGIT.speck * parts.area[1:].max()
    x, y, w, h = parts.boxes[1:][~is_small].T
    left, top, right, bottom = x.min(), y.min(), (x + w).max(), (y + h).max()
    apart = ONE_DIGIT.apart * max(right - left, bottom - top)
    x, y, w, h = parts.boxes.T
    aside = np.maximum(left - (x + w), x - right)
    off = np.maximum(aside, np.maximum(top - (y + h), y - bottom))
    stray = (off > apart) & (aside > apart / 2)  # so it is small
    if not stray.any():
        return None
    return np.where(parts.chosen(stray), 0, ink)


def islands(ink: np.ndarray) -> list[np.ndarray]:
    """The groups of ink that stand apart from each other; none where all of it is one group.

    What touches the picture's edge is in none of them: a desk, a finger, another line. Nor is what
    stands close to that, for it may belong to it, as pieces of a ruled line do. There are none at
    all where it may be another digit of a number.
    """
    parts = parts_of(ink)
    if len(parts) < 3:
        return []
    labels, height, width = parts.labels, *ink.shape
    x, y, w, h = parts.boxes.T
    free = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    at_edge = ~free[labels] & (labels > 0)
    free[0] = False
    is_large = free & (parts.area >= ONE_DIGIT.grain * parts.area[free].max(initial=0))
    if not 0 < np.count_nonzero(is_large) <= ONE_DIGIT.most_parts:
        return []
    kept = np.argsort(-parts.area * free)[: min(np.count_nonzero(free), ONE_DIGIT.most_parts)]
    group = np.zeros(len(parts), int)
    group[kept] = 1 + _grouped(parts.boxes[kept])
    names = np.unique(group[kept])
    if len(names) == 1 and len(kept) == len(parts) - 1:
        return []
    found = [_only(ink, (group == name)[labels]) for name in names]
    extents = [extent(each) for each in found]
    least = max(ONE_DIGIT.island * max(extents), ONE_DIGIT.least_island * max(ink.shape))
    found = [each for each, side in zip(found, extents, strict=True)
             if side >= least and not _within(each, at_edge, ONE_DIGIT.gap * side)]  # fmt: skip
    is_number = any(_is_cut_number(each, ink, parts, ~free) for each in found)
    return [] if is_number else found


def _is_cut_number(
    island: np.ndarray, ink: np.ndarray, parts: Components, at_edge: np.ndarray
) -> bool:
    """Say whether a part of ink stands beside an island as its like, of the same pen.

    Only those count that are at the edge, bool (n,).
    """
    _, top, _, height = cv2.boundingRect((island > ONE_DIGIT.inked).astype(np.uint8))
    y, high = parts.boxes[:, 1], parts.height
    low, most = (share * height for share in ONE_DIGIT.like)
    like = at_edge & (high >= low) & (parts.width <= most) & (y < top + height) & (top < y + high)
    for part in 1 + np.flatnonzero(like[1:]):
        thin, thick = sorted((pen_width(island), pen_width(_only(ink, parts.labels == part))))
        if thin > ONE_DIGIT.same_pen * thick:
            return True
    return False


def _within(ink: np.ndarray, other: np.ndarray, gap: float) -> bool:
    """Say whether other ink, bool (h, w), lies in the box of some ink (h, w) or near it."""
    x, y, w, h = cv2.boundingRect((ink > ONE_DIGIT.inked).astype(np.uint8))
    far = int(gap)
    return bool(other[max(0, y - far) : y + h + far, max(0, x - far) : x + w + far].any())


def _grouped(boxes: np.ndarray) -> np.ndarray:
    """The group, int (n,), of each box, int (n, 4): near ones are in one, and an i with its dot."""
    low, high, side = boxes[:, :2], boxes[:, :2] + boxes[:, 2:], boxes[:, 2:].max(1)
    across, down = np.maximum(low[:, None] - high, low - high[:, None]).transpose(2, 0, 1)
    longest = np.maximum(side[:, None], side)
    is_dot = (across < 0) & (np.minimum(side[:, None], side) < ONE_DIGIT.small * longest)
    gap = np.where(is_dot, ONE_DIGIT.dot_gap, ONE_DIGIT.gap) * longest
    near = (across < ONE_DIGIT.gap * longest) & (down < gap)
    group = np.arange(len(boxes))
    for _ in group:
        group = np.where(near, group, len(boxes)).min(1)
    return group


def without_lines(ink: np.ndarray) -> np.ndarray | None:
    """Ink without the straight lines of a box or of ruled paper; None where there are none.

    They run through all the picture, or along all four sides of the ink.
    """
    mask = (ink > ONE_DIGIT.inked).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    across, down = (
        _runs(mask, int(ONE_DIGIT.line * width)),
        _runs(mask.T, int(ONE_DIGIT.line * height)).T,
    )
    rows, columns = np.flatnonzero(across.any(1)) - top, np.flatnonzero(down.any(0)) - left
    is_box = _at_both_ends(rows, height) and _at_both_ends(columns, width)
    if not is_box:
        across = across * (width >= ONE_DIGIT.span * ink.shape[1])
        down = down * (across.any() and height >= ONE_DIGIT.span * ink.shape[0])
    if not (across.any() or down.any()):
        return None
    mask = _without_runs(_without_runs(mask, across).T, down.T).T
    rest = without_crumbs(np.where(mask > 0, ink, 0))
    low, high = (share * max(width, height) for share in ONE_DIGIT.rest)
    return rest if low <= extent(rest) and (is_box or extent(rest) <= high) else None


def without_underline(ink: np.ndarray) -> np.ndarray | None:
    """Ink above a level line at its foot, of nearly its width; None where there is none."""
    mask = (ink > ONE_DIGIT.inked).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    lines = _runs(mask, int(ONE_DIGIT.line * width))
    lines[: top + int(ONE_DIGIT.foot * height)] = 0
    if not lines.any():
        return None
    rest = without_crumbs(np.where(_without_runs(mask, lines) > 0, ink, 0))
    rest[np.flatnonzero(lines.any(1))[0] + 3 :] = 0
    x, _, wide, _ = cv2.boundingRect((rest > ONE_DIGIT.inked).astype(np.uint8))
    is_digit = wide <= ONE_DIGIT.underlined * width
    juts_out = min(x - left, left + width - x - wide)  # on both sides, unlike the foot of an L
    return rest if is_digit and juts_out > ONE_DIGIT.juts_out * width else None


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


def without_crumbs(ink: np.ndarray) -> np.ndarray:
    """Ink without what is left of lines here and there."""
    parts = parts_of(ink)
    crumbs = parts.area < ONE_DIGIT.crumb * parts.area[1:].max(initial=0)
    return np.where(parts.chosen(crumbs), 0, ink)


def _at_both_ends(places: np.ndarray, length: int) -> bool:
    """Say whether some places (n,) lie in the first and some in the last eighth of a length."""
    return len(places) > 0 and places.min() < length / 8 and places.max() > length * 7 / 8


def within_lines(grey: np.ndarray) -> tuple[slice, slice]:
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
    slack = np.ones((2 * int(ONE_DIGIT.cell_slack * height) + 1, 1), np.uint8)
    covered = cv2.dilate(marked, slack).mean(1) >= ONE_DIGIT.line
    band = int(ONE_DIGIT.cell_band * height)
    first, last = np.flatnonzero(covered[:band]), np.flatnonzero(covered[-band:])
    return slice(
        int(first.max()) + 1 if len(first) else 0,
        height - band + int(last.min()) if len(last) else height,
    )
