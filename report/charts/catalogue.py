"""All charts of the report: those of every file in this folder that makes some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules

from report import charts
from report.charts.finding import Chart
from report.numbers.summary import Summary

MakeChart = Callable[[Summary], Chart | None]


def _charts_of(name: str) -> Mapping[str, MakeChart]:
    """What a file makes: the chart of its own name by `make_chart`, or those in its `CHARTS`."""
    module = import_module(f"{charts.__name__}.{name}")
    own = {name: module.make_chart} if hasattr(module, "make_chart") else {}
    return getattr(module, "CHARTS", own)


# A template shows one as `charts.NAME`. The function returns None where the chart does not apply.
CHARTS: Mapping[str, MakeChart] = {
    chart: make_chart
    for file in iter_modules(charts.__path__)
    if file.name != "catalogue"
    for chart, make_chart in _charts_of(file.name).items()
}


def make_charts(summary: Summary) -> dict[str, Chart]:
    """Draw every chart that applies, by its name."""
    made = ((name, make_chart(summary)) for name, make_chart in CHARTS.items())
    return {name: chart for name, chart in made if chart is not None}
