"""What is killed again and again: each scene is one kind of writing, and what must hold after it.

`python -m tests.faults.scenes FOLDER` plays all, each in a folder of its own, and prints as JSON
how often each was killed, or what did not hold. None imports TensorFlow: whole training runs are
killed in `test_training_faults.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from model.bundles.store import load_bundle
from model.commands.options import save_picture
from model.data import mnist
from model.data.corrections import Drawn, keep, load_corrections
from model.errors import InputError
from model.files.replacement import replaced
from model.inference.predictor import Prediction
from model.training import checkpoints
from report.documents.files import NAMES, write_files
from tests.faults.kills import at_every_size, at_every_touch

SMALL, OTHER = load_bundle("linear"), load_bundle("mlp100")


def _fill(folder: Path, bundle) -> None:
    """Replace a folder by a bundle's copy, as training does by a new one."""
    with replaced(folder) as half:
        for source in sorted(bundle.path.iterdir()):
            _write(half / source.name, source.read_bytes())


def _write(path: Path, data: bytes) -> None:
    """Write a file in two halves."""
    with open(path, "wb") as file:
        file.write(data[: len(data) // 2])
        file.flush()
        file.write(data[len(data) // 2 :])


def bundle_made(folder: Path) -> int:
    """A bundle where there was none: afterwards it is there whole, or not there."""
    place = folder / "mine"

    def look(lived: bool) -> None:
        if lived or place.exists():
            assert load_bundle(place).name == "linear"
        if lived:
            assert os.listdir(folder) == ["mine"]
        shutil.rmtree(place, ignore_errors=True)

    def work() -> None:
        _fill(place, SMALL)

    return at_every_touch(folder, work, look) + at_every_size(range(0, 70_000, 9999), work, look)


def bundle_replaced(folder: Path) -> int:
    """A bundle in place of another: afterwards one of both is there whole, at every moment."""
    place = folder / "mine"
    _fill(place, SMALL)

    def look(lived: bool) -> None:
        found = load_bundle(place)
        assert found.name == "mlp100" if lived else found.name in ("linear", "mlp100")
        _fill(place, SMALL)  # the next run puts all right
        assert os.listdir(folder) == ["mine"]
        assert load_bundle(place).name == "linear"

    def work() -> None:
        _fill(place, OTHER)

    return at_every_touch(folder, work, look) + at_every_size(range(0, 90_000, 9999), work, look)


def epoch_kept(folder: Path) -> int:
    """The state after an epoch: afterwards the last or the one before is found, whole."""

    def history(epochs: int) -> list[dict]:
        return [{"epoch": epoch + 1} for epoch in range(epochs)]

    def content(epochs: int) -> bytes:
        return bytes([epochs]) * 5000

    def keep_next() -> None:
        epochs = len(checkpoints.last(folder).history) + 1
        checkpoints.keep(folder, history(epochs), lambda path: _write(path, content(epochs)))

    seen = 1
    checkpoints.keep(folder, history(1), lambda path: _write(path, content(1)))

    def look(lived: bool) -> None:
        nonlocal seen
        found = checkpoints.last(folder)
        epochs = len(found.history)
        assert epochs in ((seen + 1,) if lived else (seen, seen + 1))
        assert found.history == history(epochs)
        assert found.network.read_bytes() == content(epochs)
        if lived:
            assert len(os.listdir(folder)) == 2
        seen = epochs

    killed = at_every_touch(folder, keep_next, look)
    return killed + at_every_size(range(0, 6000, 500), keep_next, look)


def report_written(folder: Path) -> int:
    """A report's files: afterwards each is of one build, whole, and the next build is complete."""
    builds = [{name: bytes([build]) * 3000 for name in NAMES} for build in (1, 2)]
    write_files(folder, builds[0])

    def look(lived: bool) -> None:
        for name in NAMES:
            assert (folder / name).read_bytes() in [build[name] for build in builds[lived:]]
        write_files(folder, builds[0])

    def work() -> None:
        write_files(folder, builds[1])

    return at_every_touch(folder, work, look) + at_every_size(range(0, 3500, 500), work, look)


def correction_kept(folder: Path) -> int:
    """A visitor's drawing: afterwards it is kept whole, or not."""
    drawing = (Path(__file__).parent / "drawing.png").read_bytes()
    answer = Prediction(7, 0.9, (0.1,) * 10, 0.9, True)
    drawn, kept = Drawn(drawing, drawing, answer, "cnn"), 0

    def look(lived: bool) -> None:
        nonlocal kept
        found = 0
        with suppress(InputError):  # there is none yet
            found = len(load_corrections(folder))
        assert found in ((kept + 1,) if lived else (kept, kept + 1))
        kept = found

    def work() -> None:
        keep(folder, drawn, 7)

    return at_every_touch(folder, work, look) + at_every_size(range(0, 800, 50), work, look)


def picture_saved(folder: Path) -> int:
    """The picture that `read --out` draws: afterwards the old or the new one is there, whole."""
    grey = np.random.default_rng(1).integers(0, 256, (2, 60, 60), dtype=np.uint8)
    out = folder / "boxes.png"
    save_picture(Image.fromarray(grey[0]), out)

    def look(lived: bool) -> None:
        found = np.asarray(Image.open(out))
        assert any((found == image).all() for image in grey[int(lived) :])
        for left_over in folder.iterdir():
            os.utime(left_over, (0, 0))  # as if the process was killed long ago
        save_picture(Image.fromarray(grey[0]), out)
        assert os.listdir(folder) == ["boxes.png"]

    def work() -> None:
        save_picture(Image.fromarray(grey[1]), out)

    return at_every_touch(folder, work, look) + at_every_size(range(0, 4000, 500), work, look)


def mnist_fetched(folder: Path) -> int:
    """MNIST's file from a server on this machine: afterwards it is there whole, or not there."""
    os.environ["KERAS_HOME"] = str(folder)
    os.environ.pop("MNIST_PATH", None)
    mnist.MNIST_URL, mnist.MNIST_FILE_SHA256 = os.environ["SERVED_AT"], os.environ["SERVED_SHA256"]
    file = folder / "datasets" / "mnist.npz"

    def look(lived: bool) -> None:
        assert file.exists() or not lived
        if file.exists():
            whole = hashlib.sha256(file.read_bytes()).hexdigest()
            assert whole == mnist.MNIST_FILE_SHA256
            file.unlink()

    def work() -> None:
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 2)
        mnist.find_mnist()

    killed = at_every_touch(folder, work, look)
    return killed + at_every_size(range(0, 300_000, 40_000), work, look)


SCENES = [bundle_made, bundle_replaced, epoch_kept, report_written, correction_kept, picture_saved,
          mnist_fetched]  # fmt: skip


def play(scene, folder: Path) -> int | str:
    """Play one; how often it was killed, or the traceback of what did not hold."""
    folder.mkdir()
    try:
        return scene(folder)
    except Exception:
        return traceback.format_exc()


if __name__ == "__main__":
    os.environ["TMPDIR"] = tempfile.tempdir = sys.argv[1]
    folders = {scene: Path(sys.argv[1], scene.__name__) for scene in SCENES}
    print(json.dumps({scene.__name__: play(scene, folder) for scene, folder in folders.items()}))
