"""The action for other repositories: its steps, run here, with a stand-in for GitHub's command."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tools import action

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the steps are Bash scripts")
# Fetches the main branch's report, knows of no comment yet, and keeps what is posted.
GH = """#!/bin/sh
echo "$*" >> "$GITHUB_CALLS"
case "$*" in
"run list"*) echo 7 ;;
"run download"*) mkdir "$OUT/ci/last" && cp "$GITHUB_MAIN" "$OUT/ci/last/report.json" ;;
*body=@*) cp "${*##*body=@}" "$GITHUB_CALLS.comment" ;;
esac
"""


@pytest.fixture
def github(tmp_path, monkeypatch, summarise_made_up):
    """A pull request whose network is worse than that of the main branch."""
    for name, error_share in (("main", 0.02), ("branch", 0.25)):
        record = summarise_made_up(60, error_share, extras=()).to_json()
        (tmp_path / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    stand_in = tmp_path / "bin" / "gh"
    stand_in.parent.mkdir()
    stand_in.write_text(GH, encoding="utf-8")
    stand_in.chmod(0o755)
    for name, value in {
        "PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_CALLS": str(tmp_path / "calls"),
        "GITHUB_MAIN": str(tmp_path / "main.json"),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REF": "refs/pull/12/merge",
        "GITHUB_REPOSITORY": "someone/something",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_WORKFLOW_REF": "someone/something/.github/workflows/gate.yml@refs/pull/12/merge",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.mark.slow
def test_a_pull_request_is_built_gated_and_commented(github, capfd):
    """One that is worse fails at the last step, when all has been uploaded and said."""
    out = github / "out"
    call = ["--build", f"--from '{github / 'branch.json'}'", "--out", str(out)]
    assert action.main([*call, "--check", "--min accuracy=0.5 --max errors=1"]) == 1
    assert {"report.html", "report.pdf", "report.json", "ci"} <= {p.name for p in out.iterdir()}
    failures = {
        name: ElementTree.parse(out / "ci" / f"{name}.xml").getroot().get("failures")
        for name in ("check", "compare")
    }
    assert failures["check"] == "1"
    assert failures["compare"] != "0"
    said = (github / "summary.md").read_text("utf-8")
    assert "1 of 2 thresholds hold" in said
    assert "Accuracy fell from" in said
    assert (github / "calls.comment").read_text("utf-8").endswith(said)
    calls = (github / "calls").read_text("utf-8")
    assert "repos/someone/something/issues/12/comments" in calls
    assert re.search(r"^run list .*--workflow gate.yml --branch main ", calls, re.M)
    assert re.search(r"^run download 7 .*--name report ", calls, re.M)
    printed = capfd.readouterr()
    assert "failed: accuracy" in printed.err
    assert "::error::" in printed.out


def test_inputs_are_never_part_of_a_script_and_every_step_is_known():
    text = (ROOT / "action.yml").read_text("utf-8")
    steps = yaml.safe_load(text)["runs"]["steps"]
    script = (ROOT / "tools" / "action.sh").read_text("utf-8")
    runs = [step["run"] for step in steps if "run" in step]
    assert not any("${{" in run for run in runs)
    known = set(re.findall(r"^(\w+)\)$", script, re.M))
    assert {run.split()[-1] for run in runs if "action.sh" in run} == known
    assert set(re.findall(r"inputs\.(\w+)", text)) == set(yaml.safe_load(text)["inputs"])
