"""What a classifier's outputs stand for: read from what its file declares, never guessed."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, softmax

from model.errors import InputError

PROBABILITIES, LOGITS, PERCENT = KINDS = ("probabilities", "logits", "percent")
SUM_TOLERANCE = 1e-3
ROUNDING = 1e-6  # a float32 softmax or sigmoid may leave 0 to 1 by so much
ASK = "say what they are by --outputs probabilities, logits or percent"


def as_probabilities(
    scores: np.ndarray, kind: str | None, source: object
) -> tuple[np.ndarray, str]:
    """Turn outputs into probabilities, float (n, c) with rows that sum to 1; and say how, in words.

    `scores` float (n, c); one column, (n, 1), is that of the second of two classes. `kind` is one
    of `KINDS`, or None where nothing declares it: then only rows that are probabilities beyond
    doubt are taken. `source` is what gave them, for messages. Raises InputError where outputs are
    not finite, where nothing says what they are, and where their range contradicts what does.
    """
    check_finite(scores, source)
    if scores.shape[1] == 1:
        return _one_output(scores, kind, source)
    if kind is None:
        if not _sum_to(scores, 1):
            raise InputError(
                f"{source}: nothing says what its outputs are ({_range(scores)}); {ASK}"
            )
        kind = PROBABILITIES
    if kind == LOGITS:
        for total, name in ((1, "probabilities"), (100, "percentages")):
            if _sum_to(scores, total):
                raise InputError(
                    f"{source}: its outputs are said to be logits, but all rows sum to {total}, as "
                    f"{name} do; {ASK}"
                )
        words = "Its outputs are logits, so the softmax function made them probabilities."
        return softmax(scores, axis=1), words
    most = 100 if kind == PERCENT else 1
    _check_range(scores, most, kind, source)
    if kind == PERCENT and _sum_to(scores, 1):
        raise InputError(f"{source}: its outputs are said to be percentages, but sum to 1; {ASK}")
    return _shares(scores / most if kind == PERCENT else scores, kind)


def check_finite(scores: np.ndarray, source: object) -> None:
    """Raise InputError, which names the row, where outputs are not finite."""
    wrong = ~np.isfinite(scores).all(axis=1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(f"{source}: row {row} (counted from 0) holds outputs that are not finite")


def _shares(scores: np.ndarray, kind: str) -> tuple[np.ndarray, str]:
    """From scores within 0 to 1: as they are where they sum to 1, else divided by their sum."""
    sums = scores.sum(axis=1, keepdims=True)
    words = f"Its outputs are {'percentages' if kind == PERCENT else 'probabilities'}"
    if np.abs(sums - 1).max() < SUM_TOLERANCE:
        how = "divided by 100" if kind == PERCENT else "used as they are"
        return scores.clip(0, 1), f"{words}, {how}."
    empty = int((sums <= 0).sum())
    classes = scores.shape[1]
    scores = np.divide(scores, sums, out=np.full_like(scores, 1 / classes), where=sums > 0)
    words += ", but do not sum to 1 in each row, so each was divided by its row’s sum."
    if empty:
        rows = "One row is" if empty == 1 else f"{empty:,} rows are"
        words += f" {rows} 0 for every class and taken as equally likely for all."
    return scores, words


def _one_output(scores: np.ndarray, kind: str | None, source: object) -> tuple[np.ndarray, str]:
    """From the one output (n, 1) of a classifier that tells two classes apart."""
    if kind is None:
        raise InputError(f"{source}: nothing says what its one output is ({_range(scores)}); {ASK}")
    rest = "of the second class; the first has the rest."
    if kind == LOGITS:
        second = expit(scores)
        words = f"Its one output is a logit, so the sigmoid function made it the probability {rest}"
    else:
        most = 100 if kind == PERCENT else 1
        _check_range(scores, most, kind, source)
        second = scores.clip(0, most) / most
        words = f"Its one output is the {'percentage' if most == 100 else 'probability'} {rest}"
    return np.hstack([1 - second, second]), words


def _sum_to(scores: np.ndarray, total: float) -> bool:
    """Whether every row is of nothing below 0 and sums to `total`, but for rounding."""
    if scores.min() < -ROUNDING * total:
        return False
    return bool(np.abs(scores.sum(axis=1) - total).max() < SUM_TOLERANCE * total)


def _check_range(scores: np.ndarray, most: float, kind: str, source: object) -> None:
    if scores.min() < -ROUNDING * most or scores.max() > most * (1 + ROUNDING):
        raise InputError(
            f"{source}: its outputs are said to be {kind}, within 0 and {most:g}, but "
            f"{_range(scores)}; {ASK}"
        )


def _range(scores: np.ndarray) -> str:
    return f"they range from {scores.min():.4g} to {scores.max():.4g}"
