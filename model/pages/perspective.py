"""Perspective undone where straight lines show it: rules, the lines of a grid, a sheet's edges.

Lines that are parallel on paper meet in a picture taken from the side. So the angle of the level
ones changes from top to bottom, that of the upright ones from left to right; a straight fit to each
gives the four sides of what was a rectangle.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from model.pages.erasing import without_solids
from model.pages.settings import TUNED

_SIDE = 800  # px; lines are sought at this size


@dataclass(frozen=True)
class _Fit:
    """Angle of lines across a page, in radians: `middle` at its centre, `change` from end to end.

    `spread` is the share of the page that they are spread over, 0 where there are none.
    """

    middle: float = 0.0
    change: float = 0.0
    spread: float = 0.0
    count: int = 0


def find_view(mask: np.ndarray, edge: np.ndarray) -> np.ndarray | None:
    """Find the homography (3, 3) that makes a page's lines level and upright, from pixels to those.

    `mask` and `edge` are uint8 (h, w), 1 on ink and on the paper's edges. None where the lines show
    no perspective: a plain turn is found by other means.
    """
    height, width = mask.shape
    scale = min(1.0, _SIDE / max(height, width))
    lines = without_solids(mask) | cv2.morphologyEx(edge, cv2.MORPH_GRADIENT, np.ones((3, 3)))
    small = cv2.resize(
        lines * np.uint8(255), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    inked = (small > 60).astype(np.uint8)
    length, gap = (share * max(small.shape) for share in (TUNED.line_length, 0.02))
    if not _may_hold_lines(inked, length, gap):
        return None
    segments = cv2.HoughLinesP(inked, 1, np.pi / 720, 80, minLineLength=length, maxLineGap=gap)
    if segments is None:
        return None
    level = _fit(segments.reshape(-1, 4), small.shape[0])
    upright = _fit(segments.reshape(-1, 4)[:, [1, 0, 3, 2]], small.shape[1])
    if level.spread < 0.3 or (level.count < 4 and upright.spread < 0.3):
        return None
    if upright.spread < 0.3:
        upright = _Fit(-level.middle)
    skew = max(abs(level.change), abs(upright.change), abs(level.middle + upright.middle))
    if not TUNED.least_skew < np.degrees(skew) < TUNED.most_skew:
        return None
    return _homography(level, upright, width, height)


def _may_hold_lines(inked: np.ndarray, length: float, gap: float) -> bool:
    """Say whether anything in ink, uint8 (h, w), goes on for a length in px, across gaps."""
    near = np.ones((int(gap) + 3, int(gap) + 3), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(inked, near))
    return bool(stats[1:, 2:4].max(initial=0) >= length)


def _fit(segments: np.ndarray, extent: int) -> _Fit:
    """Fit the angle of nearly level segments (x, y, x, y) as it changes with y, less outliers."""
    x0, y0, x1, y1 = segments.astype(float).T
    length = np.hypot(x1 - x0, y1 - y0)
    flip = np.where(x1 < x0, -1.0, 1.0)
    angle = np.arctan2((y1 - y0) * flip, (x1 - x0) * flip)
    kept = np.abs(angle) < np.radians(TUNED.most_tilt)
    place = (y0 + y1) / 2 / extent - 0.5
    fit = np.zeros(2)
    for most in (10.0, 3.0, 1.0):  # degrees
        if kept.sum() < 2 or np.ptp(place[kept]) < 0.2:
            return _Fit()
        terms = np.stack([np.ones(kept.sum()), place[kept]], 1) * length[kept, None]
        fit = np.linalg.lstsq(terms, angle[kept] * length[kept], rcond=None)[0]
        near = np.abs(angle - fit[0] - fit[1] * place) < np.radians(most)
        kept = near & (np.abs(angle) < np.radians(TUNED.most_tilt))
    if kept.sum() < 2:
        return _Fit()
    distinct = len(np.unique((place[kept] * 50).round()))
    return _Fit(float(fit[0]), float(fit[1]), float(np.ptp(place[kept])), distinct)


def _homography(level: _Fit, upright: _Fit, width: int, height: int) -> np.ndarray | None:
    """From the four sides that the fits give at the picture's ends to a rectangle."""
    top, bottom = _ends(level, width, height)
    left, right = ((point[::-1], way[::-1]) for point, way in _ends(upright, height, width))
    quad = [_meet(*pair) for pair in ((top, left), (top, right), (bottom, right), (bottom, left))]
    corners = np.array(quad, np.float32)
    across = (np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
    down = (np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    target = np.array([(0, 0), (across, 0), (across, down), (0, down)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    return matrix if cv2.isContourConvex(corners) else None


def _ends(fit: _Fit, along: int, across: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The lines of a fit at both ends of a page: a point and a direction each."""
    angles = [fit.middle + fit.change * end for end in (-0.5, 0.5)]
    return [(np.array([along / 2, place]), np.array([np.cos(angle), np.sin(angle)]))
            for place, angle in zip((0, across), angles, strict=True)]  # fmt: skip


def _meet(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Where two lines, each a point and a direction, cross."""
    along = np.linalg.solve(np.stack([one[1], -other[1]], 1), other[0] - one[0])
    return one[0] + along[0] * one[1]


def warp(layers: list[np.ndarray], view: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Warp a page's layers (strength, mask, edge, border) on a canvas that holds them.

    Also gives the way back, (3, 3). What lies far outside of the picture is left out.
    """
    height, width = layers[0].shape
    corners = np.array([[(0, 0), (width, 0), (width, height), (0, height)]], np.float32)
    seen = cv2.perspectiveTransform(corners, view)[0]
    beyond = 0.5 * max(width, height)
    low = np.floor(np.maximum(seen.min(0), -beyond))
    high = np.ceil(np.minimum(seen.max(0), np.array([width, height]) + beyond))
    view = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ view
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    strength, mask, edge, border = layers
    warped = [
        cv2.warpPerspective(strength, view, size),
        (cv2.warpPerspective(mask * 255, view, size) > 127).astype(np.uint8),
        cv2.warpPerspective(edge, view, size, flags=cv2.INTER_NEAREST)
        if edge.any()
        else np.zeros(size[::-1], np.uint8),
        cv2.warpPerspective(border, view, size, flags=cv2.INTER_NEAREST, borderValue=1),
    ]
    return warped, np.linalg.inv(view)
