"""How long each command takes to say its first word, beside what importing the usual stack takes.

python -m benchmarks.starting [--rounds N]
The peer is `import tensorflow, gradio`, with which the usual demo begins. The limit is the layer
below: Python itself, and the imports without which the command could not be. The demo's first page
is timed by `benchmarks.demo`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2

from benchmarks.preparing import draw_seven
from benchmarks.results import compare, publish
from benchmarks.turns import python, rounds_of, run_in_turns

USUAL = "import tensorflow, gradio"
PYTHON = "limit: Python alone"
NEEDED = "limit: its libraries"


def main(argv: list[str] | None = None) -> int:
    rounds = rounds_of(__doc__, argv)
    with tempfile.TemporaryDirectory() as folder:
        picture = str(Path(folder) / "7.png")
        cv2.imwrite(picture, draw_seven(280))
        ours = {
            "python -m model --help": python("-m", "model", "--help"),
            "python -m model predict 7.png": python("-m", "model", "predict", picture),
            "python -m model read 7.png": python("-m", "model", "read", picture),
            "python -m report --help": python("-m", "report", "--help"),
            "python demo.py --help": python("demo.py", "--help"),
        }
        below = {
            USUAL: python("-c", "import tensorflow, gradio"),
            PYTHON: python("-c", "pass"),
            NEEDED: python("-c", "import numpy, cv2, PIL.Image, ai_edge_litert.interpreter"),
        }
        seconds, megabytes = run_in_turns(ours | below, rounds)
    rows = []
    for name in ours:
        limit = PYTHON if "--help" in name else NEEDED
        for peer in (USUAL, limit):
            rows.append(compare("start to end, s", name, seconds[name], peer, seconds[peer]))
        rows.append(compare("peak memory, MB", name, megabytes[name], USUAL, megabytes[USUAL]))
    publish("starting", rows, ("ai-edge-litert", "tensorflow", "gradio"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
