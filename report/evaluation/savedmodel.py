"""Classifiers in SavedModel folders: the one place of the report that needs TensorFlow itself."""

from __future__ import annotations

import re
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError
from model.files.streams import quiet
from report.evaluation import classifiers

BATCH = 128
SIGNATURE = "serving_default"
GRAPH = "saved_model.pb"
# Operations that read or write files, or run Python: a network needs none of them.
FORBIDDEN = re.compile(
    r"PyFunc|ReadFile|WriteFile|MatchingFiles|DeleteFile|Reader|ImmutableConst|Dataset|Summary|"
    r"Debug|Dump|PrintV2|Generator|Xla.*Host|Send|Recv|LoadLibrary|FromTextFile"
)
# Those that every SavedModel has to restore its weights; its network may not use them.
SAVING = re.compile(r"Save|Restore|MergeV2Checkpoints")
ACTIVATIONS = {
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "LogSoftmax": "log_softmax",
    "BiasAdd": "linear",
    "MatMul": "linear",
}
PASSING = {"Identity", "Reshape", "Squeeze", "Cast"}
CALLS = {"PartitionedCall", "StatefulPartitionedCall"}


def load(path: Path) -> classifiers.Classifier:
    """Load a SavedModel with one input and one output under `serving_default`.

    One that could read or write files, or run Python, is refused. Raises InputError.
    """
    with classifiers.loading(path, "SavedModel", "train"), quiet():
        import tensorflow as tf
        from tensorflow.core.protobuf import saved_model_pb2

        graph = saved_model_pb2.SavedModel.FromString(
            classifiers.read_model(path / GRAPH, "SavedModel")
        )
        _check(graph, path)
        restored = tf.saved_model.load(str(path))
        if SIGNATURE not in restored.signatures:
            raise InputError(f"{path}: has no signature {SIGNATURE}; export the network again")
        serve = restored.signatures[SIGNATURE]
    given, found = serve.structured_input_signature[1], serve.structured_outputs
    if len(given) != 1 or len(found) != 1:
        raise InputError(f"{path}: a network with one input and one output is needed")
    ((name, spec),) = given.items()

    def run(x: np.ndarray) -> np.ndarray:
        given = tf.constant(classifiers.in_type(x, spec.dtype.as_numpy_dtype))
        (scores,) = serve(**{name: given}).values()
        return scores.numpy()

    def scores(x: np.ndarray) -> np.ndarray:
        sides = spec.shape.as_list() if spec.shape.rank is not None else []
        with quiet():
            return classifiers.in_batches(run, (sides and sides[0]) or BATCH)(x)

    shape = None if spec.shape.rank is None else tuple(spec.shape.as_list()[1:])
    facts = classifiers.model_facts(
        path,
        "SavedModel",
        f"tensorflow {version('tensorflow')}",
        parameters=sum(prod(weights.shape) for weights in serve.variables),
    )
    (output,) = found.values()
    sides = (None,) if output.shape.rank is None else output.shape.as_list()
    is_class = output.dtype.is_integer and classifiers.are_answers(
        output.dtype.as_numpy_dtype, sides
    )
    activation = _activation(serve)
    return classifiers.Classifier(
        path, scores, activation, shape, facts, run, answers_only=is_class
    )


def _check(saved: Any, path: Path) -> None:
    """Refuse a graph that does more than compute, or asks for all memory. Raises InputError."""
    for meta in saved.meta_graphs:
        functions = {f.signature.name: f for f in meta.graph_def.library.function}
        nodes = [*meta.graph_def.node, *(n for f in functions.values() for n in f.node_def)]
        names = {node.op for node in nodes if FORBIDDEN.search(node.op)}
        if SIGNATURE in meta.signature_def:
            served = {n for n in functions if n.startswith("__inference_signature_wrapper")}
            names |= {op for op in _reached(served, functions) if SAVING.search(op)}
        if names:
            raise InputError(
                f"{path}: has operations that may read or write files or run code "
                f"({', '.join(sorted(names))[:200]}); it is not run"
            )
        for node in nodes:  # a constant of equal numbers is written as one of them
            if node.op == "Const":
                sides = node.attr["value"].tensor.tensor_shape.dim
                classifiers.check_size(prod(abs(side.size) for side in sides), path)


def _reached(names: set[str], functions: dict[str, Any]) -> set[str]:
    """The operations of functions and of all that these call."""
    waiting, seen, found = list(names), set(names), set()
    while waiting:
        for node in functions[waiting.pop()].node_def:
            found.add(node.op)
            called = {attr.func.name for attr in node.attr.values() if attr.func.name}
            called |= {f.name for attr in node.attr.values() for f in attr.list.func}
            new = (called & set(functions)) - seen
            seen |= new
            waiting += new
    return found


def _activation(serve: Any) -> str | None:
    """What the operation that gives the output is, past those that only pass it on."""
    functions = {f.signature.name: f for f in serve.graph.as_graph_def().library.function}
    (tensor,) = serve.outputs[:1]
    operation = tensor.op
    while operation.type in PASSING:
        operation = operation.inputs[0].op
    if operation.type not in CALLS:
        return ACTIVATIONS.get(operation.type)
    name, place = operation.get_attr("f").name, list(operation.outputs).index(tensor.op.inputs[0])
    return _function_activation(functions, name, place)


def _function_activation(functions: dict[str, Any], name: str, place: int) -> str | None:
    """The same for an output of a function in a graph."""
    body = functions[name]
    nodes = {node.name: node for node in body.node_def}
    source = body.ret[body.signature.output_arg[place].name]
    while (node := nodes.get(source.split(":")[0])) is not None:
        if node.op in CALLS:
            place = int(source.split(":")[-1])
            return _function_activation(functions, node.attr["f"].func.name, place)
        if node.op not in PASSING:
            return ACTIVATIONS.get(node.op)
        source = node.input[0]
    return None
