"""Render pen tracks with varied handwriting, pens and media: glyphs for training.

Variations of the handwriting are applied to the strokes, those of pen, paper and camera to the
rendered picture. Every picture then goes through `preprocess`, as in serving.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from model.data.hands import rewritten
from model.data.pen_tracks import Look, PenTrack, digits_of, draw, others_of
from model.files.pictures import ImageError
from model.preprocessing import GLYPH_SIDE, preprocess

DRAWINGS = 8  # of each digit that a network learns from; a letter or symbol is drawn once
_SIDES = (40, 56, 72, 84, 100, 120, 140, 200)  # px; scanned forms and old tablets are small
_ATTEMPTS = 4  # to draw a track so that ink is found; after these it is drawn plainly


@dataclass(frozen=True)
class PenGlyphs:
    """Drawn tracks: `digits` uint8 (n, 28, 28) with `labels` int64 (n,); `others` (m, 28, 28)."""

    digits: np.ndarray
    labels: np.ndarray
    others: np.ndarray

    @classmethod
    def drawn(cls, tracks: Sequence[PenTrack], seed: int) -> PenGlyphs:
        """Render tracks with random variations; look-alikes of digits are left out."""
        digits, others = digits_of(tracks), others_of(tracks)
        labels = np.repeat([int(track.label) for track in digits], DRAWINGS)
        return cls(render(digits, DRAWINGS, seed), labels, render(others, 1, seed))


def render(tracks: Sequence[PenTrack], count: int, seed: int) -> np.ndarray:
    """Draw each track `count` times, each time differently: uint8 (len(tracks) · count, 28, 28).

    The drawings of a track follow one another. The same seed gives the same glyphs.
    """
    return _all(tracks, count, varied, seed)


def render_plainly(tracks: Sequence[PenTrack], seed: int) -> np.ndarray:
    """Draw each track once as it was written, as on the demo's canvas: uint8 (len(tracks), 28, 28).

    Place, size (35 to 85 % of the canvas) and pen (2.5 to 7.5 %) differ; nothing else does.
    """
    return _all(tracks, 1, lambda track, random: draw(track.strokes, _canvas(random)), seed)


def varied(track: PenTrack, random: np.random.Generator) -> np.ndarray:
    """Render a track with random variations: uint8 (h, w), dark ink on a light ground."""
    return _on_some_medium(draw(rewritten(track, random), _look(random)), random)


def _all(tracks: Sequence[PenTrack], count: int, picture: Callable, seed: int) -> np.ndarray:
    glyphs = np.zeros((len(tracks), count, GLYPH_SIDE, GLYPH_SIDE), np.uint8)

    def make(row: int) -> None:
        for turn in range(count):
            random = np.random.default_rng([seed, row, turn])
            glyphs[row, turn] = _glyph(tracks[row], picture, random)

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV and NumPy release the lock
        list(pool.map(make, range(len(tracks)), chunksize=64))
    return glyphs.reshape(-1, GLYPH_SIDE, GLYPH_SIDE)


def _glyph(track: PenTrack, picture: Callable, random: np.random.Generator) -> np.ndarray:
    for _ in range(_ATTEMPTS):
        try:
            return preprocess(picture(track, random)).glyph
        except ImageError:  # the pen was too faint, or the ground too rough
            continue
    return preprocess(draw(track.strokes, Look())).glyph


def _canvas(random: np.random.Generator) -> Look:
    size = random.uniform(0.35, 0.85)
    spare = (1 - size) / 2 - 0.04
    middle = 0.5 + random.uniform(-spare, spare, 2)
    return Look(280, size, random.uniform(0.025, 0.075), tuple(middle))


def _look(random: np.random.Generator) -> Look:
    """Some size, pen and slant."""
    side = _SIDES[random.integers(len(_SIDES))]
    strength = random.uniform(0, 1)
    slant, turn, aspect = random.normal(0, (0.18, 0.08, 0.14)) * strength
    return Look(
        side=side,
        size=random.uniform(0.55, 0.8),
        pen=np.exp(random.uniform(np.log(0.025), np.log(0.15))),  # 0.7 to 5 px of a glyph
        slant=slant,
        turn=turn,
        aspect=np.exp(aspect),
        is_soft=random.random() < 0.7,
    )


def _on_some_medium(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Keep two thirds as drawn on a canvas; make others look scanned, copied or photographed."""
    kind = random.random()
    if kind < 0.65:
        return picture
    sigma = max(0.2, random.uniform(0.2, 1.0) * len(picture) / 84)
    picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    if kind < 0.82:  # a form, scanned and thresholded
        picture = _specks(_grainy(picture, random.uniform(0, 20), random), random)
        darkest = float(picture.min())
        level = darkest + (255 - darkest) * random.uniform(0.35, 0.75)
        return np.where(picture > level, 255, 0).astype(np.uint8)
    if kind < 0.95:  # grey ink on even ground, a side cut off
        faint = (255 - _clipped(picture, random).astype(np.float32)) * random.uniform(0.3, 1)
        return (255 - faint).astype(np.uint8)
    return _photographed(_clipped(picture, random), random)


def _photographed(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Paper under uneven light, with grain: uint8 (h, w)."""
    start, stop = random.uniform(-0.2, 0.2, (2, 2))
    across, down = np.linspace(start, stop, len(picture)).T
    light = 1 + across[None] + down[:, None]
    paper, depth = random.uniform(150, 240), random.uniform(0.4, 0.95)
    grey = paper * light * (1 - depth * (1 - picture / 255))
    return _grainy(np.clip(grey, 0, 255), random.uniform(1, 6), random)


def _grainy(picture: np.ndarray, grain: float, random: np.random.Generator) -> np.ndarray:
    noise = random.standard_normal(picture.shape, np.float32) * grain
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _specks(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Add up to three specks of dirt, a tenth of them as long as part of a ruled line."""
    side = len(picture)
    for _ in range(random.integers(0, 4)):
        start = random.uniform(0, side, 2)
        reach = side * (0.25 if random.random() < 0.1 else 0.03)
        end = start + random.uniform(-reach, reach, 2)
        first, last = (point.astype(int).tolist() for point in (start, end))
        cv2.line(picture, first, last, 0, max(1, side // 60))
    return picture


def _clipped(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Cut up to a twentieth off one side of half of the characters, as a grid's cell does."""
    side = int(random.integers(4))
    turned = np.rot90(picture, side).copy()
    rows = np.flatnonzero((turned < 128).any(1))
    if not len(rows) or random.random() < 0.5:
        return picture
    turned[: rows[0] + 1 + int(random.uniform(0, 0.05) * np.ptp(rows))] = 255
    return np.ascontiguousarray(np.rot90(turned, -side))
