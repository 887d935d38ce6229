"""Pieces that may form one digit are put together, and others are not."""

import numpy as np

from model.pages.candidates import candidates
from model.pages.components import Piece


def piece(left, top, width, height, source):
    return Piece((left, top, width, height), np.ones((height, width), bool), source)


def test_a_comma_between_two_lines_does_not_join_their_digits():
    above, comma, below = piece(0, 0, 30, 50, 1), piece(4, 52, 7, 14, 2), piece(2, 70, 30, 50, 3)
    marks = {mark.pieces for mark in candidates([0, 1, 2], [above, comma, below], 50)}
    assert {(0,), (1,), (2,), (0, 1), (1, 2)} == marks


def test_low_parts_are_joined_to_a_digit_of_the_pages_height():
    head, foot = piece(0, 0, 20, 28, 1), piece(0, 32, 40, 41, 2)
    assert (0, 1) in {mark.pieces for mark in candidates([0, 1], [head, foot], 75)}
