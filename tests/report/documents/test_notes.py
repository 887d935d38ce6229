"""The short form: its numbers, its links, and that names from outside stay names."""

from __future__ import annotations

import re

import pytest

from report.charts.finding import Table
from report.documents.files import NAMES
from report.documents.notes import TEMPLATE, NotesPage, render_notes
from report.documents.templating import TEMPLATES


def rows(notes: str) -> list[list[str]]:
    """The cells of every table row but the rules."""
    lines = [line.strip("|").split("|") for line in notes.splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in line] for line in lines if not set("".join(line)) <= set("-:")
    ]


def test_the_headline_has_the_accuracy_and_its_interval(summary):
    found = {row[0]: row[1:] for row in rows(render_notes(summary))}
    accuracy = summary.metrics.accuracy
    value, interval = found["Read correctly (accuracy)"]
    assert value == f"{100 * accuracy.value:.2f}\u202f%"
    assert interval.startswith(f"{100 * accuracy.interval[0]:.2f}–")


def test_the_most_confused_pairs_and_every_extra_set_are_there(summary):
    found = [row[0] for row in rows(render_notes(summary))]
    pairs = summary.metrics.most_confused[:5]
    assert len(pairs) == 5
    assert [f"{pair.truth} → {pair.reading}" in found for pair in pairs] == [True] * 5
    assert {extra.name for extra in summary.extras} <= set(found)


def test_without_errors_or_extra_sets_those_parts_are_left_out(summarise_made_up):
    notes = render_notes(summarise_made_up(40, 0.0, extras=()))
    assert "confused" not in notes
    assert "other people" not in notes


def test_what_changed_has_a_table_of_its_own(summary):
    changes = Table((("Measure", "text"), ("Before", "percent")), (("a|b", 0.5), ("ece", None)))
    notes = render_notes(summary, changes)
    assert "## Since the previous report" in notes
    assert "Since the previous report" not in render_notes(summary)
    assert ["a&#124;b", "50.00\u202f%"] in rows(notes)
    assert "|---|---:|\n| a" in notes


def test_every_link_leads_to_a_file_of_the_report(summary):
    links = re.findall(r"\]\((.*?)\)", render_notes(summary))
    assert set(links) == set(NAMES) - {"release_notes.md"}


@pytest.mark.parametrize("name", ["<b>x</b>", "[a](b)", "a|b", "*x* `y` #1 @me ~z~", "a\n# b\\"])
def test_names_from_outside_stay_text(summarise_made_up, name):
    notes = render_notes(summarise_made_up(20, name=name, extras=()))
    title = notes.splitlines()[0]
    meant = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), title.removeprefix("# "))
    assert meant.startswith(name.replace("\n", " "))
    assert not re.search(r"[\\`*_{}\[\]<>|@]|#(?!\d+;)", title.removeprefix("# "))


def test_no_table_row_is_torn_apart(summary):
    lines = render_notes(summary).splitlines()
    for line, following in zip(lines, lines[1:], strict=False):
        if line.startswith("|") and following.startswith("|"):
            assert line.count("|") == following.count("|")


def test_the_template_uses_what_is_declared(summary):
    text = (TEMPLATES / TEMPLATE).read_text(encoding="utf-8")
    assert all(re.search(rf"\b{name}\b", text) for name in NotesPage.__annotations__)
