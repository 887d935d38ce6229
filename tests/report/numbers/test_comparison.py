"""What changed between two reports: the counts, the tests, the words, and the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from report import build as building
from report.__main__ import main
from report.charts.change_text import difference, headline, terminal_lines
from report.documents.document import render_html
from report.numbers.comparison import Change, Comparison, Snapshot, compare
from report.numbers.summary import Summary, snapshot


@pytest.fixture(scope="module")
def better(summarise_made_up):
    return summarise_made_up(error_share=0.02)


@pytest.fixture(scope="module")
def worse(summarise_made_up):
    return summarise_made_up(error_share=0.25)


def between(old: Summary, new: Summary) -> Comparison:
    return compare(snapshot(old), snapshot(new))


def on_other_images(summary: Summary) -> Summary:
    record = json.loads(json.dumps(summary.to_json()))
    record["dataset"]["sha256"] = "00" * 32
    return Summary.from_json(record)


def right(summary: Summary) -> np.ndarray:
    return np.array(summary.predictions.digit) == np.array(summary.predictions.label)


def test_fixed_and_broken_images_are_those_only_one_read_correctly(worse, better):
    found = between(worse, better)
    was, now = right(worse), right(better)
    assert found.is_paired
    assert found.fixed == tuple(np.flatnonzero(now & ~was))
    assert found.broken == tuple(np.flatnonzero(was & ~now))
    k, n = min(len(found.fixed), len(found.broken)), len(found.fixed + found.broken)
    expected = 2 * binom.cdf(k, n, 0.5) - binom.pmf(k, n, 0.5)
    assert found.accuracy.p_value == pytest.approx(expected)
    assert not found.regressions


def test_the_other_way_round_it_is_a_regression(worse, better):
    found = between(better, worse)
    assert found.accuracy.is_regression
    assert found.regressions[0].name == "accuracy"
    assert (found.fixed, found.broken) == tuple(
        getattr(between(worse, better), name) for name in ("broken", "fixed")
    )


def test_a_report_does_not_differ_from_itself(summary):
    found = between(summary, summary)
    assert (found.fixed, found.broken, found.regressions) == ((), (), ())
    assert {c.p_value for c in found.changes if c.p_value is not None} == {1.0}
    assert headline(found).startswith("Accuracy stayed at")
    assert "chance" not in headline(found)


def test_other_images_are_compared_unpaired(worse, better):
    found = between(on_other_images(better), worse)
    counts = [[s.metrics.accuracy.count, s.metrics.errors] for s in (better, worse)]
    assert not found.is_paired
    assert (found.fixed, found.broken) == ((), ())
    assert found.accuracy.p_value == pytest.approx(fisher_exact(counts).pvalue)
    assert any("not the same test images" in line for line in terminal_lines(found))


def test_digits_are_tested_among_themselves(worse, better):
    found = between(worse, better)
    recalls = [c for c in found.changes if c.name.startswith("per_class.")]
    assert len(recalls) == 10
    fixed = sum(better.predictions.label[i] == 3 for i in found.fixed)
    broken = sum(better.predictions.label[i] == 3 for i in found.broken)
    n = fixed + broken
    alone = 2 * binom.cdf(min(fixed, broken), n, 0.5) - binom.pmf(min(fixed, broken), n, 0.5)
    assert alone <= recalls[3].p_value <= min(1.0, 10 * alone) + 1e-12


def test_further_sets_count_where_both_reports_hold_the_same(summarise_made_up, worse):
    alone = summarise_made_up(error_share=0.02, extras=("mine", "new"))
    names = {c.name for c in between(worse, alone).changes if c.name.startswith("extra")}
    assert names == {"extra.mine.accuracy"}
    record = json.loads(json.dumps(alone.to_json()))
    record["metrics"]["extra"][0]["sha256"] = "00"
    names = {c.name for c in between(worse, Summary.from_json(record)).changes}
    assert "extra.mine.accuracy" not in names


def test_a_rise_and_a_fall_are_said_with_their_chance(worse, better):
    assert headline(between(worse, better)).startswith("Accuracy rose from ")
    text = headline(between(better, worse))
    assert text.startswith("Accuracy fell from ")
    assert text.endswith("more than chance explains (p < 0.001)")


@pytest.mark.parametrize(
    ("kind", "old", "new", "text"),
    [
        ("percent", 0.9, 0.925, "+2.50 points"),
        ("percent", 0.925, 0.9, "−2.50 points"),
        ("percent", 0.9, 0.9, "0"),
        ("count", 10, 1500, "+1,490"),
        ("count", 7, 7, "0"),
        ("decimal", 0.01, 0.0123, "+0.0023"),
        ("percent", None, 0.9, None),
    ],
)
def test_differences_carry_their_sign(kind, old, new, text):
    assert difference(Change("n", "N", kind, old, new, 1, None)) == text


def test_what_is_better_decides_what_a_gain_is():
    assert Change("ece", "", "percent", 0.02, 0.01, -1, None).gain > 0
    assert Change("accepted", "", "percent", 0.2, 0.1, 0, 0.001).is_regression is False
    assert Change("accuracy", "", "percent", 0.9, 0.8, 1, 0.04).is_regression
    assert not Change("accuracy", "", "percent", 0.9, 0.8, 1, 0.06).is_regression


@pytest.fixture(scope="module")
def followed(summarise_made_up, worse):
    return summarise_made_up(error_share=0.02, previous=snapshot(worse))


def test_the_summary_keeps_the_comparison_with_its_pictures(followed, worse, evaluation):
    images = evaluation.test.images
    assert followed.previous.fixed == between(worse, followed).fixed
    assert len(followed.previous.fixed_shown) == 12
    for place, shown in zip(followed.previous.fixed, followed.previous.fixed_shown, strict=False):
        assert shown.is_right
        assert np.array_equal(shown.picture.pixels, images[place])
    text = json.dumps(followed.to_json(), allow_nan=False)
    assert Summary.from_json(json.loads(text)) == followed


def test_the_page_has_a_section_and_a_headline_on_top(followed, summary):
    html = render_html(followed)
    title = headline(followed.previous)
    at_a_glance = html[html.index('id="summary"') : html.index('id="data"')]
    section = html[html.index('<section id="previous"') : html.index('<section id="provenance"')]
    assert "Accuracy rose" in title
    assert title.replace("<", "&lt;") in at_a_glance
    assert section.count('class="example"') == 12
    assert 'id="previous"' not in render_html(summary)


def save(path, summary) -> str:
    path.write_text(json.dumps(summary.to_json()), encoding="utf-8")
    return str(path)


def test_the_command_prints_and_fails_only_when_asked(tmp_path, capsys, worse, better):
    good, bad = save(tmp_path / "good.json", better), save(tmp_path / "bad.json", worse)
    assert main(["compare", good, bad]) == 0
    printed = capsys.readouterr()
    assert "Accuracy fell" in printed.out
    assert printed.err == ""
    assert main(["compare", good, bad, "--fail-on-regression"]) == 1
    assert "accuracy" in capsys.readouterr().err
    assert main(["compare", bad, good, "--fail-on-regression"]) == 0
    assert main(["compare", good, good, "--fail-on-regression"]) == 0


def broken_files(record):
    yield "null"
    yield "[]"
    yield "{"
    yield json.dumps({"metrics": {}})
    for section in ("metrics", "predictions", "dataset", "model", "environment"):
        yield json.dumps({k: v for k, v in record.items() if k != section})
        yield json.dumps(record | {section: None})
        yield json.dumps(record | {section: []})
    cut = record["predictions"] | {"digit": record["predictions"]["digit"][:-1]}
    yield json.dumps(record | {"predictions": cut})


def test_bad_files_are_exit_2_and_one_line(tmp_path, capsys, summary):
    good = save(tmp_path / "good.json", summary)
    bad = tmp_path / "bad.json"
    for text in broken_files(json.loads(json.dumps(summary.to_json()))):
        bad.write_text(text, encoding="utf-8")
        for pair in ([good, str(bad)], [str(bad), good]):
            assert main(["compare", *pair]) == 2
            captured = capsys.readouterr()
            assert (captured.out, captured.err.count("\n")) == ("", 1)
            assert "bad.json" in captured.err
    assert main(["compare", good, str(tmp_path / "nonesuch.json")]) == 2


def test_a_bad_previous_report_stops_the_build_before_the_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(building, "evaluate", lambda *args: pytest.fail("it should not start"))
    bad = tmp_path / "bad.json"
    bad.write_text("{}", encoding="utf-8")
    assert main(["build", "--previous", str(bad), "--out", str(tmp_path / "out")]) == 2
    assert "bad.json" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_build_compares_with_the_previous_report(tmp_path, monkeypatch, make_up, worse):
    monkeypatch.setattr(building, "evaluate", lambda *args: make_up(error_share=0.02))
    previous = save(tmp_path / "old.json", worse)
    assert main(["build", "--previous", previous, "--out", str(tmp_path)]) == 0
    record = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert record["previous"]["is_paired"]
    assert record["previous"]["fixed"]
    notes = (tmp_path / "release_notes.md").read_text("utf-8")
    assert "## Since the previous report" in notes
    assert "| Read correctly |" in notes
    assert "## Thresholds" not in notes


def test_a_report_without_further_sets_or_of_older_form_is_compared(summary):
    record = json.loads(json.dumps(summary.to_json()))
    for newer in ("previous", "networks", "examples"):
        record.pop(newer)
    del record["metrics"]["extra"]
    found = compare(Snapshot.from_json(record), snapshot(summary))
    assert found.accuracy.gain == 0


def test_a_report_that_keeps_no_answer_for_each_image_is_compared_unpaired(summary):
    record = json.loads(json.dumps(summary.to_json()))
    record["predictions"] = {name: [] for name in record["predictions"]}
    kept = Snapshot.from_json(record)
    assert not compare(kept, snapshot(summary)).is_paired
    assert not compare(kept, kept).is_paired
