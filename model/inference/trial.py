"""Tries a network in a process of its own, which may crash, before this one loads it.

LiteRT refuses files that are no network, but some damaged ones crash the process that runs them.
`python -m model.inference.trial FOLDER` runs a network in all the ways that a server will.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from model.bundles.store import SHIPPED, Bundle, BundleError, load_bundle
from model.inference.layers import Layers
from model.inference.predictor import Predictor
from model.preprocessing import GLYPH_SIDE

ROOT = Path(__file__).resolve().parents[2]
TRIAL_SECONDS = 120
_COUNTS = (1, 25, 3, 256, 1)  # glyphs at once, as answers, their reasons and pages ask for them


def try_apart(bundle: Bundle) -> None:
    """Run a bundle's network in another process; the shipped ones are known to be sound.

    Raises BundleError when that process dies of it, or does not end.
    """
    if bundle.path.resolve().parent == SHIPPED:
        return
    command = [sys.executable, "-m", __name__, str(bundle.path.resolve())]
    try:
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=TRIAL_SECONDS)
    except subprocess.TimeoutExpired:
        raise BundleError(
            f"bundle '{bundle.name}' takes over {TRIAL_SECONDS} s to answer: it is not served"
        ) from None
    if ran.returncode:
        raise BundleError(
            f"bundle '{bundle.name}' ends the program that runs it, as a damaged network does: "
            "it is not served"
        )


def try_here(bundle: Bundle) -> None:
    """Answer some glyphs in all the ways there are. One that is refused with an error does no harm.

    The glyphs are noise, so that every part of the network is used.
    """
    random = np.random.default_rng(0)
    try:
        predictor = Predictor(bundle)
        layers = Layers(bundle)
    except BundleError:
        return
    for count in _COUNTS:
        glyphs = random.integers(0, 256, (count, GLYPH_SIDE, GLYPH_SIDE), np.uint8)
        predictor.score(glyphs)
        layers.outputs(glyphs[:64])


if __name__ == "__main__":
    try_here(load_bundle(sys.argv[1]))
