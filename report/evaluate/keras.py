"""Run any Keras classifier over labelled arrays: the one place of the report that needs Keras."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from model.bundles.store import fingerprint
from model.errors import InputError, printable
from model.files.keras_files import first_line, load_keras
from model.files.streams import quiet
from report.evaluate.arrays import arrays_sha256, fit_input, read_arrays, thumbnails
from report.evaluate.outputs import as_probabilities
from report.evaluate.timing import median_milliseconds
from report.numbers.answers import Answers, Evaluation, LabelledData
from report.numbers.classes import read_names

BATCH = 128
MOST_LAYERS = 60  # of a chain that is drawn: more would fill pages
_log = logging.getLogger(__name__)


def evaluate_keras(path: Path, data: Path, classes: Path) -> Evaluation:
    """Score the Keras file at `path` on the arrays `x` and `y` (or x_test, y_test) of an .npz.

    `x` goes into the network as it is; `y` holds one class number an image, or one row with a
    single one in it; `classes` names the classes, one a line. Raises InputError.
    """
    names = read_names(classes)
    x, labels = read_arrays(data, len(names))
    _log.info("loading %s", path.name)
    network = load_network(path)
    x = fit_input(x, tuple(network.inputs[0].shape[1:]), data)
    _log.info("%s: reading %s images", path.stem, f"{len(x):,}")
    probabilities, outputs = predict(network, x, len(names), path)
    facts = {
        "name": printable(data.stem),
        "source": "",
        "licence": "",
        "sha256": arrays_sha256(x, labels),
        "count": len(labels),
        "class_counts": np.bincount(labels, minlength=len(names)).tolist(),
    }
    with quiet():
        milliseconds = median_milliseconds(lambda: network(x[:1], training=False))
    answers = Answers(
        model=_model_facts(path, network, x.shape[1:], outputs),
        training=None,
        probabilities=probabilities,
        accepted=np.ones(len(labels), bool),
        digit_probability=None,
        milliseconds=milliseconds,
    )
    test = LabelledData(thumbnails(x), labels, facts, names)
    return Evaluation(test, answers, (answers,), (), ())


def load_network(path: Path):
    """Load a .keras file in safe mode: code that it brings along is refused. Raises InputError."""
    if path.suffix != ".keras":
        raise InputError(f"{path}: give a .keras file, as network.save writes it")
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    with quiet():
        network = load_keras(path)
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise InputError(f"{path}: a network with one input and one output is needed")
    return network


def predict(network, x: np.ndarray, classes: int, path: Path) -> tuple[np.ndarray, str]:
    """Probabilities float32 (n, classes), rows sum to 1, and what was done to get them.

    Raises InputError.
    """
    with quiet():
        try:
            scores = np.asarray(network.predict(x, batch_size=BATCH, verbose=0), np.float64)
        except Exception as error:  # As above: the network is not ours.
            raise InputError(f"{path}: it can't read x ({first_line(error)})") from None
    fitting = [(len(x), classes), *([(len(x), 1)] if classes == 2 else [])]
    if scores.shape not in fitting:
        given = "×".join(map(str, scores.shape[1:])) or "no"
        raise InputError(f"{path}: gives {given} numbers an image; {classes} classes were named")
    if not np.isfinite(scores).all():
        raise InputError(f"{path}: gives numbers that are not finite")
    probabilities, outputs = as_probabilities(scores)
    return probabilities.astype(np.float32), outputs


def _model_facts(
    path: Path, network, input_shape: tuple[int, ...], outputs: str
) -> Mapping[str, Any]:
    return {
        "name": printable(path.stem),
        "created_at": None,
        "architecture": {
            "name": printable(network.name),
            "parameters": network.count_params(),
            "input_shape": list(input_shape),
            "layers": describe_layers(network),
        },
        "calibration": None,
        "preprocessing_version": None,
        "files": {printable(path.name): fingerprint(path)},
        "litert_bytes": None,
        "outputs": outputs,
        "framework": f"keras {version('keras')}, tensorflow {version('tensorflow')}",
    }


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
