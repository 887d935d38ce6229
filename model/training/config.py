"""The configuration of a training run, and the default recipe of each network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.errors import InputError

TUTORIALS = ("linear", "mlp100", "mlp128")  # as in the tutorials: Adam at a constant rate
RECIPES: dict[str, dict[str, Any]] = {  # what differs from the tutorials' recipe
    **dict.fromkeys(TUTORIALS, {}),
    "cnn_small": {"epochs": 1, "batch_size": 128, "learning_rate": 1e-2},
    "cnn": {"epochs": 30, "batch_size": 128, "learning_rate": 3e-3, "augmented": True},
}
MOST = 2**31 - 1  # of what TensorFlow counts in 32 bits
MOST_RATE = 1000  # far beyond any that a network learns by


@dataclass(frozen=True)
class TrainingConfig:
    """All that decides the result of a training run, apart from the data.

    `learning_rate` is Adam's, or the peak of AdamW's cosine (`anneals`); `validation_split` is
    the share of the training images held out, 0 for none.
    """

    architecture: str
    epochs: int = 5
    batch_size: int = 32
    learning_rate: float = 1e-3
    validation_split: float = 0.1
    seed: int = 1
    augmented: bool = False

    @classmethod
    def default(cls, architecture: str, **changes) -> TrainingConfig:
        """A network's own recipe, with changes. Raises InputError for a bad value."""
        if architecture not in RECIPES:
            known = ", ".join(RECIPES)
            raise InputError(f"unknown architecture '{architecture}': choose one of {known}")
        given = {name: value for name, value in changes.items() if value is not None}
        config = cls(architecture, **RECIPES[architecture] | given)
        if not (0 < config.epochs <= MOST and 0 < config.batch_size <= MOST):
            raise InputError(f"--epochs and --batch-size must be whole numbers from 1 to {MOST}")
        if not 0 < config.learning_rate <= MOST_RATE:
            raise InputError(f"--learning-rate must be above 0 and at most {MOST_RATE}")
        if not 0 <= config.validation_split < 1:
            raise InputError("--validation-split must be at least 0 and under 1")
        if not 0 <= config.seed <= MOST:
            raise InputError(f"--seed must be a whole number from 0 to {MOST}")
        return config

    @property
    def anneals(self) -> bool:
        """Whether AdamW's rate rises to `learning_rate` and falls; else Adam's is constant."""
        return self.architecture not in TUTORIALS
