"""Touching digits: a piece of ink cut where its parts look more like digits than the whole does.

Seams that cross little ink are sought (`seams`), and the network says where both sides are digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, pairwise

import numpy as np

from model.pages.components import Piece
from model.pages.rings import (
    count_holes,
    find_rings,
    has_many_holes,
    has_rings_abreast,
    has_rings_of_several,
    is_one_ring,
)
from model.pages.seams import find_seams
from model.pages.settings import TUNED
from model.pages.ways import Part, best_way, costs_in_turn

Doubts = Callable[[Sequence[Piece]], np.ndarray]


@dataclass(frozen=True)
class _Suspect:
    """A piece that may hold several digits, and `doubt`, the nats that speak against one.

    `has_abreast`: it has rings side by side.
    """

    piece: Piece
    doubt: float
    has_abreast: bool

    @cached_property
    def is_too_wide(self) -> bool:
        """Whether it is hardly one digit, whatever the network makes of it."""
        is_wide = self.piece.box[2] > TUNED.too_wide * self.piece.height
        return self.has_abreast or is_wide or has_many_holes(self.piece)

    @property
    def is_refused(self) -> bool:
        return self.is_too_wide or self.doubt > TUNED.refused

    @property
    def is_hopeless(self) -> bool:
        """Whether it surely is no single digit."""
        is_doubted = self.doubt > TUNED.refused + TUNED.parts_doubt
        is_too_wide = self.is_too_wide and not self.is_accepted
        return is_too_wide or (is_doubted and self.piece.is_wider(TUNED.broad))

    @property
    def is_accepted(self) -> bool:
        """Whether the network takes it for a digit, and it may be one with long strokes."""
        is_several = self.has_abreast or self.piece.is_wider(TUNED.widest)
        return self.doubt < TUNED.refused and not is_several

    @property
    def is_broad(self) -> bool:
        is_unsure = not self.is_refused and self.doubt > TUNED.broad_doubt
        return is_unsure and self.piece.is_wider(TUNED.broad)

    def limit(self, most: float) -> float:
        """The doubt allowed to each part after the first; `most` where one digit is hopeless."""
        excess = TUNED.hopeless if self.is_too_wide else self.doubt - TUNED.refused
        limit = most * _hope(self.piece, excess) if self.is_refused else 0.5 * self.doubt
        return min(limit, TUNED.parts_doubt_accepted) if self.is_accepted else limit


def part_touching(
    pieces: list[Piece],
    size: float,
    doubts: Doubts,
    among_digits: bool,
    may_be_letter: Callable[[list[Piece]], bool] = lambda parts: False,
) -> list[Piece]:
    """Cut the pieces that hold several touching digits: refused as they are, or far too wide.

    An accepted but broad one is cut as well where its parts are surer digits than the whole.
    `size` is the typical digit's height in px; `doubts` tells for pieces how many nats speak
    against each being a digit, float (n,), over 2 where it is refused. Letters, too, have parts
    that look like digits: unless the page is known to hold little but digits (`among_digits`),
    parts that `may_be_letter` together stay whole, and so do slim pieces and those with doubtful
    parts. Where all other pieces are digits, such parts are cut, and are unsure. So are
    those of what is far lower than a digit.
    """
    slim = TUNED.slim if among_digits else TUNED.slim_alone
    suspects = _suspects(pieces, size, doubts, slim)
    refused = [suspect for suspect in suspects if suspect.is_refused]
    if len(refused) > TUNED.most_cut and not among_digits:
        return pieces
    broad = [suspect for suspect in suspects if suspect.is_broad]
    tried = {s.piece: s for s in (*refused[: TUNED.most_cut], *broad[: TUNED.most_cut])}
    sources = count(1 + max((piece.cut_from for piece in pieces), default=0))
    others = [p for p in pieces if p.height > TUNED.tall_share * size and p not in tried]

    def cut(suspect: _Suspect) -> list[Piece]:
        if among_digits:
            return _cut(suspect, TUNED.parts_doubt, doubts)
        is_wide = suspect.is_too_wide or suspect.piece.is_wider(TUNED.wide_alone)
        most = TUNED.parts_doubt_alone if is_wide else TUNED.parts_doubt_slim
        parts = _cut(suspect, most, doubts)
        if parts and not may_be_letter(parts):
            return parts
        if not (suspect.is_refused and others) or (doubts(others) > TUNED.refused).any():
            return []
        parts = _cut(suspect, TUNED.parts_doubt, doubts)  # all others are digits
        return [replace(part, is_unsure=True) for part in parts]

    out = []
    for piece in pieces:
        parts = cut(tried[piece]) if piece in tried else []
        if piece.height < TUNED.small_print * size:
            parts = [replace(part, is_unsure=True) for part in parts]
        if parts and tried[piece].is_too_wide:
            parts = [replace(part, cut_from=next(sources)) for part in parts]  # to stay parted
        out += parts or [piece]
    return out


def _suspects(pieces: list[Piece], size: float, doubts: Doubts, slim: float) -> list[_Suspect]:
    """Pieces as wide as two digits may be, or with rings abreast.

    First come those whose height is most like a digit's, `size` px.
    """
    tall = [piece for piece in pieces if piece.height >= max(12, 0.4 * size)]
    abreast = {piece: has_rings_abreast(piece) for piece in tall}
    kept = [piece for piece in tall if abreast[piece] or piece.is_wider(slim)]
    kept.sort(key=lambda piece: abs(np.log(piece.height / size)))
    believed = doubts(kept).tolist() if kept else []
    return [_Suspect(p, doubt, abreast[p]) for p, doubt in zip(kept, believed, strict=True)]


def _cut(suspect: _Suspect, most: float, doubts: Doubts) -> list[Piece]:
    """The parts of a piece that are digits; none where it is better left whole."""
    piece = suspect.piece

    def strict(parts: Sequence[Piece]) -> np.ndarray:
        return doubts(parts) + TUNED.refused * np.array([has_rings_of_several(p) for p in parts])

    least = TUNED.least_part if suspect.is_hopeless else TUNED.least_part_of_digit
    widest, lowest = TUNED.widest_part * piece.height, least * piece.height
    parts = _parted(piece, strict, widest, lowest, suspect.limit(most))
    if suspect.is_accepted and sum(map(count_holes, parts)) < count_holes(piece):
        return []  # the ring of a digit was cut open
    lacks_ink = bool(parts) and _share_left_out(piece, parts) > TUNED.most_left_out
    return [replace(part, is_unsure=True) for part in parts] if lacks_ink else parts


def part_stacked(pieces: list[Piece], size: float, doubts: Doubts) -> list[Piece]:
    """Cut the pieces that are far higher than a digit, `size` px, where two lines touch.

    What the network takes for a digit is one, unless it stands in two lines, as an 8 does that is
    a zero above a seven. Bands that are as wide as several digits are left to `part_touching`.
    """

    def band_doubts(lying):
        bands = [_turned(part) for part in lying]
        wide = np.array([band.box[2] > TUNED.too_wide * size for band in bands])
        low = np.array([band.height < TUNED.tall_share * size for band in bands])
        return np.where(wide, TUNED.band_doubt, doubts(bands)) + TUNED.refused * low

    high = [p for p in pieces if p.height > TUNED.like_height[1] * size]
    believed = doubts(high).tolist() if high else []
    believed = [  # in two lines, parts may have as much doubt as those of a refused piece
        max(doubt, 2 * TUNED.parts_doubt) if _is_in_two_lines(piece, pieces, size) else doubt
        for piece, doubt in zip(high, believed, strict=True)
    ]
    doubted = [pair for pair in zip(high, believed, strict=True) if pair[1] > TUNED.broad_doubt]
    tried = dict(doubted[: TUNED.most_cut])
    out = []
    for piece in pieces:
        parts = list[Piece]()
        if piece in tried:
            widest, is_refused = TUNED.like_height[1] * size, tried[piece] > TUNED.refused
            limit = TUNED.parts_doubt if is_refused else 0.5 * tried[piece]
            parts = _parted(_turned(piece), band_doubts, widest, 0, limit, with_rings=False)
        out += [_turned(part) for part in parts] or [piece]
    sources = count(1 + max((piece.cut_from for piece in pieces), default=0))
    known = {id(piece) for piece in pieces}
    return [p if id(p) in known else replace(p, cut_from=next(sources)) for p in out]


def _is_in_two_lines(piece: Piece, pieces: Sequence[Piece], size: float) -> bool:
    """Say whether digits beside a piece are level with each half of it, and none with all of it."""
    low, high = (share * size for share in TUNED.like_height)
    near = [p for p in pieces if low < p.height < high and abs(p.centre - piece.centre) < 4 * size]
    places = np.array([p.box[1] + p.height / 2 - piece.box[1] for p in near]) / piece.height
    upper, middle, lower = (np.abs(places - place) < 0.125 for place in (0.25, 0.5, 0.75))
    return bool(upper.any() and lower.any() and not middle.any())


def _turned(piece: Piece) -> Piece:
    left, top, width, height = piece.box
    return Piece((top, left, height, width), piece.mask.T, piece.cut_from, piece.is_part)


def _hope(piece: Piece, doubt: float) -> float:
    """How far a piece may be several digits, 0 to 1: a narrow one may be a digit itself."""
    return 1.0 if piece.is_wider(TUNED.broad) else min(1.0, doubt / TUNED.hopeless)


def _parted(
    piece: Piece,
    doubts: Doubts,
    widest: float,
    lowest: float,
    limit: float,
    with_rings: bool = True,
) -> list[Piece]:
    """The parts of a piece that are all digits with least doubt in all.

    A part is what lies between two seams, or a ring. Neighbours share a seam; where rings run into
    each other, they share the ink between two seams. Parts are `widest` px wide at most and higher
    than `lowest`. There are none where the doubt is `limit` or more for each part after the first.
    """
    columns = np.arange(piece.box[2])
    seams = sorted(find_seams(piece.mask), key=lambda seam: seam.mean())
    lefts = [np.zeros_like(piece.mask), *(columns < seam[:, None] for seam in seams)]
    lefts.append(np.ones_like(piece.mask))
    between = {
        (i, j): part
        for i in range(len(lefts) - 1)
        for j in range(i + 1, len(lefts) - (i == 0))
        if (part := _between(piece, lefts[i], lefts[j], widest, lowest)) is not None
    }
    places = np.array([0.0, *(seam.mean() for seam in seams), piece.box[2]])
    single, merged, crossed = find_rings(piece, places) if with_rings else ({}, {}, {})
    has_rings = bool(single or merged or crossed)
    most = TUNED.shared * piece.height if has_rings else 0.0

    def best(options: Iterable[dict[Part, Piece]], shares: Sequence[float]) -> list[Piece]:
        ways = [way for edges in options for way in judged(edges, shares)]
        parts, doubt = min(ways, key=lambda way: way[1], default=([], np.inf))
        return parts if doubt < limit * max(1, len(parts) - 1) else []

    def judged(edges: dict[Part, Piece], shares) -> Iterator[tuple[list[Piece], float]]:
        def cost(wanted: Sequence[Part]) -> list[float]:
            return doubts([edges[edge] for edge in wanted]).tolist()

        costs = costs_in_turn(edges, cost, places, most, limit)
        for share in shares if costs else ():
            way, doubt = best_way(costs, places, most, share)
            parts = [edges[edge] for edge in way]
            shared = sum(end > start for (_, end), (start, _) in pairwise(way))
            left_out = TUNED.left_out * _share_left_out(piece, parts)
            yield parts, doubt + (TUNED.share - share) * shared + left_out

    if has_rings:  # whole ones leave out least ink
        parted = crossed | between
        parts = best([parted | merged | single, parted | single], [TUNED.share, 0.0])
        if parts:
            return parts
    return best([between], [TUNED.share])


def _share_left_out(piece: Piece, parts: list[Piece]) -> float:
    """The share of a piece's ink that is in none of its parts."""
    rest = piece.mask.copy()
    for part in parts:
        left, top = part.box[0] - piece.box[0], part.box[1] - piece.box[1]
        rest[top : top + part.height, left : left + part.box[2]] &= ~part.mask
    return np.count_nonzero(rest) / np.count_nonzero(piece.mask)


def _between(piece, left: np.ndarray, right: np.ndarray, widest, lowest) -> Piece | None:
    """The part of a piece between two seams; None where a digit cannot be so slim, wide or low."""
    mask = piece.mask & ~left & right
    if np.count_nonzero(mask) < TUNED.least_ink * np.count_nonzero(piece.mask) / max(
        1.0, piece.box[2] / piece.height
    ):
        return None
    part = piece.part(mask)
    width = part.box[2]
    is_too_wide = width > widest and (width > TUNED.widest_ring * widest or not is_one_ring(part))
    return None if is_too_wide or part.height <= lowest else part
