"""Rules, frames and the boxes of forms: told from the strokes of digits, and taken out of the ink.

A rule is long compared with the digits around it, thin, and goes on in pieces that line up. A box
is a hole in the ink with four straight sides. What the network reads as a digit among its like is
never taken for either: it is kept out of the search (see `reader`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from model.pages.binarization import PageInk
from model.pages.components import is_frame
from model.pages.settings import TUNED
from model.preprocessing import pen_width

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Rules:
    """What is printed on a page: `lines` uint8 (h, w), 1 on rules, and the inside of its boxes."""

    lines: np.ndarray
    boxes: tuple[Box, ...]


def remove_rules(ink: PageInk, kept: np.ndarray, size: float) -> tuple[PageInk, Rules]:
    """Take rules, frames and boxes out of a page's ink; strokes that they cross stay whole.

    `kept`, uint8 (h, w), is 1 on ink that surely is a digit's. `size` is the height of a digit in
    px, 0 where it is not known.
    """
    ink = replace(ink, border=ink.border & (1 - kept))  # a digit may touch the picture's end
    mask = ink.mask & (1 - kept)
    strength = np.where(cv2.dilate(kept, np.ones((5, 5), np.uint8)) > 0, 0, ink.strength)
    if not _may_hold_rules(mask, size):
        return ink, Rules(np.zeros_like(mask), ())
    run = max(9, max(mask.shape) // 30)
    across, down = _runs(mask, strength, run), _runs(mask.T, strength.T, run).T
    dashed_across, dashed_down = _dashed(mask, size), _dashed(mask.T, size).T
    is_known = size > 0
    size = size or _typical_height(mask & (1 - (across | down)), run)
    long_across = _long(across, kept, run, size)
    long_down = _long(down.T, kept.T, run, size).T
    across, down = (
        long_across | _sides((across & mask).T, long_down.T, run).T,
        long_down | _sides(down & mask, long_across, run),
    )
    across, down = across | dashed_across, down | dashed_down
    boxes = _boxes(across | down, size)  # a digit that touches its box parts the hole in the ink
    boxes = _and_others(boxes, _boxes(ink.mask, size))
    boxes = _joined(_and_others(boxes, _frames(mask, size)))
    boxes = _flipped(_parted(_flipped(_parted(boxes, down, size)), across.T, size))
    for box in boxes:
        _add_sides(box, mask, across, down)
    if not (across | down).any():
        return ink, Rules(np.zeros_like(mask), ())
    cleaned = _without_lines(mask, strength, ink.border, across, down)
    if is_known and boxes and np.median([box[3] for box in boxes]) > size:  # no squared paper
        cleaned = _cut_on_rules(cleaned, across, down, size)
    cleaned = _without_crumbs(cleaned, across | down, size)
    joined = _joined_up(across, size) | _joined_up(down.T, size).T  # behind digits that cross them
    cells = _and_others(_boxes(joined, size), boxes)
    return replace(ink, mask=cleaned | kept), Rules(across | down, tuple(cells))


def _may_hold_rules(mask: np.ndarray, size: float) -> bool:
    """Say whether anything is far larger than a digit of `size` px, or often small, or a box."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    longest = stats[1:, 2:4].max(1, initial=0)
    if not size:
        return len(longest) > 0
    few = np.count_nonzero(longest < TUNED.dash * size) < TUNED.least_dashes
    return bool((longest > TUNED.rule_at_edge * size).any() or not few or _frames(mask, size))


def _cut_on_rules(
    mask: np.ndarray, across: np.ndarray, down: np.ndarray, size: float
) -> np.ndarray:
    """Strokes parted on the rules, where digits of two cells touch there."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    most = TUNED.like_height[1] * size
    high, wide = stats[:, cv2.CC_STAT_HEIGHT] > most, stats[:, cv2.CC_STAT_WIDTH] > most
    high[0] = wide[0] = False
    if not size or not (high | wide).any():
        return mask
    cut = across * high.astype(np.uint8)[labels] | down * wide.astype(np.uint8)[labels]
    return mask & (1 - cut)


def _without_crumbs(mask: np.ndarray, lines: np.ndarray, size: float) -> np.ndarray:
    """Strokes without what is left along the rules: far smaller than a digit, and on them."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    beside = cv2.dilate(lines, np.ones((7, 7), np.uint8))
    on = np.bincount(labels[beside > 0], minlength=count) / stats[:, cv2.CC_STAT_AREA]
    slim = stats[:, 2:4].min(1) < max(8, TUNED.rule_width * size)
    keep = ~((on > 0.9) & slim | (on > 0.7) & (stats[:, 2:4].max(1) < TUNED.crumb * size))
    keep &= ~_ticks(stats, lines, size)
    keep[0] = False
    return keep.astype(np.uint8)[labels]


def _ticks(stats: np.ndarray, lines: np.ndarray, size: float) -> np.ndarray:
    """Low upright strokes of one height that stand on rules, as those of a comb: bool (n,)."""
    left, top, width, height = stats[:, :4].T
    middle = np.minimum(left + width // 2, lines.shape[1] - 1)
    reach = max(2, round(0.08 * size))
    near = cv2.dilate(lines, np.ones((2 * reach + 1, 1), np.uint8))
    ticks = (near[top, middle] | near[top + height - 1, middle] > 0) & (width < 0.5 * height)
    ticks &= height < TUNED.tick * size
    alike = ticks & (np.abs(height[:, None] - height) < 0.3 * height)
    return ticks & (alike.sum(1) > 2)


def _without_lines(mask, strength, border, across, down) -> np.ndarray:
    """Strokes without what is found of rules, but with what crosses them."""
    lines, bridged = np.zeros_like(mask), np.zeros_like(mask)
    rest = mask & (1 - (across | down))
    inner = strength[_without(rest, border) > 0]
    pen = float(np.percentile(inner, 80)) if inner.size else 0.0
    for pieces, upright in ((across, False), (down, True)):
        pieces = pieces & mask
        if not pieces.any():
            continue
        thick = int(np.ceil(pen_width(pieces * np.uint8(255))))
        level = float(np.median(strength[pieces > 0]))
        crossed = strength > 1.5 * level
        wide = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thick + 3, thick + 3), np.uint8))
        lines |= pieces & (1 - (wide | crossed))
        kernel = np.ones((3, 2 * thick + 3) if upright else (2 * thick + 3, 3), np.uint8)
        bridged |= cv2.morphologyEx(rest, cv2.MORPH_CLOSE, kernel) & pieces
        if pen > 2.5 * level:  # faint rules: what is left of them is faint too
            lines |= (strength < 1.4 * level).astype(np.uint8)
    return mask & (1 - lines) | bridged


def _joined_up(pieces: np.ndarray, size: float) -> np.ndarray:
    """Pieces of level rules (h, w), joined where they lie less than a digit apart on one rule."""
    thick = cv2.dilate(pieces, np.ones((3, 1), np.uint8))
    return cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, round(size) | 1), np.uint8))


def _boxes(mask: np.ndarray, size: float) -> list[Box]:
    """Inside (left, top, width, height) of each hole in the ink that has four straight sides."""
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    least = max(12.0, TUNED.least_box * size)
    shape = np.array(mask.shape[::-1])
    boxes = []
    for row, (left, top, width, height, area) in enumerate(stats[1:].tolist(), start=1):
        if min(width, height) < least or area < 0.35 * width * height:
            continue
        if left < 2 or top < 2 or (np.array((left + width, top + height)) > shape - 2).any():
            continue
        box = (left, top, width, height)
        hole = labels[top : top + height, left : left + width] == row
        if _is_straight(hole) and all(side > TUNED.box_side for side in _coverage(closed, box)):
            boxes.append(box)
    return boxes


def _and_others(boxes: list[Box], more: list[Box]) -> list[Box]:
    """Boxes, and those of `more` that share little with any of them."""
    return boxes + [box for box in more if not any(_shares(box, other) for other in boxes)]


def _frames(mask: np.ndarray, size: float) -> list[Box]:
    """Inside of each component that is a box of its own, whatever touches it inside."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    least = max(16.0, size)
    boxes = []
    for row, (left, top, width, height, _) in enumerate(stats[1:].tolist(), start=1):
        part = labels[top : top + height, left : left + width] == row
        if min(width, height) < least or not is_frame(part):
            continue
        up, low, west, east = (
            int(np.median(np.cumprod(side | (np.cumsum(side, axis=0) == 0), axis=0).sum(0)))
            for side in (part, part[::-1], part.T, part.T[::-1])
        )
        if west + east < 0.5 * width and up + low < 0.5 * height:
            boxes.append((left + west, top + up, width - west - east, height - up - low))
    return boxes


def _joined(boxes: list[Box]) -> list[Box]:
    """Boxes, those put together that a digit from top to bottom parts: as wide as others then."""
    if len(boxes) < 3:
        return boxes
    usual = float(np.percentile([box[2] for box in boxes], 75))
    out: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box[1] // max(1, box[3] // 2), box[0])):
        left, top, _, height = out[-1] if out else (0, -1, 0, 0)
        width = box[0] + box[2] - left
        is_level = abs(top - box[1]) < 0.1 * box[3] and abs(height - box[3]) < 0.1 * box[3]
        if is_level and out[-1][2] < 0.8 * usual and 0.88 * usual < width < 1.12 * usual:
            out[-1] = (left, top, width, height)
        else:
            out.append(box)
    return out


def _parted(boxes: list[Box], lines: np.ndarray, size: float) -> list[Box]:
    """Boxes wider than others cut where upright lines run through them, with gaps."""
    least = max(12.0, TUNED.least_box * size)
    most = 1.6 * float(np.median([box[2] for box in boxes])) if boxes else 0.0
    out: list[Box] = []
    for left, top, width, height in boxes:
        seen = cv2.dilate(lines[top : top + height, left : left + width], np.ones((1, 5), np.uint8))
        through = np.flatnonzero(seen.mean(0) > TUNED.line_seen)
        cuts = np.split(through, np.flatnonzero(np.diff(through) > least) + 1)
        ends = [(int(cut[0]), int(cut[-1])) for cut in cuts if len(cut)]
        ends = [(a, b) for a, b in ends if width > most and least < a and b < width - least]
        starts, stops = [0, *(b for _, b in ends)], [*(a for a, _ in ends), width]
        out += [(left + a, top, b - a, height) for a, b in zip(starts, stops, strict=True)]
    return out


def _flipped(boxes: list[Box]) -> list[Box]:
    return [(top, left, height, width) for left, top, width, height in boxes]


def _shares(box: Box, other: Box) -> bool:
    """Say whether two boxes have more than a small part in common."""
    width = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    height = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    smaller = min(box[2] * box[3], other[2] * other[3])
    return min(width, height) > 0 and width * height > 0.2 * smaller


def _is_straight(hole: np.ndarray) -> bool:
    """Say whether a hole reaches all four sides of its box along most of them, as no ring does."""
    deep = max(2, round(0.05 * min(hole.shape)))
    sides = hole[:deep], hole[-deep:], hole[:, :deep].T, hole[:, -deep:].T
    return all(side.any(0).mean() > TUNED.hole_side for side in sides)


def _coverage(mask: np.ndarray, box: Box) -> list[float]:
    """Share of each side of a hole along which there is ink close by."""
    left, top, width, height = box
    deep = max(2, round(0.05 * min(width, height)))
    part = mask[top - 2 : top + height + 2, left - 2 : left + width + 2]
    bands = part[: deep + 2], part[-deep - 2 :], part[:, : deep + 2].T, part[:, -deep - 2 :].T
    return [float(band[:, 2:-2].any(0).mean()) for band in bands]


def _add_sides(box: Box, mask: np.ndarray, across: np.ndarray, down: np.ndarray) -> None:
    """Add the four sides of a hole to the pieces of rules, in place, as thick as they are."""
    left, top, width, height = box
    right, bottom = left + width, top + height
    deep = max(1, round(0.03 * min(width, height)))
    most = max(3, round(0.12 * min(width, height)))

    def thickness(outward: np.ndarray) -> int:
        """Of the ink that starts at the hole: (distance, along) → the median."""
        return int(np.median(np.cumprod(outward, axis=0).sum(0))) if outward.size else 0

    up = thickness(mask[max(0, top - most) : top, left:right][::-1])
    low = thickness(mask[bottom : bottom + most, left:right])
    west = thickness(mask[top:bottom, max(0, left - most) : left][:, ::-1].T)
    east = thickness(mask[top:bottom, right : right + most].T)
    x0, x1 = max(0, left - west), right + east
    y0, y1 = max(0, top - up), bottom + low
    across[y0 : top + deep, x0:x1] = 1
    across[bottom - deep : y1, x0:x1] = 1
    down[y0:y1, x0 : left + deep] = 1
    down[y0:y1, right - deep : x1] = 1


def _without(mask: np.ndarray, border: np.ndarray) -> np.ndarray:
    """Strokes without those that run into the border, as a desk's corners do."""
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    keep = np.ones(count, np.uint8)
    keep[labels[border > 0]] = 0
    keep[0] = 0
    return keep[labels]


def _runs(mask: np.ndarray, strength: np.ndarray, run: int) -> np.ndarray:
    """Strokes (h, w) that go on nearly level for `run` px, gaps of an eighth of it filled.

    Rules too faint to be whole in the mask show in the strength's mean along them.
    """
    low, pen = np.percentile(strength[mask > 0], [20, 98])
    along = cv2.blur(np.where(strength < 0.4 * pen, strength, 0), (run // 2 | 1, 1))
    faint = along > 0.5 * low
    thick = cv2.dilate(mask | faint.astype(np.uint8), np.ones((3, 1), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, max(3, run // 8)), np.uint8))
    return cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))


def _dashed(mask: np.ndarray, size: float) -> np.ndarray:
    """Level rules that are printed as dashes or dots: uint8 (h, w), 1 along them."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    longest = stats[:, 2:4].max(1)
    small = longest < (TUNED.dash * size or np.inf)
    small[0] = False
    if np.count_nonzero(small) < TUNED.least_dashes:
        return np.zeros_like(mask)
    length = float(np.median(longest[small]))
    alike = small & (longest > 0.5 * length) & (longest < 2 * length)
    if not size and alike.sum() < 0.7 * (count - 1):
        return np.zeros_like(mask)
    thick = cv2.dilate(alike.astype(np.uint8)[labels], np.ones((5, 1), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, int(2 * length) + 1), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, int(6 * length)), np.uint8))
    high = np.ones((int(max(10, 0.6 * length)), 1), np.uint8)  # rows of digits are higher
    rows = cv2.morphologyEx(thick, cv2.MORPH_OPEN, high)
    return np.where(rows > 0, 0, thick).astype(np.uint8)


def _sides(down: np.ndarray, across: np.ndarray, run: int) -> np.ndarray:
    """Upright pieces (h, w) that stand on level rules, as the sides of cells and combs do.

    A digit may do so too; cells have several sides of one height, evenly spaced.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(down, connectivity=8)
    if count < 4 or not across.any():
        return np.zeros_like(down)
    near = cv2.dilate(across, np.ones((max(3, run // 2) | 1, 3), np.uint8))
    left, top, width, height = stats[:, :4].T
    middle = np.minimum(left + width // 2, down.shape[1] - 1)
    on_top, on_foot = near[top, middle] > 0, near[top + height - 1, middle] > 0
    slim = width < 0.25 * height
    slim[0] = False
    sides = np.zeros(count, bool)
    for ends, is_comb in ((on_top & on_foot & slim, False), ((on_top ^ on_foot) & slim, True)):
        alike = ends & (np.abs(height[:, None] - height) < 0.1 * height)
        ends &= alike.sum(1) > 2
        for row in _between(left, top, height, ends):
            ends[row] = False
        sides |= _evenly(left, top, height, ends) if is_comb else ends
    return sides.astype(np.uint8)[labels]


def _evenly(left, top, height, ends: np.ndarray) -> np.ndarray:
    """Those of some pieces that stand in a row of four or more at equal distances."""
    even = np.zeros_like(ends)
    for row in np.flatnonzero(ends):
        beside = np.flatnonzero(ends & (np.abs(top - top[row]) < 0.15 * height[row]))
        beside = beside[np.argsort(left[beside])]
        steps = np.diff(left[beside])
        if len(beside) > 3 and np.ptp(steps) < 0.15 * np.median(steps):
            even[row] = True
    return even


def _between(left, top, height, ends: np.ndarray) -> list[int]:
    """Rows of pieces that stand between two sides of a cell as wide as the others: ones do so."""
    rows = np.flatnonzero(ends)
    rows = rows[np.lexsort((left[rows], top[rows] // np.maximum(1, height[rows] // 2)))]
    steps = np.diff(left[rows])
    cell = float(np.percentile(steps[steps > 0], 75)) if (steps > 0).any() else 0.0
    middle = [
        k + 1
        for k in range(len(steps) - 1)
        if 0 < steps[k] < 0.8 * cell and 0.85 * cell < steps[k] + steps[k + 1] < 1.15 * cell
    ]
    return rows[middle].tolist()


def _long(pieces: np.ndarray, kept: np.ndarray, run: int, size: float) -> np.ndarray:
    """Those pieces that together go on far longer than digits of `size` px and are thin.

    They go on behind digits that are `kept`.
    """
    behind = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, np.ones((1, int(2 * size) | 1), np.uint8))
    near = cv2.dilate(kept, np.ones((3, 2 * (run // 4) + 1), np.uint8))
    behind = np.where(near > 0, behind, 0).astype(np.uint8)
    joined = cv2.dilate(pieces | behind, np.ones((3, run), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    whole = pieces.shape[1]
    left, width = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH]
    area = np.bincount(labels[pieces > 0], minlength=count)
    thin = area < (width - run) * max(max(pieces.shape) / 80, 6, TUNED.rule_width * size)
    at_edge = (left <= run) | (left + width >= whole - run)
    least = np.maximum(0.25 * whole, np.where(at_edge, TUNED.rule_at_edge, TUNED.rule) * size)
    long = width - run > least
    y, x = np.nonzero(pieces | behind)
    columns = np.unique(labels[y, x].astype(np.int64) * whole + x) // whole
    dense = np.bincount(columns, minlength=count) > 0.4 * (width - run)  # a row of digits is not
    is_rule = thin & long & dense
    is_rule[0] = False
    return (is_rule[labels] & (pieces > 0)).astype(np.uint8)


def _typical_height(mask: np.ndarray, run: int) -> float:
    """Height of the marks that hold most ink, px."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    stats = stats[1:][stats[1:, cv2.CC_STAT_HEIGHT] > run / 4]
    if len(stats) == 0:
        return 0.0
    order = np.argsort(stats[:, cv2.CC_STAT_HEIGHT])
    mass = np.cumsum(stats[order, cv2.CC_STAT_AREA])
    return float(stats[order[np.searchsorted(mass, mass[-1] / 2)], cv2.CC_STAT_HEIGHT])
