"""All charts of the report, in the order of its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from report.charts import (
    architecture,
    changes,
    class_counts,
    confused_pairs,
    confusion,
    label_errors,
    networks,
    per_class,
    reliability,
    risk_coverage,
    robustness,
    sets,
    thresholds,
    training,
)
from report.charts.finding import Chart
from report.numbers.summary import Summary

# A template shows one as `charts.NAME`. The function returns None where the chart does not apply.
CHARTS: Mapping[str, Callable[[Summary], Chart | None]] = {
    "class_counts": class_counts.make_chart,
    "architecture": architecture.make_chart,
    "loss": training.make_loss_chart,
    "accuracy": training.make_accuracy_chart,
    "confusion": confusion.make_chart,
    "per_class": per_class.make_chart,
    "thresholds": thresholds.make_chart,
    "confused_pairs": confused_pairs.make_chart,
    "label_errors": label_errors.make_chart,
    "reliability": reliability.make_chart,
    "risk_coverage": risk_coverage.make_chart,
    "sets": sets.make_chart,
    "robustness": robustness.make_chart,
    "networks": networks.make_chart,
    "changes": changes.make_chart,
}


def make_charts(summary: Summary) -> dict[str, Chart]:
    """Draw every chart that applies, by its name."""
    made = ((name, make_chart(summary)) for name, make_chart in CHARTS.items())
    return {name: chart for name, chart in made if chart is not None}
