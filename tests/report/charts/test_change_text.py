"""What changed, as text, is there without the libraries that draw."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from report.charts.change_text import difference
from report.numbers.comparison import Change

ROOT = Path(__file__).resolve().parents[3]


def test_it_needs_no_matplotlib():
    code = "import sys, report.charts.change_text; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_what_became_less_has_a_minus_sign_whatever_it_counts():
    kinds = {"count": (1049, 0), "percent": (0.5, 0.25), "decimal": (0.5, 0.25)}
    written = [difference(Change("", "", kind, *both, 1, None)) for kind, both in kinds.items()]
    assert written == ["−1,049", "−25.00 points", "−0.2500"]
