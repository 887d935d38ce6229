"""Run any Keras classifier over labelled arrays: the one place of the report that needs Keras."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.special import expit, softmax

from model.bundles.store import fingerprint
from model.errors import InputError, printable
from model.files.arrays import read_npz
from model.files.keras_files import first_line, load_keras
from model.files.streams import quiet
from report.evaluate.bundles import median_milliseconds
from report.numbers.answers import Answers, Evaluation, LabelledGlyphs
from report.numbers.classes import read_names

BATCH = 128
THUMBNAIL_SIDE = 64  # Larger images would make the report's file larger than anyone needs.
SUM_TOLERANCE = 1e-3
MOST_LAYERS = 60  # of a chain that is drawn: more would fill pages


def evaluate_keras(
    path: Path, data: Path, classes: Path, say: Callable[[str], None] = lambda line: None
) -> Evaluation:
    """Score the Keras file at `path` on the arrays `x` and `y` (or x_test, y_test) of an .npz.

    `x` goes into the network as it is; `y` holds one class number an image, or one row with a
    single one in it; `classes` names the classes, one a line. Raises InputError.
    """
    names = read_names(classes)
    x, labels = read_arrays(data, len(names))
    say(f"loading {path.name}")
    network = load_network(path)
    x = fit_input(x, network, data)
    say(f"{path.stem}: reading {len(x):,} images")
    probabilities, outputs = predict(network, x, len(names), path)
    facts = {
        "name": printable(data.stem),
        "source": "",
        "licence": "",
        "sha256": _sha256(x, labels),
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
    test = LabelledGlyphs(thumbnails(x), labels, facts, names)
    return Evaluation(test, answers, (answers,), (), ())


def read_arrays(path: Path, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Load images of any shape, float32 (n, ...), and labels int64 (n,). Raises InputError."""
    found = read_npz(path, ("x", "y", "x_test", "y_test"))
    x, y = (found.get(key, found.get(f"{key}_test")) for key in ("x", "y"))
    if x is None or y is None:
        raise InputError(f"{path}: must hold x and y, or x_test and y_test")
    if x.dtype.kind not in "buif" or y.dtype.kind not in "buif" or x.ndim < 2 or not x.size:
        raise InputError(f"{path}: x and y must be arrays of numbers, with one row an image")
    if y.ndim == 2 and y.shape[1] == classes and classes > 1:
        y = y.argmax(axis=1)
    y = y.reshape(-1) if y.shape[1:] == (1,) else y
    if y.shape != (len(x),):
        raise InputError(f"{path}: {len(x)} images need {len(x)} labels; y has the shape {y.shape}")
    wrong = ~np.isin(y, np.arange(classes))
    if wrong.any():
        raise InputError(f"{path}: label {y[wrong][0]} is none of 0 to {classes - 1}")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is told as such
        x = x.astype(np.float32)
    if not np.isfinite(x).all():
        raise InputError(f"{path}: x holds numbers that are not finite")
    return x, y.astype(np.int64)


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


def fit_input(x: np.ndarray, network, source: Path) -> np.ndarray:
    """Give images the network's shape, adding a last side of one. Raises InputError."""
    wanted = tuple(network.inputs[0].shape[1:])
    for shaped in (x, x[..., None]):
        sides = shaped.shape[1:]
        if len(sides) == len(wanted) and all(
            want in (None, side) for want, side in zip(wanted, sides, strict=True)
        ):
            return shaped
    raise InputError(
        f"{source}: images of the shape {x.shape[1:]} don't fit a network that takes {wanted}"
    )


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


def as_probabilities(scores: np.ndarray) -> tuple[np.ndarray, str]:
    """Take scores (n, c) for what they are: probabilities, shares not yet summing to 1, logits.

    One column is that of the second of two classes. Returns what was done in words as well.
    """
    if scores.shape[1] == 1:
        return _two_classes(scores)
    sums = scores.sum(axis=1, keepdims=True)
    if scores.min() >= 0 and np.abs(sums - 1).max() < SUM_TOLERANCE:
        return scores / sums, "These numbers are probabilities and used as they are."
    if scores.min() >= 0 and scores.max() <= 1 and sums.min() > 0:
        return scores / sums, "They don’t sum to 1, so each was divided by their sum."
    text = "They are no probabilities (logits), so the softmax function made them such."
    return softmax(scores, axis=1), text


def _two_classes(scores: np.ndarray) -> tuple[np.ndarray, str]:
    """From the one output (n, 1) of a network that tells two classes apart."""
    text = "Its one output is the probability of the second class; the first has the rest."
    if scores.min() < 0 or scores.max() > 1:
        scores = expit(scores)
        text = (
            "Its one output is no probability (a logit), so the sigmoid function made it that of "
            "the second class; the first has the rest."
        )
    return np.hstack([1 - scores, scores]), text


def thumbnails(x: np.ndarray) -> np.ndarray:
    """Images as people can see them: uint8 (n, h, w) or (n, h, w, 3); (n, 0, 0) for no images.

    Darkest and brightest of all become black and white.
    """
    if x.ndim == 4 and x.shape[3] == 1:
        x = x[..., 0]
    if x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] != 3) or min(x.shape[1:3]) < 4:
        return np.zeros((len(x), 0, 0), np.uint8)
    low, high = float(x.min()), float(x.max())
    span = high - low or 1.0
    height, width = x.shape[1:3]
    ratio = min(1.0, THUMBNAIL_SIDE / max(height, width))
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    shrink = ratio < 1
    small = (cv2.resize(i, size, interpolation=cv2.INTER_AREA) if shrink else i for i in x)
    return np.stack([np.round((image - low) * (255 / span)).astype(np.uint8) for image in small])


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


def _sha256(x: np.ndarray, labels: np.ndarray) -> str:
    digest = hashlib.sha256(labels.astype("<i8").tobytes())
    digest.update(repr(x.shape).encode())
    digest.update(np.ascontiguousarray(x, "<f4").tobytes())
    return digest.hexdigest()
