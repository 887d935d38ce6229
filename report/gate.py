"""The verdicts of `check` and `compare`: on the terminal, and as files for CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model.errors import InputError
from model.files.writing import atomic_path
from report.charts.change_text import regression_lines, terminal_lines
from report.documents.results import (
    badge,
    check_cases,
    check_markdown,
    compare_cases,
    compare_markdown,
    junit,
    method_of,
)
from report.format.reading import read_report, read_snapshot
from report.numbers.check import Threshold, Verdict, judge
from report.numbers.comparison import check_same_data
from report.numbers.comparison import compare as compare_snapshots
from report.numbers.formats import percent


def check(
    report: Path,
    thresholds: Sequence[Threshold],
    junit_path: Path | None,
    markdown: Path | None,
    badge_path: Path | None,
) -> int:
    """Print which thresholds `report` misses; 1 where there is one. Raises InputError.

    The verdicts are also written to the paths that are given.
    """
    values = read_report(report)
    verdicts = judge(values, thresholds)
    subject = _subject(values)
    short = [verdict for verdict in verdicts if not verdict.holds]
    _write(junit_path, junit("report check", "thresholds", check_cases(verdicts)))
    _write(markdown, check_markdown(subject, verdicts).encode())
    accuracy = percent(values["metrics"].get("accuracy"))
    _write(badge_path, badge("accuracy", accuracy, not short).encode())
    _print_check(verdicts, short)
    return 1 if short else 0


def _print_check(verdicts: Sequence[Verdict], short: Sequence[Verdict]) -> None:
    if not short:
        print(f"{len(verdicts)} of {len(verdicts)} thresholds hold")
        return
    rows = [("metric", "found", "demanded"), *(verdict.row() for verdict in short)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def compare(
    old_path: Path,
    new_path: Path,
    junit_path: Path | None,
    markdown: Path | None,
    is_gate: bool,
    may_differ: bool,
) -> int:
    """Print what changed; where it `is_gate`, name what failed and return 1 for it.

    Reports of different test data are compared only where they `may_differ`. Raises InputError.
    """
    old, new = read_snapshot(old_path), read_snapshot(new_path)
    if not may_differ:
        check_same_data(old, new)
    found = compare_snapshots(old, new)
    _write(junit_path, junit("report compare", method_of(found), compare_cases(found)))
    _write(markdown, compare_markdown(f"{new.model} on {new.dataset}", found).encode())
    for line in terminal_lines(found):
        print(line)
    failed = regression_lines(found) if is_gate else []
    for line in failed:
        print(f"report: failed: {line}", file=sys.stderr)
    return 1 if failed else 0


def _subject(values: Mapping[str, Any]) -> str:
    """What a report is about. A file that has no more than metrics is about “the network”."""
    try:
        return f"{values['model']['name']} on {values['dataset']['name']}"
    except (KeyError, TypeError):
        return "the network"


def _write(path: Path | None, content: bytes) -> None:
    """Write a file; a step's summary on GitHub is added to. Raises InputError."""
    if path is None:
        return
    if not path.name:
        raise InputError(f"{path}: is a folder; name a file")
    try:
        if os.environ.get("GITHUB_STEP_SUMMARY") == str(path) and path.exists():
            content = path.read_bytes() + content
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{path}: can't be written ({error.strerror}); name another file"
        ) from None
