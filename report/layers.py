"""A network's layers as people draw them: one block a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ACTIVATIONS = {"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"}
SHAPERS = {
    "BatchNormalization": "normalised",
    "LayerNormalization": "normalised",
    "GroupNormalization": "normalised",
    "Dropout": "dropout",
    "SpatialDropout2D": "dropout",
}


@dataclass(frozen=True)
class Block:
    """One step of a network as people draw it: a layer with what only shapes its output."""

    name: str
    output_shape: tuple[int, ...]
    parameters: int


def blocks(layers: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Fold normalisations, activations and dropout into the layer they follow."""
    found: list[Block] = []
    for layer in layers:
        shape_out, parameters = tuple(layer["output_shape"]), layer["parameters"]
        name, activation = layer["type"], layer["activation"]
        folds = name in ACTIVATIONS or name in SHAPERS
        notes = [SHAPERS[name]] if name in SHAPERS else []
        notes += [activation] if activation not in (None, "linear") else []
        if folds and found:
            last = found.pop()
            name, parameters = last.name, parameters + last.parameters
        found.append(Block(", ".join([name, *notes]), shape_out, parameters))
    return found
