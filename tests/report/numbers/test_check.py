"""Thresholds over a report, and the exit codes of `python -m report check`."""

from __future__ import annotations

import json

import pytest

from model.errors import InputError
from report.__main__ import main
from report.format.schema import check_names
from report.numbers.check import Threshold, judge, named_values, parse_thresholds

METRICS = {"accuracy": 0.95, "ece": 0.02, "per_class": [{"label": "0", "recall": None, "f1": 0.9}]}


def fell_short(*thresholds: tuple[str, bool]) -> list[str]:
    parsed = [Threshold.parse(text, is_maximum) for text, is_maximum in thresholds]
    return [short.name for short in judge({"metrics": METRICS}, parsed) if not short.holds]


@pytest.mark.parametrize(
    ("text", "is_maximum", "short"),
    [
        ("accuracy=0.95", False, False),
        ("accuracy=0.9501", False, True),
        ("ece=0.02", True, False),
        ("ece=0.0199", True, True),
        ("per_class.0.f1=0.91", False, True),
        ("metrics.accuracy=0.9", False, False),
        ("per_class.0.recall=0", False, True),
    ],
)
def test_bounds_count_as_held_and_the_unmeasurable_never_does(text, is_maximum, short):
    assert bool(fell_short((text, is_maximum))) is short


def test_every_shortfall_is_reported_in_the_order_asked():
    assert fell_short(("ece=0", True), ("accuracy=1", False), ("accuracy=0", False)) == [
        "ece",
        "accuracy",
    ]


def test_numbers_are_named_by_their_path():
    assert dict(named_values(METRICS)) == {
        "accuracy": 0.95,
        "ece": 0.02,
        "per_class.0.recall": None,
        "per_class.0.f1": 0.9,
    }


def test_extra_sets_go_by_their_names(summary):
    metrics = summary.to_json()["metrics"]
    values = dict(named_values(metrics))
    assert values["extra.yours.accuracy"] == summary.extras[1].metrics.accuracy.value
    assert values["extra.mine.per_class.3.recall"] is not None
    demand = Threshold.parse("extra.mine.accuracy=0.99", is_maximum=False)
    assert not judge({"metrics": metrics}, [demand])[0].holds
    with pytest.raises(InputError, match=r"extra\.mine\.accuracy, extra\.yours\.accuracy"):
        judge({"metrics": metrics}, [Threshold.parse("extra.his.accuracy=1", False)])


@pytest.mark.parametrize("text", ["accuracy", "=1", "accuracy=", "accuracy=high", "accuracy=nan"])
def test_a_malformed_threshold_is_refused(text):
    with pytest.raises(InputError, match="NAME=NUMBER"):
        Threshold.parse(text, is_maximum=False)


@pytest.fixture
def report(tmp_path, summary):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(summary.to_json()), encoding="utf-8")
    return str(path)


def test_exit_0_when_all_hold(report, capsys):
    assert main(["check", report, "--min", "accuracy=0.5", "--max", "ece=1"]) == 0
    assert "2 of 2" in capsys.readouterr().out


def test_exit_1_with_a_table_of_what_fell_short(report, capsys):
    assert main(["check", report, "--min", "accuracy=0.999", "--min", "count=1"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("accuracy")
    assert "≥ 0.999" in lines[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--min", "acuracy=0.9"], "there are: count, errors, accuracy"),
        (["--min", "accuracy"], "NAME=NUMBER"),
        ([], "nothing to check"),
    ],
)
def test_exit_2_and_one_line_for_a_wrong_call(report, capsys, arguments, said):
    assert main(["check", report, *arguments]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"[]", b'{"metrics": 3}'])
def test_exit_2_for_what_is_no_report(tmp_path, capsys, content):
    path = tmp_path / "other.json"
    if content is not None:
        path.write_bytes(content)
    assert main(["check", str(path), "--min", "accuracy=0.9"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_verdicts_are_written_into_the_report(tmp_path, monkeypatch, evaluation, capsys):
    from report.evaluation import bundles
    from report.numbers.summary import Summary

    monkeypatch.setattr(bundles.BundleTest, "evaluate", lambda self: evaluation)
    bounds = ["--min", "accuracy=0.5", "--max", "ece=0.0001"]
    assert main(["build", "--out", str(tmp_path), *bounds]) == 0
    record = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [(v["name"], v["holds"]) for v in record["verdicts"]] == [
        ("accuracy", True), ("ece", False),
    ]  # fmt: skip
    assert record["verdicts"][0]["value"] == record["metrics"]["accuracy"]
    notes = (tmp_path / "release_notes.md").read_text("utf-8")
    section = notes[notes.index("## Thresholds") :]
    assert section.count("| holds |") == sum(v["holds"] for v in record["verdicts"])
    assert section.count("| falls short |") == sum(not v["holds"] for v in record["verdicts"])
    assert "Since the previous report" not in notes
    again = json.dumps(Summary.from_json(record).to_json()["verdicts"])
    assert json.loads(again) == record["verdicts"]
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    at_a_glance = html[html.index('id="summary"') : html.index('id="data"')]
    assert "Failed" in at_a_glance
    assert "1 of 2 hold" in at_a_glance
    assert "falls short" in at_a_glance
    assert main(["build", "--out", str(tmp_path), *bounds[:2]]) == 0
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Passed" in html


@pytest.mark.parametrize("name", ["nonesuch", "per_class", "accuracy.0"])
def test_a_threshold_on_what_no_report_has_is_refused_before_the_test(
    tmp_path, monkeypatch, capsys, name
):
    from report.evaluation import bundles

    monkeypatch.setattr(bundles.BundleTest, "evaluate", lambda self: pytest.fail("it was tested"))
    assert main(["build", "--out", str(tmp_path / "out"), "--min", f"{name}=1"]) == 2
    said = capsys.readouterr().err
    assert f"no metric “{name}”; there are: count, errors, accuracy" in said
    assert "accuracy_interval" not in said


@pytest.mark.parametrize("option", ["--top-k=10", "--positive=7"])
def test_what_digits_can_t_answer_is_refused_before_the_test(tmp_path, monkeypatch, capsys, option):
    from report.evaluation import bundles

    monkeypatch.setattr(bundles.BundleTest, "evaluate", lambda self: pytest.fail("it was tested"))
    assert main(["build", "--out", str(tmp_path / "out"), option]) == 2
    assert f"report: {option.replace('=', ' ')}: " in capsys.readouterr().err


def test_a_number_that_a_set_has_is_no_unknown_one(summary):
    names = [name for name, value in named_values(summary.metrics.to_json()) if value is not None]
    check_names(parse_thresholds([f"{name}=0" for name in (*names, "extra.mine.accuracy")], []))


def test_without_thresholds_there_is_no_verdict(summary):
    from tests.report.rendering import render_html

    assert "Verdict" not in render_html(summary)
