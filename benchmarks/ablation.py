"""What each part of `cnn`'s recipe is worth: train without it, and count what is misread.

python -m benchmarks.ablation [--epochs N] [--width F] [--seed N] [--parts NAME...]
Each row trains the architecture of `cnn`, narrower and for fewer epochs than the network that
ships, with one part of the recipe taken away and the same seed. What is misread is counted on
MNIST's validation images and on the digits of the pen sets' test writers; how well digits are told
from other things is measured on the letters and symbols of these writers and on the drawings of
`benchmarks.shapes`. It needs MNIST and the pen sets.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

import keras
import numpy as np

from benchmarks.results import publish
from benchmarks.shapes import SHAPES, sketch
from model.calibration import DIGIT_CLASSES
from model.data import hands, renderings
from model.data.dataset import load_dataset, load_evaluation_set, split
from model.data.labelled import LabelledImages
from model.data.pen_sets import PEN_SETS, load_pen
from model.data.renderings import PenGlyphs
from model.errors import run_command
from model.inference.scoring import auroc
from model.preprocessing import preprocess, to_input
from model.training import augmentation, losses
from model.training.architectures import cnn
from model.training.config import TrainingConfig
from model.training.stages import Run, fit
from model.training.trainer import batch_maker, glyphs_of

DRAWINGS = 4  # of each shape


def unchanged(ink, *_):
    """Stand in for a step of augmentation that is taken away."""
    return ink


Change = tuple[object, str, object]  # a module, what is replaced in it, and by what
PARTS: dict[str, tuple[Change, ...]] = {
    "nothing": (),
    "digits of pen tracks": ((augmentation, "PEN_DIGITS", 0),),
    "letters and symbols of pen tracks": ((augmentation, "PEN_OTHERS", 0),),
    "habits of other writers": ((hands, "_HABITS", {}),),
    "scans and photographs": ((renderings, "_on_some_medium", unchanged),),
    "synthesised non-digits": ((augmentation, "NON_DIGITS", 0),),
    "digits of the stroke font": ((augmentation, "STROKE_DIGITS", 0),),
    "styles": ((augmentation, "styles", unchanged),),
    "geometry": ((augmentation, "warp", unchanged),),
    "pen and resolution": ((augmentation, "pen", unchanged), (augmentation, "coarsen", unchanged)),
    "unchanged glyphs": ((augmentation, "UNTOUCHED", 0),),
    "label smoothing": ((losses, "SMOOTHING", 0),),
}
_REDRAWN = (hands, renderings)  # modules whose changes ask for other drawings of the pen tracks


@dataclass(frozen=True)
class Measure:
    """Glyphs to test a network on: labelled digits by set, and non-digits by kind."""

    digits: dict[str, LabelledImages]
    others: dict[str, np.ndarray]

    def row(self, network: keras.Model) -> dict[str, object]:
        """Misread digits of each set, and the AUROC of pen digits against each kind of others."""
        scores = {name: _scores(network, part.images) for name, part in self.digits.items()}
        read = {name: some[:, :DIGIT_CLASSES].argmax(1) for name, some in scores.items()}
        wrong = {
            name: f"{(read[name] != part.labels).sum()} of {len(part)}"
            for name, part in self.digits.items()
        }
        digits = np.concatenate([1 - scores[name][:, DIGIT_CLASSES] for name in PEN_SETS])
        told = {
            f"AUROC, {name}": f"{auroc(digits, 1 - _scores(network, glyphs)[:, DIGIT_CLASSES]):.4f}"
            for name, glyphs in self.others.items()
        }
        return wrong | told


def main(argv: list[str] | None = None) -> int:
    """Print the table; 0 done. Raises InputError where something it needs is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=4, metavar="N")
    parser.add_argument("--width", type=float, default=0.5, metavar="F", help="share of filters")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS, metavar="NAME")
    options = parser.parse_args(argv)
    config = TrainingConfig.default("cnn", epochs=options.epochs, seed=options.seed)
    mnist, tracks = load_dataset("mnist").train, load_pen(tuple(PEN_SETS)).tracks
    pens = {name: load_evaluation_set(name) for name in PEN_SETS}
    training, validation = split(glyphs_of(mnist), config.validation_split, config.seed)
    measure = Measure(
        {"MNIST": validation, **{name: glyphs_of(pen.images) for name, pen in pens.items()}},
        {"letters": pens["unipen"].others, "drawings": _shapes()},
    )
    drawn = PenGlyphs.drawn(tracks, config.seed)
    rows = []
    for part in options.parts:
        started = perf_counter()
        with ExitStack() as stack:
            for change in PARTS[part]:
                stack.enter_context(patch.object(*change))
            redrawn = any(change[0] in _REDRAWN for change in PARTS[part])
            pen = PenGlyphs.drawn(tracks, config.seed) if redrawn else drawn
            network = _trained(config, training, pen, partial(cnn, options.width))
        rows.append({"without": part} | measure.row(network))
        print(f"{rows[-1]}, {perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    publish("ablation", rows, ("tensorflow", "keras"))
    return 0


def _trained(
    config: TrainingConfig, training: LabelledImages, pen: PenGlyphs, build: Callable
) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder:
        run = Run(config, training, None, batch_maker(config, pen), Path(folder), None)
        return fit(run, build, resume=False)[0]


def _shapes() -> np.ndarray:
    drawings = [
        sketch(strokes, np.random.default_rng([number, turn]))
        for number, strokes in enumerate(SHAPES.values())
        for turn in range(DRAWINGS)
    ]
    return np.stack([preprocess(drawing).glyph for drawing in drawings])


def _scores(network: keras.Model, glyphs: np.ndarray) -> np.ndarray:
    return network.predict(to_input(glyphs), batch_size=500, verbose=0)


if __name__ == "__main__":
    sys.exit(run_command(main))
