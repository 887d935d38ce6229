"""Pages of pen tracks, by kind, with known truth: what people write, scan, photograph and fill in.

A hand gives the strokes of a digit; here they are laid out as single lines, lists, columns, forms
and ledgers on papers of many kinds, and photographed by a phone. The same seed gives the same page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from PIL import Image

from tests.model.pages.synthetic import Match, overlap

Hand = Callable[[str, np.random.Generator], list[np.ndarray]]  # strokes (n, 2), any size, y down

SIGNS = {  # strokes in heights of a digit: x from 0, y from 0 at its top to 1 at its foot
    "-": [[(0, 0.55), (0.42, 0.53)]],
    "+": [[(0, 0.55), (0.5, 0.55)], [(0.25, 0.3), (0.25, 0.8)]],
    "=": [[(0, 0.45), (0.45, 0.45)], [(0, 0.68), (0.45, 0.68)]],
    ".": [[(0.04, 0.97), (0.06, 0.98)]],
    ",": [[(0.1, 0.9), (0.11, 0.98), (0.02, 1.15)]],
    ":": [[(0.04, 0.35), (0.05, 0.36)], [(0.04, 0.85), (0.05, 0.86)]],
    "/": [[(0.5, -0.08), (0, 1.08)]],
    "%": [
        [(0.6, 0), (0, 1)],
        [(0.1, 0.05), (0, 0.2), (0.1, 0.33), (0.2, 0.2), (0.1, 0.05)],
        [(0.52, 0.68), (0.42, 0.82), (0.52, 0.96), (0.62, 0.82), (0.52, 0.68)],
    ],
    "x": [[(0, 0.4), (0.4, 0.9)], [(0.4, 0.4), (0, 0.9)]],
    "÷": [[(0, 0.55), (0.46, 0.55)], [(0.22, 0.3), (0.23, 0.31)], [(0.22, 0.8), (0.23, 0.81)]],
}


@dataclass(frozen=True)
class WrittenPage:
    """A picture and its truth: a text a line, and boxes (left, top, width, height) a digit."""

    image: Image.Image
    texts: tuple[str, ...]
    boxes: tuple[tuple[tuple[int, int, int, int], ...], ...]

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple("".join(filter(str.isdigit, text)) for text in self.texts)


@dataclass
class _Sheet:
    """Paper being written on: `ink` uint8 (h, w), 0 where there is none."""

    shape: tuple[int, int]
    size: float  # px, a digit's height
    pen: int  # px
    rng: np.random.Generator
    hand: Hand
    ink: np.ndarray = field(init=False)
    paper: np.ndarray = field(init=False)  # print on the paper: 0 where there is none
    texts: list[str] = field(default_factory=list)
    boxes: list[list[np.ndarray]] = field(default_factory=list)  # corners (4, 2) a digit

    def __post_init__(self):
        self.ink, self.paper = np.zeros(self.shape, np.uint8), np.zeros(self.shape, np.uint8)

    def char(self, char: str, x: float, y: float, room: float | None = None) -> float:
        """Write a character with its foot on y; give where it ends. In `room` px it is centred."""
        if char in SIGNS:
            strokes = [np.array(stroke) * self.size for stroke in SIGNS[char]]
            strokes = [stroke + [x, y - self.size] for stroke in strokes]
        else:
            strokes = [np.asarray(s, float) for s in self.hand(char, self.rng)]
            low, high = _extent(strokes)
            tall = self.size * self.rng.uniform(0.88, 1.04)
            scale = tall / max(high[1] - low[1], 0.7 * (high[0] - low[0]), 1e-6)
            down = y - (high[1] - low[1]) * scale + self.rng.normal(0, 0.02) * self.size
            left = x if room is None else x + (room - (high[0] - low[0]) * scale) / 2
            strokes = [(stroke - low) * scale + [left, down] for stroke in strokes]
        for stroke in strokes:
            points = np.round(np.repeat(stroke, 1 + (len(stroke) == 1), 0) * 16).astype(np.int32)
            cv2.polylines(self.ink, [points], False, 255, self.pen, cv2.LINE_AA, 4)
        low, high = _extent(strokes)
        if char not in SIGNS:
            (a, b), (c, d) = low - self.pen / 2, high + self.pen / 2
            self.boxes[-1].append(np.array([(a, b), (c, b), (c, d), (a, d)]))
        return float(high[0])

    def line(self, text: str, x: float, y: float, gap: float = 0.3, new: bool = True) -> float:
        """Write a text with its foot on y, `gap` heights between characters; give its end."""
        if new:
            self.texts.append(text)
            self.boxes.append([])
        else:
            self.texts[-1] += " " + text
        climb = self.rng.normal(0, 0.012)
        start = x
        for char in text:
            if char == " ":
                x += self.rng.uniform(1.6, 2.6) * self.size
                continue
            end = self.char(char, x, y + climb * (x - start))
            x = end + self.size * gap * self.rng.uniform(0.7, 1.4) + self.pen
        return x

    def rule(self, start, end, thick: int, level: int = 255, dash: float = 0) -> None:
        """Print a line on the paper, dashed where `dash` px is given."""
        (a, b), (c, d) = start, end
        length = float(np.hypot(c - a, d - b))
        pieces = np.arange(0, length, 2 * dash) if dash else [0.0]
        for at in pieces:
            ends = [at / length, min(1.0, (at + dash) / length)] if dash else [0.0, 1.0]
            one, other = ((round(a + t * (c - a)), round(b + t * (d - b))) for t in ends)
            cv2.line(self.paper, one, other, level, thick)


def _extent(strokes) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate(strokes)
    return points.min(0), points.max(0)


def _sheet(rng, hand, width: int, height: int, size: float, pen: float | None = None) -> _Sheet:
    share = np.exp(rng.uniform(np.log(0.04), np.log(0.13))) if pen is None else pen
    return _Sheet((height, width), size, max(1, round(size * share)), rng, hand)


def _number(rng, low: int, high: int) -> str:
    return "".join(rng.choice(list("0123456789"), int(rng.integers(low, high + 1))))


def _single(rng, hand, pen=None, size=None, margin=None) -> _Sheet:
    """One line on a strip that it fills or not."""
    size = np.exp(rng.uniform(np.log(40), np.log(400))) if size is None else size
    text = _number(rng, 3, 10)
    over = rng.uniform(0.25, 1.2) if margin is None else margin
    sheet = _sheet(rng, hand, int(size * (2.2 * len(text) + 2 * over)), int(size * (1 + 2 * over)),
                   size, pen)  # fmt: skip
    gap = rng.choice([0.2, 0.35, 0.6])
    end = sheet.line(text, size * over, size * (1 + over), gap)
    wide = int(end + size * (over - gap))
    if wide < sheet.shape[1]:
        sheet.ink, sheet.paper = sheet.ink[:, :wide], sheet.paper[:, :wide]
    return sheet


def _cropped(rng, hand) -> _Sheet:
    return _single(rng, hand, margin=rng.uniform(0.06, 0.2))


def _strip(rng, hand) -> _Sheet:
    return _single(rng, hand, size=rng.uniform(36, 52), margin=0.2)


def _thin(rng, hand) -> _Sheet:
    return _single(rng, hand, pen=rng.uniform(0.015, 0.04))


def _list(rng, hand) -> _Sheet:
    """A narrow list: numbers that count up, or of one or two digits, one a line."""
    size, count, first = rng.uniform(45, 110), int(rng.integers(4, 11)), int(rng.integers(1, 90))
    sheet = _sheet(rng, hand, int(size * 4.2), int(size * (1 + 1.5 * count)), size)
    for k in range(count):
        sheet.line(str(first + k), size * rng.uniform(0.8, 0.95), size * (1.5 + 1.5 * k))
    return sheet


def _columns(rng, hand) -> _Sheet:
    """Two or three columns of numbers."""
    size, rows = rng.uniform(40, 80), int(rng.integers(3, 7))
    columns = int(rng.integers(2, 4))
    sheet = _sheet(rng, hand, int(size * (7 * columns + 1)), int(size * (1.5 + 1.8 * rows)), size)
    for row in range(rows):
        for column in range(columns):
            text = _number(rng, 1, 4)
            sheet.line(text, size * (1 + 7 * column), size * (1.8 + 1.8 * row), 0.25, column == 0)
    return sheet


def _paper(kind: str, rng, hand, is_empty: bool = False) -> _Sheet:
    """Some lines on lined, squared or dotted paper."""
    size = rng.uniform(45, 90)
    width, height = int(rng.uniform(900, 1500)), int(rng.uniform(700, 1200))
    sheet = _sheet(rng, hand, width, height, size)
    step = size * rng.uniform(1.3, 1.8) if kind == "lined" else size * rng.uniform(0.4, 1.2)
    thick, level = int(rng.integers(1, 4)), int(rng.integers(60, 200))
    if kind == "dotted":
        for y in np.arange(step / 2, height, step):
            for x in np.arange(step / 2, width, step):
                cv2.circle(sheet.paper, (int(x), int(y)), thick, level, -1)
    else:
        for y in np.arange(step, height, step):
            sheet.rule((0, y), (width, y), thick, level)
    if kind == "squared":
        for x in np.arange(step / 2, width, step):
            sheet.rule((x, 0), (x, height), thick, level)
    if kind == "lined" and rng.random() < 0.5:
        sheet.rule((1.2 * size, 0), (1.2 * size, height), thick, level)
    line = step if kind == "lined" else 1.8 * size
    rows = int((height - size) // line)
    chosen = np.sort(rng.permutation(np.arange(1, rows))[: int(rng.integers(1, 7))])
    for row in [] if is_empty else chosen:
        room = int((width - 3 * size) / (1.2 * size))
        foot = (row + 1) * line - rng.uniform(0.02, 0.15) * size
        sheet.line(_number(rng, 1, max(2, min(10, room))), 1.8 * size, foot)
    return sheet


def _boxes(kind: str, rng, hand, is_empty: bool = False) -> _Sheet:
    """A form: boxes apart, a comb or a table, a digit in each cell, some of them touching it."""
    size = rng.uniform(45, 120)
    columns = int(rng.integers(4, 11))
    rows = int(rng.integers(3, 10)) if kind == "table" else int(rng.integers(1, 4))
    cell = size * rng.uniform(1.15, 1.6)
    between = cell * (rng.uniform(0.1, 0.3) if kind == "boxes" else 0)
    down = cell + (0 if kind == "table" else cell * rng.uniform(0.4, 0.8))
    thick = max(1, round(size * rng.uniform(0.02, 0.06)))
    level = int(rng.integers(130, 256))
    dash = size * 0.12 if kind == "table" and rng.random() < 0.3 else 0
    shape = int(columns * (cell + between) + cell), int(rows * down + cell)
    sheet = _sheet(rng, hand, *shape, size)
    for row in range(rows):
        top = cell / 2 + row * down
        places = [cell / 2 + k * (cell + between) for k in range(columns)]
        for left in places:
            bottom, right = top + cell, left + cell
            open_top = top + (0.7 * cell if kind == "comb" else 0)
            for one, other in (((left, open_top), (left, bottom)),
                               ((right, open_top), (right, bottom)),
                               ((left, bottom), (right, bottom))):  # fmt: skip
                sheet.rule(one, other, thick, level, dash)
            if kind != "comb":
                sheet.rule((left, top), (right, top), thick, level, dash)
        if is_empty:
            continue
        text = _number(rng, columns if kind == "table" else 2, columns)
        sheet.texts.append(text)
        sheet.boxes.append([])
        for char, left in zip(text, places, strict=False):
            foot = top + (cell + size) / 2 + rng.normal(0, 0.04) * size
            sheet.char(char, left + rng.normal(0, 0.04) * size, foot, cell)
    return sheet


def _ledger(rng, hand) -> _Sheet:
    """Amounts that end in joined zeros."""
    size, rows = rng.uniform(45, 110), int(rng.integers(2, 7))
    sheet = _sheet(rng, hand, int(size * 8), int(size * (1.2 + 1.6 * rows)), size)
    for row in range(rows):
        y, zeros = size * (1.6 + 1.6 * row), "0" * int(rng.integers(2, 4))
        text = str(rng.integers(1, 100))
        x = sheet.line(text, size, y)
        sheet.texts[-1] += zeros
        for zero in zeros:
            x = sheet.char(zero, x, y) - rng.uniform(0.0, 0.12) * size
    return sheet


def _signs(rng, hand) -> _Sheet:
    """Amounts, dates, times, sums."""
    size, rows = rng.uniform(45, 110), int(rng.integers(2, 6))
    sheet = _sheet(rng, hand, int(size * 12), int(size * (1.2 + 1.9 * rows)), size)
    for row in range(rows):
        a, b, c = (_number(rng, 1, 2) for _ in range(3))
        text = rng.choice(
            [f"-{a}", f"{a},{b}", f"{a}.{b}", f"{a}/{b}/{c}", f"{a}:{b}", f"{a}-{b}",
             f"{a}+{b}={c}", f"{a}.{b}.{c}", f"{a}%", f"{a}x{b}", f"{a}÷{b}"]
        )  # fmt: skip
        sheet.line(str(text), size, size * (1.7 + 1.9 * row))
    return sheet


def _notes(rng, hand) -> _Sheet:
    """Lines on blank paper."""
    size, rows = rng.uniform(45, 100), int(rng.integers(2, 8))
    sheet = _sheet(rng, hand, int(size * 13), int(size * (1.5 + 1.8 * rows)), size)
    for row in range(rows):
        sheet.line(_number(rng, 2, 8), size * rng.uniform(0.9, 1.4), size * (1.8 + 1.8 * row))
    return sheet


def _empty(rng, hand) -> _Sheet:
    kind = rng.choice(["lined", "squared", "dotted", "boxes", "comb", "table"])
    make = _paper if kind in ("lined", "squared", "dotted") else _boxes
    return make(str(kind), rng, hand, is_empty=True)


LAYOUTS: dict[str, Callable[..., _Sheet]] = {
    "single line": _single,
    "cropped": _cropped,
    "strip": _strip,
    "thin pen": _thin,
    "list": _list,
    "columns": _columns,
    "notes": _notes,
    "lined": lambda rng, hand: _paper("lined", rng, hand),
    "squared": lambda rng, hand: _paper("squared", rng, hand),
    "dotted": lambda rng, hand: _paper("dotted", rng, hand),
    "boxes": lambda rng, hand: _boxes("boxes", rng, hand),
    "comb": lambda rng, hand: _boxes("comb", rng, hand),
    "table": lambda rng, hand: _boxes("table", rng, hand),
    "ledger": _ledger,
    "signs": _signs,
    "turned": _notes,
    "tilted": _notes,
    "perspective": lambda rng, hand: _paper(str(rng.choice(["lined", "squared"])), rng, hand),
    "empty": _empty,
    "12 megapixels": _notes,
}
KINDS = tuple(LAYOUTS)


def write_page(seed: int, kind: str, hand: Hand, is_photo: bool = False) -> WrittenPage:
    """Write a page of a kind in a hand; `is_photo`: photographed by a phone, else scanned clean."""
    rng = np.random.default_rng((seed, KINDS.index(kind), is_photo))
    sheet = LAYOUTS[kind](rng, hand)
    height, width = sheet.ink.shape
    warp, size = np.eye(3), (width, height)
    if kind == "turned":
        warp, size = _quarter_turns(int(rng.integers(1, 4)), width, height)
    elif kind == "12 megapixels":
        factor = 4000 / max(width, height)
        warp, size = np.diag([factor, factor, 1.0]), (round(width * factor), round(height * factor))
    else:
        tilt = 25.0 if kind == "tilted" else 4.0 * is_photo
        skew = 0.12 if kind == "perspective" else 0.025 * is_photo
        warp, size = _camera(rng, width, height, rng.uniform(-tilt, tilt), skew)
    pixels = _photograph(rng, sheet, warp, size, is_photo)

    def box(corners: np.ndarray) -> tuple[int, int, int, int]:
        return cv2.boundingRect(cv2.perspectiveTransform(np.float32(corners)[None], warp)[0])

    boxes = tuple(tuple(map(box, line)) for line in sheet.boxes)
    return WrittenPage(Image.fromarray(pixels), tuple(sheet.texts), boxes)


def _quarter_turns(turns: int, width: int, height: int) -> tuple[np.ndarray, tuple[int, int]]:
    once = [(0, -1, height), (1, 0, 0), (0, 0, 1)]
    matrix = np.eye(3)
    for _ in range(turns):
        once = np.array([(0, -1, height), (1, 0, 0), (0, 0, 1)], float)
        matrix, width, height = once @ matrix, height, width
    return matrix, (width, height)


def _camera(rng, width, height, tilt, skew) -> tuple[np.ndarray, tuple[int, int]]:
    """A homography (3, 3) that keeps the whole sheet in the picture, and the picture's size."""
    corners = np.float32([(0, 0), (width, 0), (width, height), (0, height)])
    seen = corners + np.float32(rng.uniform(-skew, skew, (4, 2)) * min(width, height))
    turn = cv2.getRotationMatrix2D((0, 0), tilt, 1)[:, :2]
    seen = seen @ turn.T.astype(np.float32)
    seen -= seen.min(0)
    size = tuple(int(np.ceil(side)) for side in seen.max(0))
    return cv2.getPerspectiveTransform(corners, seen.astype(np.float32)), size


def _photograph(rng, sheet: _Sheet, warp, size, is_photo: bool) -> np.ndarray:
    """Lay ink and print on paper, under light, through a lens: uint8 (h, w, 3)."""
    colour = np.float32([[25, 25, 30], [35, 45, 130], [60, 60, 65]][int(rng.integers(3))])
    printing = np.float32([[120, 150, 220], [150, 150, 150], [40, 40, 40]])[int(rng.integers(3))]
    ground = np.float32([255, 255, 255] if not is_photo else rng.uniform(170, 240, 1) - [0, 3, 10])
    kind = cv2.INTER_AREA if warp[0, 0] < 1 else cv2.INTER_LINEAR
    printed, ink = (
        cv2.warpPerspective(layer, warp, size, flags=kind)[..., None] / np.float32(255)
        for layer in (sheet.paper, sheet.ink)
    )
    page = ground * (1 - printed) + printing * printed
    page = page * (1 - ink * 0.9) + colour * ink * 0.9
    if is_photo:
        height, width = page.shape[:2]
        y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
        angle = rng.uniform(0, 2 * np.pi)
        page *= (1 - rng.uniform(0, 0.35) * (x * np.cos(angle) + y * np.sin(angle) + 1) / 2)[
            ..., None
        ]
        if rng.random() < 0.4:
            edge = (x - rng.uniform(0.2, 0.8)) * np.cos(angle) + (y - 0.5) * np.sin(angle)
            shade = rng.uniform(0.15, 0.4) / (1 + np.exp(np.clip(-edge / 0.02, -50, 50)))
            page *= (1 - shade)[..., None]
        page = cv2.GaussianBlur(page, (0, 0), rng.uniform(0.3, 1.2))
        grain = cv2.GaussianBlur(rng.standard_normal(page.shape[:2], np.float32), (0, 0), 0.7)
        page += (grain / grain.std() * rng.uniform(1, 5))[..., None]
    pixels = np.clip(page, 0, 255).astype(np.uint8)
    quality = int(rng.integers(60, 93)) if is_photo else 95
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].copy()


@dataclass(frozen=True)
class Silence:
    """How many lines are wrong, and how many of those without a warning."""

    wrong: int
    silent: int


def compare(page, truth: WrittenPage) -> tuple[Match, Silence]:
    """Match a `Page` with the truth. A line is right when one of its digits is answered.

    A wrong line is silent when none of the marks on it is called unsure.
    """
    free = list(page.digits)
    digits = found = right = 0
    for line, boxes in zip(truth.lines, truth.boxes, strict=True):
        for digit, box in zip(line, boxes, strict=True):
            digits += 1
            best = max(free, key=lambda mark: overlap(mark.box, box), default=None)
            if best is None or overlap(best.box, box) < 0.4:
                continue
            free.remove(best)
            found += 1
            right += str(best.digit) == digit and best.is_read
    left = list(page.lines)
    wrong = [boxes for line, boxes in zip(truth.lines, truth.boxes, strict=True)
             if not (line in left and (left.remove(line) or True))]  # fmt: skip
    unsure = [mark.box for mark in page.digits if not mark.accepted]
    silent = sum(not any(_on_line(box, line) for box in unsure) for line in wrong)
    extra = sum(mark.is_read for mark in free)
    lines = len(truth.lines)
    return (Match(digits, found, extra, right, lines, lines - len(wrong)),
            Silence(len(wrong), silent * bool(page.digits)))  # fmt: skip


def _on_line(box: tuple[int, ...], line) -> bool:
    """Say whether the middle of a box lies on a line of boxes, or a digit beside it."""
    left, top, width, height = np.array(line).T
    low = np.array([left.min(), top.min()]) - height.max()
    high = np.array([(left + width).max(), (top + height).max()]) + height.max()
    middle = np.array(box[:2]) + np.array(box[2:]) / 2
    return bool((middle > low).all() and (middle < high).all())
