"""How long a report takes and what it needs, beside Evidently's and one made with scikit-learn.

python -m benchmarks.report [--rounds N]
All three say how well the same predictions of the same test images are. Ours writes four files,
with intervals, the confused images themselves and the network's training, and is also timed with
all that comes before: opening and reading the test images. Evidently runs in .venv-peers, which
`make bench` sets up.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.results import compare, publish
from benchmarks.turns import ROOT, python, run_in_turns
from model.data.dataset import load_dataset
from model.errors import InputError
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs

PEERS_PYTHON = ROOT / ".venv-peers/bin/python"
SAVED, WHOLE = "ours, from saved predictions", "ours, from the bundle"
BY_HAND, EVIDENTLY = "scikit-learn by hand", "Evidently"


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 0 done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    rounds = parser.parse_args(argv).rounds
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        source = save_predictions(out / "predictions.npz")
        build = python("-m", "report", "build")
        commands = {
            WHOLE: [*build, *source, "--out", str(out / "whole")],
            SAVED: [*build, "--from", str(out / "whole/report.json"), "--out", str(out / "saved")],
        } | peers(out)
        seconds, megabytes = run_in_turns(commands, rounds)
        pages = {SAVED: out / "saved/report.html", WHOLE: out / "whole/report.html"}
        size = {n: (pages.get(n) or page_of(out, n)).stat().st_size / 1e6 for n in commands}
    rows = []
    for ours in (SAVED, WHOLE):
        for peer in list(commands)[2:]:
            rows.append(compare("start to end, s", ours, seconds[ours], peer, seconds[peer]))
            rows.append(compare("peak memory, MB", ours, megabytes[ours], peer, megabytes[peer]))
            rows.append(compare("the page, MB", ours, [size[ours]], peer, [size[peer]]))
    publish("report", rows, ("scikit-learn", "matplotlib", "typst"))
    return 0


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
