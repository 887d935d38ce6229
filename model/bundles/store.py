"""Bundles: folders with a trained network, as `model.keras`, `model.tflite`, `bundle.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model import preprocessing
from model.bundles.metadata import metadata_faults
from model.errors import InputError
from model.files.fingerprint import fingerprint
from model.files.home import home_folder
from model.files.replacement import folders, standing

FORMAT_VERSION = 1
METADATA_FILE = "bundle.json"
KERAS_FILE = "model.keras"
LITERT_FILE = "model.tflite"
SHIPPED = Path(__file__).resolve().parent.parent / "pretrained"


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
    """Where trained bundles and checkpoints are kept: $DIGITS_CACHE, else the user's cache.

    Raises InputError where no home folder is known.
    """
    if given := os.environ.get("DIGITS_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or home_folder() / ".cache") / "digits"


def load_bundle(name_or_dir: str | os.PathLike = "cnn") -> Bundle:
    """Load a bundle by the name of a shipped or cached one, or by its folder, and verify it.

    Raises BundleError, naming it, when there is none or any of its files is not as it was saved.
    """
    given = os.fspath(name_or_dir)
    if given and is_bundle(place := standing(Path(given))):
        return verified(place)
    if os.path.basename(given) != given or given in ("", ".", ".."):
        raise BundleError(f"'{given}' is no bundle: it has no {METADATA_FILE}")
    for root in _roots():
        if is_bundle(place := standing(root / given)):
            return verified(place)
    names = sorted({path.name for path in _bundle_folders()})
    raise BundleError(f"there is no bundle '{given}': choose one of {', '.join(names)}")


def shipped_bundles() -> list[Bundle]:
    """All bundles that come with the project, smallest network first."""
    bundles = [verified(path.parent) for path in SHIPPED.glob(f"*/{METADATA_FILE}")]
    return sorted(bundles, key=lambda b: b.metadata["architecture"]["parameters"])


def all_bundles() -> list[Bundle | BundleError]:
    """All shipped and cached bundles; for one that cannot be used, the error in its place."""
    found: list[Bundle | BundleError] = []
    for folder in _bundle_folders():
        try:
            found.append(verified(folder))
        except BundleError as error:
            found.append(error)
    return found


def _bundle_folders() -> list[Path]:
    return [folder for root in _roots() for folder in folders(root) if is_bundle(folder)]


def _roots() -> Iterator[Path]:
    """The folders that hold bundles; the shipped ones are found without a cache."""
    yield SHIPPED
    yield cache_folder() / "bundles"


def is_bundle(folder: Path) -> bool:
    """Return whether a folder holds a bundle, by its `bundle.json` alone."""
    return os.path.isfile(folder / METADATA_FILE)  # also false without permission to look


def verified(path: Path) -> Bundle:
    """Open the bundle in a folder, its files checked. Raises BundleError."""
    metadata = _read_metadata(path)
    for file in (KERAS_FILE, LITERT_FILE):
        try:
            whole = fingerprint(path / file) == metadata["files"][file]
        except OSError:
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
