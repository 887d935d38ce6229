"""The results of benchmarks, as a Markdown table, and as JSON under bench-out/."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

# Read before a benchmark makes its own: how busy others keep the machine.
LOAD = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
NEVER = "–"  # for what was not reached
OUT = Path(__file__).parent.parent / "bench-out"


def publish(name: str, rows: list[dict[str, object]], packages: tuple[str, ...]) -> None:
    """Print rows as a table, and write them with the machine and the versions of packages.

    All rows have the same keys, the table's head.
    """
    about = {"machine": describe_machine(), "versions": {p: version(p) for p in packages}}
    print(f"\n### {name}\n")
    print(to_markdown(rows))
    print(f"\n{about['machine']}; " + ", ".join(f"{p} {v}" for p, v in about["versions"].items()))
    OUT.mkdir(exist_ok=True)
    text = json.dumps(about | {"rows": rows}, indent=1, ensure_ascii=False)
    (OUT / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def compare(measured: str, ours: str, mine: Sequence[float], peer: str, others: Sequence[float],
            wanted: str = "") -> dict[str, object]:  # fmt: skip
    """Make one row: medians of both, and the median of the ratios of what ran side by side."""
    figures = {"measured": measured, "of": ours, "is": _figure(statistics.median(mine))}
    figures |= {"peer": peer, "peer's": _figure(statistics.median(others))}
    ratio = _figure(median_ratio(mine, others))
    return figures | {"ratio": f"{ratio}×" if ratio != NEVER else ratio, "wanted": wanted}


def median_ratio(mine: Sequence[float], others: Sequence[float]) -> float:
    """Give the median of the rounds' ratios: each compares what ran side by side."""
    return statistics.median(a / b for a, b in zip(mine, others, strict=True))


def _figure(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else NEVER


def to_markdown(rows: list[dict[str, object]]) -> str:
    """Write rows as a Markdown table."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *([str(v) for v in r.values()] for r in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def describe_machine() -> str:
    """Name the processor, its cores, the system, Python, and how busy all of it was."""
    load = "" if LOAD is None else f" (load {LOAD:.1f} before)"
    system, python = platform.system(), platform.python_version()
    return f"{_processor()}, {os.cpu_count()} cores{load}, {system}, Python {python}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
