"""What each layer of a network makes of a drawing, in words and small pictures.

`Inside.describe` is what stays the same while one draws, which a template of the page shows;
`Inside.look` is what a drawing adds, by the keys that the description gives to its places.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import cv2
import numpy as np

from model.bundles.store import shipped_bundles
from model.calibration import DIGIT_CLASSES
from model.errors import InputError
from model.inference.explain import FOR_DIGIT, FOR_RUNNER_UP, PAPER
from model.inference.layers import Layer, Layers
from model.inference.predictor import Predictor, decide
from model.inference.probes import Naming, name_maps
from model.pages.parts import count_tall_parts
from model.preprocessing import GLYPH_SIDE, Steps
from webapp.answers import bars
from webapp.encoding import pixels_of, png_url
from webapp.language import Words

SHOWN = 6  # maps of a layer, and features that counted
COLUMNS = 16  # of the picture that holds all maps


class Inside:
    """Looks into one network; safe to share between threads."""

    def __init__(self, predictor: Predictor):
        """Open the network again, layer by layer. Raises BundleError when that cannot be done."""
        self._predictor = predictor
        self._layers = Layers(predictor.bundle)
        self._reads_pixels = _reads_pixels(self._layers.last)

    @cached_property
    def _namings(self) -> dict[int, Naming]:
        """What the maps of each layer respond to; found out when it is first asked for."""
        return name_maps(self._layers)

    def describe(self, words: Words) -> dict[str, Any]:
        """Tell what there is to see in this network, before anything is drawn."""
        classes = self._layers.last.shape[0]
        names = [str(digit) for digit in range(DIGIT_CLASSES)]
        names += [words["none"]] * (classes - DIGIT_CLASSES)
        outputs = self._predictor.calibration.outputs
        return {
            "state": "empty",
            "network": self._predictor.bundle.name,
            "words": words["inside_prompt"],
            "layers": [self._describe_layer(number, words) for number in range(self._hidden)],
            "points": words["inside_stencils" if self._reads_pixels else "inside_points"],
            "shares": words[f"inside_{outputs}"],
            "rows": [{"key": f"row.{row}", "name": name} for row, name in enumerate(names)],
            "stencils": [{"name": str(digit), "picture": png_url(stencil(row))}
                         for digit, row in enumerate(self._layers.last.weights[:DIGIT_CLASSES])
                         if self._reads_pixels],
            "counted": [{"key": f"counted.{place}"}
                        for place in range(0 if self._reads_pixels else SHOWN)],
        }  # fmt: skip

    def look(self, steps: Steps, words: Words, all_of: frozenset[str] = frozenset()) -> dict:
        """Tell what the network makes of a drawing: `pictures`, `texts` and `shares` by key.

        Of the layers in `all_of`, by number, one picture more holds all maps, or all stencils,
        whatever is drawn. Pictures are as `pixels_of` gives them.
        """
        outputs = [output[0] for output in self._layers.outputs(steps.glyph[None])]
        prediction = self._predictor.predict_steps(steps)
        state = decide(prediction, self._predictor.calibration)
        is_several = state == "no-digit" and count_tall_parts(steps) > 1
        said = words["one_at_a_time"] if is_several else words.verdict(prediction, state)
        pictures = {"glyph": pixels_of(steps.glyph)}
        for number in self._layers.pictured:
            bright = self._brightness(number, outputs[number])
            for place in self._shown(number):
                pictures[f"{number}.{place}"] = pixels_of(bright[..., place])
            if str(number) in all_of:
                pictures[f"{number}.all"] = pixels_of(sheet(np.moveaxis(bright, -1, 0)))
        likely = bars(prediction, words)
        first = next(row for row, bar in enumerate(likely) if bar["first"])
        texts, shares = self._rows(outputs, steps.glyph, words)
        texts |= {f"row.{row}.share": bar["percent"] for row, bar in enumerate(likely)}
        counted = self._counted(outputs, prediction.probabilities, words)
        return {
            "state": state,
            "network": self._predictor.bundle.name,
            "words": said,
            "first": f"row.{first}",
            "pictures": pictures | self._all_stencils(all_of) | counted[0],
            "texts": texts | counted[1],
            "shares": shares,
        }

    @property
    def _hidden(self) -> int:
        """The number of layers before the last."""
        return len(self._layers.layers) - 1

    def _describe_layer(self, number: int, words: Words) -> dict[str, Any]:
        layer = self._layers.layers[number]
        count = layer.shape[-1]
        about: dict[str, Any] = {"title": words.say("inside_layer", number=number + 1),
                                 "name": layer.name, "key": str(number), "maps": [],
                                 "all": None, "still": _reads_pixels(layer)}  # fmt: skip
        everything = words.say("inside_all", count=count)
        if len(layer.shape) == 1:
            size = words.say("inside_units", count=count)
            return about | {"text": words["inside_hidden"], "size": size, "all": everything}
        if min(layer.shape[:2]) == 1:
            size = words.say("inside_numbers", count=count)
            return about | {"text": words["inside_places"], "size": size}
        kind = "pooling" if layer.kind == "pooling" else "next" if number else "first"
        high, wide, _ = layer.shape
        names = self._namings[number].names
        keys = [f"map_{name.replace(' ', '_') or 'nothing'}" for name in names]
        maps = [{"key": f"{number}.{place}", "name": words[keys[place]]}
                for place in self._shown(number)]  # fmt: skip
        return about | {
            "text": words[f"inside_{kind}"],
            "size": words.say("inside_maps", count=count, height=high, width=wide),
            "maps": maps,
            "all": everything,
        }

    def _shown(self, number: int) -> list[int]:
        """The handful of a layer's maps that are shown; of pooling, those of the layer before."""
        layer = self._layers.layers[number]
        return self._namings[number - (layer.kind == "pooling")].clearest(SHOWN)

    def _brightness(self, number: int, output: np.ndarray) -> np.ndarray:
        """Maps float32 (h, w, n) as pictures uint8: white is a response as to a clear mark."""
        full = np.maximum(self._namings[number].strongest, 1e-6)
        return np.round(255 * np.clip(output / full, 0, 1)).astype(np.uint8)

    def _all_stencils(self, wanted: frozenset[str]) -> dict[str, dict]:
        """All units' stencils of the dense layers that are wanted, where they read pixels."""
        found = {}
        for number, layer in enumerate(self._layers.layers[:-1]):
            if str(number) in wanted and _reads_pixels(layer):
                stencils = np.stack([stencil(weights) for weights in layer.weights])
                found[f"{number}.all"] = pixels_of(sheet(stencils))
        return found

    def _counted(self, outputs: list[np.ndarray], probabilities, words: Words):
        """Pictures and texts of the features that counted most for the answer over the next one."""
        last, pictures, texts = self._layers.last, {}, {}
        if self._reads_pixels:
            return {}, {}
        other, digit = (int(d) for d in np.argsort(probabilities, kind="stable")[-2:])
        points = last.weights[[digit, other]] * outputs[-2].ravel()
        ahead = points[0] - points[1]
        for rank, place in enumerate(np.argsort(-ahead, kind="stable")[:SHOWN].tolist()):
            key, picture = f"counted.{rank}", self._feature_picture(place, outputs)
            if picture:
                pictures[key] = picture
            texts[key] = words.say("inside_gave", digit=digit, other=other,
                                   points=_signed(points[0, place], words),
                                   others=_signed(points[1, place], words))  # fmt: skip
        return pictures, texts

    def _feature_picture(self, place: int, outputs: list[np.ndarray]) -> dict | None:
        """What a feature was found by: the map behind it, or the stencil of its unit."""
        before = self._layers.layers[self._hidden - 1]
        if _reads_pixels(before):
            return pixels_of(stencil(before.weights[place]))
        found = self._layers.pictured
        if not found or self._layers.layers[found[-1]].shape[-1] != before.shape[-1]:
            return None
        return pixels_of(self._brightness(found[-1], outputs[found[-1]])[..., place])

    def _rows(self, outputs: list[np.ndarray], glyph: np.ndarray, words: Words):
        """For each class its points as a text, and as shares those for and against it."""
        last = self._layers.last
        features = glyph.ravel() / 255 if self._reads_pixels else outputs[-2].ravel()
        points = np.c_[last.weights * features, last.bias]
        gained, lost = np.maximum(points, 0).sum(1), np.maximum(-points, 0).sum(1)
        most = max(float(gained.max()), float(lost.max()), 1e-6)
        texts: dict[str, str] = {}
        shares: dict[str, float] = {}
        for row in range(len(points)):
            key = f"row.{row}"
            shares |= {
                f"{key}.for": float(gained[row] / most),
                f"{key}.against": float(lost[row] / most),
            }
            texts[f"{key}.sum"] = _signed(gained[row] - lost[row], words)
        return texts, shares


class Insides:
    """The networks that can be looked into, by name; each is opened when it is first asked for."""

    def __init__(self, predictors: Sequence[Predictor]):
        self._predictors = {predictor.bundle.name: predictor for predictor in predictors}
        self._opened: dict[str, Inside] = {}
        self._lock = Lock()

    @property
    def predictors(self) -> list[Predictor]:
        return list(self._predictors.values())

    def of(self, name: str) -> Inside:
        """Open a network. Raises InputError when there is none of that name."""
        if name not in self._predictors:
            raise InputError("there is no such network here")
        with self._lock:
            if name not in self._opened:
                self._opened[name] = Inside(self._predictors[name])
            return self._opened[name]


def networks_beside(served: Predictor) -> list[Predictor]:
    """Give all networks that ship, smallest first, and the served one last if it is another."""
    shipped = [
        served if bundle.path == served.bundle.path else Predictor(bundle)
        for bundle in shipped_bundles()
    ]
    return shipped if served in shipped else [*shipped, served]


def stencil(weights: np.ndarray) -> np.ndarray:
    """Paint weights (784,) as BGR uint8 (28, 28, 3): blue for ink, orange against."""
    strength = weights.reshape(GLYPH_SIDE, GLYPH_SIDE, 1) / max(float(np.abs(weights).max()), 1e-9)
    hue = np.where(strength > 0, FOR_DIGIT, FOR_RUNNER_UP)
    paper = np.array(PAPER)
    return np.round(paper + np.abs(strength) * (hue - paper)).astype(np.uint8)[..., ::-1]


def sheet(pictures: np.ndarray) -> np.ndarray:
    """Lay pictures, uint8 (n, h, w) or (n, h, w, 3), out in rows, a grey pixel between them."""
    framed = [cv2.copyMakeBorder(picture, 0, 1, 0, 1, cv2.BORDER_CONSTANT, value=(128,) * 3)
              for picture in pictures]  # fmt: skip
    columns = min(COLUMNS, len(framed))
    framed += [np.zeros_like(framed[0])] * (-len(framed) % columns)
    rows = [
        cv2.hconcat(framed[start : start + columns]) for start in range(0, len(framed), columns)
    ]
    return cv2.vconcat(rows)


def _reads_pixels(layer: Layer) -> bool:
    return layer.kind == "dense" and layer.weights.shape[1] == GLYPH_SIDE**2


def _signed(value: float, words: Words) -> str:
    """Write points with a sign: a real minus, and a plus for what rounds to zero."""
    return f"{round(float(value), 1) or 0:+.1f}".replace("-", "\N{MINUS SIGN}").replace(
        ".", words["decimal"]
    )
