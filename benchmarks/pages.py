"""How well whole pages are read: a table by kind, from synthetic scans and photographs.

python -m benchmarks.pages [--bundle NAME|DIR] [--pages N] [--seed N] [--kinds NAME...]
The kinds easy, medium and hard are written with MNIST's test digits where MNIST is on disk, else
with scikit-learn's. All others are written with the pen tracks of writers that no network learnt
from, where the sets are on disk, half of them scanned and half photographed; puzzles hold print,
too, and are all photographed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from dataclasses import astuple
from functools import cache

import numpy as np

from benchmarks.results import publish
from model.data.dataset import load_dataset
from model.data.pen_sets import PEN_SETS, read_set
from model.data.pen_tracks import digits_of
from model.errors import InputError, run_command
from model.inference.predictor import Predictor
from model.pages.reader import read_page
from tests.model.pages import puzzles, synthetic, written


def main(argv: list[str] | None = None) -> int:
    """Print the table; 0 done. Raises InputError where something it needs is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", default="cnn", metavar="NAME|DIR")
    parser.add_argument("--pages", type=int, default=40, metavar="N", help="of each kind")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    kinds = (*synthetic.DIFFICULTIES, *written.KINDS, puzzles.KIND)
    parser.add_argument("--kinds", nargs="+", default=kinds, choices=kinds, metavar="NAME")
    options = parser.parse_args(argv)
    predictor = Predictor.load(options.bundle)
    print(f"{options.pages} pages of each kind, bundle '{predictor.bundle.name}'")
    seeds = range(options.seed, options.seed + options.pages)
    rows, totals = [], {False: np.zeros(8, int), True: np.zeros(8, int)}
    for kind in options.kinds:
        pages = _mnist_pages(kind) if kind in synthetic.DIFFICULTIES else _pen_pages(kind)
        if pages is not None:
            rows.append(_row(kind, *_read(predictor, *pages, seeds, totals)))
    for is_photo, total in totals.items():
        if total[0]:
            name = "all pen tracks, photographed" if is_photo else "all pen tracks, scanned"
            rows.append(_row(name, total, []))
    publish("pages", rows, ("ai-edge-litert", "opencv-python-headless"))
    return 0


@cache
def kept_hands() -> list[written.Hand]:
    """A hand for each writer that is kept to choose by and wrote all digits. Raises InputError."""
    by_writer = defaultdict(lambda: defaultdict(list))
    for name in PEN_SETS:
        for track in digits_of(read_set(name)[1]):
            by_writer[track.writer][track.label].append(track.strokes)
    return [_hand(digits) for _, digits in sorted(by_writer.items()) if len(digits) == 10]


def _hand(digits: dict[str, list]) -> written.Hand:
    def write(label: str, rng: np.random.Generator):
        return digits[label][int(rng.integers(len(digits[label])))]

    return write


def _mnist_pages(kind: str):
    try:
        data = load_dataset("mnist").test
    except InputError:
        data = load_dataset("digits").test

    def make(seed: int):
        return synthetic.make_page(seed, data.images, data.labels, kind), False

    return make, synthetic_match


def _pen_pages(kind: str):
    try:
        hands = kept_hands()
    except InputError as error:
        print(f"note: no pages of kind {kind}: {error}", file=sys.stderr)
        return None

    def make(seed: int):
        hand, is_photo = hands[seed % len(hands)], seed % 2 == 1
        if kind == puzzles.KIND:
            return puzzles.write_puzzle(seed, hand), True
        return written.write_page(seed, kind, hand, is_photo), is_photo

    return make, written.compare


def synthetic_match(page, truth) -> tuple[synthetic.Match, written.Silence]:
    """Match a page written with images, for which errors without a warning are not counted."""
    return synthetic.compare(page, truth), written.Silence(0, 0)


def _read(predictor: Predictor, make, compare, seeds: range, totals) -> tuple[np.ndarray, list]:
    """Read the pages of one kind: counts as in `Match` and `Silence`, and seconds a page."""
    total, seconds = np.zeros(8, int), []
    for seed in seeds:
        truth, is_photo = make(seed)
        start = time.perf_counter()
        page = read_page(truth.image, predictor)
        seconds.append(time.perf_counter() - start)
        counts = np.concatenate([astuple(part) for part in compare(page, truth)])
        total += counts
        if compare is written.compare:
            totals[is_photo] += counts
    return total, seconds


def _row(kind: str, total: np.ndarray, seconds: list[float]) -> dict[str, str]:
    digits, found, extra, right, lines, right_lines, _wrong, silent = total

    def share(part: int, whole: int) -> str:
        return f"{part / whole:.1%}" if whole else "–"

    return {
        "kind": kind,
        "digits": f"{digits:,}",
        "found": share(found, digits),
        "extra": f"{extra}",
        "right": share(right, found),
        "lines": f"{lines:,}",
        "lines right": share(right_lines, lines),
        "wrong without a warning": share(silent, lines),
        "s a page (median)": f"{np.median(seconds):.2f}" if seconds else "–",
    }


if __name__ == "__main__":
    sys.exit(run_command(main))
