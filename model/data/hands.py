"""Variations of handwriting: a pen track rewritten with the habits of another writer.

Strokes are float arrays (n, 2), y pointing down, scaled to a height or width of 1 first.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from model.data.pen_tracks import PenTrack, evenly, lengths_along

Strokes = list[np.ndarray]  # float64 (n, 2) each


def rewritten(track: PenTrack, random: np.random.Generator) -> Strokes:
    """Rewrite a track: other shapes of the digit, a smooth distortion, a fast or a coarse pen."""
    strokes = _to_unit(track.strokes)
    for share, habit in _HABITS.get(track.label, ()):
        if random.random() < share:
            strokes = habit(strokes, random)
    strokes = _shaken([_dense(stroke) for stroke in strokes], random)
    pen = random.random()
    if pen < 0.15:
        return [_coarse(stroke, random) for stroke in strokes]
    if pen < 0.3:
        return [_hasty(stroke, random) for stroke in strokes]
    return strokes


def _to_unit(strokes: tuple[np.ndarray, ...]) -> Strokes:
    points = np.concatenate(strokes).astype(float)
    low, high = points.min(0), points.max(0)
    return [(stroke - low) / max(1e-6, (high - low).max()) for stroke in strokes]


def _dense(stroke: np.ndarray, step: float = 0.02) -> np.ndarray:
    """Points evenly spaced along a stroke, `step` apart."""
    return evenly(stroke, max(2, int(lengths_along(stroke)[-1] / step) + 1))


def _shaken(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Apply a smooth displacement field, so that strokes that touch still touch."""
    strength = random.uniform(0, 0.035)
    frequency, push = random.normal(0, 3.0, (4, 2)), random.normal(0, strength, (4, 2))
    phase = random.uniform(0, 2 * np.pi, 4)
    return [stroke + np.sin(stroke @ frequency.T + phase) @ push for stroke in strokes]


def _coarse(stroke: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Quantise points to the grid of an old tablet, 12 to 40 positions a side, without repeats."""
    places = random.uniform(12, 40)
    few = np.round(_dense(stroke, random.uniform(0.03, 0.12)) * places) / places
    new = np.concatenate([[True], (np.diff(few, axis=0) != 0).any(1)])
    return few[new]


def _hasty(stroke: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Round off corners, as a fast pen does; the ends stay."""
    reach = random.uniform(1, 4)
    if len(stroke) < 4:
        return stroke
    smooth = cv2.GaussianBlur(stroke, (1, 0), 1, sigmaY=reach, borderType=cv2.BORDER_REPLICATE)
    weight = np.minimum(1, np.minimum(np.arange(len(stroke)), np.arange(len(stroke))[::-1]) / 4)
    return stroke + (smooth - stroke) * weight[:, None]


def _add_upstroke(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Begin a one with an upstroke of any length, straight or bent, steeper than a seven's bar."""
    first = strokes[0] if strokes[0][0, 1] <= strokes[0][-1, 1] else strokes[0][::-1]
    top = first[0]
    angle, length, bend = random.uniform((0.5, 0.1, -0.06), (1.25, 0.75, 0.06))
    tip = top + length * np.array([-np.cos(angle), np.sin(angle)])
    middle = (tip + top) / 2 + bend * np.array([np.sin(angle), np.cos(angle)])
    return [np.concatenate([[tip, middle], first]), *strokes[1:]]


def _drop_upstroke(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Shorten a one's upstroke to at most half, or remove it."""
    top = int(strokes[0][:, 1].argmin())
    if not 0 < top < len(strokes[0]) // 2:
        return strokes
    return [strokes[0][int(top * random.uniform(0.5, 1)) :], *strokes[1:]]


def _add_foot(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Set the last stroke's end on a foot."""
    lowest = max((stroke[stroke[:, 1].argmax()] for stroke in strokes), key=lambda p: p[1])
    left, right, tilt = random.uniform((0, 0, -0.04), (0.35, 0.35, 0.04))
    return [*strokes, np.stack([lowest + [-left, tilt], lowest + [right, -tilt]])]


def _add_bar(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Cross a seven's stem a little below its middle."""
    points = np.concatenate(strokes)
    height = random.uniform(0.4, 0.65)
    near = points[np.argsort(np.abs(points[:, 1] - height))[:1]].mean(0)
    left, right, tilt = random.uniform((0.1, 0.1, -0.08), (0.35, 0.35, 0.08))
    return [*strokes, np.stack([[near[0] - left, height + tilt], [near[0] + right, height - tilt]])]


def _add_slash(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Draw a slash through a zero, within its ring or beyond it, at any slant."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    middle, half = (low + high) / 2, (high - low) / 2
    reach, lean = random.uniform((0.4, 0.3), (1.5, 1.0))
    way = random.choice([1, 1, 1, -1, 0])
    end = np.array([half[0] * lean * way + random.uniform(-0.05, 0.05), -half[1]]) * reach
    return [*strokes, np.stack([middle - end, middle + end])]


def _leave_open(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Stop a stroke early, or begin it late, so that a loop stays open."""
    longest = max(range(len(strokes)), key=lambda i: len(strokes[i]))
    stroke = _dense(strokes[longest])
    cut = int(len(stroke) * random.uniform(0.02, 0.09))
    kept = stroke[cut:] if random.random() < 0.5 else stroke[: len(stroke) - cut]
    return [*strokes[:longest], kept, *strokes[longest + 1 :]]


def _in_one_stroke(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Leave the pen down between strokes."""
    return [np.concatenate(strokes)]


_HABITS: dict[str, tuple[tuple[float, Callable], ...]] = {  # shares of a digit's drawings
    "0": ((0.15, _add_slash), (0.1, _leave_open)),
    "1": ((0.12, _drop_upstroke), (0.25, _add_upstroke), (0.1, _add_foot)),
    "2": ((0.08, _leave_open),),
    "4": ((0.05, _in_one_stroke), (0.05, _leave_open)),
    "5": ((0.1, _in_one_stroke),),
    "6": ((0.12, _leave_open),),
    "7": ((0.15, _add_bar), (0.06, _add_foot), (0.05, _in_one_stroke)),
    "8": ((0.2, _leave_open),),
    "9": ((0.2, _leave_open), (0.05, _add_foot)),
}
