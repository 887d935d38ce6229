"""Marks of a page read: pieces cut apart and put together as the network reads them best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from model.inference.predictor import Scores
from model.pages import candidates
from model.pages.binarization import PageInk
from model.pages.candidates import Mark
from model.pages.components import (
    Piece,
    find_cut_off,
    find_dots,
    find_like,
    find_pieces,
    strength_of,
)
from model.pages.connected import Components
from model.pages.cuts import part_stacked, part_touching
from model.pages.found import Found, doubt_overlaps, doubt_print, doubted, is_level, sure_heights
from model.pages.glyphs import Glyphs
from model.pages.grids import Grid, alone_in_cells, fit_cells
from model.pages.handwriting import bare_ones, read_by_hand
from model.pages.page import Box
from model.pages.rings import has_rings_of_several, is_one_ring
from model.pages.settings import TUNED
from model.pages.signs import SignMark, leans_as_slash, part_signs

LOOKS_LIKE = {"(": (1,), ")": (1,), "$": (5, 8)}  # the digits that a symbol is taken for


def read_ink(
    ink: PageInk, shape: tuple[int, int], glyphs: Glyphs, grids: Sequence[Grid]
) -> list[Found]:
    """Find and read the marks of a page's ink; `shape` (h, w) is that of the picture behind it.

    `grids` are the cells of its forms: what stands alone in one is no slash.
    """
    if ink.edge.any():
        off_edges = _read_marks(ink, shape, glyphs, grids, parted=False)
        found = _read_marks(_no_edges(_on_paper(ink, off_edges), ink.edge), shape, glyphs, grids)
        found = _no_slivers(found, off_edges)
    else:
        found = _read_marks(ink, shape, glyphs, grids)
    found = _with_cut_off(_no_crumbs(doubt_print(found)), ink, shape)
    return _with_left_out(found, ink, shape)


def _with_cut_off(found: list[Found], ink: PageInk, shape: tuple[int, int]) -> list[Found]:
    """Add what the picture's edge cuts next to a sure digit: no digit, yet not passed over."""
    heights = sure_heights(found)
    if not heights:
        return found
    size = float(np.median(heights))
    known = [mark.upright for mark in found]
    sure = [mark.upright for mark in found if mark.accepted]
    cut = [
        Found(piece.box, _in_picture([piece], ink, shape), 0, 0.0, False, np.inf, is_cut=True)
        for piece in find_cut_off(ink, size)
        if not any(candidates.box_around([piece.box, box]) == box for box in known)
        and any(candidates.box_gap(piece.box, box) < size and is_level(piece.box, box)
                for box in sure)
    ]  # fmt: skip
    return found + cut


def _with_left_out(found: list[Found], ink: PageInk, shape: tuple[int, int]) -> list[Found]:
    """Add what is joined to other things and was left out with them, beside a sure digit.

    It is as high as the digit, in its row, and as strong. That tells of no digit, yet it is not
    passed over.
    """
    heights = sure_heights(found)
    if not heights:
        return found
    size = round(float(np.median(heights)))
    marks = np.array([mark.upright for mark in found])
    if _all_known(ink.components.boxes[ink.components.height > TUNED.like_height[0] * size], marks):
        return found
    sure = marks[[mark.accepted for mark in found]]
    beside, known = np.zeros_like(ink.mask), np.zeros_like(ink.mask)
    for left, top, width, height in sure:
        beside[top : top + height, max(0, left - size) : left + width + size] = 1
    for left, top, width, height in marks:
        known[top : top + height, left : left + width] = 1
    level = np.median(ink.strength[(ink.mask & known) > 0])
    others = ink.components.chosen(2 * ink.components.on(known | ink.edge) < ink.components.area)
    strong = ink.strength > TUNED.like_strength * level
    left_out = find_like(others & beside & (1 - known) & strong, size)
    return found + [
        Found(p.box, _in_picture([p], ink, shape), 0, 0.0, False, np.inf, is_left_out=True)
        for p in left_out
    ]


def _all_known(boxes: np.ndarray, marks: np.ndarray) -> bool:
    """Say whether all boxes, int (n, 4), but the ground's lie within those of marks, (m, 4)."""
    low, high = boxes[:, None, :2], boxes[:, None, :2] + boxes[:, None, 2:]
    is_within = (low >= marks[:, :2]) & (high <= marks[:, :2] + marks[:, 2:])
    return bool(np.count_nonzero(~is_within.all(2).any(1)) < 2)


def as_doubtful_ones(pieces: Sequence[Piece], ink: PageInk, shape: tuple[int, int]) -> list[Found]:
    """Pieces that may be ones or dashes, as marks that are not accepted."""
    return [
        Found(p.box, _in_picture([p], ink, shape), 1, 0.5, False, np.inf, may_be_dash=True)
        for p in pieces
    ]


def _read_marks(
    ink: PageInk, shape, glyphs: Glyphs, grids: Sequence[Grid], parted: bool = True
) -> list[Found]:
    """Cut a page's ink into marks and read them; `parted`: touching digits are cut apart."""
    pieces, size = find_pieces(ink)
    if not pieces:
        return []
    alone = alone_in_cells([piece.box for piece in pieces], grids)
    pieces, signs = part_signs(pieces, find_dots(ink, size), size, alone)
    pieces, signs = _no_symbols(pieces, signs, glyphs)
    found = [
        Found(sign.box, _in_picture(sign.pieces, ink, shape), 1, 0.0, False, np.inf, char=sign.char)
        for sign in signs
    ]
    in_cell = fit_cells([piece.box for piece in pieces], grids)
    pieces = [replace(piece, is_unsure=True) if piece.is_blot else piece  # a small six, filled in
              for piece, is_inside in zip(pieces, in_cell, strict=True)
              if is_inside or not piece.is_blot]  # fmt: skip
    if not pieces:
        return found
    if parted:
        pieces = _parted(pieces, size, glyphs, fit_cells([p.box for p in pieces], grids))
    marks = _choose(pieces, size, glyphs)
    drawn = glyphs.draw(marks)
    scores = read_by_hand(glyphs.read(marks), drawn)
    bare, digits = bare_ones(scores, drawn), []
    for row, parts in enumerate(marks):
        if bare[row] and leans_as_slash(parts[0]):
            parts = [replace(part, is_unsure=True) for part in parts]
        digits.append(_found(parts, _in_picture(parts, ink, shape), scores, row))
    digits = _doubt_faint(_no_hairs(digits, marks), marks, ink, glyphs, grids)
    return doubt_overlaps(found + digits)


def _no_hairs(found: list[Found], marks: list[list[Piece]]) -> list[Found]:
    """Refuse ones far finer than the pen of the other digits: they are what is left of a line."""
    slim = [m.accepted and m.digit == 1 and m.upright[2] < 0.1 * m.upright[3] for m in found]
    pens = [parts[0].pen for mark, parts in zip(found, marks, strict=True)
            if any(slim) and mark.accepted and mark.digit != 1]  # fmt: skip
    least = TUNED.hair * float(np.median(pens or [0]))
    return [doubted(m) if is_slim and m.upright[2] < least else m
            for m, is_slim in zip(found, slim, strict=True)]  # fmt: skip


def _doubt_faint(
    found: list[Found],
    marks: list[list[Piece]],
    ink: PageInk,
    glyphs: Glyphs,
    grids: Sequence[Grid],
) -> list[Found]:
    """Doubt marks far fainter than the other digits: none of them is sure, but for those in cells.

    They are refused where they are ones, as a highlighter's ends seem to be, or make more sense in
    a mirror, as what shows through from the other side of the paper does.
    """
    telling = [mark.accepted and mark.digit != 1 for mark in found]
    if not any(telling):
        return found
    strokes = [np.concatenate([strength_of(part, ink) for part in parts]) for parts in marks]
    levels = np.array([np.median(stroke) for stroke in strokes])
    is_faint = levels < TUNED.faint * np.percentile(levels[telling], 75)
    is_faint &= [mark.accepted for mark in found]
    is_faint &= ~fit_cells([mark.upright for mark in found], grids)  # pencil beside print
    if not is_faint.any():
        return found
    drawn = glyphs.draw([parts for parts, faint in zip(marks, is_faint, strict=True) if faint])
    ones = np.mean([mark.digit == 1 for mark, faint in zip(found, is_faint, strict=True) if faint])
    as_seen, mirrored = (_doubt(glyphs.answer(view)).sum() for view in (drawn, drawn[:, :, ::-1]))
    is_none = ones > 0.5 or mirrored < as_seen
    return [mark if not faint else doubted(mark) if is_none else replace(mark, is_sure=False)
            for mark, faint in zip(found, is_faint, strict=True)]  # fmt: skip


def _no_symbols(
    pieces: list[Piece], signs: list[SignMark], glyphs: Glyphs
) -> tuple[list[Piece], list[SignMark]]:
    """Take for digits again what is shaped like a symbol, but read as another digit than it is."""
    symbols = [sign for sign in signs if sign.char in LOOKS_LIKE]
    if not symbols:
        return pieces, signs
    scores = glyphs.read([sign.pieces for sign in symbols])
    is_digit = scores.accepted & [
        digit not in LOOKS_LIKE[sign.char]
        for digit, sign in zip(scores.probabilities.argmax(1), symbols, strict=True)
    ]
    digits = [sign for sign, is_other in zip(symbols, is_digit, strict=True) if is_other]
    more = [piece for sign in digits for piece in sign.pieces]
    return pieces + more, [sign for sign in signs if sign not in digits]


def _choose(pieces: list[Piece], size: float, glyphs: Glyphs) -> list[list[Piece]]:
    """Put pieces together to marks as the network reads them best."""
    clusters = candidates.find_clusters(pieces, size)
    options = [candidates.candidates(cluster, pieces, size) for cluster in clusters]
    marks = [mark for group in options for mark in group]
    doubts = _doubt(glyphs.read([[pieces[i] for i in mark.pieces] for mark in marks]))
    chosen: list[list[Piece]] = []
    start = 0
    for cluster, group in zip(clusters, options, strict=True):
        here = doubts[start : start + len(group)]
        costs = here + [mark.cost for mark in group] + _joins(group, pieces, here, size)
        rows = candidates.choose(cluster, group, costs.tolist())
        chosen += [[pieces[i] for i in group[row].pieces] for row in rows]
        start += len(group)
    return chosen


def _joins(marks: list[Mark], pieces: list[Piece], doubts: np.ndarray, size: float) -> np.ndarray:
    """What it costs to join pieces side by side that are sure digits each, nats: float (n,)."""
    alone = {m.pieces[0] for m, doubt in zip(marks, doubts, strict=True)
             if len(m.pieces) == 1 and doubt < 0.5 and m.box[3] > 0.5 * size
             and m.box[2] > 0.35 * m.box[3]}  # fmt: skip
    costs = np.zeros(len(marks))
    for row, mark in enumerate(marks):
        sure = sorted(alone.intersection(mark.pieces), key=lambda i: pieces[i].box[0])
        for i, j in zip(sure, sure[1:], strict=False):
            (left, top, width, height), (x, y, w, h) = pieces[i].box, pieces[j].box
            is_level = min(top + height, y + h) - max(top, y) > 0.6 * min(height, h)
            costs[row] += TUNED.join_sure * (is_level and left + width - x < 0.2 * w)
    return costs


def _found(parts: list[Piece], box: Box, scores: Scores, row: int) -> Found:
    """A mark as the network reads it; what cannot be a digit is never accepted.

    What it may be, but hardly is, only the digits beside it can vouch for.
    """
    chances = scores.probabilities[row]
    digit = int(chances.argmax())
    upright = candidates.box_around([part.box for part in parts])
    is_part = any(part.is_part for part in parts)
    may_be = _may_be(digit, upright, parts) and chances.max() >= TUNED.vouched
    is_wide = _is_wide(digit, upright, parts)
    is_sure = chances.max() >= TUNED.sure and not is_wide
    is_clear = chances.max() >= (TUNED.sure if is_part else TUNED.clear) and not is_wide
    is_clear &= all(part.cut_from >= 0 for part in parts)  # not off a line of print
    is_sure &= not any(part.is_unsure for part in parts)
    return Found(
        upright=upright,
        box=box,
        digit=digit,
        confidence=float(chances.max()),
        accepted=bool(scores.accepted[row] and may_be and is_clear),
        doubt=float(_doubt(scores)[row]) if may_be else np.inf,
        is_sure=bool(is_sure),
        is_part=is_part,
    )


def _may_be(digit: int, box: Box, parts: list[Piece]) -> bool:
    """Say whether a mark can be a digit: it is not far wider than one, nor has rings of several.

    A one may be a slash, or what is left of a line of print.
    """
    if len(parts) == 1 and has_rings_of_several(parts[0]):
        return False
    if any(part.cut_from < 0 and digit == 1 for part in parts):
        return False
    return box[2] < TUNED.widest * box[3]


def _is_wide(digit: int, box: Box, parts: list[Piece]) -> bool:
    """Say whether a mark is wider than its digit is, unless that has long strokes or is a zero."""
    is_long = digit in TUNED.flagged or (digit == 0 and len(parts) == 1 and is_one_ring(parts[0]))
    return not is_long and box[2] >= TUNED.too_wide * box[3]


def _parted(pieces: list[Piece], size: float, glyphs: Glyphs, in_cell: np.ndarray) -> list[Piece]:
    """Cut touching digits apart; more readily where the page holds little but digits.

    Those `in_cell`, bool (n,), lie in one cell of a form: they do not stand above one another.
    """

    def read(parts):
        return glyphs.read([[part] for part in parts])

    def doubts(parts):
        scores = read(parts)
        return _doubt(scores) + TUNED.one * (scores.probabilities.argmax(1) == 1)

    def may_be_letter(parts):  # as n, u, v, m and w are
        digits = set(read(parts).probabilities.argmax(1).tolist()) if parts else set()
        return 1 in digits and digits <= {1, 7}

    tall = [piece for piece in pieces if 0.6 * size < piece.height < 1.6 * size]
    digits = np.count_nonzero(read(tall).accepted) if tall else 0
    among_digits = bool(digits >= max(3, 0.7 * len(tall)))
    if among_digits:
        inside = [piece for piece, is_inside in zip(pieces, in_cell, strict=True) if is_inside]
        others = [piece for piece, is_inside in zip(pieces, in_cell, strict=True) if not is_inside]
        pieces = inside + part_stacked(others, size, doubts)
        return part_touching(pieces, size, doubts, True)
    pieces = part_touching(pieces, size, doubts, False, may_be_letter)
    is_doubted = _doubt(read(pieces)) > TUNED.part_doubt
    return [replace(piece, is_unsure=piece.is_unsure or bool(unsure and piece.is_part))
            for piece, unsure in zip(pieces, is_doubted, strict=True)]  # fmt: skip


def _on_paper(ink: PageInk, found: list[Found]) -> PageInk:
    """Leave out ink on a desk beside the paper, and keep what lies on a shadow's edge.

    Edges part the picture into grounds. Where most marks of a ground are digits it is paper;
    then others, where nearly all are refused, are the pattern of a desk.
    """
    grounds = Components.of(1 - ink.edge, connectivity=4)
    places = [(y + h // 2, x + w // 2) for x, y, w, h in (mark.upright for mark in found)]
    of = np.array([grounds.labels[place] for place in places], int)
    accepted = np.array([mark.accepted for mark in found], bool)
    on, digits_on = (np.bincount(rows, minlength=len(grounds)) for rows in (of, of[accepted]))
    if not (digits_on >= np.maximum(2, 0.7 * on))[1:].any():
        return ink
    is_desk = digits_on < np.maximum(1, 0.35 * on)
    desk = grounds.chosen(is_desk & (grounds.area > 0.002 * ink.mask.size))
    wide = max(desk.shape) // 40 | 1
    beside = cv2.dilate(desk, np.ones((wide, wide), np.uint8))
    return replace(ink, mask=ink.mask & (1 - desk), edge=ink.edge & beside)


def _no_edges(ink: PageInk, edge: np.ndarray) -> PageInk:
    """Leave out what lies all along an edge, uint8 (h, w): the rim of a highlighter or of a dot."""
    return ink.without(ink.components.on(edge) > TUNED.on_edge * ink.components.area)


def _no_slivers(found: list[Found], off_edges: list[Found]) -> list[Found]:
    """Leave out what fills the corners between the paper's edges and a shadow's.

    Such slivers lie on the edges alone, a digit's height from all writing; digits on a shadow's
    edge have writing near them, or each other beside them.
    """
    heights = sure_heights(off_edges)
    if len(heights) < 3:
        return found
    near = float(np.median(heights))
    writing = [mark.upright for mark in off_edges]

    def belongs(mark: Found) -> bool:
        box = mark.upright
        beside = [n.upright for n in found if n is not mark and is_level(n.upright, box)]
        return any(candidates.box_gap(box, other) < near for other in writing + beside)

    return [mark for mark in found if belongs(mark)]


def _no_crumbs(found: list[Found]) -> list[Found]:
    """Leave out what is far smaller than the digits and no digit itself: blots, ends of rules."""
    heights = sure_heights(found)
    if not heights:
        return found
    least = 0.33 * float(np.median(heights))
    return [
        m
        for m in found
        if m.accepted or m.char or (max(m.upright[2:]) > least and m.upright[3] > 0.6 * least)
    ]


def _doubt(scores: Scores) -> np.ndarray:
    """Nats of doubt that each glyph is some digit: float (n,); sure parts beat a refused whole."""
    belief = scores.probabilities.max(1).astype(float)
    if scores.digit_probability is not None:
        belief *= scores.digit_probability
    return -np.log(np.maximum(belief, 0.003)) + TUNED.refused * ~scores.accepted


def _in_picture(pieces: Sequence[Piece], ink: PageInk, shape: tuple[int, int]) -> Box:
    """The box of some pieces in pixels of the picture that was given, (h, w) in `shape`."""
    points = []
    for piece in pieces:
        y = np.flatnonzero(piece.mask.any(1))
        first, last = piece.mask[y].argmax(1), piece.mask[y, ::-1].argmax(1)
        for x in (first, piece.mask.shape[1] - 1 - last):  # the others lie between them
            points.append(np.stack([x + piece.box[0], y + piece.box[1]], 1))
    spots = np.concatenate(points)[None] + 0.5
    spots = cv2.perspectiveTransform(spots.astype(np.float64), ink.to_picture)[0]
    half = 0.5 * float(np.sqrt(abs(np.linalg.det(ink.to_picture[:2, :2]))))
    most = np.array(shape[::-1])
    low = np.clip(np.floor(spots.min(0) - half + 1e-6), 0, most - 1)
    high = np.clip(np.ceil(spots.max(0) + half - 1e-6), low + 1, most)
    left, top, right, bottom = (int(v) for v in (*low, *high))
    return left, top, right - left, bottom - top
