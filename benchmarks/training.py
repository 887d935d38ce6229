"""How long training takes, beside the convolutional network of Keras' own MNIST example.

python -m benchmarks.training [--example-epochs N] [--images N]
Both train on the same images and read the same others after each epoch, which counts as well; the
example trains until it reads 99 % of them, for which its 15 epochs may be too few. `cnn_small`
trains by its own recipe on unchanged glyphs, like the example. It needs MNIST.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np

from benchmarks.peers import convnet
from benchmarks.results import compare, publish
from model.data.dataset import load_dataset, split
from model.errors import run_command
from model.training.config import TrainingConfig
from model.training.trainer import train

OURS, EXAMPLE = "cnn_small", "Keras example"
LEVELS = (0.99, 0.995)  # of the validation images read rightly: how long until then?


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 0 done. Raises InputError where something it needs is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--example-epochs", type=int, default=40, metavar="N", help="at most")
    parser.add_argument("--images", type=int, metavar="N", help="train on so many only")
    options = parser.parse_args(argv)
    mnist = load_dataset("mnist")
    some = mnist.train.take(np.arange(options.images or len(mnist.train)))
    config = TrainingConfig.default(OURS, validation_split=0.1)
    training, validation = split(some, 0.1, config.seed)
    with tempfile.TemporaryDirectory() as folder:
        mine = train(config, replace(mnist, train=some), Path(folder), resume=False).history
    held_out = validation.images, validation.labels
    others = convnet.train(
        training.images, training.labels, held_out, options.example_epochs, enough=LEVELS[0]
    )
    publish("training", rows_of(mine, others), ("tensorflow", "keras"))
    return 0


def rows_of(mine: list[dict], others: list[dict]) -> list[dict[str, object]]:
    """Compare our network with the example: seconds for an epoch, and to each level."""
    epoch = [[statistics.median(row["seconds"] for row in rows)] for rows in (mine, others)]
    rows = [compare("an epoch, s", OURS, epoch[0], EXAMPLE, epoch[1])]
    for level in LEVELS:
        until = [[seconds_to(level, history)] for history in (mine, others)]
        wanted = "≤ 0.07×" if level == LEVELS[0] else ""
        what = f"to {level:.1%} of validation images, s"
        rows.append(compare(what, OURS, until[0], EXAMPLE, until[1], wanted))
    return rows


def seconds_to(level: float, history: list[dict]) -> float:
    """Seconds until so large a share of the validation images was read rightly; inf: never."""
    passed = 0.0
    for row in history:
        passed += row["seconds"]
        if row["val_accuracy"] >= level:
            return passed
    return inf


if __name__ == "__main__":
    sys.exit(run_command(main))
