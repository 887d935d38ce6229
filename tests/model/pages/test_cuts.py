"""Touching digits: cut where both sides look like digits, left whole where not."""

import cv2
import numpy as np
import pytest

from model.pages.components import Piece
from model.pages.cuts import part_stacked, part_touching
from model.pages.reader import read_page
from tests.model.pages.sheets import picture, sheet


def bars(width: int, columns: list[int], joint: bool = True) -> Piece:
    """Upright strokes 6 px wide at `columns`, joined by one thin bridge: a piece 60 px high."""
    mask = np.zeros((60, width), bool)
    for column in columns:
        mask[:, column : column + 6] = True
    if joint:
        mask[28:31, columns[0] : columns[-1] + 6] = True
    return Piece((100, 50, width, 60), mask, 1)


def slim_is_a_digit(pieces):
    """A stand-in network: pieces slimmer than 40 px are digits, others are refused."""
    return np.array([0.0 if piece.box[2] < 40 else 7.0 for piece in pieces])


@pytest.mark.parametrize("columns", [[0, 54], [0, 45, 86]])
def test_a_refused_piece_is_cut_between_its_strokes(columns):
    piece = bars(columns[-1] + 6, columns)
    parts = part_touching([piece], 60.0, slim_is_a_digit, False)
    assert len(parts) == len(columns)
    for part, column in zip(parts, columns, strict=True):
        left = part.box[0] - 100
        assert part.mask[:, column - left : column - left + 6].mean() > 0.9
    assert sum(np.count_nonzero(part.mask) for part in parts) == np.count_nonzero(piece.mask)


@pytest.mark.parametrize(("beside", "count"), [([], 1), ([bars(20, [0, 14])], 3)])
def test_what_may_be_a_letter_is_cut_only_beside_digits_and_is_unsure(beside, count):
    parts = part_touching(
        [bars(60, [0, 54]), *beside], 60.0, slim_is_a_digit, False, lambda parts: True
    )
    assert len(parts) == count
    assert sum(part.is_unsure for part in parts) == count - 1


def test_a_sure_piece_stays_whole():
    piece = bars(60, [0, 54])
    assert part_touching([piece], 60.0, lambda pieces: np.zeros(len(pieces)), True) == [piece]


@pytest.mark.parametrize("among_digits", [True, False])
def test_a_piece_far_too_wide_is_cut_though_sure(among_digits):
    piece = bars(92, [0, 86])
    parts = part_touching([piece], 60.0, lambda pieces: np.zeros(len(pieces)), among_digits)
    assert len(parts) == 2


@pytest.mark.parametrize(("doubt", "count"), [(2.3, 1), (4.5, 2)])
def test_a_low_part_is_cut_off_only_where_the_whole_is_hardly_a_digit(doubt, count):
    piece = bars(72, [0, 66])
    low = piece.mask.copy()
    low[:20, :20] = False  # two thirds as high
    low = Piece(piece.box, low, 1)

    def doubts(pieces):
        return np.array([0.0 if part.box[2] < 40 else doubt for part in pieces])

    assert len(part_touching([low], 60.0, doubts, True)) == count


def test_the_long_bar_of_a_sure_seven_is_no_digit():
    mask = np.zeros((60, 90), np.uint8)
    cv2.polylines(mask, [np.array([(3, 3), (70, 3), (40, 56)])], False, 1, 6)
    cv2.line(mask, (20, 40), (86, 38), 1, 6)
    seven = Piece((100, 50, 90, 60), mask.astype(bool), 1)
    assert part_touching([seven], 60.0, lambda pieces: np.zeros(len(pieces)), True) == [seven]


def test_a_broad_nine_is_not_cut_through_its_ring():
    mask = np.zeros((60, 76), np.uint8)
    cv2.ellipse(mask, (38, 25), (32, 21), 0, 0, 360, 1, 8)
    cv2.line(mask, (64, 26), (56, 55), 1, 8)
    nine = Piece((100, 50, 76, 60), mask.astype(bool), 1)

    def doubts(pieces):
        return np.array([0.001 if part.box[2] < 60 else 0.3 for part in pieces])

    assert part_touching([nine], 60.0, doubts, True) == [nine]


def test_a_piece_without_digits_in_it_stays_whole():
    piece = bars(60, [0, 54])
    assert part_touching([piece], 60.0, lambda pieces: np.full(len(pieces), 7.0), True) == [piece]


def test_a_slim_piece_is_never_asked_about():
    def fail(pieces):
        raise AssertionError("asked")

    piece = bars(20, [0, 14])
    assert part_touching([piece], 60.0, fail, True) == [piece]


def like_zeros(pieces):
    """A stand-in network: a ring is a digit, however wide."""
    ground = [np.pad(~piece.mask, 1, constant_values=True) for piece in pieces]
    holes = [cv2.connectedComponentsWithStats(g.astype(np.uint8))[2][2:, 2] for g in ground]
    is_ring = [
        hole.max(initial=0) > 0.5 * piece.box[2] for hole, piece in zip(holes, pieces, strict=True)
    ]
    return np.where(is_ring, 0.15, 7.0)


@pytest.mark.parametrize("middles", [(28, 72), (28, 73, 113)])
@pytest.mark.parametrize("among_digits", [True, False])
def test_rings_that_touch_are_parted_so_that_no_stroke_is_left_out(middles, among_digits):
    width = middles[-1] + 29
    ink = np.zeros((102, width), np.uint8)
    for x in middles:
        cv2.ellipse(ink, (x, 51), (22, 45), 0, 0, 360, 1, 11)
    piece = Piece((100, 50, width, 102), ink > 0, 1)

    parts = part_touching([piece], 100.0, like_zeros, among_digits)
    assert [round(part.box[2] / 57) for part in parts] == [1] * len(middles)


def test_rings_are_unsure_where_a_stroke_between_them_is_left_out():
    ink = np.zeros((102, 120), np.uint8)
    for x in (28, 91):
        cv2.ellipse(ink, (x, 51), (22, 45), 0, 0, 360, 1, 11)
    ink[:, 55:64] = 1
    parts = part_touching([Piece((100, 50, 120, 102), ink > 0, 1)], 100.0, like_zeros, True)
    assert [part.is_unsure for part in parts] == [True, True]


@pytest.mark.parametrize("doubt", [7.0, 0.5])
def test_digits_of_two_lines_that_touch_are_parted(doubt):
    piece = bars(60, [0, 54])
    lying = Piece((50, 100, 60, 116), np.vstack([piece.mask[:58], piece.mask[:58]]), 1)

    def doubts(pieces):
        return np.array([doubt if piece.height > 70 else 0.0 for piece in pieces])

    parts = part_stacked([lying], 60.0, doubts)
    assert len(parts) == 2
    assert abs(parts[1].box[1] - 158) < 12


@pytest.mark.parametrize(("lines", "column"), [(("46058", "23724"), 2), (("45068", "24753"), 2)])
def test_a_zero_that_touches_the_seven_below_it_is_no_nine(reader, lines, column):
    page = sheet(710, 420, 80, 9)
    for line, below, nearer in zip(lines, (0, 100), (10, -10), strict=True):
        for place, digit in enumerate(line):
            page.boxes.append([])
            page.char(digit, 80 + 110 * place, 210 + below + nearer * (place == column), 110)
    assert read_page(picture(page), reader).lines == lines


@pytest.mark.parametrize("among_digits", [False, True])
def test_the_parts_of_what_is_far_lower_than_a_digit_are_unsure(among_digits):
    parts = part_touching([bars(60, [0, 54])], 90.0, slim_is_a_digit, among_digits)
    assert [part.is_unsure for part in parts] == [True, True]
