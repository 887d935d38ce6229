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
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.asking import known_answers
from benchmarks.results import compare, publish
from benchmarks.servers import serving

CLIENTS = (1, 4, 16, 64)
USUAL, CONSTANT, OURS, PLAIN = "usual demo", "constant handler", "ours", "ours, plain HTTP"
PROGRAMS = {
    USUAL: ("-m", "benchmarks.peers.usual"),
    CONSTANT: ("-m", "benchmarks.peers.constant"),
    OURS: ("demo.py",),
}
PACKAGES = ("gradio", "gradio_client", "ai-edge-litert", "keras", "tensorflow")


@dataclass(frozen=True)
class Line:
    """A client's connection: `ask` sends a picture and gives the digit that came back."""

    ask: Callable[[Path], int]
    close: Callable[[], None]


@dataclass(frozen=True)
class Timings:
    """What was measured, for each way: milliseconds of one alone, requests a second by round."""

    alone_ms: dict[str, list[float]] = field(default_factory=dict)
    rates: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    first_page_s: dict[str, list[float]] = field(default_factory=dict)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6, metavar="N", help="of each turn")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args(argv)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    timings = Timings()
    measure_starts(timings, options.rounds)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        pictures = draw_pictures(Path(folder))
        addresses = {
            name: stack.enter_context(serving(*command, errors=subprocess.DEVNULL)).address
            for name, command in PROGRAMS.items()
        }
        connect = {name: partial(by_gradio, addresses[name]) for name in PROGRAMS}
        connect[PLAIN] = partial(by_http, addresses[OURS])
        lines = {name: [make() for _ in range(max(CLIENTS))] for name, make in connect.items()}
        for line in sum(lines.values(), []):
            stack.callback(line.close)
        check_answers(lines, pictures)
        measure_alone(timings, lines, pictures, options.rounds * 20)
        for clients in CLIENTS:
            for _ in range(options.rounds):
                measure_rates(timings, lines, pictures, clients, options.seconds)
    publish("demo", rows_of(timings), PACKAGES)
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


def measure_starts(timings: Timings, rounds: int) -> None:
    """Time each program from its start to its first page."""
    for _ in range(rounds):
        for name, command in PROGRAMS.items():
            start = time.perf_counter()
            with serving(*command, errors=subprocess.DEVNULL) as server:
                httpx.get(server.address + "/", timeout=60).raise_for_status()
                seconds = time.perf_counter() - start
            timings.first_page_s.setdefault(name, []).append(seconds)


def measure_alone(timings: Timings, lines: dict[str, list[Line]], pictures: list, count: int):
    """Time one request at a time, the programs taking turns after each."""
    for number in range(count):
        picture, _ = pictures[number % len(pictures)]
        for name, own in lines.items():
            start = time.perf_counter()
            own[0].ask(picture)
            milliseconds = 1000 * (time.perf_counter() - start)
            timings.alone_ms.setdefault(name, []).append(milliseconds)


def measure_rates(timings: Timings, lines: dict[str, list[Line]], pictures: list, clients: int,
                  seconds: float) -> None:  # fmt: skip
    """Let clients ask one picture after the other for some seconds, program after program."""
    for name, own in lines.items():
        start = time.perf_counter()

        def keep_asking(line: Line, start: float = start) -> int:
            done = 0
            while not done or time.perf_counter() - start < seconds:
                line.ask(pictures[done % len(pictures)][0])
                done += 1
            return done

        with ThreadPoolExecutor(clients) as threads:
            done = sum(threads.map(keep_asking, own[:clients]))
        rate = done / (time.perf_counter() - start)
        timings.rates.setdefault((name, clients), []).append(rate)


def rows_of(timings: Timings) -> list[dict[str, object]]:
    """Put ours beside each peer, a ratio a row, with the targets that some rows have."""
    rows = []
    for ours, peer in ((OURS, CONSTANT), (OURS, USUAL), (PLAIN, CONSTANT), (PLAIN, USUAL)):
        alone = timings.alone_ms
        goal = {(OURS, CONSTANT): "≤ 1.15×", (PLAIN, USUAL): "ours < 20 ms"}.get((ours, peer), "")
        rows.append(compare("alone, median ms", ours, alone[ours], peer, alone[peer], goal))
        for clients in CLIENTS:
            mine, other = timings.rates[ours, clients], timings.rates[peer, clients]
            goal = ""
            if clients == 16:
                goal = {(OURS, CONSTANT): "≥ 0.87×", (PLAIN, USUAL): "≥ 30×"}.get((ours, peer), "")
            what = f"{clients} client{'s' * (clients > 1)}, requests a second"
            rows.append(compare(what, ours, mine, peer, other, goal))
    for peer, goal in ((CONSTANT, "≤ 1.3×"), (USUAL, "")):
        mine, other = timings.first_page_s[OURS], timings.first_page_s[peer]
        rows.append(compare("first page, s", OURS, mine, peer, other, goal))
    return rows


if __name__ == "__main__":
    sys.exit(main())
