"""Signs between digits: minus and plus, points and commas, colons, slashes, percent, sums.

A sign is told by its shape and by where it stands beside the digits of its line. Strokes that lie
over or under a digit are parts of it and no signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from model.pages.candidates import box_around
from model.pages.components import Piece
from model.pages.page import Box
from model.pages.percents import find_percents
from model.pages.settings import TUNED


@dataclass(frozen=True)
class SignMark:
    """A sign: its pieces, the box around them in page pixels, and the likeliest character."""

    pieces: tuple[Piece, ...]
    box: Box
    char: str


def part_signs(
    pieces: list[Piece], dots: list[Piece], size: float, alone: np.ndarray
) -> tuple[list[Piece], list[SignMark]]:
    """Part a page's pieces into those of digits, `size` px high, and signs.

    `dots` are pieces too small for digits; those that are no signs are left out. What may be a
    slash as well as a one stays among the pieces and is said to be no sure digit. Those pieces for
    which `alone`, bool (n,), is true stand alone in a cell: they are no slashes and no symbols.
    """
    in_cells = {id(piece) for piece, is_alone in zip(pieces, alone, strict=True) if is_alone}
    tall = [piece for piece in pieces if piece.height > TUNED.tall_share * size]
    if not tall or len(dots) > TUNED.dots_a_digit * len(tall):
        dots = []  # dotted paper, or grain
    free = [piece for piece in pieces if id(piece) not in in_cells]
    percents = find_percents([*free, *dots], size)
    taken = {id(piece) for group in percents for piece in group}
    pieces, dots, tall = ([p for p in part if id(p) not in taken] for part in (pieces, dots, tall))
    low = [piece for piece in pieces if piece not in tall]
    kinds = ["" if id(piece) in in_cells else kind
             for piece, kind in zip(tall, _slashes(tall, size), strict=True)]  # fmt: skip
    unsure = {id(p) for p, kind in zip(tall, kinds, strict=True) if kind == "unsure"}
    tall = [p for p, kind in zip(tall, kinds, strict=True) if kind != "slash"]
    signs = _symbols([piece for piece in tall if id(piece) not in in_cells], size)
    tall = [p for p in tall if all(p is not sign.pieces[0] for sign in signs)]
    boxes = np.array([piece.box for piece in tall], float).reshape(-1, 4)
    used = {id(sign.pieces[0]) for sign in signs}
    slashes = [p for p in pieces if p.height > TUNED.tall_share * size
               and p not in tall and id(p) not in used]  # fmt: skip
    for group in _stacked([*low, *dots, *slashes], size):
        if _lies_over(group, boxes, size):
            continue
        char = _char(group, boxes, size)
        if char:
            signs.append(SignMark(tuple(group), _bounds(group), char))
            used.update(map(id, group))
    for piece in tall:
        if piece.height < 0.8 * size and (char := _crossing(piece)) and _beside(piece, boxes, size):
            signs.append(SignMark((piece,), piece.box, char))
            used.add(id(piece))
    signs += [SignMark(tuple(group), _bounds(group), "%") for group in percents]
    rest = [piece for piece in pieces if id(piece) not in used]
    return [replace(p, is_unsure=True) if id(p) in unsure else p for p in rest], signs


def _bounds(group: Sequence[Piece]) -> Box:
    return box_around([piece.box for piece in group])


def _stacked(pieces: list[Piece], size: float) -> list[list[Piece]]:
    """Pieces above one another and no farther apart than a digit is high, put together."""
    groups: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.box[0]):
        for group in groups:
            left, top, width, height = _bounds([*group, piece])
            a, _, w, _ = _bounds(group)
            shared = min(a + w, piece.box[0] + piece.box[2]) - max(a, piece.box[0])
            most = 1.35 if any(p.height > TUNED.tall_share * size for p in (*group, piece)) else 1.0
            if shared > 0.3 * min(w, piece.box[2]) and height < most * size and width < 1.2 * size:
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def _lies_over(group: Sequence[Piece], boxes: np.ndarray, size: float) -> bool:
    """Say whether a digit stands over or under a group, or around it, on its own line."""
    left, top, width, height = _bounds(group)
    shared = np.minimum(left + width, boxes[:, 0] + boxes[:, 2]) - np.maximum(left, boxes[:, 0])
    apart = np.maximum(top, boxes[:, 1]) - np.minimum(top + height, boxes[:, 1] + boxes[:, 3])
    return bool(((shared > 0.25 * width) & (apart < 0.25 * size)).any())


def _neighbours(box: Box, boxes: np.ndarray, size: float, reach: float) -> np.ndarray:
    """Boxes of digits (n, 4) beside a box, within `reach` px, on its line."""
    left, top, width, height = box
    apart = np.maximum(left - boxes[:, 0] - boxes[:, 2], boxes[:, 0] - left - width)
    middle = top + height / 2
    level = (middle > boxes[:, 1] - 0.2 * size) & (middle < boxes[:, 1] + boxes[:, 3] + 0.25 * size)
    return boxes[level & (apart < reach) & (apart > -0.2 * size)]


def _beside(piece: Piece, boxes: np.ndarray, size: float) -> bool:
    others = boxes[(boxes != np.array(piece.box)).any(1)]
    return len(_neighbours(piece.box, others, size, TUNED.sign_reach * size)) > 0


def _char(group: list[Piece], boxes: np.ndarray, size: float) -> str:
    """The character that stacked pieces are, by their shapes and place; empty for none."""
    box = _bounds(group)
    has_dot_alone = len(group) == 1 and _kind(group[0], size) == "dot"
    reach = (TUNED.dot_reach if has_dot_alone else TUNED.sign_reach) * size
    near = _neighbours(box, boxes, size, reach)
    if not len(near):
        return ""
    head, foot = float(np.median(near[:, 1])), float(np.median(near[:, 1] + near[:, 3]))
    place = (box[1] + box[3] / 2 - head) / max(foot - head, 1)
    kinds = sorted(_kind(piece, size) for piece in group)
    if kinds == ["dash"]:
        return "-" if 0.2 < place < 0.85 else ""
    if kinds == ["dot"]:
        return _point(group[0], place, foot, size)
    if kinds == ["comma"]:
        return "," if place > 0.75 else ""
    if kinds in (["cross"], ["slash"]):
        return _crossing(group[0]) if kinds == ["cross"] else "/"
    if kinds == ["dot", "dot"]:
        is_upright = abs(group[0].centre - group[1].centre) < 0.15 * size
        return ":" if is_upright and 0.3 < place < 0.85 and box[3] > 0.3 * size else ""
    if kinds == ["dash", "dash"]:
        return "="
    if kinds == ["dash", "dot", "dot"]:
        return "÷"
    return ""


def _point(piece: Piece, place: float, foot: float, size: float) -> str:
    """A point or a comma at the foot of a line; a dot higher up is neither."""
    if place < TUNED.point_place:
        return ""
    return "," if piece.box[1] + piece.height > foot + 0.1 * size else "."


def _kind(piece: Piece, size: float) -> str:
    """The shape of a piece: dot, comma, dash, slash, cross or, for all else, mark."""
    _, _, width, height = piece.box
    if piece.height > TUNED.tall_share * size:
        return "slash"
    if max(width, height) < TUNED.dot_side * size:
        return "dot"
    if width > 1.6 * height and height < 0.35 * size and width < 1.1 * size:
        return "dash"
    if _crossing(piece):
        return "cross"
    return "comma" if height > width and height < 0.5 * size and width < 0.35 * size else "mark"


def _slashes(tall: list[Piece], size: float) -> list[str]:
    """For each piece: slash, unsure where it may be a one as well, or nothing.

    What is unsure is a slash where another that leans alike stands on its line, as in a date; two
    with nothing between them are rather ones.
    """
    likeness = [_slash_likeness(piece, tall, size) for piece in tall]
    likely = [p for p, value in zip(tall, likeness, strict=True) if value >= TUNED.slash_unsure]
    of_dates = {id(stroke) for piece in tall for stroke in _strokes_of_date(piece, tall, size)}

    def are_parted(one: Piece, other: Piece) -> bool:
        left, right = sorted((one.centre, other.centre))
        return any(left < p.centre < right and _is_level(p, one, size) for p in tall)

    def kind(piece: Piece, value: float) -> str:
        if id(piece) in of_dates:
            return "slash"
        if value < TUNED.slash_unsure:
            return ""
        level = [p for p in likely if abs(p.centre - piece.centre) > size / 8
                 and _is_level(p, piece, size)]  # fmt: skip
        if not all(are_parted(piece, other) for other in level):
            return "unsure"
        has_alike = any(abs(other.stroke[0] - piece.stroke[0]) < 0.1 for other in level)
        return "slash" if value > TUNED.slash or has_alike else "unsure"

    return [kind(piece, value) for piece, value in zip(tall, likeness, strict=True)]


def _strokes_of_date(first: Piece, tall: list[Piece], size: float) -> list[Piece]:
    """The two strokes of a date as 24/12/19, of which `first` is one: all that its line has.

    They lean alike, and part one or two digits from one or two, and from two or four.
    """
    if not leans_as_slash(first):
        return []
    row = sorted((p for p in tall if _is_level(p, first, size)), key=lambda piece: piece.centre)
    places = [i for i, piece in enumerate(row) if piece.stroke[1]]
    strokes = [row[i] for i in places]
    if len(strokes) != 2 or not all(map(leans_as_slash, strokes)):
        return []
    one, other = places
    is_date = one in (1, 2) and other - one in (2, 3) and len(row) - other in (3, 5)
    is_date &= abs(strokes[0].stroke[0] - strokes[1].stroke[0]) < 0.1
    is_date &= min(p.height for p in strokes) > TUNED.tall_share * size
    return strokes if is_date else []


def _slash_likeness(piece: Piece, tall: list[Piece], size: float) -> float:
    """How far a straight stroke between digits leans, and how far it reaches beyond them.

    Ones lean, too, but they are no higher than the digits beside them, and as the hand's others do.
    """
    if piece.height < 0.9 * size or not leans_as_slash(piece):
        return 0.0
    near = [p for p in tall if p is not piece and _is_level(p, piece, size)
            and abs(p.centre - piece.centre) < 2 * size]  # fmt: skip
    if len({p.centre > piece.centre for p in near}) < 2:
        return 0.0
    heights = [p.height for p in near if not p.stroke[1]] or [p.height for p in near]
    beyond = max(0.0, piece.height / max(heights) - 1)
    lean = piece.stroke[0]
    usual = [other for other, is_straight in (p.stroke for p in tall if p.box[2] < 0.7 * p.height)
             if is_straight and other < lean - 0.1]  # fmt: skip
    leans_far = bool(usual) and lean > np.median(usual) + TUNED.slash_more
    likeness = max(lean + TUNED.slash_height * beyond, TUNED.slash_unsure * leans_far)
    is_sure = lean < TUNED.sure_lean or piece.height > TUNED.sure_height * size
    return likeness if is_sure else min(likeness, TUNED.slash)


def leans_as_slash(piece: Piece) -> bool:
    """Say whether a piece is one straight stroke that leans to the right, as a slash does."""
    lean, is_straight = piece.stroke
    return is_straight and TUNED.slash_lean < lean < TUNED.most_lean


def _symbols(tall: list[Piece], size: float) -> list[SignMark]:
    """Brackets and dollar signs.

    Of brackets there is a pair around digits that are hardly higher, or one after the number of an
    item, of two digits at most, with a space behind it. That one and a dollar sign are higher than
    the digits beside them. A dollar sign stands before or behind a number, and not in it.
    """
    chars = [_bracket(piece) or ("$" if _is_dollar(piece) else "") for piece in tall]
    signs = [SignMark((p,), p.box, char) for p, char in zip(tall, chars, strict=True) if char]

    def row(sign: SignMark) -> list[Piece]:
        return [p for p in tall if p is not sign.pieces[0] and _is_level(p, sign.pieces[0], size)]

    def is_pair(sign: SignMark, other: SignMark) -> bool:
        left, right = sorted((sign, other), key=lambda sign: sign.box[0])
        between = [p.height for p in row(sign) if left.box[0] < p.centre < right.pieces[0].centre]
        is_around = left.char + right.char == "()" and bool(between)
        is_around &= _is_level(left.pieces[0], right.pieces[0], size)
        least = TUNED.pair_height * float(np.median(between or [0]))
        return is_around and min(left.box[3], right.box[3]) > least

    def spaces(sign: SignMark) -> tuple[list[int], list[int]]:
        left, _, width, _ = sign.box
        before = [left - p.box[0] - p.box[2] for p in row(sign) if p.box[0] < left]
        return before, [p.box[0] - left - width for p in row(sign) if p.box[0] > left]

    def ends_item(sign: SignMark) -> bool:
        before, after = spaces(sign)
        return 0 < len(before) < 3 and min(after, default=0) > TUNED.item_gap * min(before)

    def is_in_number(sign: SignMark) -> bool:
        return max(min(side, default=np.inf) for side in spaces(sign)) < size

    def is_higher(sign: SignMark) -> bool:
        near = [p.height for p in row(sign)
                if abs(p.centre - sign.pieces[0].centre) < TUNED.sign_reach * size]  # fmt: skip
        return bool(near) and sign.box[3] >= TUNED.symbol_height * float(np.median(near))

    return [
        sign
        for sign in signs
        if any(is_pair(sign, other) for other in signs)
        or (sign.char == "$" and is_higher(sign) and not is_in_number(sign))
        or (sign.char == ")" and is_higher(sign) and ends_item(sign))
    ]


def _bracket(piece: Piece) -> str:
    """ "(" or ")" for one stroke bent as an arc is, without a ring; empty for another shape."""
    rows = np.count_nonzero(piece.mask, axis=1)
    pen = float(np.median(rows))
    is_stroke = pen < TUNED.stroke_width * piece.height and np.percentile(rows, 95) < 2.5 * pen
    if not is_stroke or len(piece.ground) > 2:
        return ""
    x = (piece.mask * np.arange(piece.box[2])).sum(1) / np.maximum(rows, 1)
    along = np.linspace(-1, 1, len(x))
    bend, _, _ = fit = np.polyfit(along, x, 2)
    off = np.abs(x - np.polyval(fit, along)).max()
    is_bent = abs(bend) > max(TUNED.bracket_bend * piece.height, TUNED.bracket_off * off)
    return ("(" if bend > 0 else ")") if is_bent else ""


def _is_dollar(piece: Piece) -> bool:
    """Say whether a bar goes through an S, which reaches far to both sides above and below."""
    _, _, width, height = piece.box
    end = max(1, height // 16)
    ends = piece.mask[:end].any(0), piece.mask[-end:].any(0)
    middle = [np.flatnonzero(part).mean() / width for part in ends]
    is_bar = max(part.sum() for part in ends) < 0.4 * width and min(middle) > 0.2
    if not is_bar or max(middle) > 0.8 or width > TUNED.dollar_width * height:
        return False
    (top, foot), rows = (place * (width - 1) for place in middle), np.arange(height)
    bar = np.linspace(top, foot, height).round().astype(int)
    before = bar - piece.mask.argmax(1)
    behind = width - 1 - piece.mask[:, ::-1].argmax(1) - bar
    upper, lower = (rows < 0.45 * height), (rows > 0.55 * height)
    reach = min(side[half].max() for side in (before, behind) for half in (upper, lower))
    is_low = piece.ground.height[1:] < 0.5 * height  # unlike those of a zero
    is_s = reach > TUNED.dollar_reach * width and np.count_nonzero(~is_low) <= 1
    return bool(is_s and piece.mask[rows, bar].mean() > 0.95)


def _is_level(one: Piece, other: Piece, size: float) -> bool:
    off = one.box[1] + one.height / 2 - other.box[1] - other.height / 2
    return abs(off) < 0.5 * size


def _crossing(piece: Piece) -> str:
    """ "+" or "x" where two strokes cross in a piece's middle; empty for another shape."""
    _, _, width, height = piece.box
    if not 0.55 < width / height < 1.8 or min(width, height) < 9:
        return ""
    mask = cv2.resize(piece.mask.astype(np.uint8), (30, 30), interpolation=cv2.INTER_AREA)
    if _is_plus(mask):
        return "+"
    wide = cv2.copyMakeBorder(mask, 15, 15, 15, 15, cv2.BORDER_CONSTANT, value=0)
    turn = cv2.getRotationMatrix2D((29.5, 29.5), 45, 0.95)
    turned = cv2.warpAffine(wide * 255, turn, (60, 60)) > 127
    y, x = np.nonzero(turned)
    if not len(y):
        return ""
    part = turned[y.min() : y.max() + 1, x.min() : x.max() + 1].astype(np.uint8)
    return "x" if _is_plus(cv2.resize(part, (30, 30), interpolation=cv2.INTER_NEAREST)) else ""


def _is_plus(mask: np.ndarray) -> bool:
    """Say whether a mask (30, 30) holds one level and one upright stroke and empty corners."""
    middle = slice(9, 21)
    level = mask[middle].any(0).mean() > 0.93 and mask[:, middle].any(1).mean() > 0.93
    corners = [mask[:9, :9], mask[:9, -9:], mask[-9:, :9], mask[-9:, -9:]]
    return bool(level and all(corner.mean() < 0.08 for corner in corners))
