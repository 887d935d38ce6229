"""How many drawings of a heart, a house, a cat … are taken for a digit.

python -m benchmarks.shapes [--bundle NAME|DIR ...] [--each N] [--seed N]
Each shape is drawn several times as on the demo's canvas, by a pen that wobbles, in varying sizes,
proportions and slants, and read as the demo and `predict` read it.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np

from benchmarks.results import publish
from model.answers import Answer, answer
from model.data.pen_tracks import lengths_along
from model.errors import run_command
from model.inference.predictor import Predictor
from webapp.canvas import HEIGHT, PEN, WIDTH

Stroke = np.ndarray  # float64 (n, 2): (x, y), y down, in units of about the shape's size


def line(*points: tuple[float, float]) -> Stroke:
    """Straight strokes through some points."""
    corners = np.array(points, float)
    places = np.linspace(0, len(corners) - 1, 12 * (len(corners) - 1) + 1)
    index = np.arange(len(corners))
    return np.stack([np.interp(places, index, corners[:, axis]) for axis in (0, 1)], axis=1)


def arc(x: float, y: float, across: float, down: float, start: float = -90, stop: float = 270):
    """Part of an ellipse around (x, y), from one angle to another in degrees, clockwise from 3."""
    angle = np.radians(np.linspace(start, stop, 48))
    return np.stack([x + across * np.cos(angle), y + down * np.sin(angle)], axis=1)


def curve(*points: tuple[float, float]) -> Stroke:
    """A smooth stroke near some points: a quadratic B-spline."""
    corners = np.array([points[0], *points, points[-1]], float)
    t = np.linspace(0, 1, 12)[:, None]
    a, b, c = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    spans = (1 - t) ** 2 * (a + b) / 2 + 2 * t * (1 - t) * b + t**2 * (b + c) / 2
    return np.concatenate(spans)


def star(corners: int, inner: float, turns: int = 1) -> Stroke:
    """The outline of a star, or with two turns one in a single stroke through its middle."""
    count = 2 * corners + 1 if turns == 1 else corners + 1
    step = 180 / corners if turns == 1 else turns * 360 / corners
    angle = np.radians(-90 + step * np.arange(count))
    reach = np.where(np.arange(count) % 2, inner, 1) if turns == 1 else np.ones(count)
    return line(*zip(reach * np.cos(angle), reach * np.sin(angle), strict=True))


def rays(x: float, y: float, start: float, stop: float, count: int) -> list[Stroke]:
    """Short strokes away from (x, y)."""
    angles = 2 * np.pi * np.arange(count) / count
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return [line(*(np.array((x, y)) + reach * way for reach in (start, stop))) for way in ways]


def dot(x: float, y: float) -> Stroke:
    return line((x, y), (x + 0.02, y))


HEAD = arc(0, 0, 1, 1)
SMILE = arc(0, 0.1, 0.5, 0.5, 20, 160)
BOX = line((-0.8, 0), (0.8, 0), (0.8, 1.3), (-0.8, 1.3), (-0.8, 0))
ROOF = line((-0.8, 0), (0, -0.8), (0.8, 0))
HEART = curve((0, 1), (-1.2, -0.1), (-0.9, -0.9), (-0.1, -0.9), (0, -0.3), (0.1, -0.9),
              (0.9, -0.9), (1.2, -0.1), (0, 1))  # fmt: skip
CLOUD = curve((-0.8, 0.5), (-1.3, 0.4), (-1.2, -0.1), (-0.8, -0.1), (-0.7, -0.6), (0, -0.7),
              (0.2, -0.3), (0.8, -0.6), (1.0, 0), (1.4, 0.1), (1.2, 0.5), (-0.8, 0.5))  # fmt: skip
SHAPES: dict[str, list[Stroke]] = {
    "smiley": [HEAD, dot(-0.35, -0.3), dot(0.35, -0.3), SMILE],
    "smiley without a mouth": [HEAD, dot(-0.35, -0.2), dot(0.35, -0.2)],
    "face": [arc(0, 0, 0.8, 1), arc(-0.3, -0.3, 0.12, 0.1), arc(0.3, -0.3, 0.12, 0.1),
             line((0, -0.1), (-0.1, 0.2), (0.05, 0.2)), line((-0.3, 0.5), (0.3, 0.5))],
    "house": [BOX, ROOF],
    "house in one stroke": [line((-0.8, 1.3), (-0.8, 0), (0, -0.8), (0.8, 0), (0.8, 1.3),
                                 (-0.8, 1.3))],
    "house with a door": [BOX, ROOF, line((-0.2, 1.3), (-0.2, 0.7), (0.2, 0.7), (0.2, 1.3))],
    "star": [star(5, 1, turns=2)],
    "star's outline": [star(5, 0.42)],
    "heart": [HEART],
    "heart in two strokes": [HEART[: len(HEART) // 2], HEART[len(HEART) // 2 :]],
    "round tree": [arc(0, -0.5, 0.7, 0.65), line((-0.12, 0.15), (-0.12, 1.1)),
                   line((0.12, 0.15), (0.12, 1.1))],
    "round tree in one stroke": [np.concatenate([line((-0.15, 1.1), (-0.15, 0.15)),
                                                 arc(0, -0.5, 0.75, 0.7, 100, 440),
                                                 line((0.15, 0.15), (0.15, 1.1))])],
    "tree with a cloud's crown": [CLOUD * [0.8, 1] - [0, 0.5], line((-0.15, 0), (-0.2, 1.1)),
                                  line((0.15, 0), (0.2, 1.1))],
    "fir": [line((0, -1), (-0.7, 0.5), (0.7, 0.5), (0, -1)), line((-0.1, 0.5), (-0.1, 0.9)),
            line((0.1, 0.5), (0.1, 0.9))],
    "fir in steps": [line((0, -1), (-0.4, -0.4), (-0.2, -0.4), (-0.6, 0.2), (-0.3, 0.2),
                          (-0.8, 0.8), (0.8, 0.8), (0.3, 0.2), (0.6, 0.2), (0.2, -0.4),
                          (0.4, -0.4), (0, -1))],
    "sun": [arc(0, 0, 0.5, 0.5), *rays(0, 0, 0.65, 1.05, 8)],
    "arrow": [line((-1, 0), (1, 0)), line((0.5, -0.4), (1, 0), (0.5, 0.4))],
    "arrow up": [line((0, 1), (0, -1)), line((-0.4, -0.5), (0, -1), (0.4, -0.5))],
    "arrow's outline": [line((-1, -0.2), (0.2, -0.2), (0.2, -0.6), (1, 0), (0.2, 0.6), (0.2, 0.2),
                             (-1, 0.2), (-1, -0.2))],
    "flower": [arc(0, -0.4, 0.18, 0.18),
               *(arc(0.4 * np.cos(a), -0.4 + 0.4 * np.sin(a), 0.22, 0.22)
                 for a in np.radians(range(0, 360, 72))),
               curve((0, 0.2), (0.05, 0.7), (0, 1.2)), curve((0, 0.8), (0.4, 0.5), (0.5, 0.6))],
    "tulip": [line((-0.4, -0.9), (-0.2, -0.6), (0, -0.95), (0.2, -0.6), (0.4, -0.9)),
              curve((-0.4, -0.9), (-0.5, -0.1), (0, -0.1), (0.5, -0.1), (0.4, -0.9)),
              line((0, -0.1), (0, 1)), curve((0, 0.7), (0.5, 0.3), (0.5, 0.1))],
    "fish": [arc(-0.2, 0, 0.7, 0.4, 20, 340), dot(-0.6, -0.1),
             line((0.45, -0.13), (1, -0.4), (1, 0.4), (0.45, 0.13))],
    "fish in one stroke": [curve((1, -0.4), (0.3, 0.4), (-0.8, 0.5), (-1, 0), (-0.8, -0.5),
                                 (0.3, -0.4), (1, 0.4)), line((1, -0.4), (1, 0.4))],
    "car": [line((-1, 0.3), (-1, -0.1), (-0.6, -0.1), (-0.4, -0.5), (0.4, -0.5), (0.6, -0.1),
                 (1, -0.1), (1, 0.3), (-1, 0.3)), arc(-0.55, 0.35, 0.2, 0.2),
            arc(0.55, 0.35, 0.2, 0.2)],
    "cat": [arc(0, 0, 0.8, 0.7), line((-0.7, -0.35), (-0.7, -1), (-0.3, -0.65)),
            line((0.7, -0.35), (0.7, -1), (0.3, -0.65)), dot(-0.3, -0.15), dot(0.3, -0.15),
            line((-0.1, 0.2), (0.1, 0.2)), line((0.3, 0.2), (1, 0.1)),
            line((-0.3, 0.2), (-1, 0.1))],
    "moon": [np.concatenate([arc(0, 0, 0.8, 1, -60, -300), curve((0.4, 0.87), (-0.4, 0.4),
                                                                 (-0.4, -0.4), (0.4, -0.87))])],
    "cloud": [CLOUD],
    "umbrella": [arc(0, 0, 1, 0.9, 180, 360), line((-1, 0), (1, 0)),
                 curve((0, 0), (0, 0.9), (-0.15, 1.05), (-0.3, 0.9))],
    "boat": [line((-1, 0.3), (1, 0.3), (0.6, 0.8), (-0.6, 0.8), (-1, 0.3)),
             line((0, 0.3), (0, -1), (0.7, 0.1), (0, 0.1))],
    "lightning": [line((0.2, -1), (-0.4, 0.1), (0.05, 0.1), (-0.2, 1), (0.5, -0.2), (0.05, -0.2),
                       (0.5, -1), (0.2, -1))],
    "stick figure": [arc(0, -0.75, 0.25, 0.25), line((0, -0.5), (0, 0.3)),
                     line((-0.5, -0.2), (0.5, -0.2)), line((-0.4, 1), (0, 0.3), (0.4, 1))],
    "diamond": [line((0, -1), (0.7, 0), (0, 1), (-0.7, 0), (0, -1))],
    "square": [line((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8), (-0.8, -0.8))],
    "triangle": [line((0, -0.9), (0.9, 0.7), (-0.9, 0.7), (0, -0.9))],
    "envelope": [line((-1, -0.6), (1, -0.6), (1, 0.6), (-1, 0.6), (-1, -0.6)),
                 line((-1, -0.6), (0, 0.1), (1, -0.6))],
    "eye": [curve((-1, 0), (-0.4, -0.6), (0.4, -0.6), (1, 0), (0.4, 0.6), (-0.4, 0.6), (-1, 0)),
            arc(0, 0, 0.25, 0.25)],
    "apple": [curve((0, -0.4), (-0.6, -0.8), (-1, -0.1), (-0.7, 0.9), (0, 0.8), (0.7, 0.9),
                    (1, -0.1), (0.6, -0.8), (0, -0.4)), curve((0, -0.4), (0, -0.8), (0.2, -1))],
    "mushroom": [arc(0, -0.1, 1, 0.8, 180, 360), line((-1, -0.1), (1, -0.1)),
                 curve((-0.3, -0.1), (-0.2, 0.5), (-0.4, 1), (0.4, 1), (0.2, 0.5), (0.3, -0.1))],
    "butterfly": [arc(-0.5, -0.4, 0.45, 0.4), arc(0.5, -0.4, 0.45, 0.4), arc(-0.4, 0.4, 0.35, 0.35),
                  arc(0.4, 0.4, 0.35, 0.35), line((0, -0.8), (0, 0.8))],
    "glasses": [arc(-0.6, 0, 0.4, 0.35), arc(0.6, 0, 0.4, 0.35), line((-0.2, 0), (0.2, 0))],
    "cup": [line((-0.6, -0.6), (-0.5, 0.7), (0.5, 0.7), (0.6, -0.6), (-0.6, -0.6)),
            curve((0.58, -0.3), (1.1, -0.4), (1, 0.4), (0.52, 0.4))],
    "crown": [line((-0.9, 0.6), (-1, -0.6), (-0.4, 0.1), (0, -0.8), (0.4, 0.1), (1, -0.6),
                   (0.9, 0.6), (-0.9, 0.6))],
    "ice cream": [line((-0.5, -0.1), (0, 1.1), (0.5, -0.1), (-0.5, -0.1)),
                  arc(0, -0.1, 0.5, 0.6, 180, 360)],
    "bell": [curve((-0.9, 0.6), (-0.5, 0.3), (-0.6, -0.9), (0, -0.9), (0.6, -0.9), (0.5, 0.3),
                   (0.9, 0.6)), line((-0.9, 0.6), (0.9, 0.6)), arc(0, 0.75, 0.15, 0.15)],
    "key": [arc(-0.6, 0, 0.35, 0.35), line((-0.25, 0), (1, 0), (1, 0.3)),
            line((0.7, 0), (0.7, 0.3))],
    "flag": [line((-0.6, 1), (-0.6, -1), (0.6, -0.8), (0.6, -0.2), (-0.6, -0.1))],
    "note": [arc(-0.3, 0.7, 0.28, 0.2), line((-0.02, 0.7), (-0.02, -0.9)),
             curve((-0.02, -0.9), (0.3, -0.5), (0.5, -0.4), (0.4, 0))],
    "spiral": [np.array([(a * np.cos(a), a * np.sin(a)) for a in np.linspace(0, 16, 90)]) / 16],
    "kite": [line((0, -1), (0.6, -0.3), (0, 0.6), (-0.6, -0.3), (0, -1)), line((0, -1), (0, 0.6)),
             line((-0.6, -0.3), (0.6, -0.3)), curve((0, 0.6), (0.3, 0.8), (-0.2, 1), (0.2, 1.2))],
    "rocket": [curve((-0.35, 0.6), (-0.4, -0.5), (0, -1.1), (0.4, -0.5), (0.35, 0.6)),
               line((-0.35, 0.6), (0.35, 0.6)), line((-0.37, 0.2), (-0.8, 0.9), (-0.35, 0.6)),
               line((0.37, 0.2), (0.8, 0.9), (0.35, 0.6)), arc(0, -0.3, 0.15, 0.15)],
    "leaf": [curve((0, 1), (-0.8, 0.2), (-0.5, -0.6), (0, -1), (0.5, -0.6), (0.8, 0.2), (0, 1)),
             line((0, 1.2), (0, -0.7))],
    "drop": [curve((0, -1), (-0.2, -0.6), (-0.8, 0.3), (-0.4, 1), (0.4, 1), (0.8, 0.3),
                   (0.2, -0.6), (0, -1))],
    "duck": [arc(-0.55, -0.5, 0.3, 0.3), line((-0.83, -0.5), (-1.15, -0.4), (-0.8, -0.3)),
             curve((-0.35, -0.3), (-0.1, 0), (1, -0.3), (0.7, 0.6), (-0.6, 0.7), (-0.7, 0),
                   (-0.6, -0.22))],
    "bicycle": [arc(-0.6, 0.3, 0.38, 0.38), arc(0.6, 0.3, 0.38, 0.38),
                line((-0.6, 0.3), (-0.3, -0.3), (0.35, -0.3), (0, 0.3), (-0.6, 0.3)),
                line((0.6, 0.3), (0.3, -0.5), (0.5, -0.5))],
    "peace": [HEAD, line((0, -1), (0, 1)), line((-0.7, 0.7), (0, 0), (0.7, 0.7))],
    "tick": [line((-0.8, 0.1), (-0.3, 0.7), (0.8, -0.8))],
}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Print what was accepted; 0 done. Raises InputError where something it needs is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", nargs="+", default=["cnn"], metavar="NAME|DIR")
    parser.add_argument("--each", type=int, default=20, metavar="N", help="drawings of a shape")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args(argv)
    drawings = {
        name: [sketch(strokes, np.random.default_rng([options.seed, number, turn]))
               for turn in range(options.each)]
        for number, (name, strokes) in enumerate(SHAPES.items())
    }  # fmt: skip
    predictors = [Predictor.load(name) for name in options.bundle]
    read = [{name: [accepted(answer(picture, predictor)) for picture in pictures]
             for name, pictures in drawings.items()} for predictor in predictors]  # fmt: skip
    rows = [row_of(one.bundle.name, said) for one, said in zip(predictors, read, strict=True)]
    publish("shapes", rows, ("ai-edge-litert", "opencv-python-headless"))
    return 0


def sketch(strokes: Sequence[Stroke], random: np.random.Generator) -> np.ndarray:
    """Draw strokes on the demo's canvas as a hand would: uint8 (HEIGHT, WIDTH, 3), dark on white.

    Size, place, proportions, slant and turn differ; each stroke wobbles and ends a little off.
    """
    turn, slant, aspect = random.normal(0, (0.06, 0.08, 0.1))
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ [[np.exp(aspect), slant], [0, np.exp(-aspect)]]
    moved = [wobbled(stroke, random) @ matrix.T for stroke in strokes]
    points = np.concatenate(moved)
    low, high = points.min(0), points.max(0)
    size = min(random.uniform(0.5, 0.85) * np.array((WIDTH, HEIGHT)) / (high - low))
    spare = (np.array((WIDTH, HEIGHT)) - (high - low) * size) / 2 - PEN
    middle = np.array((WIDTH, HEIGHT)) / 2 + random.uniform(-0.5, 0.5, 2) * spare
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for stroke in moved:
        places = (stroke - (low + high) / 2) * size + middle
        cv2.polylines(picture, [np.round(places * 16).astype(np.int32)], False, (0, 0, 0), PEN,
                      cv2.LINE_AA, 4)  # fmt: skip
    return picture


def wobbled(stroke: Stroke, random: np.random.Generator) -> Stroke:
    """A stroke as an unsteady hand draws it: shifted a little as a whole, and by slow waves."""
    along = lengths_along(stroke)
    wave = sum(
        random.normal(0, 0.02, 2) * np.sin(along * rate + random.uniform(0, 6))[:, None]
        for rate in (1.5, 3, 6)
    )
    return stroke + wave + random.normal(0, 0.02, 2)


def accepted(said: Answer) -> str | None:
    """What an answer takes a drawing for, as the demo would show it; None for no digit."""
    if said.page is not None:
        return " ".join(said.page.text or said.page.lines)
    return str(said.prediction.digit) if said.prediction.accepted else None


def row_of(network: str, said: dict[str, list[str | None]]) -> dict[str, object]:
    """One row of the table: how many drawings were accepted, and of which shapes."""
    taken = {name: Counter(filter(None, all_of)) for name, all_of in said.items()}
    count = sum(counts.total() for counts in taken.values())
    drawn = sum(map(len, said.values()))
    worst = sorted((name for name in taken if taken[name]), key=lambda name: -taken[name].total())
    told = "; ".join(
        f"{name} {taken[name].total()} as {taken[name].most_common(1)[0][0]}" for name in worst
    )
    return {"network": network, "shapes": len(said), "drawings": drawn, "accepted": count,
            "share": f"{count / drawn:.1%}", "which": told or "–"}  # fmt: skip


if __name__ == "__main__":
    sys.exit(run_command(main))
