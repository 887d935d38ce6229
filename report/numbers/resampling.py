"""Whether chance explains that a score changed: resamples of the test images both reports read."""

from __future__ import annotations

from math import sqrt

import numpy as np

from model.intervals import FEWEST_CLUSTERS, LEVEL
from report.numbers.calibration import FEWEST_TO_RESAMPLE, RESAMPLES
from report.numbers.pairing import PairedAnswers
from report.numbers.scores import of_confusion
from report.numbers.significance import students_t

LEAST_PROBABILITY = 5e-7  # half of the last decimal that a report keeps


def resampled_changes(
    pairs: PairedAnswers, classes: int
) -> dict[str, tuple[float, tuple[float, float]]]:
    """Test each score's change: the two-sided p value of none, and the 95 % interval, by name.

    Images, or whole groups of them where these are known, are drawn with replacement, for both
    reports the same ones (the paired bootstrap). Its percentiles are taken; of groups, which are
    few, Student's t of its standard error. Empty for fewer than 30 images or five groups, which say
    too little. The same on every run.
    Sources: B. Efron and R. J. Tibshirani, "An introduction to the bootstrap", 1993; A. C. Cameron,
    J. B. Gelbach and D. L. Miller, "Bootstrap-based improvements for inference with clustered
    errors", 2008.
    """
    count = len(pairs.labels)
    units = np.arange(count) if pairs.groups is None else pairs.groups
    total = int(units.max(initial=-1)) + 1
    if count < FEWEST_TO_RESAMPLE or total < FEWEST_CLUSTERS:
        return {}
    weights = np.ones(count) if pairs.weights is None else pairs.weights
    losses = None
    if pairs.probabilities is not None:
        losses = -np.log(pairs.probabilities.clip(LEAST_PROBABILITY))
    measured = _differences(pairs, losses, classes, weights)
    if pairs.is_unchanged:  # and so is every resample
        return dict.fromkeys(measured, (1.0, (0.0, 0.0)))
    random, found = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        drawn = np.bincount(random.integers(total, size=total), minlength=total)[units] * weights
        if drawn.any():
            found.append(_differences(pairs, losses, classes, drawn))
    drawn_gaps = {name: np.array([gaps[name] for gaps in found]) for name in measured}
    if pairs.groups is None:
        return {name: _by_percentiles(gaps) for name, gaps in drawn_gaps.items()}
    wider = sqrt(total / (total - 1))
    return {
        name: students_t(measured[name], wider * float(gaps.std(ddof=1)), total - 1)
        for name, gaps in drawn_gaps.items()
    }


def _differences(
    pairs: PairedAnswers, losses: np.ndarray | None, classes: int, weights: np.ndarray
) -> dict[str, float]:
    """How much each score of the weighted images rose; a score without a value counts as 0.

    `losses` float (2, n) are the log losses of each image, before and after.
    """
    was, now = (
        of_confusion(np.bincount(pairs.labels * classes + answers, weights, classes**2))
        for answers in (pairs.before, pairs.after)
    )
    gaps = {name: (now[name] or 0.0) - (was[name] or 0.0) for name in now if name != "cohen_kappa"}
    if losses is not None:
        before, after = losses @ weights / weights.sum()
        gaps["log_loss"] = float(after - before)
    return gaps


def _by_percentiles(gaps: np.ndarray) -> tuple[float, tuple[float, float]]:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(gaps, [tail, 1 - tail]).tolist()
    fewer = min(int((gaps <= 0).sum()), int((gaps >= 0).sum()))
    return min(1.0, 2 * (fewer + 1) / (len(gaps) + 1)), (low, high)
