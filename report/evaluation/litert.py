"""Classifiers in LiteRT (TensorFlow Lite) files."""

from __future__ import annotations

from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError
from model.files.streams import quiet
from report.evaluation import classifiers

BATCH = 128
ACTIVATIONS = {
    "SOFTMAX": "softmax",
    "LOGISTIC": "sigmoid",
    "LOG_SOFTMAX": "log_softmax",
    "FULLY_CONNECTED": "linear",
    "BATCH_MATMUL": "linear",
}
PASSING = {"DEQUANTIZE", "QUANTIZE", "RESHAPE", "SQUEEZE", "CAST"}


def load(path: Path) -> classifiers.Classifier:
    """Load a .tflite file with one input and one output. Raises InputError."""
    from ai_edge_litert.interpreter import Interpreter

    with classifiers.loading(path, "LiteRT file", "train"), quiet():
        content = classifiers.read_model(path, "LiteRT file")
        interpreter = Interpreter(model_content=content)
        given, found = interpreter.get_input_details(), interpreter.get_output_details()
        activation = _activation(interpreter, found[0]["index"], content)
        weights = _weights(interpreter)
        if all((d["shape_signature"][1:] >= 0).all() for d in given):
            _prepare(interpreter, path)  # others can't be before their sides are known
    if len(given) != 1 or len(found) != 1:
        raise InputError(f"{path}: a network with one input and one output is needed")
    shape = [None if side < 0 else int(side) for side in given[0]["shape_signature"]]

    def run(x: np.ndarray) -> np.ndarray:
        if tuple(interpreter.get_input_details()[0]["shape"]) != x.shape:
            interpreter.resize_tensor_input(given[0]["index"], x.shape, strict=False)
            _prepare(interpreter, path)
        interpreter.set_tensor(given[0]["index"], _to_type(x, given[0]))
        interpreter.invoke()
        values, (scale, zero) = interpreter.get_tensor(found[0]["index"]), found[0]["quantization"]
        return scale * (values.astype(np.float64) - zero) if scale else values

    def scores(x: np.ndarray) -> np.ndarray:
        with quiet():
            return classifiers.in_batches(run, BATCH if shape[0] is None else shape[0] or 1)(x)

    library = f"ai-edge-litert {version('ai-edge-litert')}"
    facts = classifiers.model_facts(path, "LiteRT file", library, parameters=weights)
    step = float(found[0]["quantization"][0])
    is_class = not step and classifiers.are_answers(found[0]["dtype"], found[0]["shape"])
    slack = classifiers.SUM_SLACK + step * int([1, *found[0]["shape"]][-1])
    return classifiers.Classifier(path, scores, activation, tuple(shape[1:]), facts, run,
                                  answers_only=is_class, slack=slack)  # fmt: skip


def _prepare(interpreter: Any, path: Path) -> None:
    """Reserve memory for all steps. Raises InputError where one makes more numbers than it holds.

    The system gives that memory only as it is used.
    """
    interpreter.allocate_tensors()
    most = max(prod(map(int, details["shape"])) for details in interpreter.get_tensor_details())
    classifiers.check_size(most, path)


def _activation(interpreter: Any, output: int, content: bytes) -> str | None:
    """What the operation that gives the output is, past those that only pass it on."""
    makers = {int(o): op for op in interpreter._get_ops_details() for o in op["outputs"]}
    for _ in range(len(makers)):
        maker = makers.get(output)
        if maker is None:
            return None
        if maker["op_name"] not in PASSING:
            is_clipped = _has_relu(content, int(maker["index"]))
            return None if is_clipped else ACTIVATIONS.get(maker["op_name"])
        output = int(maker["inputs"][0])
    return None


def _has_relu(content: bytes, place: int) -> bool:
    """Whether the operation at this place of the file is a dense layer with a ReLU in it."""
    from ai_edge_litert import schema_py_generated as schema

    operation = schema.Model.GetRootAs(content, 0).Subgraphs(0).Operators(place)
    if operation.BuiltinOptionsType() != schema.BuiltinOptions.FullyConnectedOptions:
        return False
    options, table = schema.FullyConnectedOptions(), operation.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options.FusedActivationFunction() != schema.ActivationFunctionType.NONE


def _weights(interpreter: Any) -> int:
    """How many numbers the file holds: the constants that operations take, but for shapes."""
    made = {int(o) for op in interpreter._get_ops_details() for o in op["outputs"]}
    made |= {details["index"] for details in interpreter.get_input_details()}
    taken = {int(i) for op in interpreter._get_ops_details() for i in op["inputs"] if i >= 0}
    sizes = {d["index"]: d["shape"] for d in interpreter.get_tensor_details() if len(d["shape"])}
    return sum(int(np.prod(sizes[i])) for i in taken - made if i in sizes)


def _to_type(x: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """Values as the network takes them: quantised where its input is.

    Raises ValueError for whole numbers far out of its range, as of pixels that were not scaled.
    """
    scale, zero = details["quantization"]
    if scale:
        limits = np.iinfo(details["dtype"])
        steps, wide = np.round(x / scale) + zero, limits.max - limits.min
        is_far = steps.min() < limits.min - wide or steps.max() > limits.max + wide
        if is_far and np.array_equal(x, np.round(x)):
            low, high = (scale * (limit - zero) for limit in (limits.min, limits.max))
            raise ValueError(
                f"its input is quantised from {low:.4g} to {high:.4g}, and x goes from "
                f"{x.min():.4g} to {x.max():.4g}; scale x as in training"
            )
        x = np.clip(steps, limits.min, limits.max)
    return classifiers.in_type(x, details["dtype"])
