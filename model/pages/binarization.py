"""Ink on a photographed page: strokes told from paper and shadow, and set upright.

Strokes are what a closing fills (the black-hat transform; Serra, "Image Analysis and Mathematical
Morphology", 1982): unlike a mean, it follows the edge of a shadow. Thresholds are local, relative
to the strokes nearby (after Bernsen, ICPR 1986), and never below the paper's grain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from model.pages.connected import Components
from model.pages.perspective import find_view, warp
from model.pages.settings import TUNED, LeastInk
from model.preprocessing import pen_width


@dataclass(frozen=True)
class PageInk:
    """A page's strokes, turned upright.

    `strength` float32 (h, w), share of the paper's light taken, grain removed; `mask` uint8 (h, w),
    1 on strokes; `edge` uint8 (h, w), 1 where the picture, the paper or a hard shadow
    ends; `border` likewise where the picture does; `to_picture` float64 (3, 3) maps these pixels
    to those of the picture that was given.
    """

    strength: np.ndarray
    mask: np.ndarray
    edge: np.ndarray
    border: np.ndarray
    to_picture: np.ndarray

    @cached_property
    def components(self) -> Components:
        """Connected components of `mask`, dear on a whole page."""
        return Components.of(self.mask)

    def without(self, rows: np.ndarray) -> PageInk:
        """Leave out some of its components, bool (n,); the ground stays."""
        if not rows[1:].any():
            return self
        return replace(self, mask=self.mask & (1 - self.components.chosen(rows)))

    @cached_property
    def is_cut(self) -> np.ndarray:
        """Whether each component touches the picture's edge: bool (n,); not the ground."""
        cut = np.zeros(len(self.components), bool)
        cut[np.unique(self.components.labels[self.border > 0])] = True
        cut[0] = False
        return cut


def find_page_ink(
    grey: np.ndarray, reverse: bool = False, faintest: LeastInk = TUNED.usual_ink
) -> PageInk | None:
    """Find the strokes of a page, uint8 grey (h, w); None when it is blank.

    Strokes are light or dark, whichever stands out; with `reverse` they are the other.
    """
    if _is_light_on_dark(grey) != reverse:
        grey = 255 - grey
    strength, least, paper = _strength(grey)
    mask = _threshold(strength, least, faintest)
    if np.count_nonzero(mask) < 4:
        return None
    layers = [strength, mask, _paper_edges(paper), _frame(mask.shape)]
    view = _find_turn(mask, layers[2])
    back = np.eye(3)
    if view is not None:
        layers, back = warp(layers, view)
    strength, mask, edge, border = layers
    return PageInk(strength, mask, edge, border, back)


def _find_turn(mask: np.ndarray, edge: np.ndarray) -> np.ndarray | None:
    """The homography (3, 3) that sets a page upright: its lines' view, else a turn; or none."""
    coarse = np.ascontiguousarray(mask[::4, ::4]) * np.uint8(255)
    if pen_width(coarse) > max(coarse.shape) / 40:
        return None  # digits so large: no line to see
    view = find_view(mask, edge)
    if view is not None:
        return view
    angle = find_tilt(mask)
    if abs(angle) < 0.5:
        return None
    height, width = mask.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
    return np.vstack([turn, [0, 0, 1]])


def _strength(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of the paper's light that strokes take, the least that is no grain, and the paper."""
    long_side = max(grey.shape)
    pen = _pen(grey)
    side = int(np.clip(5 * pen + 5, long_side / 32, long_side / 8))
    sigma = float(np.clip(0.2 * pen, 0.8, 2.0))
    return _taken(cv2.medianBlur(grey, 5), cv2.GaussianBlur(grey, (0, 0), sigma), side)


def _pen(grey: np.ndarray) -> float:
    """Width of a page's strokes, px, as a smaller copy of a large picture shows them.

    Only fat pens ask for it closely, and those it shows as well.
    """
    factor = 1 / max(1, max(grey.shape) // TUNED.pen_side)
    if factor < 1:
        grey = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(grey, (0, 0), max(0.8, 1.5 * factor))
    taken, least, _ = _taken(cv2.medianBlur(grey, 5), smooth, max(grey.shape) // 8)
    strokes = (taken > 1.5 * least).astype(np.uint8)
    if strokes.any():  # not the rules, finer than the pen and fainter
        strokes &= taken > 0.5 * np.percentile(taken[strokes > 0], 90)
    return pen_width(strokes * np.uint8(255)) / factor


def _taken(
    calm: np.ndarray, smooth: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    paper = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, np.ones((side | 1, side | 1), np.uint8))
    paper = cv2.blur(paper, (5, 5))
    taken = cv2.subtract(paper, smooth, dtype=cv2.CV_32F)
    low, level = np.percentile(taken[::3, ::3], [16, 50])  # most of a page is paper
    paper = np.maximum(paper, np.uint8(24))
    levels = np.maximum(np.arange(256, dtype=np.float32), 1)
    least = np.maximum((level - low) / levels, TUNED.least_contrast / TUNED.sure_ink)
    taken = np.maximum(np.subtract(taken, level, out=taken), 0, out=taken)
    return np.divide(taken, paper, out=taken), cv2.LUT(paper, least.astype(np.float32)), paper


def _paper_edges(paper: np.ndarray) -> np.ndarray:
    """Where the paper's brightness jumps, as a desk's does beside it: uint8 (h, w), 1 there."""
    side = max(7, max(paper.shape) // 150 | 1)
    kernel = np.ones((side, side), np.uint8)
    jump = cv2.dilate(paper, kernel) > np.float32(1.25) * cv2.erode(paper, kernel)
    wide = max(paper.shape) // 160 | 1
    return cv2.dilate(jump.astype(np.uint8), np.ones((wide, wide), np.uint8))


def _frame(shape: tuple[int, int]) -> np.ndarray:
    frame = np.ones(shape, np.uint8)
    frame[2:-2, 2:-2] = 0
    return frame


def _is_light_on_dark(grey: np.ndarray) -> bool:
    """Say on which side of the ground the strokes are: the side with more energy.

    Not counted, unless strokes are nowhere else, is what lies where one ground ends and another
    begins: corners of a sheet on a desk stand out more than any writing.
    """
    ratio = 400 / max(grey.shape)
    small = cv2.resize(grey, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    ground = cv2.medianBlur(small, 61)
    difference = small.astype(np.float32) - ground
    noise = float(np.percentile(np.abs(difference), 40)) / 0.524
    light, dark = (np.maximum(s - 3 * noise - 2, 0) ** 2 for s in (difference, -difference))
    kernel = np.ones((61, 61), np.uint8)
    even = cv2.dilate(ground, kernel) < 1.3 * cv2.erode(ground, kernel) + 8
    if (light + dark)[even].sum() < 0.02 * (light + dark).sum():
        even[:] = True
    return float(light[even].sum()) > float(dark[even].sum())


def _threshold(strength: np.ndarray, grain: np.ndarray, faintest: LeastInk) -> np.ndarray:
    """Strokes as 1, uint8 (h, w): stronger than the grain and than the rims of strokes nearby.

    What is surely no grain takes along what is connected with it (hysteresis; Canny, 1986).
    """
    strong = strength[strength > TUNED.sure_ink * grain]
    if strong.size == 0:
        return np.zeros(strength.shape, np.uint8)
    least = np.maximum(grain, faintest.on_page / TUNED.sure_ink * np.percentile(strong, 90))
    side = max(strength.shape) // 60 | 1
    nearby = cv2.dilate(strength, np.ones((side, side), np.uint8))
    nearby = cv2.blur(nearby, (side, side))
    nearby = np.multiply(nearby, faintest.nearby, out=nearby)
    mask = strength > np.maximum(nearby, faintest.beside * least, out=nearby)
    inked = np.flatnonzero(mask)  # most of a page is paper
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    labels = labels.ravel()[inked]
    sure = np.zeros(count, np.uint8)
    sure[labels[strength.ravel()[inked] > TUNED.sure_ink * least.ravel()[inked]]] = 1
    out = np.zeros(mask.shape, np.uint8)
    out.ravel()[inked] = sure[labels]
    return out


def find_tilt(mask: np.ndarray) -> float:
    """Angle in degrees by which lines of strokes climb to the right; 0 where there is no telling.

    The projection across the lines is most uneven at their angle (Postl, ICPR 1986), and the ink
    lies on fewer rows there than upright: at the slant of the strokes it lies on more.
    """
    points = cv2.findNonZero(mask).reshape(-1, 2)
    x, y = points[:: max(1, len(points) // 20_000)].T.astype(np.float32)
    step = max(2, round(max(mask.shape) / 400))  # whole, or rows of pixels would beat with it

    def profile(angle: float) -> np.ndarray:
        across = y * np.float32(np.cos(angle)) + x * np.float32(np.sin(angle))
        return np.bincount(((across - across.min()) / step).astype(np.int32)).astype(float)

    def unevenness(angle: float) -> float:
        return float(np.square(np.diff(profile(angle))).sum())

    def rows_inked(angle: float) -> float:
        rows = profile(angle)
        share = rows[rows > 0] / len(y)
        return float(np.exp(-(share * np.log(share)).sum()))

    coarse = np.arange(-TUNED.most_tilt, TUNED.most_tilt + 1)
    scores = [unevenness(np.radians(a)) / _least_gain(a) for a in coarse]
    best = coarse[int(np.argmax(scores))]
    fine = best + np.arange(-0.75, 1, 0.25)
    finer = [unevenness(np.radians(angle)) for angle in fine]
    angle = float(fine[int(np.argmax(finer))])
    gains = max(finer) > _least_gain(angle) * unevenness(0.0)
    return angle if gains and rows_inked(np.radians(angle)) < rows_inked(0.0) else 0.0


def _least_gain(angle: float) -> float:
    """How much more uneven than upright lines have to be, as large tilts are rare."""
    return TUNED.tilt_gain + TUNED.tilt_gain_a_degree * abs(angle)
