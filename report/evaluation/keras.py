"""Classifiers in Keras files, .keras and .h5: the one place of the report that needs Keras."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError, printable
from model.files.keras_files import load_keras
from model.files.streams import quiet
from report.evaluation import classifiers

BATCH = 128
MOST_LAYERS = 60  # of a chain that is drawn: more would fill pages
PASSING = {"Dropout", "Flatten", "Reshape", "Identity"}  # layers that only pass values on


def load(path: Path) -> classifiers.Classifier:
    """Load a network in safe mode: code that it brings along is refused. Raises InputError."""
    with quiet():
        network = load_keras(path)
    given, found = _ends(network, path)
    if given != 1 or found != 1:
        raise InputError(f"{path}: a network with one input and one output is needed")
    activation = last_activation(network)
    if activation == classifiers.LINEAR and not trained_on_logits(path):
        activation = None

    def scores(x: np.ndarray) -> np.ndarray:
        if "int" in (kind := network.inputs[0].dtype):
            x = classifiers.in_type(x, kind)
        with quiet():
            found = network.predict(x, batch_size=BATCH, verbose=0)
        return next(iter(found.values())) if isinstance(found, dict) else found

    def read_one(row: np.ndarray) -> object:
        return network(row, training=False)  # predict() takes ten times as long

    facts = classifiers.model_facts(
        path,
        "Keras file",
        f"keras {version('keras')}, tensorflow {version('tensorflow')}",
        parameters=network.count_params(),
        layers=describe_layers(network),
        architecture=network.name,
    )
    shape, output = tuple(network.inputs[0].shape[1:]), network.outputs[0]
    is_class = "int" in output.dtype and classifiers.are_answers(output.dtype, output.shape)
    return classifiers.Classifier(
        path, scores, activation, shape, facts, read_one, answers_only=is_class
    )


def _ends(network, path: Path) -> tuple[int, int]:
    """How many inputs and outputs it has. Raises InputError where it was never built."""
    try:
        if not network.built:
            raise ValueError
        return len(network.inputs), len(network.outputs)
    except (AttributeError, ValueError, TypeError):
        raise InputError(
            f"{path}: the network was saved before it was built, so it has no weights; fit it, or "
            "call it on data once, and save it again"
        ) from None


def last_activation(network) -> str | None:
    """The activation of the last layer, where that is one of `DECLARED`; else None."""
    layers = list(network.layers)
    while layers and type(layers[-1]).__name__ in PASSING:
        layers.pop()
    if not layers:
        return None
    last = layers[-1]
    if len(layers) == len(network.layers) and last.output is not network.outputs[0]:
        return None
    if hasattr(last, "layers"):  # a network within the network
        return last_activation(last)
    if type(last).__name__ == "Softmax":
        return "softmax"
    name = getattr(getattr(last, "activation", None), "__name__", None)
    return name if name in classifiers.DECLARED else None


def trained_on_logits(path: Path) -> bool:
    """Whether a network that ends in a linear layer gives logits, by the loss it was compiled with.

    So it is where no loss is known: then nothing speaks against it.
    """
    try:
        loss = _compiled(path).get("loss")
    except (OSError, ValueError, KeyError, AttributeError):
        return True
    if loss is None:
        return True
    settings = loss.get("config", {}) if isinstance(loss, dict) else {}
    return isinstance(settings, dict) and settings.get("from_logits") is True


def _compiled(path: Path) -> Mapping[str, Any]:
    """What a file says of how its network was compiled."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json")).get("compile_config") or {}
    import h5py

    with h5py.File(path) as file:
        return json.loads(file.attrs.get("training_config", "{}"))


def describe_layers(network) -> list[dict[str, Any]]:
    """The layers in plain values, where each hands on to the next and every shape is known.

    Nothing for any other network: the report would draw a chain that it is not.
    """
    found = []
    for layer in network.layers:
        given, output = (_sides(getattr(layer, end, None)) for end in ("input", "output"))
        if type(layer).__name__ == "InputLayer":
            given = output
        if not given or not output:  # A layer where branches join has a list of inputs.
            return []
        name = getattr(getattr(layer, "activation", None), "__name__", None)
        found.append(
            {
                "name": printable(layer.name),
                "type": type(layer).__name__,
                "input_shape": given,
                "output_shape": output,
                "activation": None if name == "linear" else name,
                "parameters": layer.count_params(),
            }
        )
    return found if len(found) <= MOST_LAYERS else []


def _sides(tensor) -> list[int] | None:
    """A tensor's shape without the batch; None where it is no single tensor of known sides."""
    shape = getattr(tensor, "shape", None)
    sides = None if shape is None else list(shape[1:])
    return None if sides is None or None in sides else sides
