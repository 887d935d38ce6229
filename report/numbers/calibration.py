"""Calibration errors: the mean distance of confidence from accuracy over ranges of confidence."""

from __future__ import annotations

import numpy as np

from model.intervals import LEVEL

CONFIDENCE_BINS = 15
RESAMPLES = 1000
FEWEST_TO_RESAMPLE = 30  # With fewer images, a bootstrap interval is far too narrow.
MOST_TO_RESAMPLE = 20_000  # With more, their sums are normal, which is quicker to draw.
SEED = 0


def bin_places(confidence: np.ndarray) -> np.ndarray:
    """Number the equal range that each confidence falls in, open below and closed above."""
    places = np.ceil(confidence * CONFIDENCE_BINS).astype(int) - 1
    return places.clip(0, CONFIDENCE_BINS - 1)


def ece_interval(
    places: np.ndarray, gaps: np.ndarray, weights: np.ndarray
) -> tuple[float, float] | None:
    """Bootstrap the calibration error's 95 % interval, the same on every run.

    `places` int (n,) in 0 to 14, `gaps` float (n,), confidence less 1 where right, `weights` float
    (n,). Chance alone makes a calibration error larger than it is, and larger still in a resample.
    So the pivotal interval is taken, which mirrors the resamples' spread around the measured error.
    Source: A. Kumar, P. Liang and T. Ma, "Verified uncertainty calibration", 2019.
    """
    total = len(gaps)
    if total < FEWEST_TO_RESAMPLE:
        return None
    measured = _ece(places, gaps, weights)
    random = np.random.default_rng(SEED)
    errors: np.ndarray | list[float]
    if total > MOST_TO_RESAMPLE:
        errors = _normal_errors(places, gaps, weights, random)
    else:
        drawn = (random.integers(total, size=total) for _ in range(RESAMPLES))
        errors = [_ece(places[rows], gaps[rows], weights[rows]) for rows in drawn]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(errors, [tail, 1 - tail])
    return max(0.0, float(2 * measured - high)), min(1.0, max(measured, float(2 * measured - low)))


def _ece(places: np.ndarray, gaps: np.ndarray, weights: np.ndarray) -> float:
    """The calibration error of some rows; 0 where they have no weight."""
    sums = np.bincount(places, weights=gaps * weights, minlength=CONFIDENCE_BINS)
    total = weights.sum()
    return float(np.abs(sums).sum() / total) if total else 0.0


def _normal_errors(
    places: np.ndarray, gaps: np.ndarray, weights: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Calibration errors of resamples, drawn from what their sums tend to in large sets.

    A resample's sums, of the gaps in each range and of the weights, have the mean and covariance of
    sums of independent draws, and are as good as normal (the central limit theorem).
    """

    def by_range(values: np.ndarray) -> np.ndarray:
        return np.bincount(places, values, minlength=CONFIDENCE_BINS)

    found = gaps * weights
    sums = np.append(by_range(found), weights.sum())
    products = np.diag(np.append(by_range(found**2), (weights**2).sum()))
    products[-1, :-1] = products[:-1, -1] = by_range(found * weights)
    drawn = random.multivariate_normal(
        sums, products - np.outer(sums, sums) / len(gaps), RESAMPLES, check_valid="ignore"
    )
    return np.abs(drawn[:, :-1]).sum(axis=1) / drawn[:, -1]


def classwise_ece(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> float:
    """Calibration error of each class's probability, over equal ranges, averaged over classes.

    Source: M. Kull et al., "Beyond temperature scaling", 2019.
    """
    errors = []
    for place, column in enumerate(probabilities.T):
        said = column.astype(np.float64)
        errors.append(_ece(bin_places(said), said - (labels == place), weights))
    return sum(errors) / len(errors)


def adaptive_ece(confidence: np.ndarray, right: np.ndarray, weights: np.ndarray) -> float:
    """Calibration error over ranges of confidence with equal numbers of images, never parting ties.

    `confidence` and `weights` float64 (n,), `right` bool (n,).
    Source: J. Nixon et al., "Measuring calibration in deep learning", 2019 (equal-mass bins).
    """
    _, ties = np.unique(confidence, return_inverse=True)
    mass = np.bincount(ties, weights)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    bins = (middle * CONFIDENCE_BINS).astype(int).clip(0, CONFIDENCE_BINS - 1)
    return _ece(bins[ties], confidence - right, weights)
