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
from model.data.unipen import read_events
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
    label, writer = "", ""
    strokes: list[np.ndarray] = []
    for word, rest in [*read_events(text), (".SEGMENT", "")]:
        if word == ".SEGMENT":
            tracks += _track(label, writer, strokes)
            label, writer, strokes = rest.partition('"')[2].rstrip('" '), "", []
        elif word == ".COMMENT":
            writer = "".join(rest.split()[1:2])
        elif word is True:  # the pen is down
            strokes.append(rest * np.array([1, -1], np.float32))  # y pointed up
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


def _track(label: str, writer: str, strokes: list[np.ndarray]) -> list[PenTrack]:
    """Make the track of one digit: a list of it, or of none where it has no ink."""
    drawn = tuple(stroke for stroke in strokes if len(stroke))
    if label not in DIGIT_LABELS or not drawn or not np.ptp(np.concatenate(drawn), axis=0).any():
        return []
    return [PenTrack(drawn, label, f"pendigits/{writer}", "pendigits")]
