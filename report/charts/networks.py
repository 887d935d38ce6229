"""Chart: accuracy of several networks on the same test images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from matplotlib.figure import Figure

from report.charts.finding import Chart, Finding, Table
from report.charts.style import ACCENT, QUIET, assemble, draw_accuracies, styled
from report.numbers.formats import count, listed, part_of
from report.numbers.networks import NetworkResult, paired_tests
from report.numbers.summary import Summary


def make_chart(summary: Summary) -> Chart | None:
    networks = summary.networks
    return assemble(find(networks), draw(networks)) if len(networks) > 1 else None


def find(results: Sequence[NetworkResult]) -> Finding:
    """Compare the first network, the one reported on, with the others."""
    subject, *others = results
    title = f"{subject.name} misread {part_of(len(subject.wrong), subject.count)}"
    if others:
        rest = sorted(others, key=lambda result: len(result.wrong))
        title += "; " + ", ".join(f"{other.name} {count(len(other.wrong))}" for other in rest)
        title += f": {_verdict(results)}"
    alt = f"Dots with 95 % intervals: accuracy of each network on the same images. {title}."
    return Finding(title, alt, _table(results))


def _verdict(results: Sequence[NetworkResult]) -> str:
    """Say which of the differences from the first network may be chance."""
    pairs = list(zip(results[1:], paired_tests(results), strict=True))
    unclear = [other.name for other, test in pairs if not test.is_significant]
    if not unclear:
        return "more than chance explains" if len(pairs) == 1 else "each more than chance explains"
    names = "the difference" if len(pairs) == 1 else f"the difference from {listed(unclear)}"
    return f"{names} may be chance"


def _table(results: Sequence[NetworkResult]) -> Table:
    """List the networks, fewest errors first; a column of unknown numbers alone is left out.

    The p values are corrected for the number of tests (Holm).
    """
    kinds = {
        "Network": "text",
        "Accuracy": "percent",
        "95 % interval": "interval",
        "Errors": "count",
        f"Right where {results[0].name} is wrong": "count",
        f"Wrong where {results[0].name} is right": "count",
        "If equally good (p)": "chance",
        "Parameters": "count",
        "File size": "size",
        "One image": "milliseconds",
    }
    tests = [None, *paired_tests(results)]
    ranked = sorted(zip(results, tests, strict=True), key=lambda pair: len(pair[0].wrong))
    rows = [
        (r.name, r.accuracy.value, r.accuracy.interval, len(r.wrong),
         *((test.only_other, test.only_subject, test.p_holm) if test else (None,) * 3),
         r.parameters, r.litert_bytes, r.milliseconds)
        for r, test in ranked
    ]  # fmt: skip
    known = [any(row[place] is not None for row in rows) for place in range(len(kinds))]
    return Table(
        columns=tuple(compress(kinds.items(), known)),
        rows=tuple(tuple(compress(row, known)) for row in rows),
    )


@styled
def draw(results: Sequence[NetworkResult]) -> Figure:
    """Draw the accuracy of each network; the first one, reported on, has a colour of its own."""
    ranked = sorted(results, key=lambda result: len(result.wrong))
    colours = [ACCENT if result == results[0] else QUIET for result in ranked]
    names = [result.name for result in ranked]
    figure = draw_accuracies(names, [result.accuracy for result in ranked], colours)
    figure.axes[0].set_xlabel(f"accuracy with 95 % interval (n = {count(results[0].count)})")
    return figure
