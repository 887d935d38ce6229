"""How long a report takes and what it needs, beside Evidently's and one made with scikit-learn.

python -m benchmarks.report [--rounds N]
All three say how well the same predictions of the same test images are. Ours writes four files,
with intervals: from those predictions, from a report.json that holds the confused images and the
network's training too, and with all that comes before: opening and reading the test images.
Evidently runs in .venv-peers, which `make bench` sets up. A second table says how a report from a
file of predictions grows, from 1,000 to a million rows and from 2 to 100 classes: Parquet where
pyarrow is installed, else NPZ.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.results import compare, publish
from benchmarks.turns import ROOT, python, rounds_of, run_in_turns
from model.data.dataset import load_dataset
from model.errors import InputError
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs

PEERS_PYTHON = ROOT / ".venv-peers/bin/python"
# Rows, classes, and what the whole command may take: seconds and megabytes.
GROWTH = (
    (1_000, 10, ""),
    (10_000, 10, "≤ 250 MB"),
    (100_000, 2, ""),
    (100_000, 10, ""),
    (100_000, 100, ""),
    (1_000_000, 10, "≤ 60 s, 1500 MB"),
)
PREDICTED = "ours, from predictions"
SAVED, WHOLE = "ours, from report.json", "ours, from the bundle"
BY_HAND, EVIDENTLY = "scikit-learn by hand", "Evidently"


def main(argv: list[str] | None = None) -> int:
    rounds = rounds_of(__doc__, argv, default=3)
    publish("report_growth", growth(), ("numpy", "matplotlib", "typst"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        source = save_predictions(out / "predictions.npz")
        build = python("-m", "report", "build")
        columns = ("--column", "y_true=labels", "--column", "y_prob=probabilities")
        given = [*build, "--predictions", str(out / "predictions.npz"), *columns]
        commands = {
            PREDICTED: [*given, "--out", str(out / "predicted")],
            WHOLE: [*build, *source, "--out", str(out / "whole")],
            SAVED: [*build, "--from", str(out / "whole/report.json"), "--out", str(out / "saved")],
        } | peers(out)
        seconds, megabytes = run_in_turns(commands, rounds)
        folders = {PREDICTED: "predicted", SAVED: "saved", WHOLE: "whole"}
        pages = {name: out / folder / "report.html" for name, folder in folders.items()}
        size = {n: (pages.get(n) or page_of(out, n)).stat().st_size / 1e6 for n in commands}
    rows = []
    for ours in pages:
        for peer in list(commands)[len(pages) :]:
            rows.append(compare("start to end, s", ours, seconds[ours], peer, seconds[peer]))
            rows.append(compare("peak memory, MB", ours, megabytes[ours], peer, megabytes[peer]))
            rows.append(compare("the page, MB", ours, [size[ours]], peer, [size[peer]]))
    publish("report", rows, ("scikit-learn", "matplotlib", "typst"))
    return 0


def growth() -> list[dict[str, object]]:
    """What a report from predictions takes, by their number and that of the classes."""
    ending = ".parquet" if find_spec("pyarrow") else ".npz"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        out, file = Path(folder) / "out", Path(folder) / f"predictions{ending}"
        command = python("-m", "report", "build", "--predictions", str(file), "--out", str(out))
        for count, classes, wanted in GROWTH:
            make_up(file, count, classes)
            seconds, megabytes = run_in_turns({"": command}, rounds=1)
            figures = {"predictions": f"{count:,}", "classes": classes, "file": ending}
            figures |= {"start to end, s": f"{seconds[''][0]:.1f}"}
            figures |= {"peak memory, MB": f"{megabytes[''][0]:.0f}"}
            kilobytes = (out / "report.json").stat().st_size / 1e3
            rows.append(figures | {"report.json, kB": f"{kilobytes:,.0f}", "wanted": wanted})
    return rows


def make_up(file: Path, count: int, classes: int) -> None:
    """Write a table of predictions, most of them right."""
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, count)
    scores = random.random((count, classes)) ** 3
    scores[np.arange(count), labels] += 2 * random.random(count)
    scores /= scores.sum(axis=1, keepdims=True)
    if file.suffix == ".npz":
        np.savez(file, y_true=labels, y_prob=scores)
        return
    import pyarrow
    from pyarrow.parquet import write_table

    columns = {f"y_prob_{place}": column for place, column in enumerate(scores.T)}
    write_table(pyarrow.table({"y_true": labels} | columns), file)


def save_predictions(file: Path) -> list[str]:
    """Write what the shipped network says of the test images; say how to build on the same."""
    try:
        test, choice = load_dataset("mnist").test, []
    except InputError:
        test, choice = load_dataset("digits").test, ["--dataset", "digits"]
    scores = Predictor.load("cnn").score(to_glyphs(test.images))
    np.savez(file, labels=test.labels, probabilities=scores.probabilities)
    return choice


def peers(out: Path) -> dict[str, list[str]]:
    """Name the peers' commands; Evidently only where it is installed."""
    scripts = ROOT / "benchmarks/peers"
    given = str(out / "predictions.npz")
    found = {BY_HAND: python(str(scripts / "sklearn_report.py"), given, str(page_of(out, BY_HAND)))}
    if PEERS_PYTHON.exists():
        script = str(scripts / "evidently_report.py")
        found[EVIDENTLY] = [str(PEERS_PYTHON), script, given, str(page_of(out, EVIDENTLY))]
    else:
        print("Evidently is left out: `make bench` installs it", file=sys.stderr)
    return found


def page_of(out: Path, peer: str) -> Path:
    """Where a peer writes its page."""
    return out / f"{peer.split()[0].lower()}.html"


if __name__ == "__main__":
    sys.exit(main())
