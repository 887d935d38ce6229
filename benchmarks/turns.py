"""Let calls or programs take turns, so that what else the machine does hits all of them alike."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
# A child's peak counts what its parent held when it was forked, so a small program starts it.
_STARTER = """
import os, resource, sys, time
start = time.perf_counter()
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(child, 0)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""
_LEAST_SECONDS = 0.02  # of one timing: what is quicker is repeated, or the clock is what is timed


def rounds_of(doc: str | None, argv: list[str] | None, default: int = 5) -> int:
    """Read `--rounds`, the only option of some benchmarks; `doc` is what a benchmark says of it."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=default, metavar="N")
    return parser.parse_args(argv).rounds


def take_turns(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each call in each round, once all are warm."""
    repeats = {}
    for name, call in calls.items():
        call()
        repeats[name] = max(1, int(_LEAST_SECONDS / _seconds(call)))
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(_seconds(call, repeats[name]))
    return taken


def run_in_turns(
    commands: Mapping[str, Sequence[str]], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds and peak megabytes (resident) of each command in each round, once all ran once.

    A command that fails ends the benchmark: what it says on stderr is shown.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    megabytes: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            taken, peak = _run(command)
            if turn:
                seconds[name].append(taken)
                megabytes[name].append(peak)
    return seconds, megabytes


def python(*arguments: str) -> list[str]:
    """Name a command of this Python."""
    return [sys.executable, *arguments]


def _seconds(call: Callable[[], object], times: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Run to the end: its seconds, and the peak of its memory in megabytes."""
    run = subprocess.run([sys.executable, "-SIc", _STARTER, *command], cwd=ROOT,
                         capture_output=True, text=True)  # fmt: skip
    if run.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
    seconds, peak = run.stdout.split()
    return float(seconds), float(peak) / (1e6 if sys.platform == "darwin" else 1e3)
