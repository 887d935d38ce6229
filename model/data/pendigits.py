"""Pendigits' pen tracks: about 250 digits by each writer, people in Turkey, on one tablet.

Alpaydin and Alimoglu, "Pen-Based Recognition of Handwritten Digits", UCI Machine Learning
Repository 81, 1996 (CC BY 4.0). The original tracks, `pendigits-orig.tra`, are in UNIPEN's format:
each `.SEGMENT` is a digit, and the `.COMMENT` after it names digit, writer and number.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model.data.compress import MAGIC, unpack
from model.data.pen_tracks import DIGIT_LABELS, PenTrack
from model.data.unipen import read_point
from model.errors import InputError

TRAIN_FILE = "pendigits-orig.tra"


def read_pendigits(path: Path) -> list[PenTrack]:
    """Read the digits of a file of original tracks, in its order.

    `path` is that file, plain or packed as UCI has it (.Z), or a folder that holds it. Raises
    InputError where it is missing, damaged, or holds no digit with ink.
    """
    file = _file(path)
    data = file.read_bytes()
    text = (unpack(data) if data[:2] == MAGIC else data).decode("latin-1")
    tracks: list[PenTrack] = []
    lines: list[str] = []
    for line in [*text.splitlines(), ".SEGMENT"]:
        if line.startswith(".SEGMENT"):
            tracks += _track(lines)
            lines = []
        lines.append(line.strip())
    if not tracks:
        raise InputError(f"{file} holds no pen tracks of digits")
    return tracks


def _file(path: Path) -> Path:
    names = (TRAIN_FILE, f"{TRAIN_FILE}.Z")
    places = [path] if path.is_file() else [path / name for name in names]
    for place in places:
        if place.is_file():
            return place
    raise InputError(f"there is no {TRAIN_FILE} at {path}")


def _track(lines: list[str]) -> list[PenTrack]:
    """Read the lines of one digit: a list of its track, or of none where it has no ink."""
    label, writer, strokes = "", "", []
    points: list[tuple[float, float]] | None = None
    for line in lines:
        if line.startswith(".SEGMENT"):
            label = line.partition('"')[2].rstrip().rstrip('"')
        elif line.startswith(".COMMENT"):
            words = line.split()
            writer = words[2] if len(words) > 2 else ""
        elif line.startswith(".PEN_DOWN"):
            points = []
        elif line.startswith(".PEN_UP"):
            strokes += [points] if points else []
            points = None
        elif points is not None and (point := read_point(line)):
            points.append(point)
    y_down = np.array([1, -1], np.float32)
    drawn = tuple(np.array(stroke, np.float32) * y_down for stroke in strokes)
    if label not in DIGIT_LABELS or not drawn or not np.ptp(np.concatenate(drawn), axis=0).any():
        return []
    return [PenTrack(drawn, label, f"pendigits/{writer}", "pendigits")]
