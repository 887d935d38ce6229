"""Inference with LiteRT: reads digits with a bundle, without importing TensorFlow."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from threading import Lock
from typing import Any, Literal

import numpy as np
from PIL import Image

from model.bundles.store import METADATA_FILE, Bundle, BundleError, load_bundle
from model.calibration import DIGIT_CLASSES, Calibration, digit_probabilities, temper
from model.files.streams import quiet
from model.preprocessing import GLYPH_SIDE, Steps, preprocess, to_input

_BATCH_SIZE = 256
Decision = Literal["sure", "unsure", "no-digit"]


@dataclass(frozen=True)
class Scores:
    """Calibrated answers for n glyphs.

    `probabilities` float32 (n, 10), each row sums to 1; `digit_probability` float32 (n,), the
    probability that the glyph is a digit at all, None for a network without such an output;
    `accepted` bool (n,).
    """

    probabilities: np.ndarray
    digit_probability: np.ndarray | None
    accepted: np.ndarray


@dataclass(frozen=True)
class Prediction:
    """The answer for one picture."""

    digit: int
    confidence: float
    probabilities: tuple[float, ...]
    digit_probability: float | None
    accepted: bool


class LiteRT:
    """A bundle's network, run by LiteRT; not safe to share between threads."""

    def __init__(self, bundle: Bundle, **options: Any):
        """Load the network with options of LiteRT. Raises what LiteRT does for a damaged one."""
        from ai_edge_litert.interpreter import Interpreter

        model = bundle.litert_path.read_bytes()
        self.interpreter = Interpreter(model_content=model, **options)
        self._input = self.interpreter.get_input_details()[0]["index"]
        self._shape: tuple[int, ...] = ()

    def run(self, pixels: np.ndarray) -> None:
        """Run it on float32 (n, 28, 28, 1) in [0, 1]; its tensors then hold the results."""
        if self._shape != pixels.shape:
            self.interpreter.resize_tensor_input(self._input, pixels.shape)
            self.interpreter.allocate_tensors()
            self._shape = pixels.shape
        self.interpreter.set_tensor(self._input, pixels)
        self.interpreter.invoke()


class Predictor:
    """Reads glyphs and pictures with one bundle; safe to share between threads."""

    def __init__(self, bundle: Bundle, threads: int | None = None):
        """Load the bundle's LiteRT network, to run on `threads` threads (default: one a core).

        Raises BundleError when LiteRT cannot run it.
        """
        self.bundle = bundle
        given = bundle.metadata["calibration"]
        self.calibration = Calibration(**{f.name: given[f.name] for f in fields(Calibration)})
        self._lock = Lock()
        try:
            with quiet():  # LiteRT announces its delegate at the first run
                self._network = LiteRT(bundle, num_threads=threads or os.cpu_count())
                self._output = self._network.interpreter.get_output_details()[0]["index"]
                shape = self._run(np.zeros((1, GLYPH_SIDE, GLYPH_SIDE), np.uint8)).shape
        except (ValueError, RuntimeError, IndexError) as error:
            reason = str(error).partition("\n")[0]
            raise BundleError(f"LiteRT cannot run bundle '{bundle.name}': {reason}") from None
        has_rejection = self.calibration.accept_digit_probability is not None
        if shape != (1, DIGIT_CLASSES + has_rejection):
            raise BundleError(f"bundle '{bundle.name}' does not answer as its {METADATA_FILE} says")

    @classmethod
    def load(cls, name_or_dir: str | os.PathLike = "cnn", threads: int | None = None) -> Predictor:
        """Load by a bundle's name or folder. Raises BundleError."""
        return cls(load_bundle(name_or_dir), threads)

    def score(self, glyphs: np.ndarray) -> Scores:
        """Read glyphs, uint8 (n, 28, 28)."""
        scores, settings = self.raw_scores(glyphs), self.calibration
        probabilities = temper(digit_probabilities(scores, settings.outputs), settings.temperature)
        is_digit = 1 - scores[:, DIGIT_CLASSES] if scores.shape[1] > DIGIT_CLASSES else None
        return Scores(probabilities, is_digit, settings.accepts(probabilities, is_digit))

    def raw_scores(self, glyphs: np.ndarray) -> np.ndarray:
        """Return the network's uncalibrated outputs for glyphs: float32 (n, 10 or 11)."""
        raw = [self._run(glyphs[i : i + _BATCH_SIZE]) for i in range(0, len(glyphs), _BATCH_SIZE)]
        return np.concatenate(raw) if raw else np.empty((0, DIGIT_CLASSES), np.float32)

    def predict(self, image: Image.Image | np.ndarray) -> Prediction:
        """Read a picture of one digit and nothing else. Raises ImageError."""
        return self.predict_steps(preprocess(image))

    def predict_steps(self, steps: Steps) -> Prediction:
        """Read a picture that has been preprocessed."""
        return predictions(self.score(steps.glyph[None]))[0]

    def _run(self, glyphs: np.ndarray) -> np.ndarray:
        pixels = to_input(glyphs)
        with self._lock:
            self._network.run(pixels)
            return self._network.interpreter.get_tensor(self._output)


def decide(prediction: Prediction, calibration: Calibration) -> Decision:
    """Decide how an answer is presented.

    "no-digit" means rejected because the glyph looks too little like any digit, by the threshold
    that `Predictor.score` uses.
    """
    if prediction.accepted:
        return "sure"
    probability, threshold = prediction.digit_probability, calibration.accept_digit_probability
    if probability is not None and threshold is not None and probability < threshold:
        return "no-digit"
    return "unsure"


def predictions(scores: Scores) -> list[Prediction]:
    """Convert answers for n glyphs to n objects."""
    is_digit = scores.digit_probability
    return [
        Prediction(
            digit=int(row.argmax()),
            confidence=float(row.max()),
            probabilities=tuple(row.tolist()),
            digit_probability=None if is_digit is None else float(is_digit[i]),
            accepted=bool(scores.accepted[i]),
        )
        for i, row in enumerate(scores.probabilities)
    ]
