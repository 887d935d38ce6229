"""What a release runs: the make target, and workflows that may do no more than they must."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from report.documents.files import NAMES

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_release_assets_are_the_four_files_and_their_checksums(tmp_path):
    """The target itself, with a stand-in that writes the report's files."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    writer = "; ".join(f"open('dist/{name}', 'w').write('{name}')" for name in NAMES)
    stand_in = tmp_path / ".venv" / "bin" / "python"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text(f'#!/bin/sh\nmkdir dist\nexec {sys.executable} -c "{writer}"\n')
    stand_in.chmod(0o755)
    (tmp_path / ".venv" / ".installed").touch()
    call = ["make", "-o", ".venv/.installed", "release-assets"]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    dist = tmp_path / "dist"
    assert {path.name for path in dist.iterdir()} == {*NAMES, "SHA256SUMS"}
    lines = [line.split() for line in (dist / "SHA256SUMS").read_text().splitlines()]
    assert {name.lstrip("*"): digest for digest, name in lines} == {
        name: hashlib.sha256(name.encode()).hexdigest() for name in NAMES
    }


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_reads_only_and_pins_what_it_uses(path):
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^permissions:\n  contents: read\n", text, re.MULTILINE)
    assert len(re.findall(r": write\b", text)) == (path.stem == "release")
    used = re.findall(r"uses: (.*)", text)
    assert len(used) > 1
    pinned = re.compile(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")  # a tag can be moved
    assert all(map(pinned.fullmatch, used))
    assert all(step not in text for step in ("pull_request_target", "${{ github.event."))


def test_an_action_is_the_same_in_all_workflows():
    used = {line for path in WORKFLOWS for line in re.findall(r"uses: (.*)", path.read_text())}
    assert len(used) == len({line.partition("@")[0] for line in used})


def test_packages_are_audited_weekly_and_every_exception_is_explained():
    text = (ROOT / ".github/workflows/audit.yml").read_text(encoding="utf-8")
    assert re.search(r"^  schedule:\n    - cron: ", text, re.MULTILINE)
    assert re.search(r"^ +pip-audit --strict \S+ off \$known -r all.txt$", text, re.M)
    collect = re.search(r"python -c '(.*)' > all.txt$", text, re.MULTILINE)[1]
    ran = subprocess.run([sys.executable, "-c", collect], cwd=ROOT, capture_output=True, text=True)
    assert {"gradio~=6.31", "tensorflow~=2.21.0", "ray[data]~=2.60.0"} <= set(
        ran.stdout.split("\n")
    )
    assert "digits" not in ran.stdout
    find = re.search(r"known=\$\((.*)\)$", text, re.MULTILINE)[1]
    ran = subprocess.run(["sh", "-c", find], cwd=ROOT, capture_output=True, text=True, check=True)
    known = re.findall(r"^--ignore-vuln (GHSA\S+)$", ran.stdout, re.MULTILINE)
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| (GHSA[^|]+) \| [^|]{4,} \|$", security, re.MULTILINE)
    assert known == re.findall(r"GHSA[\w-]+", " ".join(rows))
    assert len(known) == len(set(known)) > 0


def test_every_target_that_a_workflow_makes_is_there():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    steps = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    made = set(re.findall(r"run: .*\bmake ([\w-]+)", steps))
    assert {"test", "report", "release-assets"} <= made <= targets


def test_the_quick_tests_are_those_that_contributors_are_told_of():
    call = re.search(r"run: python -m (pytest .*)", (ROOT / ".github/workflows/ci.yml").read_text())
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").replace("\\\n", " ")
    assert " ".join(call[1].split()) in " ".join(told.split())
    folders = re.findall(r"tests/[\w/]+", call[1])
    assert len(folders) > 2
    assert all(list((ROOT / folder).glob("**/test_*.py")) for folder in folders)
