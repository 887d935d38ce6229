"""What the network reads on a page before anything is taken out of it: whole digits, their size.

Straight strokes of digits look like parts of rules. So components are read as they stand, and what
is a digit among its like is kept from being taken for a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from model.pages.binarization import PageInk
from model.pages.components import (
    Piece,
    find_free,
    is_cut_off,
    is_frame,
    strength_of,
    weighted_median,
)
from model.pages.glyphs import Glyphs
from model.pages.settings import TUNED


@dataclass(frozen=True)
class Evidence:
    """Digits that stand free on a page: `kept` uint8 (h, w), 1 on their ink, and their height.

    `size` is in px, 0 where no digit stands free. `glyphs` are those of `free_glyphs`. `ones` are
    those of a page with so many of them, and so few other digits, that they may be dashes: nothing
    is kept there.
    """

    kept: np.ndarray
    size: float
    glyphs: np.ndarray
    ones: tuple[Piece, ...] = ()


def find_evidence(ink: PageInk, glyphs: Glyphs) -> Evidence:
    """Read a page's components as they stand."""
    pieces = find_free(ink)
    kept = np.zeros_like(ink.mask)
    if not pieces:
        return Evidence(kept, 0.0, np.zeros((0, 28, 28), np.uint8))
    scores = glyphs.read([[piece] for piece in pieces])
    read = scores.probabilities.argmax(1)
    boxes = np.array([piece.box for piece in pieces])
    is_digit = scores.accepted & ~_holds_others(boxes)
    is_digit &= ~np.array([p.is_blot or is_frame(p.mask) or is_cut_off(p, ink) for p in pieces])
    slim = (read == 1) | (boxes[:, 2] < 0.35 * boxes[:, 3])
    sure = is_digit & ~slim if (is_digit & ~slim).any() else is_digit.copy()
    lone = glyphs.draw([[piece] for piece in _free(pieces)])
    ones, others = np.count_nonzero(is_digit & slim), np.count_nonzero(is_digit & ~slim)
    if not sure.any():
        return Evidence(kept, 0.0, lone)
    if ones > TUNED.most_ones + 10 * others:
        alike = [pieces[row] for row in np.flatnonzero(is_digit & slim)]
        alone = [p for p in alike if not _goes_on(ink.mask, p.box, p.height)]
        return Evidence(kept, 0.0, lone, tuple(alone))
    size = _usual_height([piece for piece, is_sure in zip(pieces, sure, strict=True) if is_sure])
    low, high = TUNED.like_height
    is_high = (boxes[:, 3] > low * size) & (boxes[:, 3] < high * size)
    is_digit &= is_high
    if is_digit.sum() < TUNED.evident * is_high.sum():
        return Evidence(kept, 0.0, lone)
    is_digit &= boxes[:, 2] < TUNED.too_wide * size
    levels = np.array([np.median(strength_of(piece, ink)) for piece in pieces])
    is_digit &= ~slim | _among(boxes, is_digit, size)
    usual = is_digit & sure if (is_digit & sure).any() else sure
    is_digit &= levels > TUNED.like_strength * np.median(levels[usual])
    for row in np.flatnonzero(is_digit & slim):
        is_digit[row] = not _goes_on(ink.mask, pieces[row].box, size)
    for row in np.flatnonzero(is_digit):
        left, top, width, height = pieces[row].box
        kept[top : top + height, left : left + width] |= pieces[row].mask
    return Evidence(kept, size, lone)


def free_glyphs(ink: PageInk, glyphs: Glyphs) -> np.ndarray:
    """Glyphs, uint8 (n, 28, 28), of all components of a digit's size, upright or lying.

    What the picture's edge cuts, as a desk around the paper, is none.
    """
    pieces = [p for p in find_free(ink) if not ink.is_cut[p.cut_from]]
    return glyphs.draw([[piece] for piece in _free(pieces)])


def _usual_height(pieces: list[Piece]) -> float:
    """Median height, px, of those whose height others have, without specks.

    Specks are far lower than what holds most ink.
    """
    heights = np.array([piece.height for piece in pieces])
    low, high = TUNED.like_height
    like = (heights > low * heights[:, None]) & (heights < high * heights[:, None])
    alike = [piece for piece, count in zip(pieces, like.sum(1), strict=True) if count > 1] or pieces
    heights = np.array([piece.height for piece in alike])
    least = 0.5 * weighted_median(heights, _ink_of(alike))
    return float(np.median(heights[heights > least]))


def _ink_of(pieces: list[Piece]) -> np.ndarray:
    return np.array([np.count_nonzero(piece.mask) for piece in pieces])


def _goes_on(mask: np.ndarray, box: tuple[int, ...], size: float) -> bool:
    """Say whether a slim mark is one of many in a column, as the dashes of a rule are."""
    left, top, width, height = box
    wide = round(0.2 * size)
    x0, x1 = max(0, left - 2), left + width + 2
    flanks = mask[:, max(0, x0 - wide) : x0].any(1) | mask[:, x1 : x1 + wide].any(1)
    inked = np.asarray(mask[:, x0:x1].any(1) & ~flanks, np.uint8)[:, None]
    gap = max(3, round(TUNED.dash_gap * size))
    closed = cv2.morphologyEx(np.pad(inked, ((gap, gap), (0, 0))), cv2.MORPH_CLOSE,
                              np.ones((gap, 1), np.uint8))[gap:-gap, 0]  # fmt: skip
    ends = np.flatnonzero(closed == 0)
    middle = top + height // 2
    place = np.searchsorted(ends, middle)
    above = ends[place - 1] if place else -1
    below = ends[place] if place < len(ends) else len(closed)
    return below - above > TUNED.rule * size * 0.8


def _free(pieces: list[Piece]) -> list[Piece]:
    """Pieces about as large, upright or lying, as those that hold most ink."""
    if not pieces:
        return []
    longest = np.array([max(piece.box[2:]) for piece in pieces])
    usual = weighted_median(longest, _ink_of(pieces))
    free = (longest > 0.5 * usual) & (longest < 1.6 * usual)
    return [piece for piece, is_free in zip(pieces, free, strict=True) if is_free]


def _holds_others(boxes: np.ndarray) -> np.ndarray:
    """Whether a box (n, 4) holds the middle of a lower one that is no speck in it: bool (n,)."""
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    middle = (low + high) / 2
    inside = ((middle[None] > low[:, None]) & (middle[None] < high[:, None])).all(2)
    inside &= boxes[None, :, 3] > 0.25 * boxes[:, None, 3]
    inside &= boxes[None, :, 3] < boxes[:, None, 3]  # a digit is no frame of its own box
    np.fill_diagonal(inside, False)
    return inside.any(1)


def _among(boxes: np.ndarray, is_digit: np.ndarray, size: float) -> np.ndarray:
    """Whether a digit as tall stands on the same line not far away: bool (n,)."""
    left, top, width, height = boxes.T
    bottom = top + height
    shared = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    level = shared > 0.6 * np.maximum(height[:, None], height)
    apart = np.maximum(left[:, None], left) - np.minimum((left + width)[:, None], left + width)
    beside = level & (apart > 0) & (apart < 3 * size) & is_digit[None]
    np.fill_diagonal(beside, False)
    return beside.any(1)
