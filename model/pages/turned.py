"""A digit that a picture shows only when it is turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.inference.predictor import Prediction, Predictor, decide, predictions
from model.pages.one_digit import OneDigit
from model.pages.parts import edges_cutting
from model.pages.surroundings import is_face
from model.preprocessing import is_canonical

_CERTAIN = 0.98  # that a turned picture shows a digit, from which it is said


@dataclass(frozen=True)
class Turned:
    """The digit that a picture shows when it is turned by 90, 180 or 270 `degrees` clockwise.

    `glyph`, uint8 (28, 28), is turned, and `prediction` the answer to it.
    """

    degrees: int
    glyph: np.ndarray
    prediction: Prediction

    @property
    def digit(self) -> int:
        return self.prediction.digit


def find_turned(found: OneDigit, predictor: Predictor) -> Turned | None:
    """Turn a mark that is no digit as it stands, and give the one digit that comes of it.

    None for what is accepted or cut by an edge, for a face, and for a 6 or 9 that lies on its side:
    which it is depends on the side.
    """
    stands = found.prediction.accepted or edges_cutting(found.steps) or is_face(found.steps)
    if stands or is_canonical(found.steps.grey):
        return None
    ways = np.stack([np.rot90(found.steps.glyph, way) for way in range(4)])
    upright, *turned = predictions(predictor.score(ways))
    accepted = [way for way, answer in enumerate(turned, start=1) if answer.accepted]
    is_none = decide(upright, predictor.calibration) == "no-digit"
    if not is_none or len({turned[way - 1].digit for way in accepted}) != 1:
        return None
    way = max(accepted, key=lambda way: _belief(turned[way - 1]))
    answer = turned[way - 1]
    return Turned(360 - 90 * way, ways[way], answer) if _belief(answer) >= _CERTAIN else None


def _belief(prediction: Prediction) -> float:
    """The probability that a glyph is the digit that was read, and nothing else."""
    return prediction.confidence * (prediction.digit_probability or 0.0)
