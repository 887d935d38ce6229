"""A photograph or scan of many digits: each digit found and read, in lines as a person reads them.

Ink is told from paper (`ink`) and from frames and desks (`pieces`), touching digits are parted
(`seams`) and broken ones put together (`marks`); here the network chooses and reads, and what it
read is brought into order and drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from model.files.pictures import ImageError, to_grey
from model.pages import candidates
from model.pages.binarization import PageInk, find_page_ink
from model.pages.candidates import Mark
from model.pages.components import Piece, find_pieces
from model.pages.cuts import part_touching
from model.pages.evidence import find_evidence
from model.pages.rules import remove_rules
from model.pages.settings import TUNED
from model.preprocessing import is_canonical, preprocess

if TYPE_CHECKING:
    from model.inference.predictor import Predictor, Scores


@dataclass(frozen=True)
class PageDigit:
    """One mark on a page: `box` is (left, top, width, height) in pixels of the upright picture.

    `line` is its row in `Page.lines`; None for a mark that stands with no accepted digit.
    """

    box: tuple[int, int, int, int]
    digit: int
    confidence: float
    accepted: bool
    line: int | None


@dataclass(frozen=True)
class _Found:
    """A mark read: its box upright and in the picture, and nats of doubt that it is a digit."""

    upright: tuple[int, int, int, int]
    reading: PageDigit
    doubt: float


@dataclass(frozen=True)
class Page:
    """What was read: lines of accepted digits from top to bottom, and all marks in that order."""

    lines: tuple[str, ...]
    digits: tuple[PageDigit, ...]


def read_page(image: Image.Image | np.ndarray, predictor: Predictor) -> Page:
    """Read all digits of a picture (see `preprocessing.preprocess`); a blank one has no lines.

    Raises ImageError when the picture is too small or too large.
    """
    grey = to_grey(image)
    if is_canonical(grey) or max(grey.shape) < TUNED.one_digit_side:
        return _single(grey, predictor)
    factor = _factor(max(grey.shape), TUNED.read_side)
    found, reverse = _find(grey, factor, predictor), False
    if len(found) < TUNED.few_marks and len(_sure_heights(found)) <= 0.5 * len(found):
        other = _find(grey, factor, predictor, True)  # a desk or a shadow may hide which is ink
        reverse = len(_sure_heights(other)) >= max(3, 0.7 * len(other))
        found = other if reverse else found
    heights = [mark.upright[3] for mark in found]
    if factor < 1 and heights and np.median(heights) < TUNED.least_digit:
        found = _find(grey, _factor(max(grey.shape), 2 * TUNED.read_side), predictor, reverse)
    if len(found) == 1:
        return _single(grey, predictor, found[0].reading)
    if len(found) in (2, 3) and not all(mark.reading.accepted for mark in found):
        whole = _single(grey, predictor)  # one digit in loose strokes, perhaps
        if whole.lines and all(_covers(whole.digits[0].box, m.reading.box) for m in found):
            return whole
    return _in_order(found)


def _factor(side: int, most: int) -> float:
    return max(1.0, TUNED.least_side / side) if side < most else most / side


def _sure_heights(found: list[_Found]) -> list[int]:
    """Heights of the marks that are accepted, px: how many digits, and how tall."""
    return [mark.upright[3] for mark in found if mark.reading.accepted]


def _find(grey, factor, predictor, reverse=False) -> list[_Found]:
    """Find and read the marks of a picture at one scale."""
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = tuple(max(8, round(side * factor)) for side in grey.shape[::-1])
    sized = grey if factor == 1 else cv2.resize(grey, size, interpolation=way)
    ink = find_page_ink(sized, reverse)
    if ink is None:
        return []
    evidence = find_evidence(ink, predictor)
    ink, rules = remove_rules(ink, evidence.kept, evidence.size)
    if not ink.edge.any():
        return _no_crumbs(_read_marks(ink, factor, grey.shape, predictor))
    off_edges = _read_marks(ink, factor, grey.shape, predictor, parted=False)
    found = _read_marks(_on_paper(ink, off_edges), factor, grey.shape, predictor)
    return _no_crumbs(_no_slivers(found, off_edges))


def _read_marks(ink: PageInk, factor, shape, predictor, parted: bool = True) -> list[_Found]:
    """Cut a page's ink into marks and read them; `parted`: touching digits are cut apart."""
    pieces, size = find_pieces(ink)
    if not pieces:
        return []
    if parted:
        pieces = _parted(pieces, size, ink, predictor)
    knots = candidates.find_knots(pieces, size)
    options = [candidates.candidates(knot, pieces, size) for knot in knots]
    glyphs = np.stack([candidates.render(m, pieces, ink) for group in options for m in group])
    scores = predictor.score(glyphs)
    doubts = _doubt(scores)
    found, start = [], 0
    for knot, group in zip(knots, options, strict=True):
        costs = [mark.cost + doubts[start + row] for row, mark in enumerate(group)]
        for row in candidates.choose(knot, group, costs):
            box = _in_picture(group[row], pieces, ink, factor, shape)
            reading = _reading(scores, start + row, box)
            found.append(_Found(group[row].box, reading, float(doubts[start + row])))
        start += len(group)
    return found


def _parted(pieces: list[Piece], size: float, ink: PageInk, predictor) -> list[Piece]:
    """Cut touching digits apart; more readily where the page holds little but digits."""

    def read(parts):
        alone = [Mark((row,), part.box, 0.0) for row, part in enumerate(parts)]
        return predictor.score(np.stack([candidates.render(m, parts, ink) for m in alone]))

    def doubts(parts):
        scores = read(parts)
        return _doubt(scores) + TUNED.one * (scores.probabilities.argmax(1) == 1)

    tall = [piece for piece in pieces if 0.6 * size < piece.height < 1.6 * size]
    digits = np.count_nonzero(read(tall).accepted) if tall else 0
    return part_touching(pieces, size, doubts, digits >= max(3, 0.7 * len(tall)))


def _on_paper(ink: PageInk, found: list[_Found]) -> PageInk:
    """Leave out ink on a desk beside the paper, and keep what lies on a shadow's edge.

    Edges part the picture into grounds. Where most marks of a ground are digits it is paper;
    then others, where nearly all are refused, are the pattern of a desk.
    """
    count, grounds, stats, _ = cv2.connectedComponentsWithStats(1 - ink.edge, connectivity=4)
    places = [(y + h // 2, x + w // 2) for x, y, w, h in (mark.upright for mark in found)]
    of = np.array([grounds[place] for place in places], int)
    accepted = np.array([mark.reading.accepted for mark in found], bool)
    on, digits_on = (np.bincount(rows, minlength=count) for rows in (of, of[accepted]))
    if not (digits_on >= np.maximum(2, 0.7 * on))[1:].any():
        return ink
    desk = digits_on < np.maximum(1, 0.35 * on)
    desk &= stats[:, cv2.CC_STAT_AREA] > 0.002 * ink.mask.size
    desk[0] = False
    desk = desk.astype(np.uint8)[grounds]
    wide = max(desk.shape) // 40 | 1
    beside = cv2.dilate(desk, np.ones((wide, wide), np.uint8))
    return replace(ink, mask=ink.mask & (1 - desk), edge=ink.edge & beside)


def _no_slivers(found: list[_Found], off_edges: list[_Found]) -> list[_Found]:
    """Leave out what fills the corners between the paper's edges and a shadow's.

    Such slivers lie on the edges alone, a digit's height from all writing; digits on a shadow's
    edge have writing near them, or each other beside them.
    """
    heights = _sure_heights(off_edges)
    if len(heights) < 3:
        return found
    near = float(np.median(heights))
    writing = [mark.upright for mark in off_edges]

    def belongs(mark: _Found) -> bool:
        box = mark.upright
        beside = [n.upright for n in found if n is not mark and _level(n.upright, box)]
        return any(candidates.box_gap(box, other) < near for other in writing + beside)

    return [mark for mark in found if belongs(mark)]


def _level(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return min(one[1] + one[3], other[1] + other[3]) > max(one[1], other[1])


def _no_crumbs(found: list[_Found]) -> list[_Found]:
    """Leave out what is far smaller than the digits and no digit itself: blots, ends of rules."""
    heights = _sure_heights(found)
    if not heights:
        return found
    least = 0.33 * float(np.median(heights))
    return [
        m
        for m in found
        if m.reading.accepted or (max(m.upright[2:]) > least and m.upright[3] > 0.6 * least)
    ]


def _doubt(scores: Scores) -> np.ndarray:
    """Nats of doubt that each glyph is some digit: float (n,); sure parts beat a refused whole."""
    belief = scores.probabilities.max(1).astype(float)
    if scores.digit_probability is not None:
        belief *= scores.digit_probability
    return -np.log(np.maximum(belief, 0.003)) + TUNED.refused * ~scores.accepted


def _reading(scores: Scores, row: int, box: tuple[int, int, int, int]) -> PageDigit:
    chances = scores.probabilities[row]
    return PageDigit(
        box, int(chances.argmax()), float(chances.max()), bool(scores.accepted[row]), None
    )


def _in_picture(mark: Mark, pieces, ink: PageInk, factor, shape) -> tuple[int, int, int, int]:
    """A mark's box in pixels of the picture that was given."""
    points = []
    for i in mark.pieces:
        y, x = np.nonzero(pieces[i].mask)
        points.append(np.stack([x + pieces[i].box[0], y + pieces[i].box[1]], 1))
    spots = np.concatenate(points) + 0.5
    spots = (spots @ ink.to_picture[:, :2].T + ink.to_picture[:, 2]) / factor
    half = 0.5 / factor
    low = np.clip(np.floor(spots.min(0) - half + 1e-6), 0, [shape[1] - 1, shape[0] - 1])
    high = np.clip(np.ceil(spots.max(0) + half - 1e-6), low + 1, [shape[1], shape[0]])
    return tuple(int(v) for v in (*low, *(high - low)))


def _single(grey: np.ndarray, predictor: Predictor, found: PageDigit | None = None) -> Page:
    """Read a picture that holds one mark as `predict` does, where both see the same mark."""
    try:
        steps = preprocess(grey)
    except ImageError:
        steps = None
    if steps is not None and (found is None or _overlap(steps.box, found.box) > 0.3):
        answer = predictor.predict_steps(steps)
        found = PageDigit(steps.box, answer.digit, answer.confidence, answer.accepted, None)
    if found is None:
        return Page((), ())
    found = replace(found, line=0 if found.accepted else None)
    return Page((str(found.digit),) if found.accepted else (), (found,))


def _overlap(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Shared area over joint area of two boxes."""
    (a, b, c, d), (e, f, g, h) = one, other
    width, height = min(a + c, e + g) - max(a, e), min(b + d, f + h) - max(b, f)
    shared = max(0, width) * max(0, height)
    return shared / (c * d + g * h - shared)


def _covers(whole: tuple[int, ...], part: tuple[int, ...]) -> bool:
    """Say whether a box holds the middle of another."""
    x, y = part[0] + part[2] / 2, part[1] + part[3] / 2
    return whole[0] <= x <= whole[0] + whole[2] and whole[1] <= y <= whole[1] + whole[3]


def _in_order(found: list[_Found]) -> Page:
    texts, digits = [], []
    for line in find_lines([mark.upright for mark in found]):
        marks_here = [found[row] for row in line]
        readings = [] if _is_stray(marks_here, found) else _by_company(marks_here, found)
        text = "".join(str(reading.digit) for reading in readings if reading.accepted)
        number = len(texts) if text else None
        texts += [text] if text else []
        digits += [replace(reading, line=number) for reading in readings]
    return Page(tuple(texts), tuple(digits))


def _is_stray(line: list[_Found], found: list[_Found]) -> bool:
    """Say whether a line is a stroke alone, unlike the digits of the page: an edge, a crease."""
    heights = _sure_heights(found)
    if len(line) > 1 or line[0].reading.digit != 1 or len(heights) < 5:
        return False
    return not 0.6 < line[0].upright[3] / np.median(heights) < 1.6


def _by_company(line: list[_Found], page: list[_Found]) -> list[PageDigit]:
    """Accept doubtful marks among sure digits of their size, as a reader would.

    A line that is mostly refused is left alone, whatever the rest of the page: it is words.
    """
    sure, most = _company(line, page)
    refused = sum(not mark.reading.accepted for mark in line)
    if not sure or refused > (len(line) + 1) // 2:
        return [mark.reading for mark in line]
    low, high = 0.6 * np.median(sure), 1.6 * np.median(sure)
    return [
        replace(mark.reading, accepted=True)
        if mark.doubt < most and low < mark.upright[3] < high
        else mark.reading
        for mark in line
    ]


def _company(line: list[_Found], page: list[_Found]) -> tuple[list[int], float]:
    """Heights of the sure digits that vouch for a line's doubtful marks, and the doubt allowed."""
    for name, least, share, most in TUNED.companies:
        marks_there = line if name == "line" else page
        sure = _sure_heights(marks_there)
        if len(sure) >= max(least, share * len(marks_there)):
            return sure, most
    return [], 0.0


def find_lines(boxes: list[tuple[int, int, int, int]]) -> list[list[int]]:
    """Rows of boxes (left, top, width, height) on an upright page: lines down, then left to right.

    From left to right, each box goes on the line whose last boxes lie most level with it.
    """
    if not boxes:
        return []
    places = np.array([(x + w / 2, y + h / 2, h) for x, y, w, h in boxes])
    for _ in range(2):  # the second look sees neighbours better
        places[:, 1] -= _slope(places) * places[:, 0]
    typical = float(np.median(places[:, 2]))
    lines: list[list[int]] = []
    for row in np.argsort(places[:, 0], kind="stable"):
        x, y, height = places[row]
        best, least = None, 0.6
        for line in lines:
            last = places[line[-3:]]
            reach = max(height, float(last[-1, 2]), 0.7 * typical)
            off = abs(y - last[:, 1].mean()) / reach
            if off < least:
                best, least = line, off
        if best is None:
            lines.append([int(row)])
        else:
            best.append(int(row))
    return sorted(lines, key=lambda line: places[line, 1].mean())


def _slope(places: np.ndarray) -> float:
    """Typical climb, px down a px right, from each (x, y, height) to its neighbour at the right."""
    x, y, height = places.T
    across, down = x[None] - x[:, None], y[None] - y[:, None]
    reach = np.median(height)
    across = np.where((across > 0.3 * reach) & (np.abs(down) < 0.35 * across), across, np.inf)
    nearest = across.argmin(1)
    rows = np.flatnonzero(across.min(1) < 4 * reach)
    if len(rows) < 3:
        return 0.0
    return float(np.median(down[rows, nearest[rows]] / across[rows, nearest[rows]]))
