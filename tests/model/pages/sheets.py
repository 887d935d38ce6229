"""Pages to write on in tests: a stroke font, a sheet of paper, what it shows when scanned."""

import cv2
import numpy as np

from tests.model.pages import written

_FONT = {  # strokes parted by spaces, two figures a point: x from 0 to 6, y from 0 to 8
    "0": "30110417385764513041",
    "1": "3038",
    "2": "02104062540868",
    "3": "0120506234655728",
    "4": "100464 4048",
    "5": "6010034365573807",
    "6": "40120507285765442416",
    "7": "006028",
    "8": "50200112456748180715426150",
    "9": "61300214436158",
}


def font(label, _rng):
    """Give a digit of the stroke font."""
    parts = _FONT[label].split()
    return [np.array(list(map(int, part)), float).reshape(-1, 2) for part in parts]


def sheet(width, height, size=80, pen=7):
    return written._Sheet((height, width), size, pen, np.random.default_rng(0), font)


def picture(page, rules=120):
    """What a sheet shows when scanned: uint8 (h, w)."""
    paper = 255 - (page.paper > 0) * np.uint8(255 - rules)
    return np.minimum(paper, 255 - page.ink)


def grid(rows, between=0, up=0):
    """A table, a digit in each cell, `up` px above its middle, or none for a space."""
    page = sheet(130 * len(rows[0]) + 60, 130 * len(rows) + 60)
    for row, text in enumerate(rows):
        for column, char in enumerate(text):
            left, top = 30 + 130 * column, 30 + 130 * row
            cv2.rectangle(page.paper, (left, top), (left + 130 - between, top + 130 - between),
                          255, 3)  # fmt: skip
            if char != " ":
                page.boxes.append([])
                page.char(char, left, top + 106 - up - between // 2, 130 - between)
    return picture(page)
