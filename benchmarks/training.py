"""How long training takes, beside the convolutional network of Keras' own MNIST example.

python -m benchmarks.training [--epochs N] [--example-epochs N] [--images N]
All train on the same images and read the same others after each epoch, which counts as well; the
example trains until it reads 99 % of them, for which its 15 epochs may be too few. `cnn_small`
trains by its own recipe on unchanged glyphs, like the example. `cnn` trains in two ways, by default
for too few epochs to reach a level: with augmentation, but without pen tracks, and on unchanged
glyphs. An epoch on unchanged glyphs is also compared with the time that its multiply-adds would
take at the peak rate of all cores. It needs MNIST.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import replace
from itertools import islice
from math import inf
from pathlib import Path
from time import perf_counter

import keras
import numpy as np

from benchmarks.peers import convnet
from benchmarks.prediction import LIMIT, peak_flops
from benchmarks.results import compare, publish
from model.data.dataset import Dataset, load_dataset, split
from model.errors import run_command
from model.training.architectures import describe
from model.training.config import TrainingConfig
from model.training.stages import batches
from model.training.trainer import Trained, batch_maker, train
from report.numbers.layers import total_multiply_adds

SMALL, EXAMPLE = "cnn_small", "Keras example"
CHANGED, PLAIN = "cnn, glyphs changed", "cnn, glyphs as they are"
LEVELS = (0.99, 0.995)  # of the validation images read rightly: how long until then?
_BATCHES = 30  # of which augmentation is timed


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 0 done. Raises InputError where something it needs is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=2, metavar="N", help="of cnn")
    parser.add_argument("--example-epochs", type=int, default=40, metavar="N", help="at most")
    parser.add_argument("--images", type=int, metavar="N", help="train on so many only")
    options = parser.parse_args(argv)
    mnist = load_dataset("mnist")
    some = mnist.train.take(np.arange(options.images or len(mnist.train)))
    changed = TrainingConfig.default("cnn", epochs=options.epochs, validation_split=0.1)
    plain = replace(changed, augmented=False)
    small = TrainingConfig.default("cnn_small", validation_split=0.1)
    training, validation = split(some, 0.1, changed.seed)
    data = replace(mnist, train=some)
    shipped, quick, usual = (trained(config, data) for config in (changed, small, plain))
    histories = {
        EXAMPLE: convnet.train(
            training.images, training.labels, (validation.images, validation.labels),
            options.example_epochs, enough=LEVELS[0],
        ),
        SMALL: quick.history,
        CHANGED: shipped.history,
        PLAIN: usual.history,
    }  # fmt: skip
    rows = [row for ours in list(histories)[1:] for row in rows_of(histories, ours)]
    for ours, network in ((SMALL, quick.network), (PLAIN, usual.network)):
        limit = at_the_peak(network, len(training), len(validation))
        rows.append(compare("an epoch, s", ours, [typical(histories[ours])], LIMIT, [limit]))
    busy = _BATCHES * changed.batch_size / len(training) * typical(histories[CHANGED])
    share = [augmenting(changed, training)], [busy]
    rows.append(compare("making batches, s", CHANGED, share[0], "training on them", share[1]))
    publish("training", rows, ("tensorflow", "keras"))
    return 0


def trained(config: TrainingConfig, dataset: Dataset) -> Trained:
    with tempfile.TemporaryDirectory() as folder:
        return train(config, dataset, Path(folder), resume=False)


def rows_of(histories: dict[str, list[dict]], ours: str) -> list[dict[str, object]]:
    """Compare one of our networks with the example: seconds for an epoch, and to each level."""
    mine, others = histories[ours], histories[EXAMPLE]
    epoch = [[typical(history)] for history in (mine, others)]
    rows = [compare("an epoch, s", ours, epoch[0], EXAMPLE, epoch[1])]
    for level in LEVELS:
        until = [[seconds_to(level, history)] for history in (mine, others)]
        wanted = "≤ 0.07×" if (ours, level) == (SMALL, LEVELS[0]) else ""
        what = f"to {level:.1%} of validation images, s"
        rows.append(compare(what, ours, until[0], EXAMPLE, until[1], wanted))
    return rows


def typical(history: list[dict]) -> float:
    """Seconds of an epoch: the median."""
    return statistics.median(row["seconds"] for row in history)


def at_the_peak(network: keras.Model, learnt: int, read: int) -> float:
    """Seconds that an epoch's multiply-adds take at the peak, on so many images.

    To learn from one takes three times as many as to read it: forward, and backward for what a
    layer was given and for its weights.
    """
    work = 2 * total_multiply_adds(describe(network)["layers"])
    return (3 * learnt + read) * work / peak_flops()


def seconds_to(level: float, history: list[dict]) -> float:
    """Seconds until so large a share of the validation images was read rightly; inf: never."""
    passed = 0.0
    for row in history:
        passed += row["seconds"]
        if row["val_accuracy"] >= level:
            return passed
    return inf


def augmenting(config: TrainingConfig, training) -> float:
    """Seconds that some batches take to make, with nothing else to do: the median of three."""
    taken = []
    for _ in range(3):
        made = iter(batches(config, training, range(1), batch_maker(config, None)))
        next(made)  # the graph is built for the first
        start = perf_counter()
        for _ in islice(made, _BATCHES):
            pass
        taken.append(perf_counter() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(run_command(main))
