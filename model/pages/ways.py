"""Ways to part a piece of ink: rows of parts, each from one seam to another, from end to end.

The cheapest way is sought, and which parts can be in any that is cheap enough. A part is named by
the numbers of its two seams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

Part = tuple[int, int]


def best_way(
    costs: dict[Part, float], places: np.ndarray, most: float, share: float
) -> tuple[list[Part], float]:
    """The cheapest way and what it costs; infinite where there is none.

    `places` are the seams' columns; neighbours share `most` px at most, which costs `share`.
    """
    edges = np.array(sorted(costs))
    totals, before = np.full(len(edges), np.inf), np.full(len(edges), -1)
    for row, (i, j) in enumerate(edges.tolist()):
        starts, ends = edges[:row].T
        if i == 0:
            totals[row] = costs[i, j]
            continue
        shared = places[ends] - places[i]
        may = (starts < i) & (ends >= i) & (ends < j)
        may &= shared <= np.minimum(most, (places[j] - places[starts]) / 3)
        if may.any():
            ways = np.where(may, totals[:row] + share * (ends > i), np.inf)
            before[row] = ways.argmin()
            totals[row] = ways.min() + costs[i, j]
    last = np.where(edges[:, 1] == len(places) - 1, totals, np.inf)
    row, way = int(last.argmin()), list[Part]()
    while row >= 0 and np.isfinite(last.min()):
        way.insert(0, (int(edges[row, 0]), int(edges[row, 1])))
        row = int(before[row])
    return way, float(last.min())


def costs_in_turn(
    parts: Iterable[Part],
    cost: Callable[[Sequence[Part]], Sequence[float]],
    places: np.ndarray,
    most: float,
    limit: float,
) -> dict[Part, float]:
    """What each part costs, 0 or more; of none where no way costs less than `limit` a part.

    The first part of a way is not counted. Parts at the start are asked for at first, then those at
    the end, then one place after another, as long as they may be in such a way; all others come
    last. Most pieces that are no number are given up early.
    """
    parts, last = list(parts), len(places) - 1
    costs: dict[Part, float] = {}

    def turn(part: Part) -> int:
        start, end = part
        return 0 if start == 0 else 1 if end == last else 1 + start

    while hopeful := _hopeful(parts, costs, places, most, limit):
        unknown = [part for part in parts if part not in costs]
        likely = [part for part in unknown if part in hopeful]
        first = min(map(turn, likely), default=None)
        wanted = [part for part in likely if turn(part) == first] or unknown
        if not wanted:
            return costs
        costs |= zip(wanted, cost(wanted), strict=True)
    return {}


def _hopeful(parts, costs: dict[Part, float], places: np.ndarray, most, limit) -> set[Part]:
    """The parts that may be in a way that costs less than `limit` a part after the first.

    Parts whose cost is not known yet are taken to cost nothing.
    """
    last = len(places) - 1
    excess = {part: costs.get(part, 0.0) - limit for part in parts}
    before = _least_before(excess, places, most)
    mirrored = {(last - j, last - i): value for (i, j), value in excess.items()}
    after = _least_before(mirrored, places[-1] - places[::-1], most)
    return {
        (i, j)
        for (i, j), value in excess.items()
        if before[i, j] + value + after[last - j, last - i] < (0 if j - i == last else -limit)
    }


def _least_before(excess: dict[Part, float], places: np.ndarray, most: float) -> dict[Part, float]:
    """For each part the least that a way's parts before it add up to, or less."""
    totals = np.full(len(places), np.inf)
    reach = np.searchsorted(places, places + most + 1e-6, "right").tolist()
    before = {}
    for i, j in sorted(excess, key=lambda part: part[1]):
        before[i, j] = float(totals[i : min(j, reach[i])].min()) if i else 0.0
        totals[j] = min(totals[j], before[i, j] + excess[i, j])
    return before
