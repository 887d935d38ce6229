"""A network's layers as blocks of a diagram, and the multiply-adds of each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt, prod
from typing import Any

ACTIVATIONS = {"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"}
SHAPERS = {f"{kind}Normalization": "normalised" for kind in ("Batch", "Layer", "Group")}
SHAPERS |= dict.fromkeys(("Dropout", "SpatialDropout2D"), "dropout")


@dataclass(frozen=True)
class Block:
    """A block of the diagram: a layer, and the normalisation, activation or dropout after it.

    `sources` are the places, in the list of blocks, of those whose output it takes.
    """

    name: str
    output_shape: tuple[int, ...]
    parameters: int
    sources: tuple[int, ...]


def blocks(layers: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Fold normalisations, activations and dropout into the layer they follow."""
    found: list[Block] = []
    places: dict[str, int] = {}  # of the block that a layer is part of
    for layer in layers:
        sources = tuple(
            sorted({places[name] for name in layer.get("inputs", ()) if name in places})
        )
        sources = sources or ((len(found) - 1,) if found else ())
        shape_out, parameters = tuple(layer["output_shape"]), layer["parameters"]
        name, activation = layer["type"], layer["activation"]
        folds = name in ACTIVATIONS or name in SHAPERS
        notes = [SHAPERS[name]] if name in SHAPERS else []
        notes += [activation] if activation not in (None, "linear") else []
        if folds and sources == (len(found) - 1,):
            last = found.pop()
            name, parameters, sources = last.name, parameters + last.parameters, last.sources
        places[layer["name"]] = len(found)
        found.append(Block(", ".join([name, *notes]), shape_out, parameters, sources))
    return found


def rows(steps: Sequence[Block]) -> list[int]:
    """Say for each block in which row it is drawn: below all whose output it takes."""
    found: list[int] = []
    for step in steps:
        found.append(1 + max((found[source] for source in step.sources), default=-1))
    return found


def multiply_adds(layers: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Count the multiplications, each with its addition, that one image takes in each layer.

    Convolutions and dense layers are counted; a layer's input is its `input_shape`, or else what
    the first of its `inputs` gives, or the layer listed before; a convolution's kernel is worked
    out from its parameters. None for layers that hold no such products, and for kinds that can't
    be told this way.
    """
    found: list[int | None] = []
    before: tuple[int, ...] = ()
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in layers:
        after = tuple(layer["output_shape"])
        sources = [shapes[name] for name in layer.get("inputs", ())[:1] if name in shapes]
        given = tuple(layer.get("input_shape") or (sources or [before])[0])
        found.append(_products(layer["type"], given, after, layer["parameters"]))
        before = shapes[layer["name"]] = after
    return found


def total_multiply_adds(layers: Sequence[Mapping[str, Any]]) -> int | None:
    """Sum them up; None where a layer that may do many could not be counted."""
    counts = multiply_adds(layers)
    free = ACTIVATIONS | set(SHAPERS)
    for layer, found in zip(layers, counts, strict=True):
        if layer["parameters"] and found is None and layer["type"] not in free:
            return None
    return sum(filter(None, counts)) or None


def _products(
    kind: str, before: tuple[int, ...], after: tuple[int, ...], parameters: int
) -> int | None:
    if not before or not after:
        return None
    if kind == "Dense":
        return before[-1] * prod(after)
    if kind == "DepthwiseConv2D":
        weights = _kernel_area(parameters, after[-1], after[-1])
        return weights and prod(after[:-1]) * weights * after[-1]
    if kind in ("Conv1D", "Conv2D"):
        area = _kernel_area(parameters, before[-1] * after[-1], after[-1], kind == "Conv2D")
        return area and prod(after) * before[-1] * area
    return None


def _kernel_area(
    parameters: int, weights_a_place: int, biases: int, is_square: bool = True
) -> int | None:
    """How many places a kernel covers, from its parameters with or without biases.

    Where both would do, as with a single channel before, a square kernel is the likelier.
    """
    areas = [
        (parameters - bias) // weights_a_place
        for bias in (0, biases)
        if parameters > bias and (parameters - bias) % weights_a_place == 0
    ]
    squares = [area for area in areas if isqrt(area) ** 2 == area]
    return next(iter(squares if is_square and squares else areas), None)
