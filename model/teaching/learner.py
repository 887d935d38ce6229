"""Teaches a network one person's hand by a few drawings, without changing the network.

The network's answers, as log probabilities, get a correction that is learnt from the drawings by
kernel logistic regression on the network's last features (Zhu and Hastie, "Kernel logistic
regression and the import vector machine", 2005). The kernel fades with the distance to the
drawings: what looks like none of them is read as before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.calibration import DIGIT_CLASSES, softmax
from model.data.pen_tracks import Look, draw
from model.data.strokes import DIGIT_STROKES, strokes_of
from model.inference.layers import Layers
from model.inference.predictor import Prediction, Predictor, Scores, predictions
from model.preprocessing import to_glyphs
from model.teaching.drawings import Drawings

# Chosen on the test writers of UNIPEN and pendigits: see `python -m benchmarks teaching`.
_WIDTH = 0.45  # of the kernel, as a share of how far apart the network holds unlike digits
_FIRMNESS = 8.8  # nats; its loss is softened by its squared margin on plain digits over this
_SHRINKAGE = 0.05
_ITERATIONS = 100  # of the descent; more change no answer
_MOST_FOLDS = 20  # of cross-validation
_SIDE, _PEN = 160, 0.09  # px and a share of it: how plain digits are drawn


@dataclass(frozen=True)
class Seen:
    """What a network computes for n glyphs: `features` float32 (n, k), length 1, and `scores`."""

    features: np.ndarray
    scores: Scores

    @property
    def logs(self) -> np.ndarray:
        """Log probabilities of the ten digits: float32 (n, 10)."""
        return np.log(np.maximum(self.scores.probabilities, 1e-12))


@dataclass(frozen=True)
class Taught:
    """What was learnt from n drawings.

    `features` float32 (n, k), rows of length 1; `weights` float64 (n, 10), nats that a drawing adds
    to each digit where it is met again.
    """

    features: np.ndarray
    weights: np.ndarray


class Teacher:
    """Teaches one network; safe to share between threads and pupils."""

    def __init__(self, predictor: Predictor):
        """Raises BundleError when the network does not end in a dense layer."""
        self._predictor = predictor
        self._layers = Layers(predictor.bundle)
        glyphs, digits = _plain_digits()
        self._middle = self._layers.features(glyphs).mean(0)
        seen = self.see(glyphs)
        logs = np.sort(seen.logs, axis=1)
        # The more confident a network is of plain digits, the larger its log odds: its loss is
        # softened accordingly, so that a few drawings can change its answers.
        self._softness = max(1.0, float(np.median(logs[:, -1] - logs[:, -2])) ** 2 / _FIRMNESS)
        squares = np.where(
            digits[:, None] == digits, np.inf, _squares(seen.features, seen.features)
        )
        self._width = _WIDTH * float(np.median(np.sqrt(squares.min(1))))

    def see(self, glyphs: np.ndarray) -> Seen:
        """Read glyphs, uint8 (n, 28, 28), as if nothing had been taught."""
        about = self._layers.features(glyphs) - self._middle
        length = np.linalg.norm(about, axis=1, keepdims=True)
        return Seen(about / np.maximum(length, 1e-9), self._predictor.score(glyphs))

    def learn(self, drawings: Drawings) -> Taught:
        """Learn from drawings; without any, nothing is learnt."""
        seen = self.see(drawings.glyphs)
        return Taught(seen.features, self._fit(seen.features, seen.logs, drawings.digits))

    def score(self, taught: Taught, seen: Seen) -> Scores:
        """Read what was seen with what was learnt; what was taught is a digit in any case."""
        if not len(taught.weights):
            return seen.scores
        near = self._kernel(seen.features, taught.features)
        probabilities = softmax(seen.logs + near @ taught.weights).astype(np.float32)
        is_digit = seen.scores.digit_probability
        if is_digit is not None:
            is_digit = 1 - (1 - is_digit) * (1 - near.max(1))
        accepted = self._predictor.calibration.accepts(probabilities, is_digit)
        return Scores(probabilities, is_digit, accepted)

    def predict(self, taught: Taught, glyph: np.ndarray) -> Prediction:
        """Read one glyph, uint8 (28, 28), with what was learnt."""
        return predictions(self.score(taught, self.see(glyph[None])))[0]

    def examine(self, drawings: Drawings) -> tuple[np.ndarray, np.ndarray]:
        """Whether each drawing is read correctly, bool (n,), before and after others were learnt.

        That is leave-one-out for up to _MOST_FOLDS drawings, and cross-validation in so many folds
        for more.
        """
        seen, digits = self.see(drawings.glyphs), drawings.digits
        logs, near = seen.logs, self._kernel(seen.features, seen.features)
        after = np.empty(len(digits), np.int64)
        folds = np.arange(len(digits)) % _MOST_FOLDS
        for fold in np.unique(folds):
            held, others = folds == fold, folds != fold
            weights = self._fit(seen.features[others], logs[others], digits[others])
            after[held] = (logs[held] + near[held][:, others] @ weights).argmax(1)
        return logs.argmax(1) == digits, after == digits

    def _kernel(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Gaussian kernel of features, (n, k) and (m, k), rows of length 1: float64 (n, m)."""
        return np.exp(-_squares(some, others) / (2 * self._width**2))

    def _fit(self, features: np.ndarray, logs: np.ndarray, digits: np.ndarray) -> np.ndarray:
        """Weights W (n, 10) that minimise, with K the kernel and T the softness,

        T · cross-entropy((logs + K W) / T) + shrinkage / 2 · trace(Wᵀ K W),

        by accelerated gradient descent in the kernel's own metric (Beck and Teboulle, "A fast
        iterative shrinkage-thresholding algorithm", 2009).
        """
        weights = point = np.zeros((len(digits), DIGIT_CLASSES))
        if not len(digits):
            return weights
        kernel, wanted = self._kernel(features, features), np.eye(DIGIT_CLASSES)[digits]
        step = 1 / (np.linalg.norm(kernel, 2) / (2 * self._softness) + _SHRINKAGE)
        momentum = 1.0
        for _ in range(_ITERATIONS):
            missed = softmax((logs + kernel @ point) / self._softness) - wanted
            stepped = point - step * (missed + _SHRINKAGE * point)
            grown = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            point = stepped + (momentum - 1) / grown * (stepped - weights)
            weights, momentum = stepped, grown
        return weights


def _plain_digits() -> tuple[np.ndarray, np.ndarray]:
    """Digits in the project's stroke font: uint8 (n, 28, 28), and which they are, int64 (n,)."""
    look = Look(side=_SIDE, pen=_PEN)
    symbols = [(digit, symbol) for digit, forms in DIGIT_STROKES.items() for symbol in forms]
    glyphs = to_glyphs([draw(strokes_of(symbol), look) for _, symbol in symbols])
    return glyphs, np.array([digit for digit, _ in symbols])


def _squares(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances of features, (n, k) and (m, k), rows of length 1: float64 (n, m)."""
    return np.maximum(2 - 2 * (some @ others.T).astype(np.float64), 0)
