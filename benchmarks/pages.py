"""How well whole pages are read: a table by difficulty, from synthetic photographs.

python benchmarks/pages.py [--bundle NAME|DIR] [--pages N] [--seed N]
Writes with MNIST's test digits where MNIST is on disk, else with scikit-learn's.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import astuple
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # run as a file, from anywhere

from benchmarks.results import publish
from model.data.dataset import load_dataset
from model.errors import InputError
from model.inference.predictor import Predictor
from model.pages.reader import read_page
from tests.model.pages import synthetic as pages


def main(argv: list[str] | None = None) -> int:
    """Print the table; 0 done, 2 there is no such bundle."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", default="cnn", metavar="NAME|DIR")
    parser.add_argument("--pages", type=int, default=40, metavar="N", help="of each difficulty")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args(argv)
    try:
        predictor = Predictor.load(options.bundle)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        data = load_dataset("mnist").test
    except InputError:
        data = load_dataset("digits").test
    print(f"{options.pages} pages of each difficulty, digits from {data.name}, "
          f"bundle '{predictor.bundle.name}'")  # fmt: skip
    seeds = range(options.seed, options.seed + options.pages)
    rows = [_row(predictor, data, difficulty, seeds) for difficulty in pages.DIFFICULTIES]
    publish("pages", rows, ("ai-edge-litert", "opencv-python-headless"))
    return 0


def _row(predictor: Predictor, data, difficulty: str, seeds: range) -> dict[str, str]:
    """Read the pages of one difficulty: shares of digits found, extra, right, and lines exact."""
    total, seconds = np.zeros(6, int), []
    for seed in seeds:
        truth = pages.make_page(seed, data.images, data.labels, difficulty)
        start = time.perf_counter()
        page = read_page(truth.image, predictor)
        seconds.append(time.perf_counter() - start)
        total += astuple(pages.compare(page, truth))
    digits, found, extra, right, lines, right_lines = total
    return {
        "difficulty": difficulty,
        "digits": f"{digits:,}",
        "found": f"{found / digits:.2%}",
        "extra": f"{extra / digits:.2%}",
        "right": f"{right / found:.2%}",
        "lines exact": f"{right_lines / lines:.2%}",
        "s a page (median)": f"{np.median(seconds):.2f}",
    }


if __name__ == "__main__":
    sys.exit(main())
