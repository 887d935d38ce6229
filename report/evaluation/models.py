"""A trained classifier, of whatever library, over labelled arrays."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import numpy as np

from model.errors import InputError
from model.files.streams import quiet
from report.evaluation.arrays import arrays_sha256, fit_input, read_arrays, thumbnails
from report.evaluation.classifiers import Classifier
from report.evaluation.labels import check_order, set_facts
from report.evaluation.timing import median_milliseconds
from report.numbers.answers import Answers, Evaluation, LabelledData
from report.numbers.classes import read_names

TIME_LIMIT = 60  # minutes
LOADERS = {  # files of this folder, by the endings that they load
    **dict.fromkeys((".keras", ".h5", ".hdf5"), "keras"),
    **dict.fromkeys((".skops", ".pkl", ".pickle", ".joblib"), "sklearn"),
    ".tflite": "litert",
    ".onnx": "onnx",
}
FORMATS = ".keras, .h5, .tflite, .onnx, .skops, or a SavedModel folder"


@dataclass(frozen=True)
class ModelFile:
    """A classifier to report on, and the data to test it with.

    `data` is an .npz of `x` and `y`; `classes` a text file of class names, which may be left out
    where the classifier names them itself; `outputs` says what its outputs are, where its file
    does not; `trust_pickle` allows to open one that may run code; `time_limit` is how many minutes
    it may take.
    """

    path: Path
    data: Path
    classes: Path | None = None
    outputs: str | None = None
    trust_pickle: bool = False
    time_limit: float = TIME_LIMIT
    names: ClassVar[None] = None  # known once it is loaded

    @property
    def when_killed(self) -> str:
        """What it means when the process that runs the classifier dies."""
        return (
            f"{self.path}: is damaged, or takes more memory than there is; it crashed the library "
            "that runs such files"
        )

    def evaluate(self) -> Evaluation:
        """Run the classifier over the data, which go into it as they are. Raises InputError."""
        if not self.path.exists():
            raise InputError(f"{self.path}: there is no such file")
        if not (self.path.is_file() or self.path.is_dir()):
            raise InputError(f"{self.path}: is a device or a pipe; save the classifier as a file")
        given = read_names(self.classes) if self.classes else None
        classifier = load_classifier(self.path, self.trust_pickle)
        if given and classifier.classes:
            check_order(given, classifier.classes, self.path)
        names = given or classifier.classes
        if names is None:
            raise InputError(f"{self.path}: does not name its classes; give --classes NAMES.txt")
        x, labels = read_arrays(self.data, names, classifier.classes)
        if classifier.input_shape is not None:
            x = fit_input(x, classifier.input_shape, self.data)
        answers = self._answers(classifier, x, names)
        facts = set_facts(self.data.stem, arrays_sha256(x, labels), labels, names)
        data = LabelledData(thumbnails(x), labels, facts, names)
        return Evaluation(data, answers, (answers,), (), ())

    def _answers(self, classifier: Classifier, x: np.ndarray, names: tuple[str, ...]) -> Answers:
        probabilities = predicted = None
        if classifier.answers_only and self.outputs:
            raise InputError(f"{self.path}: gives answers alone; leave out --outputs")
        if classifier.answers_only:
            predicted = classifier.outputs(x).reshape(-1).astype(np.int64)
            if len(predicted) != len(x):
                raise InputError(f"{self.path}: gives {len(predicted):,} answers to {len(x):,}")
            words = "It gives answers without probabilities."
            if not 0 <= predicted.min() <= predicted.max() < len(names):
                raise InputError(
                    f"{self.path}: answers with class numbers from {predicted.min()} to "
                    f"{predicted.max()}; {len(names)} classes were named, 0 to {len(names) - 1}"
                )
        else:
            probabilities, words = classifier.predict(x, names, self.outputs)
        with quiet():
            milliseconds = median_milliseconds(lambda: classifier.read_one(x[:1]))
        architecture = {**classifier.facts["architecture"], "input_shape": list(x.shape[1:])}
        return Answers(
            model={**classifier.facts, "architecture": architecture, "outputs": words},
            training=None,
            probabilities=probabilities,
            accepted=np.ones(len(x), bool),
            digit_probability=None,
            milliseconds=milliseconds,
            predicted=predicted,
        )


def load_classifier(path: Path, trust_pickle: bool = False) -> Classifier:
    """Load a classifier by the ending of its file. Raises InputError."""
    if path.is_dir() and not (path / "saved_model.pb").is_file():
        raise InputError(f"{path}: is no SavedModel folder; give one, or {FORMATS}")
    kind = "savedmodel" if path.is_dir() else LOADERS.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"{path}: give {FORMATS}; of any other classifier, give its predictions (--predictions)"
        )
    library = import_module(f"report.evaluation.{kind}")  # each takes a library of its own
    return library.load(path, trust_pickle) if kind == "sklearn" else library.load(path)
