"""How fast the demo answers, beside the usual demo and beside a Gradio app that does nothing.

python -m benchmarks.demo [--seconds N] [--rounds N]
Every ratio comes from one run in which the programs take turns, so that what else the machine does
hits all of them. `benchmarks/peers` holds the two others.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.asking import known_answers
from benchmarks.results import compare, publish
from benchmarks.servers import serving

CLIENTS = 16  # asking at once
USUAL, CONSTANT, OURS, PLAIN = "usual demo", "constant handler", "ours", "ours, plain HTTP"
PROGRAMS = {
    USUAL: ("-m", "benchmarks.peers.usual"),
    CONSTANT: ("-m", "benchmarks.peers.constant"),
    OURS: ("demo.py",),
}
PACKAGES = ("gradio", "gradio_client", "ai-edge-litert", "keras", "tensorflow")
ALONE, TOGETHER = "alone, median ms", f"{CLIENTS} clients, requests a second"
WANTED = {
    (ALONE, OURS, CONSTANT): "≤ 1.15×", (ALONE, PLAIN, USUAL): "ours < 20 ms",
    (TOGETHER, OURS, CONSTANT): "≥ 0.87×", (TOGETHER, PLAIN, USUAL): "≥ 30×",
}  # fmt: skip
Timings = dict[str, list[float]]  # of each program, by round


@dataclass(frozen=True)
class Line:
    """A client's connection: `ask` sends a picture and gives the digit that came back."""

    ask: Callable[[Path], int]
    close: Callable[[], None]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6, metavar="N", help="of each turn")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args(argv)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    first_page = time_starts(options.rounds)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        pictures = draw_pictures(Path(folder))
        addresses = {
            name: stack.enter_context(serving(*command, errors=subprocess.DEVNULL)).address
            for name, command in PROGRAMS.items()
        }
        connect = {name: partial(by_gradio, addresses[name]) for name in PROGRAMS}
        connect[PLAIN] = partial(by_http, addresses[OURS])
        lines = {name: [make() for _ in range(CLIENTS)] for name, make in connect.items()}
        for line in sum(lines.values(), []):
            stack.callback(line.close)
        check_answers(lines, pictures)
        files = [file for file, _ in pictures]
        measured = {
            ALONE: time_alone(lines, files, options.rounds * 20),
            TOGETHER: count_answers(lines, files, options.seconds, options.rounds),
        }
    rows = [
        compare(what, ours, found[ours], peer, found[peer], WANTED.get((what, ours, peer), ""))
        for ours, peer in product((OURS, PLAIN), (CONSTANT, USUAL))
        for what, found in measured.items()
    ]
    for peer, wanted in ((CONSTANT, "≤ 1.3×"), (USUAL, "")):
        mine, other = first_page[OURS], first_page[peer]
        rows.append(compare("first page, s", OURS, mine, peer, other, wanted))
    publish("demo", rows, PACKAGES)
    return 0


def draw_pictures(folder: Path) -> list[tuple[Path, int]]:
    """Write drawn digits as files, each with the digit that the command line reads in it."""
    drawn = []
    for number, (png, record) in enumerate(known_answers(0).digits):
        (folder / f"{number}.png").write_bytes(png)
        drawn.append((folder / f"{number}.png", record["digit"]))
    return drawn


def by_gradio(address: str) -> Line:
    """Connect as a Python program does: upload, join the queue, wait for the event."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from gradio_client import Client, handle_file
    client = Client(address, verbose=False, analytics_enabled=False)

    def ask(picture: Path) -> int:
        sketch = {"background": None, "layers": [], "composite": handle_file(picture)}
        answer = client.predict(sketch, api_name="/draw")
        return int(answer["digit"] if "digit" in answer else answer["label"])

    return Line(ask, client.close)


def by_http(address: str) -> Line:
    """Connect by one lasting line of plain HTTP."""
    url = urlsplit(address)
    line = http.client.HTTPConnection(url.hostname, url.port)

    def ask(picture: Path) -> int:
        png, kind = picture.read_bytes(), {"Content-Type": "image/png"}
        try:
            line.request("POST", "/api/predict", png, kind)
            answer = line.getresponse()
        except ConnectionError:  # the server closes a line that rested for some seconds
            line.close()
            line.request("POST", "/api/predict", png, kind)
            answer = line.getresponse()
        return json.loads(answer.read())["digit"]

    return Line(ask, line.close)


def check_answers(lines: dict[str, list[Line]], pictures: list[tuple[Path, int]]) -> None:
    """Warm all up, and make sure that ours says what the command line says."""
    for name, own in lines.items():
        for picture, digit in pictures[:5]:
            answer = own[0].ask(picture)
            assert name not in (OURS, PLAIN) or answer == digit, (name, answer, digit)


def time_starts(rounds: int) -> Timings:
    """Seconds of each program from its start to its first page."""
    taken: Timings = {name: [] for name in PROGRAMS}
    for _, (name, command) in product(range(rounds), PROGRAMS.items()):
        start = time.perf_counter()
        with serving(*command, errors=subprocess.DEVNULL) as server:
            httpx.get(server.address + "/", timeout=60).raise_for_status()
            taken[name].append(time.perf_counter() - start)
    return taken


def time_alone(lines: dict[str, list[Line]], files: list[Path], count: int) -> Timings:
    """Milliseconds of one request at a time, the programs taking turns after each."""
    taken: Timings = {name: [] for name in lines}
    for number, (name, own) in product(range(count), lines.items()):
        start = time.perf_counter()
        own[0].ask(files[number % len(files)])
        taken[name].append(1000 * (time.perf_counter() - start))
    return taken


def count_answers(
    lines: dict[str, list[Line]], files: list[Path], seconds: float, rounds: int
) -> Timings:
    """Answers a second to clients that keep asking for so many seconds, the programs in turn."""
    rates: Timings = {name: [] for name in lines}
    for _, (name, own) in product(range(rounds), lines.items()):
        start = time.perf_counter()

        def keep_asking(line: Line, start: float = start) -> int:
            done = 0
            while not done or time.perf_counter() - start < seconds:
                line.ask(files[done % len(files)])
                done += 1
            return done

        with ThreadPoolExecutor(CLIENTS) as threads:
            done = sum(threads.map(keep_asking, own))
        rates[name].append(done / (time.perf_counter() - start))
    return rates


if __name__ == "__main__":
    sys.exit(main())
