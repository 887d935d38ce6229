"""The folder that is a model: `model.keras`, `model.tflite` and a readable `bundle.json`."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from model import InputError, preprocessing
from model.keras_files import load_keras
from model.locks import hold
from model.metadata import metadata_faults
from model.replacement import folders, replaced, standing

if TYPE_CHECKING:
    from tensorflow.distribute import Strategy

    from model.dataset import Dataset
    from model.training import Trained, TrainingConfig

FORMAT_VERSION = 1
METADATA_FILE = "bundle.json"
KERAS_FILE = "model.keras"
LITERT_FILE = "model.tflite"
SHIPPED = Path(__file__).parent / "pretrained"


class BundleError(InputError):
    """A bundle is missing, damaged or of another version; the message names it."""


@dataclass(frozen=True)
class Bundle:
    """A verified bundle: its folder and what `bundle.json` says of it."""

    path: Path
    metadata: dict

    @property
    def name(self) -> str:
        return self.metadata["name"]

    @property
    def keras_path(self) -> Path:
        return self.path / KERAS_FILE

    @property
    def litert_path(self) -> Path:
        return self.path / LITERT_FILE


def cache_folder() -> Path:
    """Where trained bundles and checkpoints are kept: $DIGITS_CACHE, else the user's cache."""
    if given := os.environ.get("DIGITS_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "digits"


def load_bundle(name_or_dir: str | os.PathLike = "cnn") -> Bundle:
    """Load a bundle by the name of a shipped or cached one, or by its folder, and verify it.

    Raises BundleError, naming it, when there is none or any of its files is not as it was saved.
    """
    given = os.fspath(name_or_dir)
    if given and _is_bundle(place := standing(Path(given))):
        return _verified(place)
    if os.path.basename(given) != given or given in ("", ".", ".."):
        raise BundleError(f"{given} is no bundle: it has no {METADATA_FILE}")
    for folder in (SHIPPED, cache_folder() / "bundles"):
        if _is_bundle(place := standing(folder / given)):
            return _verified(place)
    names = sorted({path.name for path in _bundle_folders()})
    raise BundleError(f"there is no bundle '{given}': choose one of {', '.join(names)}")


def shipped_bundles() -> list[Bundle]:
    """All bundles that come with the project, smallest network first."""
    bundles = [_verified(path.parent) for path in SHIPPED.glob(f"*/{METADATA_FILE}")]
    return sorted(bundles, key=lambda b: b.metadata["architecture"]["parameters"])


def all_bundles() -> list[Bundle | BundleError]:
    """All shipped and cached bundles; for one that cannot be used, the error in its place."""
    found = []
    for folder in _bundle_folders():
        try:
            found.append(_verified(folder))
        except BundleError as error:
            found.append(error)
    return found


def load_or_train(config: TrainingConfig, dataset: Dataset) -> Bundle:
    """Find the shipped or cached bundle trained by this config on this data, else train it.

    Raises InputError for data that cannot be used, and while another process trains it.
    """
    key = cache_key(config, dataset)
    for folder in _bundle_folders():
        try:
            if _read_metadata(folder)["key"] == key:
                return _verified(folder)
        except BundleError as error:
            print(f"{error}; it is not used", file=sys.stderr)
    return train_bundle(config, dataset)


def train_bundle(
    config: TrainingConfig,
    dataset: Dataset,
    name: str | None = None,
    folder: Path | None = None,
    resume: bool = False,
    strategy: Strategy | None = None,
) -> Bundle | None:
    """Train a network and keep it in `folder`, by default in the cache under `name`.

    The name is by default the folder's, else the architecture's and the key's start. With
    `resume` an interrupted run goes on after its last whole epoch; a `strategy` spreads it over
    devices and is no part of the key, as the network is as good on any of them. Of several
    machines the first keeps the bundle, the others return None. Raises InputError for data, a name
    or a folder that cannot be used, and while another process trains the same; OSError when a
    folder cannot be written, before the work if it never can.
    """
    from model.devices import is_chief
    from model.training import train

    key = cache_key(config, dataset)
    name = name or (folder.name if folder else f"{config.architecture}-{key[:8]}")
    if not name or os.path.basename(name) != name or name.startswith("."):
        raise InputError(f"a bundle's name is a plain word, not '{name}'")
    if not folder and _is_bundle(SHIPPED / name):
        raise InputError(f"'{name}' is a network that ships: choose another --name")
    folder = folder or cache_folder() / "bundles" / name
    kept = cache_folder() / "training" / key
    if not is_chief(strategy):
        train(config, dataset, kept, resume, strategy)
        return None
    with _alone(key, folder):
        _check_place(folder)
        trained = train(config, dataset, kept, resume, strategy)
        bundle = save_bundle(folder, name, key, trained, dataset)
        shutil.rmtree(kept, ignore_errors=True)
    return bundle


@contextlib.contextmanager
def _alone(key: str, folder: Path):
    """Keep other processes from training the same network, or into the same folder."""
    locks = cache_folder() / "training"
    place = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()
    with (
        hold(locks / f"{key}.lock", "another run trains this very network, by the same settings on "
             "the same data: wait for it, or give another --seed"),
        hold(locks / f"{place}.lock", f"another run trains a network for {folder}: wait for it, or "
             "choose another --name or --out"),
    ):  # fmt: skip
        yield


def _check_place(folder: Path) -> None:
    """Find out before the work whether a bundle can be put there. Raises InputError, OSError."""
    year = time.localtime(time.time()).tm_year
    if year < 1980:  # as on a machine whose clock has no battery
        raise InputError(f"the clock says {year}, which no Keras file can hold: set it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder.parent).close()
    is_free = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not is_free and not _is_bundle(folder):
        raise InputError(f"{folder} holds something else than a bundle: choose another --out")


def cache_key(config: TrainingConfig, dataset: Dataset) -> str:
    """Hex digest of all that changes the answer: config, data, formats."""
    parts = [asdict(config), dataset.train.sha256, FORMAT_VERSION, preprocessing.VERSION]
    if dataset.corrections:
        parts.append(dataset.corrections.sha256)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def save_bundle(folder: Path, name: str, key: str, trained: Trained, dataset: Dataset) -> Bundle:
    """Write a bundle beside its place, verify it, and only then move it there."""
    from model.architectures import describe

    all_rows = trained.history + trained.narrow_history
    with replaced(folder) as half:
        _save_networks(half, trained.network)
        metadata = {
            "format_version": FORMAT_VERSION,
            "name": name,
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "key": key,
            "architecture": describe(trained.network),
            "config": asdict(trained.config),
            "history": trained.history,
            "narrow_history": trained.narrow_history,
            "validation_accuracy": trained.validation_accuracy,
            "train_seconds": round(sum(row["seconds"] for row in all_rows), 1),
            "data": _describe_data(trained, dataset),
            "calibration": asdict(trained.calibration),
            "preprocessing_version": preprocessing.VERSION,
            "versions": _versions(),
            "files": {file: fingerprint(half / file) for file in (KERAS_FILE, LITERT_FILE)},
        }
        text = json.dumps(metadata, indent=1, ensure_ascii=False)
        (half / METADATA_FILE).write_text(text + "\n", encoding="utf-8")
        _verified(half)
    return _verified(folder)


def load_network(bundle: Bundle):
    """Load the bundle's Keras network, to export it. Raises InputError (see `load_keras`)."""
    return load_keras(bundle.keras_path)


def _bundle_folders() -> list[Path]:
    roots = (SHIPPED, cache_folder() / "bundles")
    return [folder for root in roots for folder in folders(root) if _is_bundle(folder)]


def _is_bundle(folder: Path) -> bool:
    return os.path.isfile(folder / METADATA_FILE)  # false where it may not be looked for, too


def _verified(path: Path) -> Bundle:
    metadata = _read_metadata(path)
    for file in (KERAS_FILE, LITERT_FILE):
        try:
            whole = fingerprint(path / file) == metadata["files"][file]
        except (OSError, KeyError, TypeError):
            raise BundleError(f"bundle '{path.name}' lacks its {file}: train it again") from None
        if not whole:
            raise BundleError(
                f"bundle '{path.name}' is damaged: its {file} is not the one that was saved"
            )
    return Bundle(path, metadata)


def _read_metadata(path: Path) -> dict:
    try:
        metadata = json.loads((path / METADATA_FILE).read_text(encoding="utf-8"))
        if not isinstance(metadata, dict):
            raise TypeError
    except (OSError, ValueError, TypeError, RecursionError):
        raise BundleError(
            f"bundle '{path.name}' is damaged: {METADATA_FILE} cannot be read"
        ) from None
    expected = {"format_version": FORMAT_VERSION, "preprocessing_version": preprocessing.VERSION}
    for what, known in expected.items():
        found = metadata.get(what)
        if type(found) is not int or found != known:
            raise BundleError(
                f"bundle '{path.name}' has {what} {found!a:.40}, this program {known}: "
                "train it again"
            )
    wrong = next(metadata_faults(metadata), None)
    if wrong:
        raise BundleError(f"bundle '{path.name}' is damaged: {wrong} in its {METADATA_FILE}")
    return metadata


def _save_networks(folder: Path, network) -> None:
    import tensorflow as tf

    network.optimizer = None  # its state would triple the file
    with quiet():
        network.save(folder / KERAS_FILE)
        converted = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    (folder / LITERT_FILE).write_bytes(converted)


def _describe_data(trained: Trained, dataset: Dataset) -> dict:
    return {
        "name": dataset.name,
        "sha256": dataset.train.sha256,
        "source": dataset.source,
        "licence": dataset.licence,
        "train_count": trained.train_count,
        "corrections_count": len(dataset.corrections or ()),
        "validation_count": trained.validation_count,
        "test_count": len(dataset.test),
        "train_class_counts": trained.train_class_counts,
        "split_seed": trained.config.seed,
    }


def _versions() -> dict[str, str]:
    names = ("tensorflow", "keras", "numpy", "ai-edge-litert", "opencv-python-headless")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def fingerprint(path: Path) -> dict:
    """A file's SHA-256, in hex, and its length in bytes. Raises OSError."""
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


@contextlib.contextmanager
def quiet():
    """Hide TensorFlow's chatter: what it prints, and what its C++ side writes to descriptor 2."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
