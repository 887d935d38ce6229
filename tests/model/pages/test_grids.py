"""Cells of tables and puzzles, found by boxes, lines and strokes."""

import cv2
import numpy as np
import pytest

from model.pages.grids import find_grids, keep_in_cells
from model.pages.lattices import with_leaning


def _table_of(boxes, mask, lines=None, before=None):
    """Numbers of rows and columns of each table found."""
    lines = np.zeros_like(mask) if lines is None else lines
    before = mask if before is None else before
    tables = [grid for grid in find_grids(boxes, mask, before, lines, np.eye(3)) if grid.is_table]
    places = [[(slot.row, slot.column) for slot in table.slots] for table in tables]
    return [tuple(1 + np.max(each, axis=0)) for each in places]


def _filled(rows, columns, side=40):
    """Strokes in the middle of each cell: uint8 (h, w)."""
    mask = np.zeros((rows * side + 20, columns * side + 20), np.uint8)
    for row, column in np.ndindex(rows, columns):
        mask[10 + row * side + (side - 20) // 2 :, 10 + column * side + 12 :][:20, :15] = 1
    return mask


def test_blocks_of_a_puzzle_are_parted_where_its_inner_lines_are_too_faint():
    blocks = [(10 + 120 * column, 10 + 120 * row, 116, 116) for row, column in np.ndindex(3, 3)]
    assert _table_of(blocks, _filled(9, 9)) == [(9, 9)]
    assert _table_of(blocks, _filled(12, 12, side=30)) == []  # no puzzle has four to a block
    assert _table_of(blocks[:1], _filled(3, 3)) == []  # a frame around three lines


@pytest.mark.parametrize(("part", "columns"), [(0.65, 6), (0.1, 5)])
def test_empty_cells_are_parted_where_most_of_a_faint_line_is_seen(part, columns):
    cells = [(10 + 40 * column, 10 + 40 * row, 36, 36) for row, column in np.ndindex(4, 4)]
    wide = [(170, 10 + 40 * row, 76, 36) for row in range(4)]  # the two last columns
    mask = _filled(4, 6)
    mask[:, 170:] = 0
    mask[10 : 10 + round(160 * part), 207:209] = 1
    assert _table_of(cells + wide, mask) == [(4, columns)]


def test_cells_are_parted_where_only_the_lines_across_their_columns_are_too_faint():
    strips = [(10 + 40 * column, 10 + 120 * block, 36, 116)
              for block, column in np.ndindex(2, 6)]  # fmt: skip
    mask = _filled(6, 6)
    assert _table_of(strips, mask) == []
    for row in (1, 2, 4, 5):
        mask[8 + 40 * row : 10 + 40 * row, 10:250] = 1
    assert _table_of(strips, mask) == [(6, 6)]


def test_cells_of_curled_paper_are_followed_along_their_lines():
    side, sink = 40, [0, 0, 0, 4, 10, 18, 28]  # px that the columns lie lower
    mask, lines = (np.zeros((240, 300), np.uint8) for _ in range(2))
    for row, column in np.ndindex(4, 7):
        left, top = 10 + column * side, 10 + row * side + sink[column]
        mask[top + 8 : top + 28, left + 10 : left + 26] = 1
        after = sink[min(column + 1, 6)] - sink[column]
        for foot in (top - 2, top + 38):
            cv2.line(lines, (left, foot), (left + side, foot + after), 1, 3)
    cells = [(10 + side * column, 10 + side * row, 36, 36) for row, column in np.ndindex(4, 4)]
    assert _table_of(cells, mask, lines) == [(4, 7)]
    words = mask.copy()
    for row in range(4):
        words[32 + 40 * row : 46 + 40 * row, 175:290] = 1  # taken for rules
    mask[:, 170:] = 0
    assert _table_of(cells, mask, lines, words) == [(4, 4)]


def test_a_column_goes_on_beyond_one_of_which_few_cells_were_found():
    found = [place for place in np.ndindex(5, 5) if place[1] > 1 or place in ((0, 1), (3, 1))]
    cells = [(10 + 40 * column, 10 + 40 * row, 36, 36) for row, column in found]
    lines = np.zeros((220, 220), np.uint8)
    for row in range(6):
        lines[7 + 40 * row : 10 + 40 * row, 10:210] = 1
    assert _table_of(cells, _filled(5, 5), lines) == [(5, 5)]


def test_cells_beside_a_thick_line_adjoin_though_rows_climb():
    cells = [(10 + 40 * column + 6 * (column > 2), 200 + 40 * row - round(9.6 * column), 36, 36)
             for row, column in np.ndindex(4, 6)]  # fmt: skip
    mask = np.zeros((400, 300), np.uint8)
    for left, top, _, _ in cells:
        mask[top + 8 : top + 28, left + 10 : left + 26] = 1
    assert _table_of(cells, mask) == [(4, 6)]


def test_cells_whose_sides_lean_are_found_beside_upright_ones():
    ink = np.zeros((300, 400), np.uint8)
    for step in range(7):
        corners = [(20 + 40 * step, 20), (20 + 40 * step, 100), (50 + 40 * step, 260)]
        cv2.polylines(ink, [np.array(corners)], False, 1, 2)
        y = 20 + 40 * step
        left = round(np.interp(y, (20, 100, 260), (20, 20, 50)))
        cv2.line(ink, (left, y), (left + 240, y), 1, 2)
    upright = np.array([(23 + 40 * column, 23 + 40 * row, 35, 35)
                        for row, column in np.ndindex(2, 6)], float)  # fmt: skip
    ink[130:150, 45:50] = 1  # a digit in the leaning cell at the left
    cells = with_leaning(np.concatenate([upright, [(36, 145, 12, 30)]]), ink)  # and a piece of one
    assert len(cells) == 36
    assert np.abs(cells[:, 2:] - 36).max() < 4
    middles = np.sort(cells[np.abs(cells[:, 1] - 183) < 4][:, 0])
    assert np.abs(middles - middles[0] - 40 * np.arange(6)).max() < 3


def test_what_lies_within_a_cell_is_no_rule():
    cells = [(10 + 40 * column, 10 + 40 * row, 36, 36) for row, column in np.ndindex(4, 4)]
    before = _filled(4, 4)
    lines, mask = np.zeros_like(before), before.copy()
    lines[28:32] = lines[:, 47:50] = 1  # through the digits of the first row, and a true one
    before[47:50, 10:170] = 1
    mask[28:32] = 0
    mask[60:80, 100:117] = 0  # as faint as the rules
    grids = find_grids(cells, mask, before, lines, np.eye(3))
    restored = keep_in_cells(mask, before, lines, grids)
    assert (restored == _filled(4, 4)).all()
