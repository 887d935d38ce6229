"""Rows of three classes, made up, for classifiers of every kind."""

import numpy as np

NAMES = ("a", "b", "c")
RANDOM = np.random.default_rng(6)
LABELS = RANDOM.integers(0, 3, 150)
X = (RANDOM.normal(size=(150, 4)) + 1.2 * np.eye(4)[LABELS]).astype(np.float32)
