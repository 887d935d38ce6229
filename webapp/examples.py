"""Pictures to try the demo with, all drawn here with the project's own stroke font."""

from __future__ import annotations

import cv2
import numpy as np

from model.data.strokes import DIGIT_STROKES, NON_DIGITS, bank
from webapp.encoding import png_url
from webapp.language import Words

SIDE = 160  # px of a picture with one symbol
PEN = 7  # px, radius
INK, PAPER = 40, 250  # grey levels
_FORMS = (0, 1, 3, 0, 0, 2, 2, 1, 0, 0)  # of 0 to 9, by their places in the stroke font
DIGITS = [DIGIT_STROKES[digit][form] for digit, form in enumerate(_FORMS)]
SYMBOLS = {
    "two": DIGITS[2], "three": DIGITS[3], "four": DIGITS[4], "five": DIGITS[5], "eight": DIGITS[8],
    "zero": DIGITS[0], "seven": DIGITS[7], "letter": NON_DIGITS[0],
}  # fmt: skip
PAGE = ("3141", "59265", "358")  # the digits of pi


def draw_examples(words: Words) -> list[dict[str, str]]:
    """Draw all examples: each has a `name`, a `title` in words and a `picture`, a data URL."""
    drawn = {name: draw(symbol) for name, symbol in SYMBOLS.items()} | {"page": draw_page(PAGE)}
    return [
        {"name": name, "title": words[f"example_{name}"], "picture": png_url(picture)}
        for name, picture in drawn.items()
    ]


def draw(symbol: str, tilt: float = 0.0) -> np.ndarray:
    """Draw one symbol in the middle of a square, leaning by `tilt`: grey uint8 (160, 160)."""
    paper = np.full((SIDE, SIDE), PAPER, np.uint8)
    points = bank([symbol])[0, 1]
    points = points - (points.min(0) + points.max(0)) / 2
    points[:, 0] -= tilt * points[:, 1]
    for x, y in points * (SIDE * 0.6 / 8) + SIDE / 2:
        place = (round(x * 16), round(y * 16))  # in sixteenths of a pixel
        cv2.circle(paper, place, PEN * 16, INK, -1, cv2.LINE_AA, shift=4)
    return paper


def draw_page(lines: tuple[str, ...], seed: int = 3) -> np.ndarray:
    """Write lines of digits with small random differences: grey uint8 (h, w)."""
    random = np.random.default_rng(seed)
    step = SIDE * 3 // 4
    apart = SIDE * 5 // 4
    paper = np.full((apart * len(lines), step * max(map(len, lines)) + SIDE // 2), PAPER, np.uint8)
    for row, line in enumerate(lines):
        for column, digit in enumerate(line):
            cell = draw(DIGITS[int(digit)], random.uniform(-0.1, 0.15))
            x = column * step + SIDE // 8 + random.integers(0, 10)
            y = row * apart + SIDE // 8 + random.integers(-6, 7)
            spot = paper[y : y + SIDE, x : x + SIDE]
            np.minimum(spot, cell, out=spot)
    return paper
