"""Marks on a page: how pieces of ink may belong together as digits.

A page has more pieces than digits: components, and parts of wide ones. All ways to put
neighbouring pieces together are candidates; the network's scores choose among them (the
segmentation lattice of Matan et al., "Multi-digit recognition using a space displacement neural
network", NIPS 1991, and of bank-cheque readers since).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from model.pages.components import Piece
from model.pages.page import Box
from model.pages.settings import TUNED


@dataclass(frozen=True)
class Mark:
    """One candidate for a digit: its pieces, box in page pixels and its prior cost, nats."""

    pieces: tuple[int, ...]
    box: Box
    cost: float


def find_clusters(pieces: list[Piece], size: float) -> list[list[int]]:
    """Group pieces that may share a digit; each cluster lists its pieces from left to right."""
    parent = list(range(len(pieces)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    order = sorted(range(len(pieces)), key=lambda i: pieces[i].box[0])
    for place, i in enumerate(order):
        reach = pieces[i].box[0] + pieces[i].box[2] + size
        for j in order[place + 1 :]:
            if pieces[j].box[0] > reach:
                break
            if near(pieces[i], pieces[j], size):
                parent[root(j)] = root(i)
    groups: dict[int, list[int]] = {}
    for i in sorted(range(len(pieces)), key=lambda i: pieces[i].centre):
        groups.setdefault(root(i), []).append(i)
    return [part for group in groups.values() for part in _parted(group, pieces)]


def near(one: Piece, other: Piece, size: float) -> bool:
    """Say whether two pieces may be parts of one digit."""
    if one.cut_from == other.cut_from:
        return True
    (_, top, _, height), (_, y, _, h) = one.box, other.box
    tall = max(height, h)
    whole = min(height, h) > 0.6 * max(tall, 0.7 * size)  # two digits, unless they all but touch
    reach = 0.15 * tall if whole else 0.4 * max(tall, 0.8 * size)
    joint = max(top + height, y + h) - min(top, y)
    most = 1.2 * max(tall, min(1.1 * size, 3 * tall))
    return box_gap(one.box, other.box) < reach and joint <= most


def _parted(group: list[int], pieces: list[Piece]) -> list[list[int]]:
    if len(group) <= TUNED.cluster_pieces:
        return [group]
    starts = [pieces[i].box[0] for i in group]
    ends = np.maximum.accumulate([pieces[i].box[0] + pieces[i].box[2] for i in group])
    gaps = np.array(starts[1:]) - ends[:-1]
    third = len(group) // 4
    at = third + int(np.argmax(gaps[third : len(group) - third])) + 1
    return _parted(group[:at], pieces) + _parted(group[at:], pieces)


def candidates(cluster: list[int], pieces: list[Piece], size: float) -> list[Mark]:
    """All ways to take neighbouring pieces of a cluster as one digit."""
    if len(cluster) == 1:
        return [Mark((cluster[0],), pieces[cluster[0]].box, 0.0)]
    marks = []
    for count in range(1, min(TUNED.joined_pieces, len(cluster)) + 1):
        for chosen in combinations(cluster, count):
            if cluster.index(chosen[-1]) - cluster.index(chosen[0]) > count:
                continue
            mark = _mark(chosen, cluster, pieces, size)
            if mark is not None:
                marks.append(mark)
    known = {mark.pieces for mark in marks}
    sources = sorted({pieces[i].cut_from for i in cluster})
    wholes = [tuple(i for i in cluster if pieces[i].cut_from == source) for source in sources]
    for whole in [*wholes, tuple(cluster)]:
        mark = None if whole in known else _mark(whole, cluster, pieces, size)
        if mark is not None:
            marks.append(mark)
            known.add(whole)
    return marks


def box_around(boxes: Sequence[Box]) -> Box:
    """The smallest box (left, top, width, height) that holds all of some."""
    array = np.array(boxes)
    low, high = array[:, :2].min(0), (array[:, :2] + array[:, 2:]).max(0)
    left, top, right, bottom = (int(v) for v in (*low, *high))
    return left, top, right - left, bottom - top


def _mark(chosen, cluster, pieces, size) -> Mark | None:
    """A candidate and its prior cost in nats; None where the pieces lie too far apart."""
    box = box_around([pieces[i].box for i in chosen])
    width, height = box[2:]
    joined = len({pieces[i].cut_from for i in chosen}) > 1
    if joined and height > 1.5 * max(size, *(pieces[i].height for i in chosen)):
        return None  # of two lines
    size = min(size, max(pieces[i].height for i in cluster))
    if joined and width > 1.5 * max(height, 0.7 * size):
        return None
    cost = max(0.0, 3 * np.log(0.7 * size / max(height, 1)))  # a fragment is no digit
    cost += max(0.0, 4 * (width / max(height, 1) - 1.25)) * (height > 0.5 * size)  # nor are two
    for i in chosen[1:]:
        gap = min(box_gap(pieces[i].box, pieces[j].box) for j in chosen if j != i)
        if joined and gap > 0.4 * size:
            return None
        cost += 4 * max(0.0, gap / size)
    for i in cluster:  # what is cut apart costs by the cut
        if i not in chosen:
            same = [j for j in chosen if pieces[i].cut_from == pieces[j].cut_from]
            cost += 0.8 * any(box_gap(pieces[i].box, pieces[j].box) < 2 for j in same)
    return Mark(tuple(chosen), box, float(cost))


def box_gap(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Distance between two boxes (left, top, width, height), px."""
    (left, top, width, height), (x, y, w, h) = one, other
    across = max(0, max(left, x) - min(left + width, x + w))
    down = max(0, max(top, y) - min(top + height, y + h))
    return float(np.hypot(across, down))


def choose(cluster: list[int], marks: list[Mark], costs: list[float]) -> list[int]:
    """Rows of the marks that together take each piece of a cluster once, at the least cost."""
    bit = {piece: 1 << place for place, piece in enumerate(cluster)}
    masks = [sum(bit[i] for i in mark.pieces) for mark in marks]
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    full = (1 << len(cluster)) - 1
    for done in range(full):
        if done not in best:
            continue
        cost, rows = best[done]
        first = ~done & (done + 1)
        for row, mask in enumerate(masks):
            if mask & first and not mask & done:
                new = cost + costs[row]
                if new < best.get(done | mask, (np.inf,))[0]:
                    best[done | mask] = (new, (*rows, row))
    return list(best[full][1])
