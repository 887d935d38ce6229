"""What `check` and `compare` found, as JUnit XML, as Markdown and as a badge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from xml.etree import ElementTree

from report.charts.change_text import (
    change_sentence,
    change_table,
    headline,
    matching_lines,
    regression_lines,
)
from report.charts.finding import Table
from report.documents.templating import html_environment, markdown_environment
from report.numbers.check import Verdict
from report.numbers.comparison import Comparison

CHECK_TEMPLATE, COMPARE_TEMPLATE, BADGE_TEMPLATE = "check.md.j2", "compare.md.j2", "badge.svg.j2"
LETTER_WIDTH, MARGIN = 6.6, 10  # of a badge, in pixels


@dataclass(frozen=True)
class Case:
    """One demand on a report, what was found in words, and whether the demand holds."""

    name: str
    found: str
    holds: bool


class CheckPage(TypedDict):
    """The values that `check.md.j2` is given."""

    subject: str
    verdicts: Sequence[Verdict]
    table: Table


class ComparePage(TypedDict):
    """The values that `compare.md.j2` is given."""

    subject: str
    method: str
    headline: str
    failed: list[str]
    matched: list[str]
    table: Table


class Badge(TypedDict):
    """The values that `badge.svg.j2` is given; widths are in pixels."""

    label: str
    label_width: int
    value: str
    value_width: int
    holds: bool


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """List the thresholds that were asked for, the values found, and whether each holds."""
    columns = (("Number", "text"), ("Found", "written"), ("95 % interval", "written"),
               ("Asked for", "written"), ("Verdict", "text"))  # fmt: skip
    rows = (
        (name, found, _interval_text(v), asked, "holds" if v.holds else "falls short")
        for v, (name, found, asked) in ((verdict, verdict.row()) for verdict in verdicts)
    )  # fmt: skip
    return Table(columns, tuple(rows))


def check_cases(verdicts: Sequence[Verdict]) -> list[Case]:
    """A case for each threshold."""
    cases = []
    for verdict in verdicts:
        name, found, asked = verdict.row()
        reach = f" (95 % interval {_interval_text(verdict)})" if verdict.interval else ""
        cases.append(Case(f"{name} {asked}", f"found {found}{reach}", verdict.holds))
    return cases


def _interval_text(verdict: Verdict) -> str | None:
    return verdict.interval and " to ".join(f"{bound:.4g}" for bound in verdict.interval)


def compare_cases(comparison: Comparison) -> list[Case]:
    """A case for each number that was tested, and for each class or set that was lost."""
    tested = [c for c in comparison.changes if c.p_value is not None]
    cases = [Case(c.name, change_sentence(c), not c.is_regression) for c in tested]
    return [*cases, *(Case(words, words, holds=False) for words in comparison.lost)]


def junit(suite: str, method: str, cases: Sequence[Case]) -> bytes:
    """Write cases as a JUnit XML file, as CI services read it; `method` says how it was tested."""
    failures = sum(not case.holds for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": "0"}
    root = ElementTree.Element("testsuites", counts)
    shown = ElementTree.SubElement(root, "testsuite", {"name": suite, **counts})
    properties = ElementTree.SubElement(shown, "properties")
    ElementTree.SubElement(properties, "property", name="method", value=method)
    for case in cases:
        element = ElementTree.SubElement(
            shown, "testcase", classname=suite, name=case.name, time="0"
        )
        if not case.holds:
            ElementTree.SubElement(element, "failure", message=case.found).text = case.found
        ElementTree.SubElement(element, "system-out").text = case.found
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def check_markdown(subject: str, verdicts: Sequence[Verdict]) -> str:
    """Write thresholds and what was found; `subject` says what the report is about."""
    page = CheckPage(subject=subject, verdicts=verdicts, table=verdict_table(verdicts))
    return _filled(CHECK_TEMPLATE, page)


def method_of(comparison: Comparison) -> str:
    """Say which test was used."""
    if comparison.is_paired:
        tests = "McNemar’s test, by group where there are groups; for scores the paired bootstrap"
        item = comparison.item
        return f"{item} by {item}, as both reports are of the same ones ({tests})"
    return "as separate samples (Fisher’s exact test)"


def compare_markdown(subject: str, comparison: Comparison) -> str:
    """Write what changed, with intervals, tests and verdicts."""
    page = ComparePage(
        subject=subject,
        method=method_of(comparison),
        headline=headline(comparison),
        failed=regression_lines(comparison),
        matched=matching_lines(comparison),
        table=change_table(comparison),
    )
    return _filled(COMPARE_TEMPLATE, page)


def _filled(template: str, page: Any) -> str:
    return markdown_environment().get_template(template).render(page)


def badge(label: str, value: str, holds: bool) -> str:
    """Draw a badge: a label and a value, in the colour of success or of failure."""
    widths = (round(LETTER_WIDTH * len(text)) + MARGIN for text in (label, value))
    page = Badge(
        label=label, label_width=next(widths), value=value, value_width=next(widths), holds=holds
    )
    return html_environment().get_template(BADGE_TEMPLATE).render(page)
