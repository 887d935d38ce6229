"""Drawings that visitors corrected, saved for training: a folder for each, complete or not there.

Each holds `drawing.png` (grey), `glyph.png` (28×28, as the network saw it) and `correction.json`
(`truth`, what was answered and by which bundle). The demo writes them; training reads them.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image

from model.calibration import is_digit
from model.data.labelled import LabelledImages
from model.errors import InputError
from model.files.pictures import load_image, to_grey
from model.files.writing import atomic_path
from model.inference.predictor import Prediction
from model.preprocessing import Steps

MOST_KEPT = 2000  # drawings; with the bytes below, a folder stays under 200 MB
MOST_BYTES = 50_000  # a drawing's PNG; a sketch takes about 3,000
DRAWING_SIDE = 280  # px, longer side of a drawing that is kept
DRAWING, GLYPH, ABOUT = "drawing.png", "glyph.png", "correction.json"
_keeping = Lock()


@dataclass(frozen=True)
class Drawn:
    """A drawing that was answered: two PNGs, the answer, and the bundle that gave it."""

    drawing: bytes
    glyph: bytes
    answer: Prediction
    bundle: str

    @classmethod
    def of(cls, steps: Steps, answer: Prediction, bundle: str) -> Drawn:
        """Take from a picture what is saved; a large one is scaled down."""
        drawing = Image.fromarray(steps.grey)
        drawing.thumbnail((DRAWING_SIDE, DRAWING_SIDE))
        return cls(_png(drawing), _png(Image.fromarray(steps.glyph)), answer, bundle)


def prepare_folder(folder: Path) -> None:
    """Make the folder for corrections. Raises InputError when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(f"{folder}: can't be written ({error.strerror}); choose another") from None


def keep(folder: Path, drawn: Drawn, truth: int) -> None:
    """Keep one drawing with its truth, 0 to 9. Raises InputError when it can't be, and says why."""
    if not is_digit(truth):
        raise InputError("say which digit it was, from 0 to 9")
    if len(drawn.drawing) > MOST_BYTES:
        raise InputError("this picture is too detailed to be kept: draw it instead")
    about = {
        "truth": truth,
        "digit": drawn.answer.digit,
        "probabilities": [round(p, 6) for p in drawn.answer.probabilities],
        "digit_probability": drawn.answer.digit_probability,
        "accepted": drawn.answer.accepted,
        "bundle": drawn.bundle,
        "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    files = {DRAWING: drawn.drawing, GLYPH: drawn.glyph, ABOUT: text.encode()}
    with _keeping:
        if len(_kept(folder)) >= MOST_KEPT:
            raise InputError("no more drawings can be kept for now, but thank you")
        _write_folder(folder, files)


def load_corrections(folder: str | os.PathLike) -> LabelledImages:
    """Load all drawings kept in a folder, with their truths. Raises InputError when there is none.

    `images` is a list of uint8 arrays (h, w), in the order in which they were drawn.
    """
    images, labels = [], []
    for record in _kept(Path(folder)):
        try:
            truth = json.loads((record / ABOUT).read_text(encoding="utf-8"))["truth"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(f"{record}: its {ABOUT} cannot be read; remove the folder") from None
        if not is_digit(truth):
            raise InputError(f"{record}: its truth {truth!r} is not a digit from 0 to 9")
        images.append(to_grey(load_image(record / DRAWING)))
        labels.append(truth)
    if not images:
        raise InputError(f"{folder} holds no corrections: `demo.py --corrections` collects them")
    return LabelledImages("corrections", images, np.array(labels, np.int64))


def _kept(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []


def _write_folder(parent: Path, files: dict[str, bytes]) -> None:
    """Write files into a folder with a unique name, atomically."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    try:
        with atomic_path(parent / f"{stamp}-{secrets.token_hex(4)}") as temporary:
            temporary.mkdir(mode=0o700)
            for name, data in files.items():
                (temporary / name).write_bytes(data)
    except OSError:
        raise InputError("the drawing could not be kept: there may be no room left") from None


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()
