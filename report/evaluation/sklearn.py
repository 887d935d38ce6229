"""Scikit-learn estimators in files: by skops, or as pickles where the user trusts them."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import InputError
from model.files.keras_files import check_expansion
from report.evaluation.classifiers import SOFTMAX, Classifier, loading, model_facts
from report.evaluation.columns import as_text
from report.evaluation.trees import NEIGHBOURS, TREES, check_trees

# Types of scikit-learn that skops does not know for safe: parts of its classifiers that hold values
# and run no code from the file. A tree could be made to hang, so its nodes are checked.
TRUSTED = {
    *TREES,
    *NEIGHBOURS,
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
    "sklearn.metrics._dist_metrics.ChebyshevDistance64",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._dist_metrics.ManhattanDistance64",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._bunch.Bunch",
}
SKOPS, PICKLES = ".skops", (".pkl", ".pickle", ".joblib")


def load(path: Path, trust_pickle: bool = False) -> Classifier:
    """Load an estimator that was fitted. Raises InputError.

    A pickle is opened only if `trust_pickle`, for opening it runs whatever code is in it.
    """
    if path.suffix.lower() in PICKLES and not trust_pickle:
        raise InputError(
            f"{path}: is a pickle, and opening one runs whatever code is in it; save the estimator "
            "by skops, or, if you trust who made it, add --trust-pickle"
        )
    with (
        loading(path, "scikit-learn estimator", "sklearn"),
        warnings.catch_warnings(record=True, action="always") as told,
    ):
        estimator = _opened(path)
        classes = getattr(estimator, "classes_", None)
        if not isinstance(classes, np.ndarray) or classes.ndim != 1:
            kind = type(estimator).__name__
            raise InputError(f"{path}: holds no fitted classifier ({kind}); save one after fit()")
        features = getattr(estimator, "n_features_in_", None)
        by_class = hasattr(estimator, "predict_proba")

    def scores(x: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that arrays have not
            rows = x.reshape(len(x), -1) if features == prod(x.shape[1:]) else x
            try:
                if by_class:
                    return estimator.predict_proba(rows)
                return np.searchsorted(classes, estimator.predict(rows)).reshape(-1, 1)
            except AttributeError as error:  # attributes are added and renamed by versions
                raise InputError(f"{path}: it can't be run ({error}){_versions(told)}") from None

    facts = model_facts(
        path,
        "skops file" if path.suffix.lower() == SKOPS else "pickle",
        f"scikit-learn {version('scikit-learn')}",
        parameters=None,
        architecture=_kind(estimator),
    )
    names = tuple(map(as_text, classes.tolist()))
    activation = SOFTMAX if by_class else None
    return Classifier(
        path, scores, activation, None, facts, scores, names, answers_only=not by_class
    )


def _opened(path: Path) -> Any:
    if path.suffix.lower() != SKOPS:
        import joblib

        try:
            return joblib.load(path)
        except ModuleNotFoundError as error:
            raise InputError(
                f"{path}: was saved with the package {error.name}, which is not installed here; "
                "install it, or give the predictions of its classifier (--predictions)"
            ) from None
    from skops.io import get_untrusted_types
    from skops.io import load as load_skops

    check_expansion(path)
    unknown = set(get_untrusted_types(file=path))
    strange = sorted(unknown - TRUSTED)
    if strange:
        raise InputError(
            f"{path}: holds {', '.join(strange)[:200]}, whose code skops does not trust; only "
            "estimators of scikit-learn are opened"
        )
    estimator = load_skops(path, trusted=sorted(unknown))
    check_trees(estimator)
    return estimator


def _versions(told: list[warnings.WarningMessage]) -> str:
    """Which version of scikit-learn saved an estimator, where it was another than this one."""
    for warning in told:
        if saved := getattr(warning.message, "original_sklearn_version", None):
            return (
                f"; scikit-learn {saved} saved it: install that instead of "
                f"{version('scikit-learn')}, or give its predictions (--predictions)"
            )
    return ""


def _kind(estimator: Any) -> str:
    """Its class, or that of a pipeline's last step."""
    steps = getattr(estimator, "steps", None)
    return type(steps[-1][1] if steps else estimator).__name__
