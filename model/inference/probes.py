"""What each map of a convolution responds to, found by showing it simple marks.

A map is named by the kind of mark to which it responds most, its response being the strongest
anywhere in the map. As in experiments with cells of the visual cortex (Hubel and Wiesel, "Receptive
fields of single neurones in the cat's striate cortex", 1959), the marks are simple; of what a map
responds to among real digits the name says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from model.inference.layers import Layers
from model.preprocessing import GLYPH_SIDE

STROKES = ("upright", "level", "rising", "falling")  # in pairs that lie across each other
SHAPES = (
    "open left",
    "open right",
    "open below",
    "open above",
    "loop",
    "crossing",
    "corner",
    "end",
)
_PEN = 2.6  # px, as thick as MNIST's strokes
_SUB = 16  # a pixel's parts, to which positions are drawn
_MORE = 1.15  # times its response to any stroke: above that, a map is named after a shape
_ACROSS = 1.2  # times its response to the stroke across: above that, it is named after a stroke
_MIDDLES = (10.0, 14.0, 18.0)  # px, where a mark lies across the glyph
_LENGTH = 12.0  # px, of a stroke


@dataclass(frozen=True)
class Naming:
    """What a layer's maps respond to: one of STROKES or SHAPES for each, or "" for none of them.

    `clarity` float64 (maps,) tells how much stronger than to marks of all kinds on average;
    `strongest` float64 (maps,) is each map's response to its own kind.
    """

    names: tuple[str, ...]
    clarity: np.ndarray
    strongest: np.ndarray

    def clearest(self, count: int) -> list[int]:
        """Choose maps to show: of each name the clearest, then the next, `count` in all."""
        order = [int(i) for i in np.argsort(-self.clarity, kind="stable") if self.names[i]]
        names = [self.names[place] for place in order]
        repeats = [names[:rank].count(name) for rank, name in enumerate(names)]
        return [order[rank] for rank in np.argsort(repeats, kind="stable")[:count]]


def name_maps(layers: Layers) -> dict[int, Naming]:
    """Name the maps of every convolution or pooling whose output is maps, by the layer's number."""
    outputs = [layers.outputs(np.stack(list(glyphs))) for glyphs in _marks()]
    return {
        number: _name(np.stack([found[number].max((1, 2)).mean(0) for found in outputs]))
        for number in layers.pictured
    }


def _name(responses: np.ndarray) -> Naming:
    """Name maps by their responses to each kind of mark, float32 (kinds, maps)."""
    kinds = [*STROKES, *SHAPES]
    strokes, shapes = responses[: len(STROKES)], responses[len(STROKES) :]
    is_shape = shapes.max(0) > _MORE * strokes.max(0)
    best = np.where(is_shape, len(STROKES) + shapes.argmax(0), strokes.argmax(0))
    strongest = np.take_along_axis(responses, best[None], 0)[0].astype(np.float64)
    across = strokes[np.array([1, 0, 3, 2])[strokes.argmax(0)], np.arange(strokes.shape[1])]
    is_clear = (strongest > 0) & (is_shape | (strongest > _ACROSS * across))
    names = tuple(kinds[kind] if clear else "" for kind, clear in zip(best, is_clear, strict=True))
    return Naming(names, strongest / np.maximum(responses.mean(0), 1e-9), strongest)


def _marks() -> list[Iterator[np.ndarray]]:
    """Glyphs of each kind of mark, in the order of STROKES and SHAPES."""
    strokes = map(_lines, (90, 0, 45, -45))
    arcs = map(_arcs, (-90, 90, 180, 0))
    return [*strokes, *arcs, _loops(), _crossings(), _corners(), _ends()]


def _lines(angle: float) -> Iterator[np.ndarray]:
    """Strokes at an angle in degrees, level at 0 and rising towards 90."""
    step = np.array([np.cos(np.radians(angle)), -np.sin(np.radians(angle))])
    across = np.array([-step[1], step[0]])
    for tilt in (-8, 0, 8):
        turned = np.radians(angle + tilt)
        along = np.array([np.cos(turned), -np.sin(turned)]) * _LENGTH / 2
        for offset in _MIDDLES:
            middle = 14 + across * (offset - 14)
            yield _drawn([middle - along, middle + along])


def _arcs(start: float) -> Iterator[np.ndarray]:
    """Half circles from an angle in degrees on, clockwise on the picture."""
    return (_circle(x, y, radius, start, 180)
            for x in (12, 16) for y in (10, 14, 18) for radius in (3.5, 5.0))  # fmt: skip


def _loops() -> Iterator[np.ndarray]:
    return (_circle(14, y, radius, 0, 360) for y in (10, 14, 18) for radius in (3.0, 4.0, 5.0))


def _circle(x: float, y: float, radius: float, start: float, sweep: float) -> np.ndarray:
    turns = np.radians(np.linspace(start, start + sweep, 24))
    return _drawn(np.stack([x + radius * np.cos(turns), y + radius * np.sin(turns)], 1))


def _crossings() -> Iterator[np.ndarray]:
    for y in (10, 14, 18):
        for turn in (0, 45):
            one, other = (np.radians(turn + more) for more in (0, 90))
            reach = [np.array([np.cos(a), np.sin(a)]) * _LENGTH / 2 for a in (one, other)]
            middle = np.array([14, y])
            yield np.maximum(*(_drawn([middle - r, middle + r]) for r in reach))


def _corners() -> Iterator[np.ndarray]:
    """As a seven's, and turned."""
    for x, y in ((10, 9), (16, 9), (10, 18), (16, 18)):
        for right in (-8, 8):
            for down in (-8, 8):
                yield _drawn([(x + right, y), (x, y), (x, y + down)])


def _ends() -> Iterator[np.ndarray]:
    """Strokes so short that they are hardly more than their ends."""
    for x in _MIDDLES:
        for y in _MIDDLES:
            yield _drawn([(x, y), (x + 1, y + 1)])


def _drawn(points) -> np.ndarray:
    """A glyph of one line through points (x, y) in pixels."""
    wide = np.zeros((GLYPH_SIDE * 4, GLYPH_SIDE * 4), np.uint8)
    places = np.round(np.asarray(points, float) * 4 * _SUB).astype(np.int32)
    pen = round(_PEN * 4)
    cv2.polylines(wide, [places], False, 255, pen, cv2.LINE_AA, shift=4)
    return cv2.resize(wide, (GLYPH_SIDE, GLYPH_SIDE), interpolation=cv2.INTER_AREA)
