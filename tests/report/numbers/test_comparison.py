"""What changed between two reports: the counts, the tests, the words, and the command."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from report.__main__ import main
from report.charts.change_text import difference, headline, terminal_lines
from report.evaluation import bundles
from report.numbers.comparison import Change, Comparison, compare
from report.numbers.counts import paired_difference_interval
from report.numbers.snapshot import Snapshot
from report.numbers.summary import Summary, snapshot
from tests.report.rendering import render_html


@pytest.fixture(scope="module")
def better(summarise_made_up):
    return summarise_made_up(error_share=0.02)


@pytest.fixture(scope="module")
def worse(summarise_made_up):
    return summarise_made_up(error_share=0.25)


def between(old: Summary, new: Summary) -> Comparison:
    return compare(snapshot(old), snapshot(new))


def on_other_images(summary: Summary) -> Summary:
    record = record_of(summary)
    record["dataset"]["sha256"] = "00" * 32
    return Summary.from_json(record)


def record_of(summary: Summary) -> dict:
    return json.loads(json.dumps(summary.to_json()))


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
    scores = {change.name: change for change in found.changes if change.p_value is not None}
    for name in ("balanced_accuracy", "macro_f1", "mcc", "log_loss"):
        low, high = scores[name].interval
        assert low < scores[name].new - scores[name].old < high
        assert scores[name].is_significant
    assert "log_loss" in " ".join(c.name for c in between(better, worse).regressions)


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
    found = between(worse, alone)  # the hash of “new” is that of “yours”
    names = {c.name for c in found.changes if c.name.startswith("extra")}
    assert names == {"extra.mine.accuracy", "extra.new.accuracy"}
    assert found.sets.renamed == (("yours", "new"),)
    assert found.lost == ()
    record = record_of(alone)
    for place, sha256 in enumerate(("00", "01")):
        record["metrics"]["extra"][place]["sha256"] = sha256
    found = between(worse, Summary.from_json(record))
    assert not any(c.name.startswith("extra") for c in found.changes)
    assert (found.sets.added, found.sets.missing, found.sets.changed) == (
        ("new",), ("yours",), ("mine",),
    )  # fmt: skip
    assert [words.split("”")[0] for words in found.lost] == ["set “yours", "set “mine"]
    assert set(found.lost) < set(terminal_lines(found))


def renamed(record, old: str, new: str):
    for scores in record["metrics"]["per_class"]:
        scores["label"] = new if scores["label"] == old else scores["label"]
    return record


def test_a_renamed_class_is_compared_under_its_new_name(worse, better):
    now = Summary.from_json(renamed(record_of(worse), "3", "three"))
    found, plain = between(better, now), between(better, worse)
    assert found.classes.renamed == (("3", "three"),)
    assert [(c.name, c.p_value) for c in found.changes] == [
        (c.name, c.p_value) for c in plain.changes
    ]
    assert "class “3” is now called “three”" in terminal_lines(found)


def test_classes_in_another_order_are_compared_by_name(worse, better):
    """The same report with its first and its last class exchanged differs in nothing."""
    record, order = record_of(worse), [9, *range(1, 9), 0]
    metrics, answers = record["metrics"], record["predictions"]
    metrics["per_class"] = [metrics["per_class"][place] for place in order]
    metrics["confusion_matrix"] = [
        [metrics["confusion_matrix"][row][column] for column in order] for row in order
    ]
    for name in ("label", "digit"):
        answers[name] = [order[place] for place in answers[name]]
    found = compare(snapshot(worse), Snapshot.from_json(record))
    assert (found.fixed, found.broken, found.classes.renamed) == ((), (), ())
    assert {c.gain for c in found.changes} == {0}
    own = {"accuracy": "Classified correctly", "errors": "Misclassified"}  # no digits in order
    values = {c.words: c.old for c in found.changes}
    assert values == {own.get(c.name, c.words): c.old for c in between(worse, worse).changes}


def by_name(record, names) -> Snapshot:
    """The report of the same answers by a program that sorts its classes by name."""
    order = sorted(range(10), key=lambda place: names[place])
    place_of = {old: new for new, old in enumerate(order)}
    metrics, answers = record["metrics"], record["predictions"]
    metrics["per_class"] = [metrics["per_class"][c] | {"label": names[c]} for c in order]
    matrix = metrics["confusion_matrix"]
    metrics["confusion_matrix"] = [[matrix[row][column] for column in order] for row in order]
    for column in ("label", "digit"):
        answers[column] = [place_of[c] for c in answers[column]]
    record["dataset"]["sha256"] = str(answers["label"])
    return Snapshot.from_json(record)


def labelled(found, labels):
    """A snapshot with other labels."""
    return replace(found, answers=replace(found.answers, label=labels))


def test_a_new_name_may_move_a_class_to_another_place(worse, better):
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    before = by_name(record_of(better), names)
    after = by_name(record_of(worse), [*names[:3], "Three", *names[4:]])
    assert before.sha256 != after.sha256
    found = compare(before, after)
    assert found.is_paired
    assert found.classes.renamed == (("three", "Three"),)
    assert (found.fixed, found.broken) == (
        between(better, worse).fixed, between(better, worse).broken,
    )  # fmt: skip
    other = by_name(record_of(on_other_images(worse)), [*names[:3], "Three", *names[4:]])
    moved = labelled(other, other.answers.label[1:] + other.answers.label[:1])
    assert not before.is_of_same_data(moved)
    in_order = [labelled(s, tuple(sorted(s.answers.label))) for s in (before, before)]
    changed = replace(in_order[1], sha256="00", metrics=after.metrics)
    assert not in_order[0].is_of_same_data(changed)


def test_classes_of_other_data_go_together_by_the_letters_of_their_names(worse):
    record = renamed(renamed(record_of(worse), "3", "digit_three"), "7", "Se-ven")
    before = Summary.from_json(renamed(renamed(record_of(worse), "3", "Three"), "7", "seven"))
    record["dataset"]["sha256"] = "00" * 32
    record["predictions"] = {name: [] for name in record["predictions"]}
    found = compare(snapshot(before), Snapshot.from_json(record))
    assert found.classes.renamed == (("seven", "Se-ven"),)
    assert (found.classes.added, found.classes.missing) == (("digit_three",), ("Three",))
    assert found.lost == ("class “Three” is no longer there",)
    assert not any(c.name == "per_class.3.recall" for c in found.changes)


def test_the_interval_of_a_change_fits_its_test(worse, better):
    for found in (between(better, worse), between(on_other_images(better), worse)):
        low, high = found.accuracy.interval
        assert low < found.accuracy.new - found.accuracy.old < high < 0
    low, high = paired_difference_interval(9, 29, 160)  # gained, lost, images
    d, spread = (10 - 30) / 162, ((10 + 30) / 162 - (20 / 162) ** 2) / 162
    assert (low, high) == pytest.approx((d - 1.96 * spread**0.5, d + 1.96 * spread**0.5), abs=1e-5)


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
    assert "failed: accuracy: Read correctly went from" in capsys.readouterr().err
    assert main(["compare", bad, good, "--fail-on-regression"]) == 0
    assert main(["compare", good, good, "--fail-on-regression"]) == 0


def test_other_data_and_other_tasks_are_refused_in_a_line(tmp_path, capsys, worse, better):
    good, others = save(tmp_path / "good.json", better), tmp_path / "others.json"
    save(others, on_other_images(worse))
    call = ["compare", good, str(others)]
    assert main(call) == 2
    assert "different test data" in (said := capsys.readouterr().err)
    assert said.count("\n") == 1
    assert main([*call, "--unpaired"]) == 0
    record = record_of(on_other_images(worse))
    for scores in record["metrics"]["per_class"]:
        scores["label"] = f"letter {scores['label']}"
    others.write_text(json.dumps(record), encoding="utf-8")
    for words in (call, [*call, "--unpaired"]):
        capsys.readouterr()
        assert main(words) == 2
        assert "different tasks" in (said := capsys.readouterr().err)
        assert said.count("\n") == 1


def test_what_is_no_longer_measured_fails_as_well(tmp_path, capsys, summarise_made_up, better):
    fewer = save(tmp_path / "fewer.json", summarise_made_up(error_share=0.02, extras=("mine",)))
    whole = save(tmp_path / "whole.json", better)
    assert main(["compare", whole, fewer]) == 0
    assert main(["compare", whole, fewer, "--fail-on-regression"]) == 1
    assert "failed: set “yours” is no longer there" in capsys.readouterr().err
    assert main(["compare", fewer, whole, "--fail-on-regression"]) == 0
    assert "set “yours” is new" in capsys.readouterr().out


def broken_files(record):
    yield "null"
    yield "[]"
    yield "{"
    yield json.dumps({"metrics": {}})
    for section in ("metrics", "predictions", "dataset", "model", "environment"):
        yield json.dumps({k: v for k, v in record.items() if k != section})
        yield json.dumps(record | {section: None})
        yield json.dumps(record | {section: []})
    answers = record["predictions"]
    for wrong in (
        {"digit": answers["digit"][:-1]},
        {"digit": [*answers["digit"][1:], 99]},
        {"digit": [(digit + 1) % 10 for digit in answers["digit"]]},
        {"weight": [0.0] * len(answers["digit"])},
    ):
        yield json.dumps(record | {"predictions": answers | wrong})
    yield json.dumps(record | {"format_version": 2})


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
    monkeypatch.setattr(bundles.BundleTest, "evaluate", lambda self: pytest.fail("it started"))
    bad = tmp_path / "bad.json"
    bad.write_text("{}", encoding="utf-8")
    assert main(["build", "--previous", str(bad), "--out", str(tmp_path / "out")]) == 2
    assert "bad.json" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_build_compares_with_the_previous_report(tmp_path, monkeypatch, make_up, worse):
    monkeypatch.setattr(bundles.BundleTest, "evaluate", lambda self: make_up(error_share=0.02))
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
