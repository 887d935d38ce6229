"""Verdicts as files: JUnit XML, Markdown and a badge, as `check` and `compare` write them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from report.__main__ import main


@pytest.fixture
def saved(tmp_path, summarise_made_up):
    """Two reports of the same images, the second much worse, with an odd name of a class."""
    paths = []
    for name, error_share in (("good", 0.02), ("bad", 0.25)):
        record = json.loads(json.dumps(summarise_made_up(error_share=error_share).to_json()))
        record["metrics"]["per_class"][3]["label"] = "a|b <c>"
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(record), encoding="utf-8")
    return [str(path) for path in paths]


def cells(markdown: str) -> list[list[str]]:
    rows = re.findall(r"^\|(.*)\|$", markdown, re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def outputs(folder) -> list[str]:
    return ["--junit", str(folder / "out.xml"), "--markdown", str(folder / "out.md")]


def test_a_check_is_written_with_values_intervals_and_verdicts(tmp_path, saved, capsys):
    bounds = ["--min", "accuracy=0.5", "--max", "errors=1", "--badge", str(tmp_path / "b.svg")]
    assert main(["check", saved[1], *bounds, *outputs(tmp_path)]) == 1
    suite = ElementTree.parse(tmp_path / "out.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    good, bad = suite.findall("testcase")
    assert (good.get("name"), good.find("failure")) == ("accuracy ≥ 0.5", None)
    metrics = json.loads(Path(saved[1]).read_text("utf-8"))["metrics"]
    low, high = (f"{bound:.4g}" for bound in metrics["accuracy_interval"])
    assert f"(95 % interval {low} to {high})" in good.find("system-out").text
    assert bad.find("failure").get("message") == f"found {metrics['errors']}"
    markdown = (tmp_path / "out.md").read_text("utf-8")
    assert markdown.startswith(
        "### Check of cnn on made-up digits: failed\n\n1 of 2 thresholds hold."
    )
    assert cells(markdown)[2] == [
        "accuracy", f"{metrics['accuracy']:.6g}", f"{low} to {high}", "≥ 0.5", "holds",
    ]  # fmt: skip
    badge = ElementTree.parse(tmp_path / "b.svg").getroot()
    assert badge.get("aria-label") == f"accuracy: {100 * metrics['accuracy']:.2f}\u202f%"
    red = (tmp_path / "b.svg").read_text("utf-8")
    assert main(["check", saved[1], *bounds[:2], *bounds[4:]]) == 0
    assert (tmp_path / "b.svg").read_text("utf-8") != red
    capsys.readouterr()


def test_a_comparison_is_written_with_its_test_and_what_failed(tmp_path, saved, capsys):
    assert main(["compare", *saved, *outputs(tmp_path)]) == 0
    suite = ElementTree.parse(tmp_path / "out.xml").getroot().find("testsuite")
    assert "McNemar" in suite.find("properties/property").get("value")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed[0] == "accuracy"
    assert len(failed) == int(suite.get("failures"))
    markdown = (tmp_path / "out.md").read_text("utf-8")
    assert markdown.startswith(
        "### Comparison of cnn on made-up digits: worse\n\nAccuracy fell from"
    )
    found = {row[0]: row[-1] for row in cells(markdown)}
    assert found["Classified correctly"] == "worse"
    assert "Found of a&#124;b &#60;c&#62; (recall)" in found
    assert main(["compare", saved[1], saved[0], *outputs(tmp_path)]) == 0
    assert ": no regression\n" in (tmp_path / "out.md").read_text("utf-8")
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert suite.get("failures") == "0"
    capsys.readouterr()


def test_the_summary_of_a_step_is_added_to(tmp_path, saved, capsys, monkeypatch):
    summary = tmp_path / "out.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["compare", *saved, *outputs(tmp_path)]) == 0
    assert summary.read_text("utf-8").startswith("before\n### Comparison")
    capsys.readouterr()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, saved, capsys):
    call = ["compare", *saved, "--junit", str(tmp_path / "nonesuch" / "out.xml")]
    assert main(call) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
