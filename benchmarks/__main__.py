"""Run the benchmarks, all or those named: python -m benchmarks [NAME …]

A benchmark is a file beside this one with a function `main`. Each prints a Markdown table and
leaves its numbers in bench-out/NAME.json.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def benchmarks() -> list[str]:
    """Names of the benchmarks there are."""
    files = sorted(FOLDER.glob("[!_]*.py"))
    return [file.stem for file in files if "\ndef main(" in file.read_text("utf-8")]


def main(names: list[str]) -> int:
    """Run each in a process of its own: 0 all is well, else the first one's exit code."""
    unknown = set(names) - set(benchmarks())
    if unknown:
        there = ", ".join(benchmarks())
        print(f"there is no benchmark {min(unknown)}: choose of {there}", file=sys.stderr)
        return 2
    runs = [
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=FOLDER.parent).returncode
        for name in names or benchmarks()
    ]
    return next(filter(None, runs), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
