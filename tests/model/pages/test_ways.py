"""Rows of parts: the cheapest is found, and what cannot be in a cheap one is not asked for."""

import numpy as np
import pytest

from model.pages.ways import best_way, costs_in_turn


def asked_in_turn(all_costs, places, most, limit):
    """The costs that are found out, and the parts that were asked for."""
    asked = []

    def cost(parts):
        asked.extend(parts)
        return [all_costs[part] for part in parts]

    return costs_in_turn(all_costs, cost, places, most, limit), asked


@pytest.mark.parametrize("most", [0.0, 30.0])
def test_a_cheap_way_is_the_same_whatever_is_not_asked_for(most):
    random = np.random.default_rng(0)
    given_up = 0
    for _ in range(300):
        last = int(random.integers(1, 8))
        places = np.cumsum(np.r_[0, random.uniform(5, 25, last)])
        parts = [(i, j) for i in range(last) for j in range(i + 1, last + 1)
                 if random.random() < 0.8]  # fmt: skip
        costs = dict(zip(parts, random.choice([0.0, 0.3, 2.5, 2.5, 2.5], len(parts)), strict=True))
        if not costs:
            continue
        way, doubt = best_way(costs, places, most, share=0.1)
        is_cheap = doubt < 0.4 * max(1, len(way) - 1)
        found, asked = asked_in_turn(costs, places, most, 0.4)
        assert len(asked) == len(set(asked))
        assert found in ({}, costs)
        assert found or not is_cheap
        given_up += len(asked) < len(costs)
    assert given_up > 50


@pytest.mark.parametrize(("start_cost", "ends"), [(5.0, [0]), (1.0, [0, 6])])
def test_no_more_is_asked_for_than_shows_that_there_is_no_cheap_way(start_cost, ends):
    costs = {(i, j): 5.0 if i else start_cost for i in range(6) for j in range(i + 1, 7)}
    found, asked = asked_in_turn(costs, np.arange(7.0), 0.0, 0.4)
    assert found == {}
    assert set(asked) <= {part for part in costs if set(part) & set(ends)}
