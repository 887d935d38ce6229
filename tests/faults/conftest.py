"""A server that behaves as badly as told, a disk that is really full, and runs that are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from model.data import mnist
from tests.faults.server import PAYLOAD, serving

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def run():
    """Run a module of this project in a process of its own; `limits` as for subprocess.run."""

    def run(*words, **limits):
        command = [sys.executable, "-m", *map(str, words)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **limits)

    return run


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture
def fetching(server, monkeypatch, tmp_path):
    """MNIST's download, from that server: `folder` is where it goes, `file` what it makes."""
    monkeypatch.setattr(mnist, "MNIST_URL", server.address)
    monkeypatch.setattr(mnist, "MNIST_FILE_SHA256", sha256(PAYLOAD).hexdigest())
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("MNIST_PATH", raising=False)
    folder = tmp_path / "keras" / "datasets"
    return SimpleNamespace(folder=folder, file=folder / "mnist.npz")


@pytest.fixture
def disk(tmp_path):
    """A disk of eight megabytes, in memory: `path`, and `fill`, `free` and `lock` (read only)."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size=8m,mode=777,uid={os.getuid()}", "digits", path]
    as_root = next((root for root in ([], ["sudo", "-n"]) if _works([*root, *mount])), None)
    if as_root is None:
        pytest.skip("this user may not mount a disk")
    ballast = path / "ballast"

    def fill(left: int = 0) -> None:
        ballast.unlink(missing_ok=True)
        size = os.statvfs(path).f_bavail * os.statvfs(path).f_frsize
        ballast.write_bytes(bytes(size - left))

    def lock() -> None:
        subprocess.run([*as_root, "mount", "-o", "remount,ro", path], check=True)

    try:
        yield SimpleNamespace(path=path, fill=fill, free=ballast.unlink, lock=lock)
    finally:
        subprocess.run([*as_root, "umount", "-l", path], check=True)


def _works(command) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:  # there is no such program
        return False
