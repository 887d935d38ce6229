"""Ruled lines taken out of a page's ink: strokes that cross a line, or lie on it, stay whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from model.pages.connected import Components
from model.pages.settings import TUNED
from model.preprocessing import pen_width


class RuleInk(NamedTuple):
    """The ink that is the rules' own, uint8 (h, w), and their strength there, float32 (h, w).

    `is_short`, uint8 (h, w), is 1 on pieces not far longer than digits, which may be strokes.
    """

    own: np.ndarray
    strength: np.ndarray
    is_short: np.ndarray


def without_lines(
    mask: np.ndarray,
    strength: np.ndarray,
    border: np.ndarray,
    pieces: tuple[np.ndarray, np.ndarray],
    rules: Sequence[RuleInk],
) -> np.ndarray:
    """Strokes, uint8 (h, w), without the rules found, but with what crosses them or lies on them.

    `pieces` are long runs of ink, level and upright; of each, `rules` are what `of_rules` says.
    """
    lines, bridged = np.zeros_like(mask), np.zeros_like(mask)
    rest = mask & (1 - (pieces[0] | pieces[1]))
    inner = strength[off_border(rest, border) > 0]
    pen = float(np.percentile(inner, 80)) if inner.size else 0.0
    least = max(3, int(pen_width(rest * np.uint8(255)) / 2))
    for run, (rule, usual, _), upright in zip(pieces, rules, (False, True), strict=True):
        if not rule.any():
            continue
        thick = int(np.ceil(pen_width(rule * np.uint8(255))))
        level = float(np.median(strength[rule > 0]))
        crossed = strength > 1.5 * np.where(rule > 0, usual, level)
        on_it = _strokes(mask & run & (1 - rule), least, TUNED.on_rule * thick)
        lines[(run > 0) & ~crossed & (on_it == 0)] = 1
        across = int(max(2 * thick, pen_width(run * np.uint8(255)))) + 3 | 1
        beside = np.ones((5, 1) if upright else (1, 5), np.uint8)
        wide = cv2.dilate(mask, beside)  # a thin stroke leans otherwise than those that are tried
        for lean in TUNED.crossing:
            kernel = _stroke(across, lean)
            kernel = kernel.T if upright else kernel
            joined = cv2.morphologyEx(rest | on_it, cv2.MORPH_CLOSE, kernel)
            unbroken = cv2.morphologyEx(wide, cv2.MORPH_OPEN, kernel)  # else two rules part them
            bridged |= mask & run & joined & unbroken
        if pen > 2.5 * level:  # faint rules: what is left of them is faint too
            lines |= (strength < 1.4 * level).astype(np.uint8)
    return mask & (1 - lines) | bridged


def _stroke(length: int, lean: float) -> np.ndarray:
    """A stroke `length` px high and 3 px wide that leans, px across a px down: uint8 (h, w)."""
    reach = 1 + round(abs(lean) * (length // 2))
    kernel = np.zeros((length, 2 * reach + 1), np.uint8)
    for y in range(length):
        x = reach + round(lean * (y - length // 2))
        kernel[y, x - 1 : x + 2] = 1
    return kernel


def _strokes(ink: np.ndarray, pen: int, length: float) -> np.ndarray:
    """What is at least `pen` px wide and `length` px long in ink, uint8 (h, w)."""
    ink = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((pen, pen), np.uint8))
    found = Components.of(ink)
    return found.chosen(found.longest >= length)


def ink_of_rules(
    across: np.ndarray, down: np.ndarray, mask: np.ndarray, strength: np.ndarray, size: float
) -> tuple[RuleInk, RuleInk, float]:
    """The ink of level and of upright rules, and how strong it is on the median.

    Short pieces count as no stronger than that: what is darker than the rules is a stroke.
    """
    level = of_rules(across, mask, strength, size)
    upright = RuleInk(*(part.T for part in of_rules(down.T, mask.T, strength.T, size)))
    both = (level, upright)
    strengths = np.concatenate([rule.strength[rule.own > 0] for rule in both])
    usual = float(np.median(strengths)) if strengths.size else np.inf
    for rule in both:
        np.minimum(rule.strength, usual, out=rule.strength, where=rule.is_short > 0)
    return level, upright, usual


def of_rules(pieces: np.ndarray, mask: np.ndarray, strength: np.ndarray, size: float) -> RuleInk:
    """The ink in level pieces of rules, uint8 (h, w), that is the rules' own.

    A rule that is far longer than digits, `size` px high, is everywhere as thick as on the median:
    where it is thicker, a stroke lies on it. A shorter piece may be a stroke where it is thick.
    """
    ink = pieces & mask
    thick = int(np.ceil(pen_width(ink * np.uint8(255)))) if ink.any() else 0
    wide = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thick + 3, thick + 3), np.uint8))
    gap = np.ones((1, pieces.shape[1] // 10 | 1), np.uint8)
    count, labels = cv2.connectedComponents(cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, gap))
    y, x = np.nonzero(ink)
    width = pieces.shape[1]
    columns, of = np.unique(labels[y, x].astype(np.int64) * width + x, return_inverse=True)
    high, taken = np.bincount(of), np.bincount(of, strength[y, x])
    core = np.bincount(of, strength[y, x].astype(float) ** 2) / np.maximum(taken, 1e-9)
    middle, level = np.bincount(of, y) / high, np.zeros(len(columns))
    reach = np.full(len(columns), np.inf)
    ends = np.searchsorted(columns // width, np.arange(1, count + 1))
    for start, end in zip(ends, ends[1:], strict=False):
        if start < end:
            here = slice(start, end)
            level[here] = np.median(core[here])  # a mean to which the rims hardly count
            path = _path(columns[here] % width, middle[here], high[here], size)
            if path is not None:
                middle[here], reach[here] = path, np.median(high[here]) / 2 + 1
    is_own = np.abs(y - middle[of]) <= np.where(wide[y, x] & np.isinf(reach[of]), -1, reach[of])
    own, short, strong = np.zeros_like(mask), np.zeros_like(mask), np.zeros(mask.shape, np.float32)
    y, x, of = y[is_own], x[is_own], of[is_own]
    own[y, x], short[y, x], strong[y, x] = 1, np.isinf(reach[of]), level[of]
    return RuleInk(own, strong, short)


def _path(x: np.ndarray, y: np.ndarray, high: np.ndarray, size: float) -> np.ndarray | None:
    """A smooth curve (n,) through most middles (x, y) of a rule that is `high` px at each.

    None where it is not far longer than digits, or follows no curve.
    """
    if len(x) < max(8, TUNED.rule * size):
        return None
    along = (x - x[0]) / max(1, x[-1] - x[0]) * 2 - 1
    thick = float(np.median(high))
    usual = high <= 1.3 * thick + 1
    curve, trusted = y, usual
    for _ in range(4):
        curve = np.polynomial.Polynomial.fit(along[trusted], y[trusted], 5, [-1, 1])(along)
        trusted = usual & (np.abs(y - curve) <= max(1.5, thick / 2))
        if trusted.sum() < TUNED.line_seen * len(x):
            return None
    return curve


def off_border(mask: np.ndarray, border: np.ndarray) -> np.ndarray:
    """Strokes without those that run into the border, as a desk's corners do."""
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    keep = np.ones(count, np.uint8)
    keep[labels[border > 0]] = 0
    keep[0] = 0
    return keep[labels]


def without_solids(mask: np.ndarray, least: float = 0.0) -> np.ndarray:
    """Strokes, uint8 (h, w), without what is far thicker than a line, as a desk is.

    It is `least` px thick at least.
    """
    side = round(max(least, TUNED.solid * max(mask.shape))) | 1
    core = cv2.erode(mask, np.ones((side, side), np.uint8))
    if not core.any():
        return mask
    return mask & (1 - cv2.dilate(core, np.ones((side + 4, side + 4), np.uint8)))


def cut_on_rules(mask: np.ndarray, across: np.ndarray, down: np.ndarray, size: float) -> np.ndarray:
    """Strokes parted on the rules, where digits of two cells touch there.

    What parts no two strokes as long as a digit's stays whole: it lies on a rule.
    """
    found = Components.of(mask)
    most = TUNED.like_height[1] * size
    high, wide = found.height > most, found.width > most
    if not size or not (high | wide)[1:].any():
        return mask
    over = np.ones((round(TUNED.crossed * size) | 1, 1), np.uint8)  # strokes that cross a rule
    across, down = (cv2.morphologyEx(own, cv2.MORPH_CLOSE, kernel)
                    for own, kernel in ((across, over.T), (down, over)))  # fmt: skip
    cut = across * found.chosen(high) | down * found.chosen(wide)
    parts = Components.of(mask & (1 - cut))
    long = parts.labels * parts.chosen(parts.longest > TUNED.crumb * size)
    beside = cv2.dilate(long.astype(np.float32), np.ones((3, 3)))
    count, seams = cv2.connectedComponents(mask & (long == 0).astype(np.uint8), connectivity=8)
    last, first = np.zeros(count), np.full(count, np.inf)
    near = beside > 0
    np.maximum.at(last, seams[near], beside[near])
    np.minimum.at(first, seams[near], beside[near])
    is_seam = last > first
    is_seam[0] = False
    return mask & (1 - cut * is_seam.astype(np.uint8)[seams])


def without_crumbs(
    mask: np.ndarray, lines: np.ndarray, is_dark: np.ndarray, size: float
) -> np.ndarray:
    """Strokes without what is left along the rules: far smaller than a digit, or slim, and on them.

    `is_dark`, bool (h, w), is true where ink is darker than the rules: a high stroke of it stays.
    """
    found = Components.of(mask)
    on = found.on(cv2.dilate(lines, np.ones((7, 7), np.uint8))) / found.area
    dark = found.on(is_dark) / found.area
    high = found.height > TUNED.like_height[0] * size
    slim = (found.shortest < max(8, TUNED.rule_width * size)) & ~(high & (dark > 0.5))
    gone = (on > 0.9) & slim | (on > 0.7) & (found.longest < TUNED.crumb * size)
    return found.chosen(~(gone | _ticks(found, lines, size)))


def without_faint(
    mask: np.ndarray, strength: np.ndarray, kept: np.ndarray, rules: np.ndarray
) -> np.ndarray:
    """Strokes without those as faint as the rules, where the digits that are `kept` are darker.

    Digits in pencil beside print may be as faint: they are as high, and clear of the rules.
    """
    if not kept.any() or not rules.any():
        return mask
    pen, rule = float(strength[kept > 0].mean()), float(strength[rules > 0].mean())
    if pen < TUNED.darker * rule:
        return mask
    found = Components.of(mask)
    mean = np.bincount(found.labels.ravel(), strength.ravel()) / found.area
    keep = mean > min(TUNED.faint_rule * rule, (pen * rule) ** 0.5)
    near = cv2.dilate(rules, np.ones((7, 7), np.uint8))
    is_clear = found.on(near) < 0.1 * found.area
    low, high = np.array(TUNED.like_height) * np.median(Components.of(kept).height[1:])
    in_pencil = ~keep & is_clear & (found.height > low) & (found.height < high)
    if (in_pencil & (found.width > 0.3 * found.height)).any():  # not only ones
        keep |= in_pencil
    return found.chosen(keep)


def _ticks(found: Components, lines: np.ndarray, size: float) -> np.ndarray:
    """Upright strokes of one height that stand on rules, as those of a comb do: bool (n,).

    They are low, or evenly spaced.
    """
    left, top, width, height = found.boxes.T
    middle = np.minimum(left + width // 2, lines.shape[1] - 1)
    reach = max(2, round(0.08 * size))
    near = cv2.dilate(lines, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    ticks = (near[top, middle] | near[top + height - 1, middle] > 0) & (width < 0.5 * height)
    alike = ticks & (np.abs(height[:, None] - height) < 0.3 * height)
    low = ticks & (height < TUNED.tick * size)
    low &= (alike & low).sum(1) > 2
    return low | evenly(left, top, height, ticks & (alike.sum(1) > 3))


def evenly(left, top, height, ends: np.ndarray) -> np.ndarray:
    """Those of some pieces that stand in a row of four or more at equal distances."""
    even = np.zeros_like(ends)
    for row in np.flatnonzero(ends):
        beside = np.flatnonzero(ends & (np.abs(top - top[row]) < 0.5 * height[row]))
        beside = beside[np.argsort(left[beside])]
        steps = np.diff(left[beside])
        if len(beside) > 3 and np.ptp(steps) < 0.15 * np.median(steps):
            even[row] = True
    return even
