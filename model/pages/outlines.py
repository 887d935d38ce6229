"""Outlines that are no digit's: closed ones with three sharp corners or more, hearts and stars."""

from __future__ import annotations

import cv2
import numpy as np

from model.pages.settings import ONE_DIGIT
from model.preprocessing import Steps, is_canonical

_PLACES = 200  # along an outline, at which it is looked for corners
_REACH = 8  # places to both sides, from which a corner's angle is measured
_APART = 12  # places between two corners, at least


def is_figure(steps: Steps) -> bool:
    """Say whether ink is a closed outline as of a house, a square, a triangle or a heart.

    The ring of a zero has two sharp corners at most, where it begins and ends.
    """
    if _is_small(steps):
        return False
    outline, _ = _outline(steps)
    hull, area = cv2.convexHull(outline)[:, 0], cv2.contourArea(outline)
    is_closed = area > ONE_DIGIT.convex * cv2.contourArea(hull)
    is_hollow = np.count_nonzero(steps.ink > ONE_DIGIT.inked) < ONE_DIGIT.hollow * area
    if not (is_closed and is_hollow):
        return False
    turns, corners = _sharpest(hull, 3)
    return bool(turns[2] > ONE_DIGIT.sharp) or _is_heart(outline[:, 0], corners[0])


def is_star(steps: Steps) -> bool:
    """Say whether ink is a star of five points in one stroke, which crosses itself."""
    if _is_small(steps) or steps.box[2] > ONE_DIGIT.star_wide * steps.box[3]:
        return False
    outline, holes = _outline(steps)
    turns, _ = _sharpest(cv2.convexHull(outline)[:, 0], 5)
    return bool(holes >= ONE_DIGIT.star_holes and turns[4] > ONE_DIGIT.star_corner)


def _is_small(steps: Steps) -> bool:
    return is_canonical(steps.grey) or max(steps.box[2:]) < ONE_DIGIT.least_ruled


def _outline(steps: Steps) -> tuple[np.ndarray, int]:
    """The outline of the largest part of some ink, int32 (n, 1, 2), and its number of holes."""
    inked = (steps.ink > ONE_DIGIT.inked).astype(np.uint8)
    outlines, ((*families,),) = cv2.findContours(inked, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    largest = max(range(len(outlines)), key=lambda row: cv2.contourArea(outlines[row]))
    return outlines[largest], sum(parent == largest for *_, parent in families)


def _sharpest(hull: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The sharpest corners of a hull, int (n, 2): degrees that each turns, and their places."""
    closed = np.concatenate([hull, hull[:1]])
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    places = np.linspace(0, along[-1], _PLACES, endpoint=False)
    points = np.stack([np.interp(places, along, axis) for axis in closed.T], 1)
    (x, y), (u, v) = (
        (points - np.roll(points, _REACH, 0)).T,
        (np.roll(points, -_REACH, 0) - points).T,
    )
    turns = np.abs(np.degrees(np.arctan2(x * v - y * u, x * u + y * v)))
    rest, kept = turns.copy(), []
    for _ in range(count):
        kept.append(int(rest.argmax()))
        rest[(kept[-1] + np.arange(-_APART, _APART + 1)) % _PLACES] = 0
    return turns[kept], points[kept]


def _is_heart(outline: np.ndarray, point: np.ndarray) -> bool:
    """Say whether an outline, int (n, 2), has its sharpest `point` below and a notch above."""
    (left, top), (width, height) = outline.min(0), np.ptp(outline, axis=0)
    upper = np.full(width + 1, height)
    np.minimum.at(upper, outline[:, 0] - left, outline[:, 1] - top)  # its highest ink by column
    first, last = np.minimum.accumulate(upper), np.minimum.accumulate(upper[::-1])[::-1]
    depth = upper - np.maximum(first, last)
    is_middle = abs(depth.argmax() / width - 0.5) < ONE_DIGIT.notch_aside
    is_notched = is_middle and depth.max() > ONE_DIGIT.notch * max(width, height)
    return bool(is_notched and point[1] - top > 0.95 * height)
