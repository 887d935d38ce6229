"""Photographs of puzzle grids with known truth: print and pen digits, on paper that curls.

A grid has thick lines around its blocks and thin ones inside, and stands among what a newspaper
prints around it: words, other numbers, a part of the next grid. The same seed gives the same page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.model.pages.written import Hand, WrittenPage

_OWN = Path(matplotlib.get_data_path()) / "fonts/ttf"
KIND = "puzzle"
_CELL = 100  # px of the sheet
_LETTERS = "abcdefghiklmnoprstuvw"


@cache
def fonts() -> tuple[Path, ...]:
    """Fonts that newspapers might print in: those of Matplotlib, and of the system if any."""
    names = ("DejaVuSans", "DejaVuSerif", "LiberationSans", "LiberationSerif", "Lato", "OpenSans",
             "Roboto", "FreeS", "Nimbus", "C059", "P052", "URWGothic", "URWBookman")  # fmt: skip
    system = Path("/usr/share/fonts").rglob("*.[ot]tf")
    found = [path for path in (*_OWN.glob("*.ttf"), *system) if path.stem.startswith(names)]
    odd = ("Thin", "Hairline", "Mono", "Display", "Math", "Light", "Symbol", "Oblique", "Italic")
    return tuple(sorted(path for path in found if not any(word in path.stem for word in odd)))


@dataclass
class _Print:
    """A sheet: `paper` uint8 (h, w), 0 for black print; `ink` likewise, of the pen."""

    shape: tuple[int, int]
    rng: np.random.Generator
    paper: Image.Image = field(init=False)
    ink: np.ndarray = field(init=False)
    texts: list[str] = field(default_factory=list)
    boxes: list[list[np.ndarray]] = field(default_factory=list)  # corners (4, 2) a digit

    def __post_init__(self):
        self.paper = Image.new("L", self.shape[::-1], 255)
        self.ink = np.full(self.shape, 255, np.uint8)

    def printed(self, char: str, x: float, y: float, font) -> np.ndarray:
        """Print a digit with its middle at (x, y); give its corners (4, 2)."""
        draw = ImageDraw.Draw(self.paper)
        left, top, right, bottom = draw.textbbox((0, 0), char, font=font)
        x, y = x - (left + right) / 2, y - (top + bottom) / 2
        draw.text((x, y), char, fill=0, font=font)
        return _corners(x + left, y + top, x + right, y + bottom)

    def penned(self, strokes, x: float, y: float, tall: float, pen: int) -> np.ndarray:
        """Write strokes (n, 2) with their middle at (x, y); give their corners (4, 2)."""
        strokes = [np.asarray(stroke, float) for stroke in strokes]
        points = np.concatenate(strokes)
        low, high = points.min(0), points.max(0)
        scale = tall / max(high[1] - low[1], 1.2 * (high[0] - low[0]), 1e-6)
        start = np.array([x, y]) - (high - low) * scale / 2
        for stroke in strokes:
            at = np.repeat((stroke - low) * scale + start, 1 + (len(stroke) == 1), 0)
            cv2.polylines(self.ink, [np.round(at * 16).astype(np.int32)], False, 0, pen,
                          cv2.LINE_AA, 4)  # fmt: skip
        end = start + (high - low) * scale
        return _corners(*(start - pen / 2), *(end + pen / 2))


def _corners(left, top, right, bottom) -> np.ndarray:
    return np.float32([(left, top), (right, top), (right, bottom), (left, bottom)])


def write_puzzle(seed: int, hand: Hand) -> WrittenPage:
    """Photograph a grid of 9 by 9 cells, full or not; a quarter of them lies on a side."""
    rng = np.random.default_rng((seed, len(KIND), 1))
    return _photograph(rng, _newspaper(rng, hand))


def _newspaper(rng, hand: Hand) -> _Print:
    margin = rng.uniform(0.3, 2.5, 4) * _CELL  # left, top, right, bottom
    width, height = (int(9 * _CELL + margin[k] + margin[k + 2]) for k in (0, 1))
    sheet = _Print((height, width), rng)
    left, top = margin[:2]
    _around(sheet, left, top)
    _grid(sheet, left, top, rng)
    share = 1.0 if rng.random() < 0.6 else rng.uniform(0.3, 0.7)  # of the cells that are filled
    share_printed = rng.uniform(0.25, 0.6) if share == 1.0 else rng.uniform(0.5, 1.0)
    font = _font(rng, _CELL * rng.uniform(0.5, 0.8))
    tall, pen = rng.uniform(0.4, 0.7), max(2, round(_CELL * rng.uniform(0.025, 0.07)))
    for row in range(9):
        text, boxes = "", []
        for column in range(9):
            if rng.random() > share:
                continue
            char = str(rng.integers(1, 10))
            x, y = left + (column + 0.5) * _CELL, top + (row + 0.5) * _CELL
            if rng.random() < share_printed:
                boxes.append(sheet.printed(char, x, y, font))
            else:
                high = min(0.95, tall * rng.uniform(0.85, 1.2)) * _CELL
                x, y = (place + rng.normal(0, 0.07) * _CELL for place in (x, y))
                boxes.append(sheet.penned(hand(char, rng), x, y, high, pen))
            text += char
        if text:
            sheet.texts.append(text)
            sheet.boxes.append(boxes)
    return sheet


def _font(rng, height: float):
    return ImageFont.truetype(str(fonts()[int(rng.integers(len(fonts())))]), round(height))


def _grid(sheet: _Print, left: float, top: float, rng) -> None:
    """Print the lines of a grid: thin ones around cells, thick ones around blocks of nine."""
    draw = ImageDraw.Draw(sheet.paper)
    thin, thick = rng.uniform(0.01, 0.03) * _CELL, rng.uniform(0.03, 0.08) * _CELL
    grey = int(rng.choice([0, 0, 60, 120]))
    if rng.random() < 0.15:  # every other block is shaded
        for block in range(0, 9, 2):
            x, y = left + block % 3 * 3 * _CELL, top + block // 3 * 3 * _CELL
            draw.rectangle((x, y, x + 3 * _CELL, y + 3 * _CELL), fill=215)
    for is_thick in (False, True):
        for k in range(0, 10, 3 if is_thick else 1):
            width, fill = round(thick if is_thick else thin), 0 if is_thick else grey
            at, end = k * _CELL, 9 * _CELL
            draw.line((left, top + at, left + end, top + at), fill=fill, width=max(1, width))
            draw.line((left + at, top, left + at, top + end), fill=fill, width=max(1, width))


def _around(sheet: _Print, left: float, top: float) -> None:
    """Print words above and below a grid, numbers, and a part of the next grid, now and then."""
    rng, draw = sheet.rng, ImageDraw.Draw(sheet.paper)
    height, width = sheet.shape
    size = rng.uniform(0.18, 0.4) * _CELL
    font = _font(rng, size)
    bottom = top + 9 * _CELL

    def lines(x: float, y: float, end: float, foot: float) -> None:
        while y + 1.4 * size < foot:
            draw.text((x, y), _words(rng, (end - x) / size * 1.6), fill=0, font=font)
            y += 1.35 * size

    if rng.random() < 0.7:
        lines(0.1 * _CELL, 0.1 * _CELL, width, top - 0.15 * _CELL)
    if rng.random() < 0.5:
        lines(0.1 * _CELL, bottom + 0.2 * _CELL, width, height)
    right = left + 9 * _CELL
    beside = rng.random()
    if beside < 0.3 and width - right > 0.8 * _CELL:
        lines(right + 0.2 * _CELL, 0.1 * _CELL, width, height)
    elif beside < 0.5 and width - right > 0.8 * _CELL:
        _grid(sheet, right + 0.4 * _CELL, top + rng.uniform(-3, 3) * _CELL, rng)
        big = _font(rng, 0.6 * _CELL)
        for row in range(9):
            sheet.printed(
                str(rng.integers(1, 10)), right + 0.9 * _CELL, top + (row + 0.5) * _CELL, big
            )


def _words(rng, count: float) -> str:
    text = ""
    while len(text) < count:
        word = "".join(rng.choice(list(_LETTERS), int(rng.integers(2, 9))))
        text += (str(rng.integers(1, 300)) if rng.random() < 0.07 else word) + " "
    return text[: int(count)]


def _photograph(rng, sheet: _Print) -> WrittenPage:
    """Bend the sheet, look at it from a side, light it and press it to a JPEG."""
    height, width = sheet.shape
    paper = np.asarray(sheet.paper, np.float32) / 255
    ink = sheet.ink.astype(np.float32) / 255
    side = np.exp(rng.uniform(np.log(1000), np.log(4000)))
    scale = side / max(height, width)
    curl = rng.uniform(0, 0.012) * max(height, width)
    waves, phase = rng.uniform(0.3, 0.8), rng.uniform(0, 2 * np.pi)
    along = int(rng.integers(2))  # the axis along which the paper bends

    def bend(points: np.ndarray) -> np.ndarray:
        """How far paper is moved: points (..., 2) to px down and to the right."""
        wave = curl * np.sin(2 * np.pi * waves * points[..., along] / max(height, width) + phase)
        return np.stack([wave * 0.4, wave] if along == 0 else [wave, wave * 0.4], -1)

    corners = np.float32([(0, 0), (width, 0), (width, height), (0, height)])
    seen = corners + np.float32(rng.uniform(-0.06, 0.06, (4, 2)) * min(width, height))
    angle = rng.uniform(-9, 9)
    quarter = int(rng.integers(1, 4)) * (rng.random() < 0.25)
    turn = cv2.getRotationMatrix2D((0, 0), angle + 90 * quarter, scale)[:, :2]
    seen = (seen @ turn.T).astype(np.float32)
    seen -= seen.min(0)
    if rng.random() < 0.5:  # the picture ends within the sheet
        seen -= np.float32(rng.uniform(0, 0.2) * _CELL * scale)
        size = np.ceil(seen.max(0) - rng.uniform(0, 0.2) * _CELL * scale).astype(int)
    else:
        size = np.ceil(seen.max(0)).astype(int)
    view = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    at = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), -1).astype(np.float32)
    back = cv2.perspectiveTransform(at, np.linalg.inv(view))
    source = back - bend(back)
    source = (back - bend(source)).astype(np.float32)
    blurred = [cv2.GaussianBlur(layer, (0, 0), max(0.3, 0.4 / scale)) for layer in (paper, ink)]
    print_, pen = (cv2.remap(layer, source[..., 0], source[..., 1], cv2.INTER_LINEAR,
                             borderValue=1.0)[..., None] for layer in blurred)  # fmt: skip
    page = _lit(rng, print_, pen, scale)
    outside = ((source < 0) | (source > (width, height))).any(-1)
    page[outside] *= rng.uniform(0.2, 0.9)
    quality = int(rng.integers(55, 93))
    pixels = np.clip(page, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].copy()

    def box(corners: np.ndarray) -> tuple[int, int, int, int]:
        bent = (corners + bend(corners))[None].astype(np.float32)
        return cv2.boundingRect(cv2.perspectiveTransform(bent, view)[0])

    boxes = tuple(tuple(map(box, line)) for line in sheet.boxes)
    return WrittenPage(Image.fromarray(pixels), tuple(sheet.texts), boxes)


def _lit(rng, printed, pen, scale: float) -> np.ndarray:
    """Lay print and pen on paper, under uneven light, through a lens: float (h, w, 3)."""
    ground = np.float32(rng.uniform(165, 235) - np.array([0, 4, 14]))
    black = np.float32(rng.uniform(20, 60))
    colour = np.float32([[30, 40, 130], [40, 40, 45], [95, 95, 100], [25, 25, 30]])[
        int(rng.integers(4))
    ]
    page = black + (ground - black) * printed
    page = page * pen + np.minimum(colour, page) * (1 - pen)
    height, width = page.shape[:2]
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    across = x * np.cos(angle) + y * np.sin(angle)
    page *= (1 - rng.uniform(0, 0.4) * (across + 1) / 2)[..., None]
    if rng.random() < 0.4:
        edge = across - rng.uniform(0.1, 0.7)
        page *= (
            1
            - rng.uniform(0.1, 0.4)
            / (1 + np.exp(np.clip(-edge / rng.uniform(0.01, 0.05), -50, 50)))
        )[..., None]
    page = cv2.GaussianBlur(page, (0, 0), rng.uniform(0.5, 1.6) * max(1.0, scale))
    grain = cv2.GaussianBlur(rng.standard_normal(page.shape[:2], np.float32), (0, 0), 0.7)
    page += (grain / grain.std() * rng.uniform(1, 6))[..., None]
    return page
