"""The same shape is one digit in one hand, another in the next: the rest of the page tells which.

A bare hook is a 1 or a 7. Where most of the page's sevens are crossed, a hook without a bar is a 1;
where its ones are plain strokes, all of them slimmer, it is a 7; where both have hooks, it is what
it looks more like. Decided in this way alone, with three ones and three sevens of the same writer,
1,868 sevens and ones with a flag of UNIPEN and pendigits are right, 131 are wrong and 110 stay
open; with the three ones alone 957 are right and 20 wrong. That is where the odds of 25 to one
come from.

Any other mark that is not sure is compared with the page's sure digits: the network's second answer
gains where the mark looks as one of the page's does, and less like the first. On 216 pages of 40
digits by such writers this made 14 answers right and none wrong, with another network 8 and none.

A page that says nothing leaves the network's probabilities as they are, and a mark that shows both
is not accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from model.pages.settings import TUNED
from model.preprocessing import GLYPH_SIDE

if TYPE_CHECKING:
    from model.inference.predictor import Scores


def read_by_hand(scores: Scores, glyphs: np.ndarray) -> Scores:
    """Answers for all marks of a page, with what is ambiguous read by the page's sure digits.

    `glyphs`, uint8 (n, 28, 28), are those that `scores` answers. What the hand tells counts as odds
    of `TUNED.hand_odds` to one beside the network's own for a hook, `TUNED.like_odds` for others.
    """
    by_hooks, is_decided = _read_hooks(scores, glyphs)
    return _read_unsure(by_hooks, glyphs, is_decided)


def bare_ones(scores: Scores, glyphs: np.ndarray) -> np.ndarray:
    """Which marks, bool (n,), are ones without a flag where most of the page's ones have one."""
    ones = scores.accepted & (scores.probabilities.argmax(1) == 1)
    plain = np.array(
        [one and _width(_upright(g)) < TUNED.plain for one, g in zip(ones, glyphs, strict=True)]
    )
    return plain & (np.count_nonzero(plain) <= np.count_nonzero(ones & ~plain))


def _read_unsure(scores: Scores, glyphs: np.ndarray, is_decided: np.ndarray) -> Scores:
    """Prefer the second answer where a mark looks more like the page's sure digits of that kind.

    Marks that are decided, bool (n,), stay as they are.
    """
    best = scores.probabilities.max(1)
    digits = scores.probabilities.argmax(1)
    sure = scores.accepted & (best >= TUNED.sure)
    unsure = np.flatnonzero((best < TUNED.sure) & ~is_decided)
    if not (len(unsure) and sure.any()):
        return scores
    known = {d: [_upright(g) for g in glyphs[sure & (digits == d)]] for d in set(digits[sure])}
    chances = scores.probabilities.copy()
    for row in unsure:
        second, first = np.argsort(chances[row])[-2:]
        if first not in known or second not in known:
            continue
        mark = _upright(glyphs[row])
        like_first, like_second = (_most_like(mark, known[d]) for d in (first, second))
        if like_second > max(TUNED.alike, like_first + TUNED.likeness):
            chances[row, second] *= TUNED.like_odds
            chances[row] /= chances[row].sum()
    return replace(scores, probabilities=chances)


def _read_hooks(scores: Scores, glyphs: np.ndarray) -> tuple[Scores, np.ndarray]:
    """Hooks read by the page's sure ones and sevens; and which were decided so, bool (n,)."""
    chances = scores.probabilities
    ones, sevens = chances[:, 1], chances[:, 7]
    is_hook = np.minimum(ones, sevens) > TUNED.hook
    is_hook &= ones + sevens > TUNED.clear
    is_decided = np.zeros(len(glyphs), bool)
    if not is_hook.any():
        return scores, is_decided
    upright = np.stack([_upright(glyph) for glyph in glyphs])
    sure = scores.accepted & ~is_hook
    known = {digit: upright[sure & (chances.argmax(1) == digit)] for digit in (1, 7)}
    chances, accepted = chances.copy(), scores.accepted.copy()
    for row in np.flatnonzero(is_hook):
        digit = _by_hand(upright[row], known[1], known[7])
        if digit is None:
            continue
        is_decided[row] = True
        chances[row, digit] *= TUNED.hand_odds
        chances[row] /= chances[row].sum()
        belief = 1.0 if scores.digit_probability is None else scores.digit_probability[row]
        accepted[row] = chances[row].max() >= TUNED.clear and belief >= TUNED.hook_belief
    return replace(scores, probabilities=chances, accepted=accepted), is_decided


def _by_hand(hook: np.ndarray, ones: np.ndarray, sevens: np.ndarray) -> int | None:
    """Decide between 1 and 7 by the ones and sevens (n, 28, 28) of a hand; None where it can't."""
    if _has_foot(hook):
        return 1  # as in print, whatever the hand beside it
    is_crossed = 2 * sum(map(_has_bar, sevens)) > len(sevens) and not _has_bar(hook)
    widest = max(map(_width, ones), default=1.0)
    is_plain = widest < TUNED.plain and _width(hook) > TUNED.hooked * widest
    if is_crossed != is_plain:
        return 1 if is_crossed else 7
    if is_crossed or not (len(ones) and len(sevens)):
        return None
    like_one, like_seven = (_most_like(hook, known) for known in (ones, sevens))
    if abs(like_one - like_seven) < TUNED.likeness:
        return None
    return 1 if like_one > like_seven else 7


def _upright(glyph: np.ndarray) -> np.ndarray:
    """A glyph without its slant, uint8 (28, 28): sheared until its ink leans to neither side."""
    moments = cv2.moments(glyph)
    lean = moments["mu11"] / max(moments["mu02"], 1e-6)
    shear = np.array([[1, lean, -lean * GLYPH_SIDE / 2], [0, 1, 0]], np.float32)
    return cv2.warpAffine(
        glyph, shear, (GLYPH_SIDE, GLYPH_SIDE), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    )


def _width(glyph: np.ndarray) -> float:
    """Width over height of an upright glyph's ink."""
    _, _, width, height = cv2.boundingRect((glyph > 80).astype(np.uint8))
    return width / max(height, 1)


def _has_bar(glyph: np.ndarray) -> bool:
    """Say whether a stroke crosses an upright glyph in its middle, where its stem is alone."""
    runs = _runs(glyph)
    middle = _middle(runs)
    return bool(middle.max(initial=0) - np.median(middle) > TUNED.bar * len(runs))


def _has_foot(glyph: np.ndarray) -> bool:
    """Say whether an upright glyph stands on a level stroke."""
    runs = _runs(glyph)
    foot = runs[int(0.85 * len(runs)) :].max(initial=0)
    return bool(foot - np.median(_middle(runs)) > TUNED.bar * len(runs))


def _runs(glyph: np.ndarray) -> np.ndarray:
    """The longest run of ink in each inked row of a glyph, px."""
    inked = glyph[(glyph > 80).any(1)] > 80
    run = longest = np.zeros(len(inked), int)
    for column in inked.T:
        run = (run + 1) * column
        longest = np.maximum(longest, run)
    return longest


def _middle(rows: np.ndarray) -> np.ndarray:
    return rows[int(0.4 * len(rows)) : max(1, int(0.75 * len(rows)))]


def _most_like(glyph: np.ndarray, known: Iterable[np.ndarray]) -> float:
    """The likeness of the one among the known glyphs that is most like this one."""
    return max(_likeness(glyph, other) for other in known)


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two glyphs, each a little blurred."""
    soft, other_soft = (
        cv2.GaussianBlur(glyph.astype(np.float32), (0, 0), 1.2).ravel() for glyph in (one, other)
    )
    return float(np.corrcoef(soft, other_soft)[0, 1])
