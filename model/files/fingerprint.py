"""What a file is known by: its SHA-256 and its length."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any


def fingerprint(path: Path) -> dict[str, Any]:
    """A file's SHA-256, in hex, and its length in bytes. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return {"sha256": digest.hexdigest(), "bytes": file.tell()}


def folder_fingerprint(path: Path) -> dict[str, Any]:
    """A file's SHA-256 and length in bytes, or those of all files in a folder, by their names."""
    if path.is_file():
        return fingerprint(path)
    digest, total = hashlib.sha256(), 0
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        found = fingerprint(file)
        digest.update(f"{file.relative_to(path).as_posix()} {found['sha256']}\n".encode())
        total += found["bytes"]
    return {"sha256": digest.hexdigest(), "bytes": total}
