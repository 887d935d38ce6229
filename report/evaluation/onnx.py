"""Classifiers in ONNX files."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError
from model.files.streams import quiet
from report.evaluation import classifiers
from report.evaluation.columns import as_text

BATCH = 128
ACTIVATIONS = {
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "HardSigmoid": "hard_sigmoid",
    "LogSoftmax": "log_softmax",
    "Gemm": "linear",
    "MatMul": "linear",
}
PASSING = {"Identity", "Reshape", "Flatten", "Squeeze", "Cast", "Dropout", "Unsqueeze"}
TEXTS = "tensor(string)"
TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    **{f"tensor({name})": np.dtype(name).type
       for name in ("float16", "uint8", "uint16", "int8", "int16", "int32", "int64")},
}  # fmt: skip


def load(path: Path) -> classifiers.Classifier:
    """Load an .onnx file with one input and one output of numbers, or of labels alone.

    Raises InputError.
    """
    with classifiers.loading(path, "ONNX file", "onnx"), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import onnx
        import onnxruntime

        network = onnx.load_from_string(classifiers.read_model(path, "ONNX file"))
        graph = network.graph
        classes = _unzipped(graph)
        _check_sizes(network, path)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        providers = ["CPUExecutionProvider"]
        content = network.SerializeToString() if classes else path
        session = onnxruntime.InferenceSession(content, options, providers=providers)
    given, (output, is_class) = session.get_inputs(), _output(session, path)
    if is_class:
        classes = _named(graph)
    if len(given) != 1 or given[0].type not in TYPES:
        names = ", ".join(f"{one.name} {one.type}" for one in given)
        raise InputError(f"{path}: one input of numbers is needed; it has {names or 'none'}")
    sides = [side if isinstance(side, int) and side > 0 else None for side in given[0].shape]
    kind, size = TYPES[given[0].type], sides[0] if sides else None

    def run(x: np.ndarray) -> np.ndarray:
        rest = max(0, (size or 0) - len(x))  # of a batch that is of a fixed size
        filled = np.concatenate([x, np.zeros((rest, *x.shape[1:]))]) if rest else x
        found = session.run([output], {given[0].name: classifiers.in_type(filled, kind)})[0]
        return found[: len(x)] if rest else found

    def scores(x: np.ndarray) -> np.ndarray:
        found = classifiers.in_batches(run, size or BATCH)(x)
        return _numbered(found, classes, path) if is_class else found

    facts = classifiers.model_facts(
        path,
        "ONNX file",
        f"onnxruntime {version('onnxruntime')}",
        parameters=sum(prod(weights.dims) for weights in graph.initializer),
    )
    shape = tuple(sides[1:]) if sides else None
    activation = None if is_class else _activation(graph, output)
    return classifiers.Classifier(
        path, scores, activation, shape, facts, run, classes, answers_only=is_class
    )


def _check_sizes(network: Any, path: Path) -> None:
    """Check how many numbers each step makes, as far as that is known. Raises InputError."""
    import onnx

    made = onnx.shape_inference.infer_shapes(network, data_prop=True).graph.value_info
    for step in made:  # a side that is not known counts as 0
        classifiers.check_size(
            prod(side.dim_value for side in step.type.tensor_type.shape.dim), path
        )


def _unzipped(graph: Any) -> tuple[str, ...] | None:
    """Let a graph give probabilities as an array, where it gives each row's as a map by class.

    Returns the classes that such a map names, as scikit-learn's converter makes them; else None.
    """
    import onnx

    node = next((node for node in graph.node if node.op_type == "ZipMap"), None)
    output = next((o for o in graph.output if node and o.name == node.output[0]), None)
    if node is None or output is None:
        return None
    labels = onnx.helper.get_attribute_value(node.attribute[0])
    array = onnx.helper.make_tensor_value_info(node.input[0], onnx.TensorProto.FLOAT, None)
    output.CopyFrom(array)
    graph.node.remove(node)
    return tuple(map(as_text, labels))


def _output(session: Any, path: Path) -> tuple[str, bool]:
    """The name of the output to use, and whether it holds labels instead of numbers.

    Classifiers may give labels beside numbers.
    """
    outputs = session.get_outputs()
    scores = [o for o in outputs if o.type in TYPES and np.issubdtype(TYPES[o.type], np.floating)]
    if len(scores) == 1:
        return scores[0].name, False
    labels = [o for o in outputs if o.type in TYPES or o.type == TEXTS]
    if len(outputs) == len(labels) == 1 and classifiers.are_answers(np.int64, labels[0].shape):
        return labels[0].name, True
    names = ", ".join(f"{output.name} {output.type}" for output in outputs)
    raise InputError(f"{path}: one output of numbers is needed, a column a class; it has {names}")


def _named(graph: Any) -> tuple[str, ...] | None:
    """The classes that the graph's own classifier names, else None."""
    import onnx

    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name.startswith("classlabels_"):
                labels = onnx.helper.get_attribute_value(attribute)
                return tuple(map(as_text, labels)) if labels else None
    return None


def _numbered(found: np.ndarray, classes: tuple[str, ...] | None, path: Path) -> np.ndarray:
    """Class numbers (n, 1) from labels: by the names of the classes, or as they are."""
    if classes is None and found.dtype.kind not in "iu":
        raise InputError(
            f"{path}: answers in words and does not list them; give its predictions (--predictions)"
        )
    if classes is None:
        return found.reshape(-1, 1)
    places = {name: place for place, name in enumerate(classes)}
    texts = map(as_text, found.reshape(-1).tolist())
    return np.array([places[text] for text in texts]).reshape(-1, 1)


def _activation(graph: Any, output: str) -> str | None:
    """What the node that gives the output is, past those that only pass it on."""
    makers = {name: node for node in graph.node for name in node.output}
    constants = {weights.name for weights in graph.initializer}
    for _ in range(len(makers)):
        node = makers.get(output)
        if node is None:
            return None
        if node.op_type == "Add" and constants & set(node.input):  # a bias
            output = next(name for name in node.input if name not in constants)
            node = makers.get(output)
            is_dense = node is not None and node.op_type in ("MatMul", "Gemm")
            return "linear" if is_dense else None
        if node.op_type not in PASSING:
            return ACTIVATIONS.get(node.op_type)
        output = node.input[0]
    return None
