"""Occlusion saliency: which ink supports the digit that was read, and which the runner-up.

After Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV
2014: a small patch of the glyph is inverted and the network asked again. Inked
patches are wiped out, blank ones are filled, so that gaps count as well as strokes. The unit is
the nat: by how much the log of the odds between digit and runner-up changes.

The runner-up is the second most likely digit. Where none but the first is likely at all, it is the
digit that the glyph comes closest to with a patch inverted, as a 7 without its bar to a 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.inference.predictor import Predictor
from model.preprocessing import GLYPH_SIDE

PATCH = 5  # px, about two strokes wide: less leaves the digit as it was
STRIDE = 5  # px, which makes 25 patches at most: one batch of a few milliseconds
_FIRST, _LAST = 2, GLYPH_SIDE - 6  # corners of the patches: the frame's border is always blank
_FAINT = 0.2  # share of the strongest reason, below which none is shown
_LEAST = 1.0  # nat; weaker reasons are drawn pale
_LIKELY = 0.01  # probability from which on a second digit is worth a comparison
_INKED = 0.15  # share of a patch's pixels that are ink, from which on it is wiped and not filled

PAPER, NEUTRAL = (255, 255, 255), (150, 157, 164)
FOR_DIGIT, FOR_RUNNER_UP = (0, 114, 178), (230, 138, 0)  # blue and orange: safe for colour-blind


@dataclass(frozen=True)
class Reasons:
    """How much each pixel supports the digit that was read, and how much its runner-up.

    `for_digit` and `for_runner_up` are float32 (28, 28) in nats, 0 or more: how much the odds of
    digit over runner-up rest on the ink at a pixel, and how much they suffer from the ink there,
    or would from ink where there is none.
    """

    digit: int
    runner_up: int
    for_digit: np.ndarray
    for_runner_up: np.ndarray


def explain(
    glyph: np.ndarray, predictor: Predictor, probabilities, against: int | None = None
) -> Reasons:
    """Find what an answer rests on: `glyph` uint8 (28, 28), `probabilities` its answer's (10,).

    The digit is compared with the runner-up, or with the digit `against`.
    """
    patches = _patches_near(glyph)
    inked = (patches * (glyph > 127)).sum((1, 2)) >= _INKED * PATCH**2
    inverted = np.where(patches, np.where(inked, 0, 255)[:, None, None], glyph).astype(np.uint8)
    scores = predictor.score(inverted)
    is_digit = 1.0 if scores.digit_probability is None else scores.digit_probability
    digit = int(np.argmax(probabilities))
    runner_up = against
    if runner_up is None:
        runner_up = _runner_up(digit, probabilities, (scores.probabilities.T * is_digit).max(1))
    before = _log_odds(np.asarray(probabilities, np.float32)[None], digit, runner_up)
    drop = before - _log_odds(scores.probabilities, digit, runner_up)
    drop = np.where(inked, drop, drop * is_digit)  # what makes it no digit supports neither
    rose, fell = np.maximum(-drop, 0), np.maximum(drop, 0)
    ink = glyph > 0  # a wiped patch tells about its ink alone, a filled one about its blanks
    for_digit = _spread(patches, fell * inked) * ink
    for_other = np.where(ink, _spread(patches, rose * inked), _spread(patches, fell * ~inked))
    return Reasons(digit, runner_up, for_digit, for_other)


def _runner_up(digit: int, probabilities, inverted) -> int:
    """The digit to compare with, by the answer's probabilities (10,) or the highest inverted."""
    likely, close = (np.where(np.arange(10) == digit, 0, p) for p in (probabilities, inverted))
    return int(likely.argmax() if likely.max() >= _LIKELY else close.argmax())


def paint(glyph: np.ndarray, reasons: Reasons) -> np.ndarray:
    """Colour a glyph by its reasons: RGB uint8 (28, 28, 3), blue for, orange against, grey neither.

    Blank pixels are tinted where ink would support the runner-up.
    """
    strongest = max(_LEAST, float(reasons.for_digit.max()), float(reasons.for_runner_up.max()))
    balance = (reasons.for_digit - reasons.for_runner_up)[..., None] / strongest
    balance *= np.abs(balance) >= _FAINT
    hue = np.where(balance > 0, FOR_DIGIT, FOR_RUNNER_UP)
    ink = NEUTRAL + np.sqrt(np.abs(balance)) * (hue - np.array(NEUTRAL))
    ground = PAPER + 0.75 * np.abs(balance) * (hue - np.array(PAPER))
    cover = (glyph / 255)[..., None]
    return np.round(cover * ink + (1 - cover) * ground).astype(np.uint8)


def _patches_near(glyph: np.ndarray) -> np.ndarray:
    """Patches that meet the ink's bounds, where a pen may have been: masks, bool (n, 28, 28)."""
    rows, columns = (np.flatnonzero((glyph > 127).any(axis)) for axis in (1, 0))
    masks = []
    for top in range(_FIRST, _LAST + 1, STRIDE):
        for left in range(_FIRST, _LAST + 1, STRIDE):
            mask = np.zeros(glyph.shape, bool)
            mask[top : top + PATCH, left : left + PATCH] = True
            if mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].sum() >= PATCH:
                masks.append(mask)
    return np.stack(masks)


def _log_odds(probabilities: np.ndarray, digit: int, other: int) -> np.ndarray:
    """Log odds of one digit over another: probabilities (n, 10) in, (n,) nats out."""
    logs = np.log(np.maximum(probabilities, 1e-12))
    return logs[:, digit] - logs[:, other]


def _spread(patches: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Give each pixel the mean of its patches' strengths (n,): float32 (28, 28)."""
    count = np.maximum(patches.sum(0), 1)
    return ((patches * strength[:, None, None]).sum(0) / count).astype(np.float32)
