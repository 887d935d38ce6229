"""Boxes of forms: holes in the ink with four straight sides, and frames that stand alone.

Boxes that digits part are put together, and such that lines run through are parted.
"""

from __future__ import annotations

from itertools import pairwise, product, takewhile

import cv2
import numpy as np

from model.pages.binarization import PageInk
from model.pages.components import along_sides, find_around, no_specks
from model.pages.connected import Components
from model.pages.page import Box
from model.pages.settings import TUNED

Wall = tuple[float, float]  # a line between cells: the middle of it, px, and half its thickness


def find_boxes(mask: np.ndarray, size: float) -> list[Box]:
    """Inside (left, top, width, height) of each hole in the ink that has four straight sides."""
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    holes = Components.of(1 - closed, connectivity=4)
    least = max(12.0, TUNED.least_box * size)
    shape = np.array(mask.shape[::-1])
    boxes = []
    for row, (left, top, width, height, area) in enumerate(holes.stats[1:].tolist(), start=1):
        if min(width, height) < least or area < 0.35 * width * height:
            continue
        if left < 2 or top < 2 or (np.array((left + width, top + height)) > shape - 2).any():
            continue
        box, hole = holes.cut(row)
        if _is_straight(hole) and all(side > TUNED.box_side for side in _coverage(closed, box)):
            boxes.append(box)
    return boxes


def without_rings(ink: PageInk) -> PageInk:
    """Take out what is drawn around marks and touches none: a ring, a box with open corners.

    A box whose sides meet is left, as it may be a form's.
    """
    found = ink.components
    rings = find_around(found, no_specks(found), TUNED.ring_within)
    for row in np.flatnonzero(rings):
        rings[row] = not find_frames(found, np.arange(len(found)) == row, 0.0)
    return ink.without(rings)


def and_others(boxes: list[Box], more: list[Box]) -> list[Box]:
    """Boxes, and those of `more` that share little with any of them."""
    return boxes + [box for box in more if not any(_shares(box, other) for other in boxes)]


def find_rows_of_cells(labels: np.ndarray, frames: list[tuple[Box, Box]]) -> list[tuple[Box, Box]]:
    """Outside and inside of each cell of frames that upright lines part at equal distances.

    `labels`, int32 (h, w), are those of the components, `frames` as `find_frames` gives them.
    """
    return [cell for outer, inner in frames for cell in _cells(labels, outer, inner)]


def _cells(labels: np.ndarray, outer: Box, inner: Box) -> list[tuple[Box, Box]]:
    """The cells of a frame, as many as it may have; none where no lines part it, or level ones."""
    left, top, width, height = inner
    side = (outer[2] - width) / 2  # a line's width
    inked = (labels[top : top + height, left : left + width] > 0).astype(np.uint8)
    level = cv2.dilate(inked, np.ones((5, 1), np.uint8)).mean(1)[height // 5 : -height // 5]
    if level.max(initial=0) > TUNED.cell_side:
        return []
    seen = cv2.dilate(inked, np.ones((1, 5), np.uint8)).mean(0)
    for count in range(int(width / (TUNED.slimmest_cell * height)), 1, -1):
        cell = (width + side) / count
        slack = max(2, round(max(side, TUNED.cell_slack * cell)))
        if 4 * slack > cell:
            continue
        places = (cell * np.arange(1, count) - side / 2).round().astype(int)
        near = [seen[max(0, x - slack) : x + slack + 1] for x in places]
        if min(part.max() for part in near) > TUNED.cell_side:
            thick = np.median([np.count_nonzero(part > TUNED.cell_side) for part in near])
            middles = [x - slack + np.flatnonzero(part > 0.95 * part.max()).mean()
                       for x, part in zip(places, near, strict=True)]  # fmt: skip
            ends = [-side / 2, *middles, width + side / 2]
            halves = [side / 2, *[thick / 2] * (count - 1), side / 2]
            walls = [(left + x, half + 1) for x, half in zip(ends, halves, strict=True)]
            return [_cell(outer, inner, *pair) for pair in pairwise(walls)]
    return []


def _cell(outer: Box, inner: Box, wall: Wall, next_wall: Wall) -> tuple[Box, Box]:
    """Outside and inside of the cell of a frame between two of its lines."""
    (a, half), (b, other) = wall, next_wall
    left, x, right = max(0, round(a - half)), round(a + half), round(b - other)
    outside = left, outer[1], round(b + other) - left, outer[3]
    return outside, (x, inner[1] + 1, right - x, inner[3] - 2)


def find_rows_of_boxes(found: Components) -> list[tuple[Box, Box]]:
    """Outside and inside of boxes alike that stand apart, some of them with writing in them.

    A box is about as wide as high and no grid of cells; writing in it is higher than the bar in an
    eight of a display, which looks like a box.
    """
    labels = found.labels
    frames = [
        (outer, inner)
        for outer, inner in find_frames(found, found.area < labels.size / 2, 0.0)
        if max(inner[2:]) < TUNED.box_aspect * min(inner[2:]) and not _is_grid(labels, outer)
    ]
    if not 1 < len(frames) <= TUNED.most_cells:
        return []
    sides = np.array([outer[2:] for outer, _ in frames])
    differ = (np.abs(sides[:, None] - sides) / sides).max(2)
    alike = np.count_nonzero(differ < TUNED.box_alike, axis=1)
    frames = [pair for pair, count in zip(frames, alike, strict=True) if count > 1]
    frames += _hidden(labels, frames)
    least = TUNED.written
    is_written = any(_height_within(labels, inner) > least * inner[3] for _, inner in frames)
    return frames if is_written else []


def drawn_alone(found: Components, frames: list[tuple[Box, Box]]) -> np.ndarray:
    """Which components, bool (n,), are a frame and nothing in it, askew as it may be."""
    alone = np.zeros(len(found), bool)
    for outer, (x, y, w, h) in frames:
        near = np.abs(found.boxes - outer) < TUNED.askew * np.array([*outer[2:]] * 2)
        aside, down = round(TUNED.askew * w), round(TUNED.askew * h)
        within = found.labels[y + down : y + h - down, x + aside : x + w - aside]
        alone[np.setdiff1d(np.flatnonzero(near.all(1)), within)] = True
    return alone


def _hidden(labels: np.ndarray, frames: list[tuple[Box, Box]]) -> list[tuple[Box, Box]]:
    """Boxes where rows and columns of others cross or go on, and whose sides are seen in part.

    The ink of a dark pen hides the faint lines of a box around it.
    """
    if not frames:
        return []
    outer, inner = (np.array(boxes) for boxes in zip(*frames, strict=True))
    width, height = np.median(outer[:, 2:], axis=0).astype(int).tolist()
    west, up, less, low = np.median(inner - outer, axis=0).astype(int).tolist()
    inked = (labels > 0).astype(np.uint8)
    lefts = _places(outer[:, 0], width, labels.shape[1])
    tops = _places(outer[:, 1], height, labels.shape[0])
    if len(lefts) * len(tops) > TUNED.most_cells:  # they stand in no rows
        return []
    found = []
    for left, top in product(lefts, tops):
        if min(left, top) < 2:
            continue
        is_known = (np.abs(outer[:, :2] - (left, top)) < 0.5 * outer[:, 2:]).all(1).any()
        box = left, top, width, height
        if not is_known and np.mean(_coverage(inked, box)) > TUNED.box_seen:
            found.append((box, (left + west, top + up, width + less, height + low)))
    return found


def _places(starts: np.ndarray, size: int, most: int) -> list[int]:
    """Where boxes of `size` px may start, below `most`: where others do, and as far apart beside.

    Places of which only few are seen go on at the least distance between two of them.
    """
    ordered = np.sort(starts)
    groups = np.split(ordered, 1 + np.flatnonzero(np.diff(ordered) > 0.3 * size))
    seen = [float(np.median(group)) for group in groups]
    steps = np.diff(seen)
    if not len(steps):
        return [round(seen[0])]
    step = float(np.median(steps[steps < 1.2 * steps.min()]))
    before, after = np.arange(seen[0] - step, 0, -step), np.arange(seen[-1], most - size, step)[1:]
    between = [a + k * (b - a) / round((b - a) / step) for a, b in pairwise(seen)
               for k in range(1, round((b - a) / step))]  # fmt: skip
    return np.round([*before, *seen, *between, *after]).astype(int).tolist()


def _is_grid(labels: np.ndarray, box: Box) -> bool:
    """Say whether what is in a box has more large holes than a digit that touches its sides."""
    left, top, width, height = box
    part = labels[top : top + height, left : left + width] == 0
    holes = Components.of(part.astype(np.uint8), connectivity=4)
    large = holes.area[1:] > TUNED.cell_hole * part.size
    return int(np.count_nonzero(large)) > TUNED.most_in_box


def _height_within(labels: np.ndarray, box: Box) -> int:
    """Height of the ink in a box that does not reach its margin, px."""
    left, top, width, height = box
    margin = max(1, round(TUNED.box_rim / 2 * height))
    inked = labels[top + margin : top + height - margin, left + margin : left + width - margin]
    rows = np.flatnonzero(np.count_nonzero(inked, axis=1))
    return int(np.ptp(rows)) + 1 if len(rows) else 0


def find_frames(found: Components, loose: np.ndarray, size: float) -> list[tuple[Box, Box]]:
    """Outside and inside of each component that is a box of its own, whatever touches it inside.

    What is written in a box may reach beyond it. `loose`, bool (n,), are those that may be boxes.
    """
    boxes = []
    for row in np.flatnonzero(loose & (found.shortest >= max(16.0, size))):
        (left, top, width, height), part = found.cut(row)
        turned = (part, part[::-1], part.T, part.T[::-1])
        sides = [*takewhile(bool, map(_side, turned))]
        if len(sides) < 4:
            continue
        (up, thick_up), (low, thick_low), (west, thick_west), (east, thick_east) = sides
        left, top, width, height = left + west, top + up, width - west - east, height - up - low
        if thick_west + thick_east < 0.5 * width and thick_up + thick_low < 0.5 * height:
            inner = (left + thick_west, top + thick_up,
                     width - thick_west - thick_east, height - thick_up - thick_low)  # fmt: skip
            boxes.append(((left, top, width, height), inner))
    return boxes


def _side(part: np.ndarray) -> tuple[int, ...]:
    """Where the upper side of a box lies in its ink, bool (h, w), px from above; its thickness.

    Empty where ink lies along no line near the top.
    """
    deep = max(2, round(0.06 * min(part.shape)))
    for top in range(0, 1 + round(TUNED.beyond_box * min(part.shape)), max(1, deep // 2)):
        if part[top : top + deep].any(0).mean() > TUNED.box_side:
            rest = part[top:]
            from_top = np.cumprod(rest | (np.cumsum(rest, axis=0) == 0), axis=0).sum(0)
            return top, int(np.median(from_top))
    return ()


def one_a_cell(boxes: list[Box], across: np.ndarray, down: np.ndarray, size: float) -> list[Box]:
    """Boxes, those put together that one digit parts, and those parted that rules run through."""
    parted = _parted(_joined(boxes), down, size)
    return _flipped(_parted(_flipped(parted), across.T, size))


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
        if is_level and 0.88 * usual < width < 1.12 * usual:
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
    return all(share > TUNED.hole_side for share in along_sides(hole, 0.05))


def _coverage(mask: np.ndarray, box: Box) -> list[float]:
    """Share of each side of a hole along which there is ink close by."""
    left, top, width, height = box
    deep = max(2, round(0.05 * min(width, height)))
    part = mask[top - 2 : top + height + 2, left - 2 : left + width + 2]
    bands = part[: deep + 2], part[-deep - 2 :], part[:, : deep + 2].T, part[:, -deep - 2 :].T
    return [float(band[:, 2:-2].any(0).mean()) for band in bands]
