"""Exports a bundle's network as SavedModel and ONNX, checked against LiteRT."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from model import preprocessing
from model.bundles.store import METADATA_FILE, Bundle
from model.data.dataset import load_dataset
from model.errors import InputError
from model.files.keras_files import load_keras
from model.files.replacement import replaced
from model.files.streams import quiet
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs, to_input

SAVEDMODEL, ONNX = FORMATS = ("savedmodel", "onnx")
SAVEDMODEL_FOLDER = Path("savedmodel") / "1"  # TensorFlow Serving wants a folder a version
ONNX_FILE = "model.onnx"
TOLERANCE = 1e-4
_FILES = {SAVEDMODEL_FOLDER.parts[0], ONNX_FILE, METADATA_FILE}


class DifferenceError(Exception):
    """An exported network does not answer as the bundle's LiteRT file does."""


@dataclass(frozen=True)
class Exported:
    """An export: its folder, and by format the largest difference to LiteRT over `count` glyphs."""

    path: Path
    differences: dict[str, float]
    count: int


def export_bundle(bundle: Bundle, folder: Path, formats: tuple[str, ...] = FORMATS) -> Exported:
    """Write a bundle's network in some of `FORMATS`, compare it with LiteRT, then move it there.

    `folder` gets `savedmodel/1/`, `model.onnx` and the bundle's `bundle.json`, whose calibration
    turns scores into probabilities; an earlier export there is replaced. Raises InputError when
    it cannot be written or holds something else, DifferenceError when a score is off by more
    than `TOLERANCE`, and ModuleNotFoundError where what ONNX takes is not installed.
    """
    lacking = [name for name in ("tf2onnx", "onnx", "onnxruntime") if not find_spec(name)]
    if ONNX in formats and lacking:
        raise ModuleNotFoundError(name=lacking[0])
    if folder.exists() and not _is_replaceable(folder):
        raise InputError(f"{folder} holds something else than an export: choose another --out")
    data = load_dataset("digits").train  # handwritten, and at hand without a download
    glyphs = to_glyphs(data.images)
    try:
        with replaced(folder) as half:
            differences = _write(bundle, half, formats, glyphs)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror or error}") from error
    return Exported(folder, differences, len(glyphs))


def _is_replaceable(folder: Path) -> bool:
    return (
        bool(folder.name) and folder.is_dir() and {path.name for path in folder.iterdir()} <= _FILES
    )


def _write(bundle: Bundle, folder: Path, formats, glyphs: np.ndarray) -> dict[str, float]:
    """Write the files into `folder`; each format's largest difference to LiteRT."""
    shutil.copyfile(bundle.path / METADATA_FILE, folder / METADATA_FILE)
    wanted = Predictor(bundle).raw_scores(glyphs)
    pixels = to_input(glyphs)
    with quiet():
        network = load_keras(bundle.keras_path)
        network(pixels[:1])  # to ONNX, Keras exports only what was called
    differences = {}
    for name in formats:
        with quiet():
            made = _WRITERS[name](network, folder, bundle, pixels)
        differences[name] = float(np.abs(made - wanted).max())
        if not differences[name] <= TOLERANCE:
            raise DifferenceError(
                f"{name} answers differently from LiteRT, by up to {differences[name]:.1g}: "
                "nothing was kept"
            )
    return differences


def _savedmodel(network, folder: Path, _bundle: Bundle, pixels: np.ndarray) -> np.ndarray:
    """Write a SavedModel, load it as a server does, and return its scores for the pixels."""
    import tensorflow as tf

    place = str(folder / SAVEDMODEL_FOLDER)
    network.export(place, format="tf_saved_model", verbose=False)
    serve = tf.saved_model.load(place).signatures["serving_default"]
    (scores,) = serve(tf.constant(pixels)).values()
    return scores.numpy()


def _onnx(network, folder: Path, bundle: Bundle, pixels: np.ndarray) -> np.ndarray:
    """Write an ONNX file, load it as a server does, and return its scores for the pixels."""
    import onnx
    import onnxruntime

    place = folder / ONNX_FILE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # from Keras' mending of tf2onnx
        network.export(place, format="onnx", verbose=False)
    made = onnx.load(place)
    _name(made, bundle)
    onnx.checker.check_model(made)
    onnx.save(made, place)
    session = onnxruntime.InferenceSession(place, providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"glyph": pixels})[0]


def _name(made, bundle: Bundle) -> None:
    """Name an ONNX network's input `glyph` and its output `scores`; record the bundle in it."""
    from onnx.helper import set_model_props

    (glyph,), (scores,) = made.graph.input, made.graph.output
    for names in (part for node in made.graph.node for part in (node.input, node.output)):
        for place, name in enumerate(names):
            names[place] = {glyph.name: "glyph", scores.name: "scores"}.get(name, name)
    glyph.name, scores.name = "glyph", "scores"
    for value in (glyph, scores):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    about = {"bundle": bundle.name, "key": bundle.metadata["key"],
             "preprocessing_version": str(preprocessing.VERSION)}  # fmt: skip
    set_model_props(made, about)


_WRITERS = {SAVEDMODEL: _savedmodel, ONNX: _onnx}
