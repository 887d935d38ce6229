"""A training run from lock to bundle: train, save, verify, and remove the checkpoints."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from model import preprocessing
from model.bundles import store
from model.bundles.metadata import is_bundle_name
from model.data.dataset import Dataset
from model.errors import InputError
from model.files.fingerprint import fingerprint
from model.files.locks import hold
from model.files.replacement import replaced
from model.files.streams import quiet
from model.training.config import TrainingConfig
from model.training.curves import save_curves

if TYPE_CHECKING:
    from tensorflow.distribute import Strategy

    from model.training.trainer import Trained


def train_bundle(
    config: TrainingConfig,
    dataset: Dataset,
    name: str | None = None,
    folder: Path | None = None,
    resume: bool = False,
    strategy: Strategy | None = None,
) -> store.Bundle | None:
    """Train a network and keep it in `folder`, by default in the cache under `name`.

    The name is by default the folder's, else the architecture's with the start of the key. With
    `resume` an interrupted run continues from its last checkpoint. A `strategy` distributes it over
    devices; it is not part of the key, as it does not change the result. Of several
    machines the first keeps the bundle, the others return None. Raises InputError for data, a name
    or a folder that cannot be used, and while another process trains the same; OSError when a
    folder cannot be written, before training starts where possible.
    """
    key = cache_key(config, dataset)
    name = name or (folder.name if folder else f"{config.architecture}-{key[:8]}")
    if not is_bundle_name(name) or name.startswith("."):
        raise InputError(
            f"a bundle's name is a plain word, not '{name}': give one by --name or --out"
        )
    if not folder and store.is_bundle(store.SHIPPED / name):
        raise InputError(f"'{name}' is a network that ships: choose another --name")
    folder = folder or store.cache_folder() / "bundles" / name
    kept = store.cache_folder() / "training" / key
    with quiet():
        from model.training.devices import is_chief
        from model.training.trainer import train
    if not is_chief(strategy):
        train(config, dataset, kept, resume, strategy)
        return None
    with _locked(key, folder):
        _check_place(folder)
        trained = train(config, dataset, kept, resume, strategy)
        bundle = save_bundle(folder, name, key, trained, dataset)
        shutil.rmtree(kept, ignore_errors=True)
    return bundle


@contextlib.contextmanager
def _locked(key: str, folder: Path):
    """Lock out other processes that train the same network, or write to the same folder."""
    locks = store.cache_folder() / "training"
    place = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()
    with (
        hold(locks / f"{key}.lock", "another run trains this very network, by the same settings on "
             "the same data: wait for it, or give another --seed"),
        hold(locks / f"{place}.lock", f"another run trains a network for {folder}: wait for it, or "
             "choose another --name or --out"),
    ):  # fmt: skip
        yield


def _check_place(folder: Path) -> None:
    """Check before training that a bundle can be written. Raises InputError, OSError."""
    year = time.localtime(time.time()).tm_year
    if year < 1980:  # as on a machine whose clock is not set
        raise InputError(f"the clock says {year}, which no Keras file can hold: set it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder.parent).close()
    is_free = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not is_free and not store.is_bundle(folder):
        raise InputError(f"{folder} holds something else than a bundle: choose another --out")


def cache_key(config: TrainingConfig, dataset: Dataset) -> str:
    """Hex digest of all that changes the result: configuration, data and format versions."""
    parts = [asdict(config), dataset.train.sha256, store.FORMAT_VERSION, preprocessing.VERSION]
    if dataset.corrections:
        parts.append(dataset.corrections.sha256)
    if dataset.pen:
        parts.append(dataset.pen.sha256)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def save_bundle(
    folder: Path, name: str, key: str, trained: Trained, dataset: Dataset
) -> store.Bundle:
    """Write a bundle to a temporary folder, verify it, then move it to `folder`."""
    from model.training.architectures import describe

    with replaced(folder) as half:
        _save_networks(half, trained.network)
        metadata = {
            "format_version": store.FORMAT_VERSION,
            "name": name,
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "key": key,
            "architecture": describe(trained.network),
            "config": asdict(trained.config),
            "history": trained.history,
            "validation_accuracy": trained.validation_accuracy,
            "train_seconds": round(sum(row["seconds"] for row in trained.history), 1),
            "data": _describe_data(trained, dataset),
            "calibration": asdict(trained.calibration),
            "preprocessing_version": preprocessing.VERSION,
            "versions": _versions(),
            "files": {
                file: fingerprint(half / file) for file in (store.KERAS_FILE, store.LITERT_FILE)
            },
        }
        text = json.dumps(metadata, indent=1, ensure_ascii=False)
        save_curves(trained.history, half)
        (half / store.METADATA_FILE).write_text(text + "\n", encoding="utf-8")
        store.verified(half)
    return store.verified(folder)


def _save_networks(folder: Path, network) -> None:
    import tensorflow as tf

    network.optimizer = None  # its state would triple the file's size
    with quiet():
        network.save(folder / store.KERAS_FILE)
        converted = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    (folder / store.LITERT_FILE).write_bytes(converted)


def _describe_data(trained: Trained, dataset: Dataset) -> dict:
    return {
        "name": dataset.name,
        "sha256": dataset.train.sha256,
        "source": dataset.source,
        "licence": dataset.licence,
        "train_count": trained.train_count,
        "corrections_count": len(dataset.corrections or ()),
        "pen_sets": dataset.pen.to_json() if dataset.pen else None,
        "validation_count": trained.validation_count,
        "test_count": len(dataset.test),
        "train_class_counts": trained.train_class_counts,
        "split_seed": trained.config.seed,
    }


def _versions() -> dict[str, str]:
    names = ("tensorflow", "keras", "numpy", "ai-edge-litert", "opencv-python-headless")
    return {"python": platform.python_version()} | {name: version(name) for name in names}
