"""What a report says of a classifier that is no bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.errors import printable
from model.files.fingerprint import folder_fingerprint


def model_facts(
    path: Path,
    kind: str,
    framework: str,
    parameters: int | None,
    layers: Sequence[dict[str, Any]] = (),
    architecture: str | None = None,
) -> dict[str, Any]:
    """The facts, in the form of report.json; `kind` says what the file is."""
    name = printable(path.stem)
    return {
        "name": name,
        "created_at": None,
        "architecture": {
            "name": printable(architecture or name),
            "parameters": parameters,
            "layers": list(layers),
        },
        "calibration": None,
        "preprocessing_version": None,
        "files": {printable(path.name): folder_fingerprint(path)},
        "litert_bytes": None,
        "kind": kind,
        "framework": framework,
    }
