"""How fast a picture becomes a glyph, by its size, beside the usual way and a lower bound.

python -m benchmarks.preparing [--rounds N]
The usual way shrinks the whole picture to 28×28 with Pillow; on real sketches it leaves a network
little to read. The limit is to go over all pixels once: OpenCV's area average to 28×28.
"""

from __future__ import annotations

import sys
from functools import partial

import cv2
import numpy as np
from PIL import Image

from benchmarks.results import compare, publish
from benchmarks.turns import rounds_of, take_turns
from model.preprocessing import GLYPH_SIDE, preprocess

SIDES = (100, 280, 1_000, 3_000, 7_000)  # px; a canvas is 280 or so, 7,000 is the most
OURS, USUAL, LIMIT = "ours", "Pillow's resize", "limit: area average"


def main(argv: list[str] | None = None) -> int:
    rounds = rounds_of(__doc__, argv)
    rows = []
    for side in SIDES:
        rows += rows_of(f"{side:,}×{side:,} px, ms", ways(draw_seven(side)), rounds)
    publish("preparing", rows, ("numpy", "opencv-python-headless", "pillow"))
    return 0


def ways(drawing: np.ndarray) -> dict:
    """Give the ways to make a glyph of a drawing, uint8 (side, side)."""
    small = (GLYPH_SIDE, GLYPH_SIDE)
    return {
        OURS: partial(preprocess, drawing),
        USUAL: lambda: 255 - np.asarray(Image.fromarray(drawing).resize(small)),
        LIMIT: lambda: cv2.resize(drawing, small, interpolation=cv2.INTER_AREA),
    }


def draw_seven(side: int) -> np.ndarray:
    """Draw a seven in black on a white square, somewhat off the middle."""
    canvas = np.full((side, side), 255, np.uint8)
    corners = np.array([(0.2, 0.25), (0.6, 0.25), (0.35, 0.8)]) * side
    pen = max(1, side // 18)
    return cv2.polylines(canvas, [corners.astype(np.int32)], False, 0, pen, cv2.LINE_AA)


def rows_of(what: str, calls: dict, rounds: int) -> list[dict[str, object]]:
    """Time all calls and set the first beside each of the others, in milliseconds."""
    taken = take_turns(calls, rounds)
    (ours, mine), *others = [(name, [1000 * s for s in taken[name]]) for name in calls]
    return [compare(what, ours, mine, peer, theirs) for peer, theirs in others]


if __name__ == "__main__":
    sys.exit(main())
