"""Where pages end: which text stands before a figure that does not fit, and what stays together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.documents.pages import TABLE_LEAST, Block, column_break, plan


def text(height: float) -> Block:
    return Block(height, 10, pieces=0)


def heading() -> Block:
    return Block(20, 10, leads=True)


def figure(height: float, **kwargs: bool) -> Block:
    return Block(height, 10, waits=True, **kwargs)


def test_text_fills_the_page_that_a_figure_does_not_fit_on_and_figures_come_next():
    blocks = [text(300), figure(300), text(100), figure(50), text(60), text(300)]
    assert plan(blocks, 500, 500).order == [0, 2, 4, 1, 3, 5]


def test_what_fits_stays_where_it_is():
    assert plan([text(100), figure(300), text(50)], 500, 500).order == [0, 1, 2]


def test_a_heading_moves_with_the_text_below_it_or_not_at_all():
    blocks = [text(300), figure(300), heading(), text(100), heading(), text(300)]
    assert plan(blocks, 500, 500).order == [0, 2, 3, 1, 4, 5]
    blocks[3] = Block(180, 10)  # too high for the rest of the page
    assert plan(blocks, 500, 500).order == [0, 1, 2, 3, 4, 5]


def test_a_figure_that_nearly_fits_is_drawn_smaller_if_it_may_be():
    blocks = [text(300), figure(200, shrinks=True), text(50)]
    found = plan(blocks, 500, 500)
    assert found.order == [0, 1, 2]
    assert 0.8 < found.sizes[1] < 0.95
    assert not plan([text(300), figure(200), text(50)], 500, 500).sizes


def test_a_broken_text_is_followed_by_the_figures_that_wait():
    blocks = [text(300), figure(300), text(400), text(50)]
    found = plan(blocks, 500, 500)
    assert found.order == [0, 2, 1, 3]


kinds = st.sampled_from((text, figure, lambda height: heading()))


def test_rows_of_images_are_not_broken():
    images = Block(300, 10, rows=(140, 60, 80))  # with 10 between them
    assert plan([text(340), images], 500, 500).left == 500 - 60 - 10 - 80 - 10
    assert plan([text(350), images], 500, 500).left == 500 - 300 - 10


some_blocks = st.lists(st.tuples(kinds, st.floats(1, 900)), min_size=1, max_size=30)


@given(made=some_blocks)
def test_nothing_is_lost_and_figures_and_text_each_keep_their_order(made):
    blocks = [make(height) for make, height in made]
    order = plan(blocks, 300, 700).order
    assert sorted(order) == list(range(len(blocks)))
    for kind in (True, False):
        places = [place for place in order if blocks[place].waits == kind]
        assert places == sorted(places)


def test_a_table_with_rows_higher_than_a_page_is_planned():
    assert plan([Block(20_000, 10, pieces=17, least=TABLE_LEAST), text(30)], 500, 500).order == [
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("heights", "left", "expected"),
    [((100, 100, 100, 100), 500, 2), ((50, 50, 200), 500, 2), ((200,), 500, None),
     ((400, 300, 300, 100, 100), 500, 3)],
)  # fmt: skip
def test_the_last_columns_end_alike(heights, left, expected):
    """Of the last case, the first two fill the columns of one page."""
    assert column_break([Block(h, 0) for h in heights], left, 500) == expected


def test_a_table_longer_than_the_rest_of_a_page_is_continued_in_the_last_columns():
    """Of 600, two columns of 150 hold the half; the rest stands beside two of the others."""
    heights = [Block(600, 0, pieces=60, least=5), *(Block(h, 0) for h in (150, 150, 250))]
    assert column_break(heights, 150, 500) == 2
