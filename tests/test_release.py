"""What a release runs: the make target, and workflows that may do no more than they must."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from model.errors import InputError
from report.__main__ import main as report
from report.documents.files import NAMES
from tools.release import entry

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_release_assets_are_the_four_files_and_their_checksums(tmp_path):
    """The target itself, with a stand-in that writes the report's files."""
    for name in ("Makefile", "thresholds.txt"):
        shutil.copy(ROOT / name, tmp_path)
    writer = "; ".join(f"open('dist/{name}', 'w').write('{name}')" for name in NAMES)
    stand_in = tmp_path / ".venv" / "bin" / "python"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text(
        f'#!/bin/sh\necho "$@" >> calls\nmkdir -p dist\nexec {sys.executable} -c "{writer}"\n'
    )
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
    build, check = (tmp_path / "calls").read_text().splitlines()
    assert "report build --dataset mnist --extra digits --metadata" in build
    assert "--previous" not in build
    for call_made in (build, check):
        assert "--min accuracy=0.995 --max ece=0.01" in call_made
    subprocess.run([*call, "RECORDED=1", "PREVIOUS=old.json"], cwd=tmp_path, check=True)
    build = (tmp_path / "calls").read_text().splitlines()[2]
    assert "--dataset" not in build
    assert "--previous old.json" in build


def test_a_threshold_that_does_not_hold_stops_the_release(tmp_path):
    for name in ("Makefile", "thresholds.txt"):
        shutil.copy(ROOT / name, tmp_path)
    stand_in = tmp_path / ".venv" / "bin" / "python"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text('#!/bin/sh\nmkdir -p dist\n[ "$3" = build ]\n')
    stand_in.chmod(0o755)
    (tmp_path / ".venv" / ".installed").touch()
    call = ["make", "-o", ".venv/.installed", "release-assets"]
    assert subprocess.run(call, cwd=tmp_path, capture_output=True, check=False).returncode != 0
    assert not (tmp_path / "dist" / "SHA256SUMS").exists()


def test_the_shipped_network_holds_the_thresholds_as_recorded(capsys):
    bounds = [b for b in (ROOT / "thresholds.txt").read_text().split("\n") if "extra." not in b]
    recorded = str(ROOT / "model/pretrained/cnn/evaluation.json")
    assert report(["check", recorded, *" ".join(bounds).split()]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("tag", "changelog", "said"),
    [
        ("v1.2.3", "## 1.2.3 - 2026-01-31\n\n* News.\n\n## 1.2.2 - 2025-12-31\n\n* Old.\n", None),
        ("v1.2.4", "## 1.2.4 - 2026-01-31\n\n* News.\n", "not v1.2.3"),
        ("v1.2.3", "## Unreleased\n\n* News.\n", "no entry"),
        ("v1.2.3", "## 1.2.3 - 2026-01-31\n\n## 1.2.2 - 2025-12-31\n\n* Old.\n", "no entry"),
    ],
)
def test_a_release_demands_its_version_and_its_changes(tmp_path, tag, changelog, said):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{changelog}", encoding="utf-8")
    if said is None:
        assert entry(tag, tmp_path) == "* News."
        return
    with pytest.raises(InputError, match=said):
        entry(tag, tmp_path)


def test_the_version_stands_in_one_place():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    written = re.compile(rf"\bversion\b[^\n]*{re.escape(version)}\b")
    found = {p.name for p in ROOT.glob("*.*") if p.is_file() and p.suffix in (".py", ".toml", ".md")
             and written.search(p.read_text("utf-8"))}  # fmt: skip
    packages = [
        p for folder in ("model", "report", "webapp") for p in (ROOT / folder).rglob("*.py")
    ]
    assert found == {"pyproject.toml"}
    assert not [p for p in packages if re.search(r"^__version__\b", p.read_text("utf-8"), re.M)]


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
    made = set(re.findall(r"(?:run: |%ct\) )make (?:-s )?([\w-]+)", steps))
    assert {"test", "report", "release-assets", "changes"} <= made <= targets


def test_the_quick_tests_are_those_that_contributors_are_told_of():
    call = re.search(r"run: python -m (pytest .*)", (ROOT / ".github/workflows/ci.yml").read_text())
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").replace("\\\n", " ")
    assert " ".join(call[1].split()) in " ".join(told.split())
    folders = re.findall(r"tests/[\w/]+", call[1])
    assert len(folders) > 2
    assert all(list((ROOT / folder).glob("**/test_*.py")) for folder in folders)
