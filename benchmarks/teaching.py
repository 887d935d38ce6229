"""How many of a writer's errors go when a network learns three of their drawings of each digit.

python -m benchmarks.teaching [--bundle NAME|DIR ...] [--digits D...] [--rounds N] [--pens N]
The writers are the test writers of UNIPEN (gmd and imp) and pendigits, from whom no network learnt.
In each round, three drawings of each digit by a writer, chosen at random, are learnt and the others
read; the tracks are drawn with several pens. MNIST's test images are read with what was learnt in
each round, and the largest loss of accuracy is given.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time

import numpy as np

from benchmarks.results import publish
from model.data.dataset import load_dataset
from model.data.pen_sets import PEN_SETS, read_set
from model.data.pen_tracks import digits_of
from model.data.renderings import render_plainly
from model.errors import run_command
from model.inference.predictor import Predictor
from model.teaching.drawings import Drawings
from model.teaching.learner import Teacher

SEED = 0  # of the drawings that are learnt


def main(argv: list[str] | None = None) -> int:
    """Print the table; 0 done. Raises InputError where something it needs is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", nargs="+", default=["cnn", "mlp128"], metavar="NAME|DIR")
    parser.add_argument("--digits", nargs="+", type=int, default=[1, 7, 9], metavar="D")
    parser.add_argument("--shown", type=int, default=3, metavar="N", help="drawings of each digit")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--pens", type=int, default=4, metavar="N", help="pens to draw with")
    options = parser.parse_args(argv)
    writers = [writer for name in PEN_SETS for pen in range(options.pens)
               for writer in kept_writers(name, pen)]  # fmt: skip
    mnist = load_dataset("mnist").test
    teachers = {name: Teacher(Predictor.load(name)) for name in options.bundle}
    rows = [measure(name, teacher, writers, mnist, options) for name, teacher in teachers.items()]
    publish("teaching", rows, ("ai-edge-litert", "numpy"))
    return 0


def kept_writers(name: str, pen: int) -> list[Drawings]:
    """All digits of each writer of a set that is kept from training, drawn as on the canvas.

    `pen` seeds the sizes, places and pens by which they are drawn.
    """
    tracks = digits_of(read_set(name)[1])
    glyphs = render_plainly(tracks, pen)
    writers = np.array([track.writer for track in tracks])
    digits = np.array([int(track.label) for track in tracks])
    return [Drawings(glyphs[writers == w], digits[writers == w]) for w in np.unique(writers)]


def measure(name: str, teacher: Teacher, writers: list[Drawings], mnist, options) -> dict:
    """One row of the table: a network's errors before and after, and what MNIST suffers."""
    test, labels = teacher.see(mnist.images), mnist.labels
    right = (test.scores.probabilities.argmax(1) == labels).sum()
    read = before = after = worst = 0
    seconds = []
    for writer, turn in itertools.product(writers, range(options.rounds)):
        shown, rest = parted(writer, options.digits, options.shown, turn)
        begun = time.perf_counter()
        taught = teacher.learn(shown)
        seconds.append(time.perf_counter() - begun)
        seen = teacher.see(rest.glyphs)
        read += len(rest)
        before += int((seen.scores.probabilities.argmax(1) != rest.digits).sum())
        after += int((teacher.score(taught, seen).probabilities.argmax(1) != rest.digits).sum())
        still = teacher.score(taught, test).probabilities.argmax(1) == labels
        worst = max(worst, int(right - still.sum()))
    return {
        "network": name,
        "writers": len(writers) // options.pens,
        "read": read,
        "errors before": before,
        "after": after,
        "gone": f"{1 - after / before:.0%}" if before else "–",
        "wanted": "≥ 67%",
        "MNIST at worst": f"\N{MINUS SIGN}{100 * worst / len(labels):.2f} points",
        "allowed": "\N{MINUS SIGN}0.50",
        "seconds to learn": f"{np.median(seconds):.3f}",
    }


def parted(writer: Drawings, digits: list[int], shown: int, turn: int) -> tuple[Drawings, Drawings]:
    """Choose `shown` drawings of each digit by chance; gives these, and the rest of the digits."""
    random = np.random.default_rng([SEED, turn])
    rows = [random.permutation(np.flatnonzero(writer.digits == digit)) for digit in digits]
    chosen = np.concatenate([these[:shown] for these in rows])
    rest = np.concatenate([these[shown:] for these in rows])
    return (
        Drawings(writer.glyphs[chosen], writer.digits[chosen]),
        Drawings(writer.glyphs[rest], writer.digits[rest]),
    )


if __name__ == "__main__":
    sys.exit(run_command(main))
