"""The last whole epoch of a run that is not done: kept, and found again, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.files.writing import atomic_path


@dataclass(frozen=True)
class Checkpoint:
    """A state to go on from: a row an epoch, and the Keras file as it was after the last."""

    history: list[dict]
    network: Path


def keep(folder: Path, history: list[dict], save: Callable[[Path], None]) -> None:
    """Keep the state after the last epoch of `history`; `save` writes the network to a path.

    The earlier states go when this one is whole, not before. Raises OSError when there is no room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    earlier = list(folder.iterdir())
    network = folder / f"epoch-{len(history):04d}.keras"
    record = network.with_suffix(".json")
    with atomic_path(network) as temporary:
        save(temporary)
        text = json.dumps({"history": history, "sha256": _sha256(temporary)})
    with atomic_path(record) as temporary:  # the state counts once this is in place
        temporary.write_text(text, encoding="utf-8")
    for path in set(earlier) - {network, record}:
        path.unlink(missing_ok=True)


def last(folder: Path) -> Checkpoint | None:
    """Find the last state that is whole; what is damaged or incomplete is passed over."""
    for record in sorted(folder.glob("epoch-*.json"), reverse=True):
        network = record.with_suffix(".keras")
        try:
            kept = json.loads(record.read_text(encoding="utf-8"))
            if _sha256(network) == kept["sha256"]:
                return Checkpoint(kept["history"], network)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
