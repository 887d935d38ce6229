"""Synthetic photographs of pages of handwritten digits, with known truth, for tests and benchmark.

Real digits are written in lines on paper of many kinds, then tilted, lit, blurred and compressed
as a phone would. The same seed gives the same page.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

DIFFICULTIES = ("easy", "medium", "hard")
_SOURCE_SIDE = 112  # px; digits are smoothed at this size, then scaled to what is written
_DARKNESS = {"easy": (0.7, 0.9), "medium": (0.4, 0.9), "hard": (0.3, 0.85)}
_TILT = {"easy": 1.0, "medium": 6.0, "hard": 15.0}  # degrees, to either side
_GRAIN = {"easy": (0.5, 2.0), "medium": (1.5, 5.0), "hard": (3.0, 8.0)}  # grey levels
_JPEG = {"easy": (85, 95), "medium": (60, 92), "hard": (35, 80)}


@dataclass(frozen=True)
class SyntheticPage:
    """A picture and its truth: `boxes` are (left, top, width, height) px, row by row."""

    image: Image.Image
    lines: tuple[str, ...]
    boxes: tuple[tuple[int, int, int, int], ...]

    @property
    def text(self) -> str:
        return "".join(self.lines)


@dataclass(frozen=True)
class Match:
    """What a reading got of one page's truth; all are counts."""

    digits: int
    found: int
    extra: int
    right: int
    lines: int
    right_lines: int


def make_page(seed: int, images: np.ndarray, labels: np.ndarray, difficulty: str) -> SyntheticPage:
    """Write digits from `images`, uint8 (n, h, w) bright on black, on a page of `difficulty`."""
    rng = np.random.default_rng((seed, DIFFICULTIES.index(difficulty)))
    long_side = 1200 if difficulty == "easy" else int(rng.integers(800, 2000))
    shape = (int(long_side * 0.75), long_side)
    if rng.random() < 0.4:
        shape = shape[::-1]
    places = _layout(rng, shape, difficulty)
    ink = np.zeros(shape, np.float32)
    lines, digits = [], []
    for line in places:
        rows = rng.integers(len(images), size=len(line))
        lines.append("".join(str(labels[row]) for row in rows))
        digits += [_write(ink, images[r], *place) for r, place in zip(rows, line, strict=True)]
    warp = _camera(rng, shape, difficulty)
    image = _photograph(rng, ink, warp, difficulty)
    boxes = tuple(cv2.boundingRect(cv2.perspectiveTransform(d, warp)) for d in digits)
    return SyntheticPage(image, tuple(lines), boxes)


def compare(page, truth: SyntheticPage) -> Match:
    """Match a `Page` to the truth: a box is found when half of both is shared."""
    free = list(page.digits)
    found = right = 0
    for box, digit in zip(truth.boxes, truth.text, strict=True):
        best = max(free, key=lambda mark: overlap(mark.box, box), default=None)
        if best is None or overlap(best.box, box) < 0.5:
            continue
        free.remove(best)
        found += 1
        right += str(best.digit) == digit
    lines = _common(page.lines, truth.lines)
    return Match(len(truth.boxes), found, len(free), right, len(truth.lines), lines)


def overlap(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Shared area over joint area of two boxes, slim ones widened: a 1 is a few pixels wide."""
    (a, b, c, d), (e, f, g, h) = _widened(one), _widened(other)
    width, height = min(a + c, e + g) - max(a, e), min(b + d, f + h) - max(b, f)
    shared = max(0, width) * max(0, height)
    return shared / (c * d + g * h - shared)


def _widened(box: tuple[int, ...]) -> tuple[float, float, float, float]:
    left, top, width, height = box
    more = max(0.0, 0.4 * height - width)
    return left - more / 2, top, width + more, height


def _common(found, true) -> int:
    """Length of the longest common subsequence of two lists of lines."""
    best = np.zeros((len(found) + 1, len(true) + 1), int)
    for i, one in enumerate(found):
        for j, other in enumerate(true):
            best[i + 1, j + 1] = max(best[i, j] + (one == other), best[i, j + 1], best[i + 1, j])
    return int(best[-1, -1])


def _layout(rng, shape: tuple[int, int], difficulty: str) -> list[list[tuple]]:
    """Places in lines: each (centre x, centre y, height) px of one digit."""
    height, width = shape
    size = rng.uniform(0.045, 0.11) * max(shape)
    margin = {"easy": 0.10, "medium": 0.13, "hard": 0.2}[difficulty]
    uneven = {"easy": 0.08, "medium": 0.15, "hard": 0.25}[difficulty]
    least_gap = {"easy": 0.5, "medium": 0.3, "hard": 0.1}[difficulty]
    gap = rng.uniform(least_gap, 1.2)
    lines, y = [], margin * height + size
    count = int(rng.integers(1, 9))
    while y < (1 - margin) * height - size / 2 and len(lines) < count:
        bend, line = rng.normal(0, 0.1 * uneven), []
        x = margin * width + size * rng.uniform(0.5, 1.5)
        here = size * rng.uniform(1 - uneven, 1 + uneven)
        while x < (1 - margin) * width - size / 2 and len(line) < 12:
            rise = bend * size * ((x / width - 0.5) * 6) ** 2
            tall = here * rng.uniform(1 - uneven, 1 + uneven / 2)
            line.append((x, y + rise + rng.normal(0, 0.2 * uneven) * size, tall))
            x += size * (0.75 + gap * rng.uniform(0.8, 1.3))
        lines.append(line[: int(rng.integers(1, 13))] if len(lines) else line)
        y += size * rng.uniform(1.6, 2.6)
    return lines


def _write(ink: np.ndarray, image: np.ndarray, x: float, y: float, tall: float) -> np.ndarray:
    """Lay one digit on the page's ink; give the outline as float32 (n, 1, 2) page coordinates."""
    smooth = cv2.resize(image, (_SOURCE_SIDE, _SOURCE_SIDE), interpolation=cv2.INTER_CUBIC)
    smooth = cv2.GaussianBlur(smooth, (0, 0), _SOURCE_SIDE / 56)
    left, top, width, height = cv2.boundingRect((smooth > 90).astype(np.uint8))
    crop = smooth[top : top + height, left : left + width].astype(np.float32)
    crop = np.clip((crop - 60) / 95, 0, 1)  # a pen's firm edge in place of a thumbnail's soft one
    scale = tall / max(height, 0.8 * width)
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    left, top = int(x - size[0] / 2), int(y - size[1] / 2)
    part = ink[max(top, 0) : top + size[1], max(left, 0) : left + size[0]]
    np.maximum(part, crop[: part.shape[0], : part.shape[1]], out=part)
    outline = np.argwhere(crop > 0.3)[:, None, ::-1].astype(np.float32)
    return outline + np.float32([left, top])


def _camera(rng, shape: tuple[int, int], difficulty: str) -> np.ndarray:
    """A homography (3, 3): the page tilted and seen slightly from the side."""
    height, width = shape
    angle = rng.uniform(-1, 1) * _TILT[difficulty]
    zoom = 1 - 0.012 * abs(angle)
    turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom), [0, 0, 1]])
    skew = {"easy": 0.0, "medium": 0.02, "hard": 0.04}[difficulty]
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    moved = corners + rng.uniform(-skew, skew, (4, 2)).astype(np.float32) * [width, height]
    return cv2.getPerspectiveTransform(corners, moved.astype(np.float32)) @ turn


def _photograph(rng, ink: np.ndarray, warp: np.ndarray, difficulty: str) -> Image.Image:
    """Print, light and photograph the page: ink float32 (h, w) in 0..1 → RGB picture."""
    height, width = ink.shape
    board = difficulty == "hard" and rng.random() < 0.25
    darkness = rng.uniform(*_DARKNESS[difficulty])
    pen = np.float32(rng.choice([[30, 30, 30], [40, 50, 130], [75, 75, 80]]))
    paper = np.full((height, width, 3), rng.uniform(195, 250, 1) - [0, 2, 8], np.float32)
    if board:
        paper[:], pen = rng.uniform(40, 70) + np.float32([0, 8, 2]), np.float32([235, 235, 230])
        darkness = max(darkness, 0.6)
    elif difficulty != "easy":
        _rule(rng, paper, difficulty)
    share = (ink * darkness)[..., None]
    page = paper * (1 - share) + pen * share
    desk = rng.uniform(30, 150, 3) if difficulty == "hard" and not board else paper[0, 0]
    page = cv2.warpPerspective(page, warp, (width, height), borderValue=desk.tolist())
    page *= _light(rng, ink.shape, difficulty)[..., None]
    blur = rng.uniform(0.3, {"easy": 0.7, "medium": 1.3, "hard": 2.2}[difficulty])
    page = cv2.GaussianBlur(page, (0, 0), blur)
    grain = rng.normal(0, 1, ink.shape).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.4, 1.2))
    page += (grain / grain.std() * rng.uniform(*_GRAIN[difficulty]))[..., None]
    pixels = np.clip(page, 0, 255).astype(np.uint8)
    quality = int(rng.integers(*_JPEG[difficulty]))
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return Image.fromarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].copy())


def _rule(rng, paper: np.ndarray, difficulty: str) -> None:
    """Print rules, squares or a frame on the paper, in place; or leave it blank."""
    kind = rng.choice(["blank", "ruled", "squared", "frame"], p=[0.4, 0.3, 0.15, 0.15])
    height, width = paper.shape[:2]
    strength = rng.uniform(0.1, {"medium": 0.3, "hard": 0.45}[difficulty])
    colour = np.float32(rng.choice([[120, 150, 220], [150, 150, 150], [60, 60, 60]]))
    mask = np.zeros((height, width), np.float32)
    thick = int(rng.integers(1, 4))
    step = int(rng.uniform(0.03, 0.1) * max(height, width))
    if kind == "blank":
        return
    if kind in ("ruled", "squared"):
        for y in range(int(rng.integers(step)), height, step):
            cv2.line(mask, (0, y), (width, y), 1.0, thick)
    if kind == "squared":
        for x in range(int(rng.integers(step)), width, step):
            cv2.line(mask, (x, 0), (x, height), 1.0, thick)
    if kind == "frame":
        inset = int(0.04 * min(height, width))
        cv2.rectangle(mask, (inset, inset), (width - inset, height - inset), 1.0, thick + 1)
        strength = rng.uniform(0.5, 0.9)
    printed = mask > 0
    paper[printed] += (colour - paper[printed]) * (mask[printed] * strength)[:, None]


def _light(rng, shape: tuple[int, int], difficulty: str) -> np.ndarray:
    """How much light falls where, float32 (h, w) in 0..1: a slope and perhaps a shadow's edge."""
    height, width = shape
    y, x = (np.linspace(0, 1, side, dtype=np.float32) for side in shape)
    y = y[:, None]
    angle = rng.uniform(0, 2 * np.pi)
    across = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    depth = {"easy": 0.1, "medium": 0.35, "hard": 0.5}[difficulty]
    light = 1 - rng.uniform(0, depth) * (across + 0.7) / 1.4
    if difficulty != "easy" and rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        edge = (x - rng.uniform(0.2, 0.8)) * np.cos(angle) + (y - 0.5) * np.sin(angle)
        softness = rng.uniform(0.004, 0.05)
        light *= 1 - rng.uniform(0.15, depth) / (1 + np.exp(np.clip(-edge / softness, -50, 50)))
    return light.astype(np.float32)
