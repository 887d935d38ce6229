"""The networks in Python and in notebooks: `from model import Network, load_data, train`."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from model.bundles.store import Bundle, load_bundle
from model.data.dataset import Dataset, load_dataset
from model.data.labelled import LabelledImages
from model.errors import InputError
from model.files.pictures import load_image
from model.inference.explain import explain, paint
from model.inference.predictor import Prediction, Predictor
from model.pages.one_digit import OneDigit, find_digit
from model.preprocessing import to_glyphs
from model.training.config import TrainingConfig
from model.training.curves import draw_curves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = Image.Image | np.ndarray | str | os.PathLike
ENLARGED = 10  # times, so that people can see single pixels


def load_data(name: str = "mnist", train: int | None = None, test: int | None = None) -> Dataset:
    """Load a training and a test set: `mnist`, `digits`, `unipen`, `pendigits` or a path.

    `train` and `test` keep the first so many images of each, for a quick try; None keeps all. Their
    `images` are uint8 (n, 28, 28) for MNIST, their `labels` int64 (n,). Raises InputError.
    """
    is_path = os.path.exists(name)
    data = load_dataset(path=name) if is_path else load_dataset(name)
    return replace(data, train=_first(data.train, train), test=_first(data.test, test))


def _first(images: LabelledImages, count: int | None) -> LabelledImages:
    return images.take(np.arange(len(images))[:count])


def train(architecture: str, data: Dataset, **settings: Any) -> Network:
    """Train a network and keep it as a bundle in the cache.

    `architecture` is `linear`, `mlp100`, `mlp128`, `cnn_small` or `cnn`; `settings` are those of
    `TrainingConfig`: `epochs`, `batch_size`, `learning_rate`, `validation_split`, `seed`. Needs the
    extra `train`. Raises InputError.
    """
    from model.training.run import train_bundle

    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it tells a notebook what it saves
    bundle = train_bundle(TrainingConfig.default(architecture, **settings), data)
    if bundle is None:
        raise InputError("another machine keeps this network; open it there")
    return Network(bundle)


@dataclass(frozen=True)
class Network:
    """A trained network that reads pictures of digits."""

    bundle: Bundle

    @classmethod
    def open(cls, name_or_dir: str | os.PathLike = "cnn") -> Network:
        """Open a network by its name or folder. Raises InputError."""
        return cls(load_bundle(name_or_dir))

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.bundle)

    @property
    def history(self) -> list[dict[str, Any]]:
        """Loss and accuracy after each epoch of its training."""
        return self.bundle.metadata["history"]

    def curves(self) -> Figure:
        """Draw its learning curves: loss and accuracy by epoch."""
        return draw_curves(self.history)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Read images, uint8 (n, h, w), each of one digit: float32 (n, 10), rows sum to 1."""
        return self._predictor.score(to_glyphs(images)).probabilities

    def predict(self, picture: Picture) -> Prediction:
        """Read a picture of one digit: a file, a Pillow image or an array. Raises InputError.

        A box or circle around the digit, ruled lines and stray dots are left out.
        """
        return self._found(picture).prediction

    def prepared(self, picture: Picture) -> Image.Image:
        """Show a picture as the network gets it: 28×28 pixels, enlarged. Raises InputError."""
        return _enlarged(self._found(picture).steps.glyph)

    def explain(self, picture: Picture) -> Image.Image:
        """Colour the ink by what it supports: blue for the answer, orange for its rival.

        Raises InputError.
        """
        glyph = self._found(picture).steps.glyph
        probabilities = self._predictor.score(glyph[None]).probabilities[0]
        return _enlarged(paint(glyph, explain(glyph, self._predictor, probabilities)))

    def _found(self, picture: Picture) -> OneDigit:
        image = load_image(picture) if isinstance(picture, str | os.PathLike) else picture
        return find_digit(image, self._predictor)


def _enlarged(pixels: np.ndarray) -> Image.Image:
    return ImageOps.scale(Image.fromarray(pixels), ENLARGED, Image.Resampling.NEAREST)
