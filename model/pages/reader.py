"""A photograph or scan of many digits: each digit found and read, in lines as a person reads them.

Ink is told from paper (`binarization`), rules and boxes are taken out of it (`rules`), what is left
is read (`recognition`) and brought into order (`layout`). Where that makes no sense, the picture
is read inverted or turned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from model.files.pictures import ImageError, by_colour, to_grey
from model.pages.binarization import PageInk, find_page_ink
from model.pages.boxes import without_rings
from model.pages.components import typical_size, weighted_median
from model.pages.connected import Components
from model.pages.evidence import find_evidence, free_glyphs
from model.pages.found import (
    Found,
    doubt_crowds,
    doubt_dashes,
    doubt_odd_ones,
    doubt_rows,
    doubt_sides,
    doubted,
    no_rests,
    sure_heights,
)
from model.pages.glyphs import Glyphs
from model.pages.grids import Grid, find_grids, keep_in_cells
from model.pages.layout import by_grid, find_lines, lay_out
from model.pages.one_digit import find_digit
from model.pages.page import Box, Group, Page, PageDigit, turn_box
from model.pages.recognition import as_doubtful_ones, read_ink
from model.pages.rules import remove_boxes, remove_rules
from model.pages.settings import TUNED
from model.pages.turned import find_turned
from model.preprocessing import is_canonical

if TYPE_CHECKING:
    from model.inference.predictor import Predictor

__all__ = ["Page", "PageDigit", "find_lines", "read_page"]


@dataclass(frozen=True)
class _Reading:
    """Marks found on a picture read in one way, the grids of its forms, and its free components.

    Where it holds a table, `marks` and `glyphs` are those in it: what stands around is print.
    """

    found: list[Found]
    grids: tuple[Grid, ...] = ()
    glyphs: np.ndarray = field(default_factory=lambda: np.zeros((0, 28, 28), np.uint8))
    has_rules: bool = False
    factor: float = 1.0
    reverse: bool = False
    to_picture: np.ndarray = field(default_factory=lambda: np.eye(3))

    def upright(self, box: Box) -> Box:
        """A box of the picture on the page set upright."""
        left, top, width, height = box
        corners = np.array([(left, top), (left + width, top), (left + width, top + height),
                            (left, top + height)], float)  # fmt: skip
        moved = cv2.perspectiveTransform(corners[None], np.linalg.inv(self.to_picture))[0]
        x, y, w, h = cv2.boundingRect(moved.astype(np.float32))
        return x, y, w, h

    @property
    def sure(self) -> int:
        return len(sure_heights(self.marks))

    @property
    def is_clear(self) -> bool:
        return all(m.accepted for m in self.marks) and not any(m.is_left_out for m in self.found)

    @property
    def telling(self) -> list[Found]:
        """Sure digits that tell what a picture holds; a one may be a line of any picture."""
        return [mark for mark in self.marks if mark.accepted and mark.digit != 1]

    @cached_property
    def marks(self) -> list[Found]:
        """What should be a digit; signs, dashes and what is cut off tell nothing of the picture."""
        digits = [m for m in self.found
                  if not (m.char or m.may_be_dash or m.is_cut or m.is_left_out)]  # fmt: skip
        *tables, (rest, _) = by_grid(digits, self.grids)
        return [mark for marks, _ in tables for mark in marks] or rest


def read_page(image: Image.Image | np.ndarray, predictor: Predictor) -> Page:
    """Read all digits of a picture (see `preprocessing.preprocess`); a blank one has no lines.

    Raises ImageError when the picture is too small or too large.
    """
    page = _read_grey(to_grey(image), predictor)
    coloured = by_colour(image)
    if coloured is None:
        return page
    other = _read_grey(coloured, predictor)  # a highlighter, for one, is better not seen
    beside_ones = any(mark.is_read for mark in page.digits)  # coloured rules look like more of them

    def read_less_left_out(page: Page) -> int:
        return sum((mark.digit != 1 or not beside_ones) if mark.is_read else -1
                   for mark in page.digits)  # fmt: skip

    return max(page, other, key=read_less_left_out)


def _read_grey(grey: np.ndarray, predictor: Predictor) -> Page:
    if is_canonical(grey) or max(grey.shape) < TUNED.one_digit_side:
        return _single(grey, predictor)
    reading = _read_clearer(grey, _read_either(grey, predictor), predictor)
    page = _read_turned(grey, reading, predictor)
    if page is not None:
        return page
    marks = reading.marks
    if len(reading.found) == 1 and marks:
        return _single(grey, predictor, lay_out(marks, reading.grids))
    if len(marks) in (2, 3) and not all(mark.accepted for mark in marks) and not reading.grids:
        whole = _single(grey, predictor)  # one digit in loose strokes, perhaps
        if whole.lines and all(_covers(whole.digits[0].box, m.box) for m in marks):
            return whole
    return lay_out(reading.found, reading.grids)


def _read_turned(grey: np.ndarray, reading: _Reading, predictor: Predictor) -> Page | None:
    """Read a page the way it lies, if another way makes clearly more sense than as it stands."""
    turns, is_told = _turns(reading, predictor)
    if not turns:
        return None
    copy = np.rot90(grey, turns)
    turned = _read_either(copy, predictor)
    back = partial(turn_box, turned=90 * turns, size=copy.shape[::-1])
    kept = [back(mark.box) for mark in turned.found if mark.accepted]
    lost = [mark for mark in reading.telling if not any(_covers(b, mark.box) for b in kept)]
    won = len(turned.telling) - len(reading.telling) or turned.sure - reading.sure
    is_clear = is_told or turned.sure >= TUNED.clear_turn * len(turned.marks)
    if not is_clear or won < TUNED.turn_regret * len(lost) + (1 if is_told else 2):
        return None
    turned = _read_clearer(copy, turned, predictor)
    found = [replace(mark, box=back(mark.box)) for mark in turned.found]
    return lay_out(found, [_moved(grid, back) for grid in turned.grids], 360 - 90 * turns)


def _read_clearer(grey: np.ndarray, reading: _Reading, predictor: Predictor) -> _Reading:
    """Read a page again, where not all of it is clear, with more ink and with less.

    What makes most sense is kept. What only the first reading found remains, as doubtful; where it
    read another digit, or was not sure, that is a guess.
    """
    best = reading
    for ink in TUNED.other_inks:
        if not best.is_clear and len(best.marks) <= TUNED.most_marks:
            other = _read(grey, reading.factor, predictor, reading.reverse, ink)
            best = _clearer(best, other)
    if best is reading:
        return reading
    first = reading.marks
    found = [replace(m, is_sure=m.is_sure and not _was_doubted(m, first)) for m in best.found]
    lost = [mark for mark in first if not any(_covers(m.box, mark.box) for m in best.found)]
    found += [replace(doubted(m), upright=best.upright(m.box)) for m in lost]
    return replace(best, found=found)


def _was_doubted(mark: Found, first: Sequence[Found]) -> bool:
    """Say whether the same mark was another digit, or no sure one, when it was first read."""
    same = [m for m in first if _is_same(m.box, mark.box)]
    return any(not (m.accepted and m.is_sure and m.digit == mark.digit) for m in same)


def _clearer(one: _Reading, other: _Reading) -> _Reading:
    """The reading of two that makes more sense of marks as high as most digits of both.

    Sure digits make sense; ones do not, as any stain may be one: those that only the other has
    speak against it, as does what is refused.
    """
    heights = np.array([m.upright[3] for reading in (one, other) for m in reading.telling])
    if not heights.size:
        return one
    least = TUNED.like_height[0] * weighted_median(heights, heights**2)

    def sense(reading: _Reading) -> int:
        sure = sum(mark.is_sure and mark.upright[3] > least for mark in reading.telling)
        return sure - sum(not m.accepted and m.upright[3] > least for m in reading.marks)

    known = [mark.box for mark in one.marks if mark.accepted]
    ones = [mark for mark in other.marks if mark.accepted and mark.digit == 1]
    new = sum(not any(_covers(box, mark.box) for box in known) for mark in ones)
    return other if sense(other) - new > max(0, sense(one)) else one


def _read_either(grey: np.ndarray, predictor: Predictor) -> _Reading:
    """Read dark strokes or light ones, whichever make sense, at a size that shows them."""
    factor = _factor(max(grey.shape), TUNED.read_side)
    reading, reverse = _read(grey, factor, predictor), False
    marks = reading.marks
    is_form = reading.has_rules and not marks  # empty; light strokes would be what is between
    if len(marks) < TUNED.few_marks and reading.sure <= 0.5 * len(marks) and not is_form:
        other = _read(grey, factor, predictor, True)  # a desk or a shadow may hide which is ink
        reverse = other.sure >= max(3, 0.7 * len(other.marks))
        reverse &= len(other.telling) > len(reading.telling)
        reading = other if reverse else reading
    heights = [mark.upright[3] for mark in reading.marks]
    if factor < 1 and heights and np.median(heights) < TUNED.least_digit:
        factor = _factor(max(grey.shape), 2 * TUNED.read_side)
        reading = _read(grey, factor, predictor, reverse)
    return reading


def _factor(side: int, most: int) -> float:
    return max(1.0, TUNED.least_side / side) if side < most else most / side


def _read(grey, factor, predictor, reverse=False, faintest=TUNED.usual_ink) -> _Reading:
    """Find and read the marks of a picture at one scale."""
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = tuple(max(8, round(side * factor)) for side in grey.shape[::-1])
    sized = grey if factor == 1 else cv2.resize(grey, size, interpolation=way)
    ink = find_page_ink(sized, reverse, faintest)
    if ink is None:
        return _Reading([])
    ink = replace(ink, to_picture=np.diag([1 / factor, 1 / factor, 1.0]) @ ink.to_picture)
    glyphs = Glyphs(ink.strength, predictor)
    whole = without_rings(ink)
    ink, boxes = remove_boxes(whole)
    evidence = find_evidence(ink, glyphs)
    ink, rules = remove_rules(ink, evidence.kept, evidence.size)
    rules = boxes | rules
    grids = find_grids(rules.boxes, ink.mask, whole.mask, rules.lines, ink.to_picture)
    mask = keep_in_cells(ink.mask, whole.mask, rules.lines, grids)
    ink = ink if mask is ink.mask else replace(ink, mask=mask)
    parts = _by_table(ink, grids)
    found = [mark for part in parts for mark in read_ink(part, grey.shape, glyphs, grids)]
    found = doubt_crowds(doubt_dashes(doubt_odd_ones(found, grids)))
    found = doubt_rows(doubt_sides(no_rests(found, grids), grids), grids)
    if not sure_heights(found) and evidence.ones and not any(grid.is_table for grid in grids):
        found = as_doubtful_ones(evidence.ones, whole, grey.shape)
    has_rules = bool(rules.lines.any())
    free = _free_glyphs(parts, glyphs) if has_rules else evidence.glyphs
    return _Reading(found, grids, free, has_rules, factor, reverse, ink.to_picture)


def _free_glyphs(parts: list[PageInk], glyphs: Glyphs) -> np.ndarray:
    """The free components of a page without its rules: of its tables, if they hold some."""
    *tables, _ = free = [free_glyphs(part, glyphs) for part in parts]
    in_tables = sum(map(len, tables))
    return np.concatenate(tables if in_tables >= TUNED.least_turned else free)


def _by_table(ink: PageInk, grids: Sequence[Grid]) -> list[PageInk]:
    """Part a page's ink into that of each table, and all other; a stroke goes where it is most.

    What is far lower than the digits of a table is the print around it, and is left out, as is what
    the picture's end or the paper's edge cuts.
    """
    parts, mask, sizes = [], ink.mask, []
    for grid in grids:
        if grid.is_table:
            found = Components.of(mask)
            inside = grid.holds(found.boxes)
            inside[0] = False
            sizes.append(typical_size(found.stats[inside]))
            within = found.chosen(inside)
            parts.append(replace(ink, mask=within, edge=np.zeros_like(mask)))
            mask = mask - within
    if sizes:
        found = Components.of(mask)
        tall = found.height > TUNED.like_height[0] * min(sizes)
        mask = found.chosen(tall & (found.on(ink.edge | ink.border) < TUNED.cut_off * found.area))
    return [*parts, ink if mask is ink.mask else replace(ink, mask=mask)]


def _turns(reading: _Reading, predictor: Predictor) -> tuple[int, bool]:
    """How many quarter turns to the left are likely to set a page upright, and whether surely so.

    None where upright makes sense. The free components, turned each way, tell: most digits look
    like none when they lie. What rules were taken out of is less telling: then the page has to be
    read that way.
    """
    marks = reading.marks
    few = reading.sure < TUNED.sense * len(marks)
    if len(reading.glyphs) < TUNED.least_turned or not (few or _stand_in_columns(marks)):
        return 0, False
    beliefs = []
    for turns in range(4):
        scores = predictor.score(np.ascontiguousarray(np.rot90(reading.glyphs, turns, (1, 2))))
        belief = scores.probabilities.max(1).astype(float)
        if scores.digit_probability is not None:
            belief *= scores.digit_probability
        beliefs.append(np.log(np.maximum(belief, 0.003)))
    gains = np.array(beliefs) - beliefs[0]
    best = int(np.argmax(gains.sum(1)))
    if gains[best].sum() < TUNED.turn_tells:
        return 0, False
    telling = gains[best][np.abs(gains[best]) > TUNED.turn_tells]  # a zero is one upside down, too
    is_sure = len(telling) >= TUNED.least_turned and telling.mean() > TUNED.turn_gain
    lost = np.count_nonzero(gains[best] < -TUNED.turn_loses)  # what surely is a digit upright
    won = np.count_nonzero(gains[best] > TUNED.turn_loses)
    return best, bool(best and is_sure and lost <= 1 + TUNED.turn_lost * won)


def _stand_in_columns(marks: Sequence[Found]) -> bool:
    """Say whether most marks have their nearest neighbour above or below them."""
    if len(marks) < 4:
        return False
    middles = np.array([(x + w / 2, y + h / 2) for x, y, w, h in (m.upright for m in marks)])
    apart = np.abs(middles[:, None] - middles)
    far = np.hypot(*apart.transpose(2, 0, 1))
    np.fill_diagonal(far, np.inf)
    nearest = apart[np.arange(len(marks)), far.argmin(1)]
    return bool((nearest[:, 1] > nearest[:, 0]).mean() > 0.6)


def _moved(grid: Grid, move: Callable[[Box], Box]) -> Grid:
    return replace(grid, slots=tuple(replace(slot, box=move(slot.box)) for slot in grid.slots))


def _single(grey: np.ndarray, predictor: Predictor, found: Page | None = None) -> Page:
    """Read a picture that holds one mark as `predict` does, where both see the same mark.

    One that is a digit only when it is turned is named and not accepted.
    """
    try:
        one = find_digit(grey, predictor)
    except ImageError:
        return found or Page((), ())
    turned, box = find_turned(one, predictor), one.steps.box
    answer = turned.prediction if turned else one.prediction
    accepted = one.prediction.accepted and box[2] < TUNED.widest * box[3]
    is_better = found is not None and accepted and not found.digits[0].accepted
    if found and not is_better and not _is_same(box, found.digits[0].box):
        return found
    digit = PageDigit(box, answer.digit, answer.confidence, accepted, 0 if accepted else None)
    if not digit.accepted:
        return Page((), (digit,), turned=turned.degrees if turned else 0)
    text = str(digit.digit)
    cells = found.cells if found else ()
    return Page((text,), (digit,), (text,), ((Group(text, digit.box),),), (), cells)


def _is_same(one: Box, other: Box) -> bool:
    """Say whether two boxes hold the same mark: they share much, and none is far larger."""
    (a, b, c, d), (e, f, g, h) = one, other
    width, height = min(a + c, e + g) - max(a, e), min(b + d, f + h) - max(b, f)
    shared = max(0, width) * max(0, height)
    larger, smaller = max(max(c, d), max(g, h)), min(max(c, d), max(g, h))
    return shared > 0.3 * (c * d + g * h - shared) and larger < 1.3 * smaller


def _covers(whole: tuple[int, ...], part: tuple[int, ...]) -> bool:
    """Say whether a box holds the middle of another."""
    x, y = part[0] + part[2] / 2, part[1] + part[3] / 2
    return whole[0] <= x <= whole[0] + whole[2] and whole[1] <= y <= whole[1] + whole[3]
