"""Checkpoints: the state of an unfinished run after each epoch, written atomically."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.files.fingerprint import fingerprint
from model.files.writing import atomic_path


@dataclass(frozen=True)
class Checkpoint:
    """A saved state: the history, one row per epoch, and the path of the Keras file."""

    history: list[dict]
    network: Path


def keep(folder: Path, history: list[dict], save: Callable[[Path], None]) -> None:
    """Save the state after the last epoch of `history`; `save` writes the network to a path.

    Earlier checkpoints are deleted only once this one is complete. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    earlier = list(folder.iterdir())
    network = folder / f"epoch-{len(history):04d}.keras"
    record = network.with_suffix(".json")
    with atomic_path(network) as temporary:
        save(temporary)
        text = json.dumps({"history": history, "sha256": fingerprint(temporary)["sha256"]})
    with atomic_path(record) as temporary:  # the checkpoint is valid once this file exists
        temporary.write_text(text, encoding="utf-8")
    for path in set(earlier) - {network, record}:
        path.unlink(missing_ok=True)


def last(folder: Path) -> Checkpoint | None:
    """Return the last complete checkpoint; damaged or incomplete ones are skipped."""
    for record in sorted(folder.glob("epoch-*.json"), reverse=True):
        network = record.with_suffix(".keras")
        try:
            kept = json.loads(record.read_text(encoding="utf-8"))
            if fingerprint(network)["sha256"] == kept["sha256"]:
                return Checkpoint(kept["history"], network)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None
