"""The outputs of a network's layers for a glyph (activations), and the weights of the last one.

LiteRT keeps every tensor of a bundle's `model.tflite` where it is asked to, so that nothing but
this file is needed: no second output, and no TensorFlow. Normalisation and ReLU are part of the
convolution before them there, as the converter fuses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import numpy as np

from model.bundles.store import Bundle, BundleError
from model.calibration import DIGIT_CLASSES
from model.files.streams import quiet
from model.inference.predictor import LiteRT
from model.preprocessing import GLYPH_SIDE, to_input

BATCH = 256  # glyphs at once; all tensors of so many take some 30 MB
_KINDS: dict[str, Literal["convolution", "pooling", "dense"]] = {
    "CONV_2D": "convolution",
    "DEPTHWISE_CONV_2D": "convolution",
    "MAX_POOL_2D": "pooling",
    "FULLY_CONNECTED": "dense",
}


@dataclass(frozen=True)
class Layer:
    """A layer of a network: the name that it was given in Keras, and its output's shape.

    `weights` float32: of a convolution (maps, height, width, maps before; 1 first where each map
    has one of its own), of a dense layer (units, inputs); empty for pooling. `bias` float32
    (units,) of a dense layer, zeros where it has none and for all other layers.
    """

    name: str
    kind: Literal["convolution", "pooling", "dense"]
    shape: tuple[int, ...]
    weights: np.ndarray
    bias: np.ndarray


class Layers:
    """The layers of a bundle's network, and their outputs; safe to share between threads."""

    def __init__(self, bundle: Bundle):
        """Load the bundle's network. Raises BundleError when it does not end in a dense layer."""
        self._lock = Lock()
        try:
            with quiet():
                self._network = _network(bundle)
                self._network.run(np.zeros((1, GLYPH_SIDE, GLYPH_SIDE, 1), np.float32))
                operations = self._network.interpreter._get_ops_details()
                found = [(self._layer(op), int(op["outputs"][0])) for op in operations
                         if op["op_name"] in _KINDS]  # fmt: skip
        except (ValueError, RuntimeError, IndexError, AttributeError) as error:
            reason = str(error).partition("\n")[0]
            raise BundleError(f"bundle '{bundle.name}' cannot be looked into: {reason}") from None
        if not found or found[-1][0].kind != "dense" or found[-1][0].shape[0] < DIGIT_CLASSES:
            raise BundleError(f"bundle '{bundle.name}' cannot be looked into: no dense layer last")
        last = next(op for op in reversed(operations) if op["op_name"] == "FULLY_CONNECTED")
        self.layers = tuple(layer for layer, _ in found)
        self._outputs = [output for _, output in found]
        self._features = int(last["inputs"][0])

    @property
    def last(self) -> Layer:
        """The dense layer that the answers come out of."""
        return self.layers[-1]

    @property
    def pictured(self) -> list[int]:
        """Numbers of the layers whose output is maps: pictures, and not single numbers."""
        return [number for number, layer in enumerate(self.layers)
                if len(layer.shape) == 3 and min(layer.shape[:2]) > 1]  # fmt: skip

    def outputs(self, glyphs: np.ndarray) -> list[np.ndarray]:
        """Give each layer's output for glyphs, uint8 (n, 28, 28): float32 (n, *the layer's shape).

        For a few hundred glyphs at most, as all outputs are in memory at once.
        """
        with self._lock:
            self._network.run(to_input(glyphs))
            return [self._network.interpreter.get_tensor(place) for place in self._outputs]

    def features(self, glyphs: np.ndarray) -> np.ndarray:
        """Give what the last layer gets for glyphs, uint8 (n, 28, 28): float32 (n, features)."""
        found = [np.empty((0, self.last.weights.shape[1]), np.float32)]
        for start in range(0, len(glyphs), BATCH):
            with self._lock:
                self._network.run(to_input(glyphs[start : start + BATCH]))
                found.append(self._network.interpreter.get_tensor(self._features))
        return np.concatenate(found)

    def _layer(self, operation: dict[str, Any]) -> Layer:
        kind, output = _KINDS[operation["op_name"]], int(operation["outputs"][0])
        places = [int(place) for place in operation["inputs"]]
        has_bias = kind == "dense" and places[2] >= 0
        tensor = self._network.interpreter.get_tensor
        shape = tensor(output).shape[1:]
        return Layer(
            name=_name(self._network.interpreter._get_tensor_details(output, 0)["name"]),
            kind=kind,
            shape=shape,
            weights=tensor(places[1]) if len(places) > 1 else np.empty(0, np.float32),
            bias=tensor(places[2]) if has_bias else np.zeros(shape[-1], np.float32),
        )


def _network(bundle: Bundle) -> LiteRT:
    """The network, run layer by layer: the default delegate keeps what lies between to itself."""
    from ai_edge_litert.interpreter import OpResolverType

    return LiteRT(
        bundle,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )


def _name(tensor: str) -> str:
    """Keras' name of a layer, from a tensor's such as `cnn_1/fine_relu_1/Relu;…`."""
    parts = tensor.split(";")[0].split("/")
    name = parts[1] if len(parts) > 1 else parts[0]
    stem, _, number = name.rpartition("_")
    name = stem if stem and number.isdigit() else name
    return name.removesuffix("_relu")
