"""Characters as a pen wrote them: strokes kept as vectors, and drawn to pictures when needed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

DIGIT_LABELS = tuple("0123456789")
# Characters that nobody can tell from a digit without a context, or that are mere specks.
LOOK_ALIKES = frozenset("oOlISsZzBbgqDQ|/\\-" + ".,'`\"_:;~^!")

_SHIFT = 4  # bits for the fraction of a pixel in OpenCV's coordinates
_SHORTEST = 1e-6  # a length below it is none


@dataclass(frozen=True)
class PenTrack:
    """One character as it was written.

    `strokes` are float32 arrays (n, 2) of points (x, y) from pen-down to pen-up, y pointing down,
    in units of the tablet: one unit is as long across as it is down, and nothing else is known of
    its size. `label` is the character, `writer` who wrote it, `source` the collection it is from.
    """

    strokes: tuple[np.ndarray, ...]
    label: str
    writer: str
    source: str

    @property
    def is_digit(self) -> bool:
        return self.label in DIGIT_LABELS

    @property
    def points(self) -> np.ndarray:
        """All strokes' points, one after the other: float32 (n, 2)."""
        return np.concatenate(self.strokes)


@dataclass(frozen=True)
class Look:
    """How a track is drawn: the pen, and where and how large the character stands.

    `side` is the picture's side in pixels; `size` the character's longer side and `pen` the
    stroke's width, both as shares of `side`; `middle` the (x, y) of its middle, as shares as well.
    `slant` moves the top by so many heights to the right, `turn` is in radians, clockwise; `aspect`
    above 1 makes it wider. `is_soft` draws smooth edges, else every pixel is ink or none.
    """

    side: int = 280
    size: float = 0.6
    pen: float = 0.05
    middle: tuple[float, float] = (0.5, 0.5)
    slant: float = 0.0
    turn: float = 0.0
    aspect: float = 1.0
    is_soft: bool = True


def draw(strokes: Sequence[np.ndarray], look: Look) -> np.ndarray:
    """Draw strokes, as `PenTrack` holds them, in dark ink on white: uint8 (side, side).

    A stroke of one point, or with no length, becomes a dot as wide as the pen.
    """
    picture = np.full((look.side, look.side), 255, np.uint8)
    width = max(1, round(look.pen * look.side))
    kind = cv2.LINE_AA if look.is_soft else cv2.LINE_8
    for stroke in place(strokes, look):
        points = np.round((stroke - 0.5) * 2**_SHIFT).astype(np.int32)
        if len(points) == 1:
            points = np.repeat(points, 2, axis=0)
        cv2.polylines(picture, [points], False, 0, width, kind, _SHIFT)
    return picture


def place(strokes: Sequence[np.ndarray], look: Look) -> list[np.ndarray]:
    """Slant, turn, size and place strokes as `look` says: points in pixels, float64 (n, 2) each."""
    cos, sin = np.cos(look.turn), np.sin(look.turn)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[look.aspect, -look.slant], [0, 1]])
    moved = [stroke @ matrix.T for stroke in strokes]
    points = np.concatenate(moved)
    low, high = points.min(0), points.max(0)
    scale = look.size * look.side / max(_SHORTEST, (high - low).max())
    centre = np.array(look.middle) * look.side
    return [(stroke - (low + high) / 2) * scale + centre for stroke in moved]


def lengths_along(stroke: np.ndarray) -> np.ndarray:
    """How far each point of a stroke (n, 2) is from its start, along the stroke: float64 (n,)."""
    return np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(stroke, axis=0), axis=1))])


def evenly(stroke: np.ndarray, count: int) -> np.ndarray:
    """Points at equal distances along a stroke (n, 2), from its start to its end: (count, 2)."""
    along = lengths_along(stroke)
    places = np.linspace(0, along[-1], count)
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], axis=1)


def digits_of(tracks: Iterable[PenTrack]) -> list[PenTrack]:
    """Keep the digits among tracks."""
    return [track for track in tracks if track.is_digit]


def others_of(tracks: Iterable[PenTrack]) -> list[PenTrack]:
    """Keep characters that neither are digits nor look like one (see `LOOK_ALIKES`)."""
    return [t for t in tracks if not t.is_digit and t.label not in LOOK_ALIKES]


def content_sha256(tracks: Iterable[PenTrack]) -> str:
    """Hex digest over labels, writers and points: the same from whatever file they were read."""
    digest = hashlib.sha256()
    for track in tracks:
        digest.update(f"{track.label}\0{track.writer}\0{len(track.strokes)}\0".encode())
        for stroke in track.strokes:
            digest.update(np.ascontiguousarray(stroke, "<f4").tobytes())
    return digest.hexdigest()
