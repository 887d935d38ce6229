"""A small made-up evaluation: real shapes, known answers, no model and no data set."""

from __future__ import annotations

import numpy as np
import pytest

from report.numbers.answers import Answers, Evaluation, LabelledData
from report.numbers.curves import Curve
from report.numbers.summary import summarise

LAYER_KEYS = ("name", "type", "output_shape", "activation", "parameters")
LAYERS = [
    dict(zip(LAYER_KEYS, row, strict=True))
    for row in (
        ("input", "InputLayer", [28, 28, 1], None, 0),
        ("stem", "Conv2D", [14, 14, 8], "relu", 208),
        ("flatten", "Flatten", [1568], None, 0),
        ("digit", "Dense", [10], "softmax", 15690),
    )
]
HISTORY_KEYS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")
HISTORY = [
    dict(zip(HISTORY_KEYS, row, strict=True))
    for row in (
        (1, 0.47, 0.87, 0.30, 0.91, 3.2),
        (2, 0.31, 0.91, 0.27, 0.92, 3.1),
        (3, 0.27, 0.93, 0.26, 0.93, 3.1),
    )
]
ENVIRONMENT = {"created_at": "2024-01-02T03:04:05Z", "python": "3.11.7", "numpy": "2.4.6"}


def make_probabilities(labels: np.ndarray, error_share: float, seed: int) -> np.ndarray:
    """Rows that sum to 1, float32 (n, 10); the likeliest is wrong for about `error_share`."""
    random = np.random.default_rng(seed)
    scores = random.gamma(0.3, 1.0, (len(labels), 10)) + 1e-6
    readings = np.where(random.random(len(labels)) < error_share, (labels * 3 + 1) % 10, labels)
    scores[np.arange(len(labels)), readings] = scores.sum(axis=1) * random.uniform(
        1.05, 30, len(labels)
    )
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def make_answers(name: str, labels: np.ndarray, error_share: float, seed: int, **model) -> Answers:
    """One network's answers."""
    probabilities = make_probabilities(labels, error_share, seed)
    return Answers(
        model={
            "name": name,
            "created_at": "2024-01-01T00:00:00Z",
            "architecture": {"name": name, "parameters": 15898, "layers": LAYERS},
            "calibration": {
                "temperature": 1.0,
                "accept_digit_probability": None,
                "accept_confidence": 0.8,
            },
            "preprocessing_version": 1,
            "files": {"model.tflite": {"sha256": "ab" * 32, "bytes": 66_000}},
            "litert_bytes": 66_000,
        }
        | model,
        training={
            "config": {"architecture": name, "epochs": 3, "validation_split": None},
            "data": {
                "name": "made up",
                "sha256": "cd" * 32,
                "train_count": 540,
                "validation_count": 60,
                "train_class_counts": [54] * 10,
            },
            "history": HISTORY,
            "seconds": 9.4,
            "versions": {"keras": "3.15.1"},
        },
        probabilities=probabilities,
        accepted=probabilities.max(axis=1) >= 0.8,
        digit_probability=None,
        milliseconds=0.25,
    )


def make_glyphs(name: str, count: int, seed: int, is_signed: bool = False) -> LabelledData:
    """A set of `count` noise images; `is_signed` by writers."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    facts = {
        "name": name,
        "source": "nowhere",
        "licence": "none",
        "sha256": "ef" * 32,
        "count": count,
        "class_counts": np.bincount(labels, minlength=10).tolist(),
    }
    images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    writers = np.array([f"writer {row % 12}" for row in range(count)]) if is_signed else None
    return LabelledData(images, labels, facts, writers=writers)


def make_robustness() -> tuple[Curve, ...]:
    """Two curves over 50 images: one that preparation undoes, one that it does not."""
    return (
        Curve("rotation", "Turned", "°", 0, (-30, 0, 30), 50, (20, 48, 25), None),
        Curve("inversion", "Inverted", "", 0, (0, 1), 50, (48, 5), (48, 47)),
    )


def make_evaluation(
    count: int = 400,
    error_share: float = 0.1,
    name: str = "cnn",
    extras: tuple[str, ...] = ("mine", "yours"),
    signed: tuple[str, ...] = (),
) -> Evaluation:
    """An evaluation of two networks on `count` noise images.

    The extra sets have half as many images and twice the share of errors; of those `signed` the
    writers are known.
    """
    test = make_glyphs("made-up digits", count, seed=7)
    subject = make_answers(name, test.labels, error_share, seed=1)
    sets = [
        make_glyphs(extra, (count + 1) // 2, seed, extra in signed)
        for seed, extra in enumerate(extras, 8)
    ]
    share = min(1.0, 2 * error_share)
    return Evaluation(
        test=test,
        subject=subject,
        networks=(subject, make_answers("linear", test.labels, 0.3, seed=2)),
        extras=tuple((s, make_answers(name, s.labels, share, seed=3)) for s in sets),
        robustness=make_robustness(),
    )


@pytest.fixture(autouse=True, scope="session")
def quickly_drawn(drawn_once):
    """All these tests draw reports in this process, and each figure once."""


@pytest.fixture(scope="session")
def make_up():
    """A function that makes an evaluation of given size, error share and name."""
    return make_evaluation


@pytest.fixture(scope="session")
def summarise_made_up():
    """The same, summed up; `previous` is what to compare with."""

    def summed_up(*args, previous=None, **kwargs):
        return summarise(make_evaluation(*args, **kwargs), ENVIRONMENT, previous)

    return summed_up


@pytest.fixture(scope="session")
def evaluation():
    return make_evaluation()


@pytest.fixture(scope="session")
def summary(evaluation):
    return summarise(evaluation, ENVIRONMENT)


@pytest.fixture(scope="session")
def flawless(summarise_made_up):
    """A summary without a single error."""
    return summarise_made_up(error_share=0.0)


@pytest.fixture(scope="module")
def html(summary):
    """Its page."""
    from tests.report.rendering import render_html

    return render_html(summary)
