"""Seams: cuts from top to bottom of a piece of ink that cross little of it.

Seam carving (Avidan and Shamir, ACM Transactions on Graphics 26(3), 2007), upright and slanted.
"""

from __future__ import annotations

import cv2
import numpy as np

from model.pages.settings import TUNED

_SLANTS = np.array(TUNED.seam_slants)


def find_seams(mask: np.ndarray) -> list[np.ndarray]:
    """Cuts from top to bottom, columns, int (height,) each.

    Half of them cross least ink; the other half are where the ink is lowest from its upper to its
    lower outline, as it is where rings touch side by side.
    """
    height, width = mask.shape
    side = TUNED.seam_side
    small_width = max(8, round(width * side / height))
    small = cv2.resize(mask.astype(np.float32), (small_width, side), interpolation=cv2.INTER_AREA)
    most = min(TUNED.seam_count, round(TUNED.seams_a_width * width / height))
    before = np.pad(np.cumsum(small, 1), ((0, 0), (1, 0)))
    chosen: list[np.ndarray] = []
    for paths, costs in (_cheapest_paths(small), _lowest_lines(small)):
        left = before[np.arange(side), np.clip(paths, 0, small_width)].sum(1) / small.sum()
        least = TUNED.least_ink / max(1.0, width / height)
        inside = (left > least) & (left < 1 - least)
        limit = len(chosen) + most // 2
        order = np.argsort(costs, kind="stable")
        paths = paths[order[inside[order]]]
        for path in chosen:
            paths = _apart(paths, path)
        while len(paths) and len(chosen) < limit:
            chosen.append(paths[0])
            paths = _apart(paths, paths[0])
    rows = np.linspace(0, side - 1, height).round().astype(int)
    return [np.round(path[rows] * width / small_width).astype(int) for path in chosen]


def _apart(paths: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Those of some paths, (n, height), that are no neighbours of one."""
    return paths[np.abs(paths - path).mean(1) > TUNED.seam_gap]


def _sheared(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ink along each slanted line, (slants, height, width + 2 · height), and how they lean."""
    height, width = ink.shape
    lean = np.round(_SLANTS[:, None] * (np.arange(height) - height / 2)).astype(int)
    wide = np.pad(ink, ((0, 0), (2 * height, 2 * height)))
    columns = np.arange(height, width + 3 * height)
    return wide[np.arange(height)[:, None], columns + lean[..., None]], lean


def _lowest_lines(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Straight lines of each slant, (slants · width, height), and how high the ink is on them."""
    height, width = ink.shape
    level, lean = _sheared(ink)
    inked = level[:, :, height : height + width] > 0.4
    last = height - inked[:, ::-1].argmax(1)
    tall = np.where(inked.any(1), last - inked.argmax(1), 0)
    paths = np.arange(width)[None, :, None] + lean[:, None]
    return paths.reshape(-1, height), tall.ravel().astype(float)


def _cheapest_paths(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From each column at the top, for each slant, the path that crosses least ink.

    Returns columns, int (slants · width, height), and the ink crossed with the bends on the way,
    (slants · width,).
    """
    height, width = ink.shape
    level, lean = _sheared(ink)
    total, steps = level[:, -1], np.zeros(level.shape, int)
    padded = np.full((len(lean), level.shape[2] + 2), np.inf, level.dtype)
    for row in range(height - 2, -1, -1):
        padded[:, 1:-1] = total
        ways = np.stack(
            [
                padded[:, :-2] + TUNED.seam_bend,
                padded[:, 1:-1],
                padded[:, 2:] + TUNED.seam_bend,
            ]
        )
        steps[:, row] = ways.argmin(0) - 1
        total = ways.min(0) + level[:, row]
    paths = np.empty((len(lean), width, height), int)
    paths[..., 0] = np.arange(width) + height
    for row in range(height - 1):
        step = np.take_along_axis(steps[:, row], paths[..., row], 1)
        paths[..., row + 1] = paths[..., row] + step
    paths += lean[:, None] - height
    return paths.reshape(-1, height), total[:, height : height + width].ravel()
