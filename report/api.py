"""The report in Python and in notebooks: `from report import evaluate`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import InputError
from report.evaluation.in_memory import evaluation_of
from report.numbers.comparison import Comparison, check_same_data
from report.numbers.comparison import compare as compare_snapshots
from report.numbers.provenance import environment
from report.numbers.summary import Summary, snapshot, summarise

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from report.charts.finding import Chart


def evaluate(
    y_true: Any,
    probabilities: Any = None,
    *,
    y_pred: Any = None,
    classes: Sequence[str] | None = None,
    outputs: str | None = None,
    weights: Any = None,
    groups: Any = None,
    images: Any = None,
    name: str = "model",
    data: str = "data",
) -> Report:
    """Measure a classifier's answers against the truth.

    `y_true` holds n labels: names, numbers from 0, or one-hot rows (n, c). `probabilities` (n, c)
    has a column for each class, or is (n,) for the second of two; `y_pred`, n labels, are the
    answers where they are not the likeliest classes, or where there are no probabilities.
    `classes` names the classes in the order of the columns; a DataFrame's columns name them
    themselves. `outputs` says what else the numbers
    are: "logits" or "percent". `weights` (n,) are 0 or more, `groups` (n,) the slice of each row,
    `images` (n, h, w) or (n, h, w, 3) what to show; `name` and `data` say what was tested on what.
    Raises InputError, a ValueError, in one line that says what is wrong.
    """
    columns = {"y_true": y_true, "y_prob": probabilities, "y_pred": y_pred, "weight": weights,
               "group": groups, "image": images}  # fmt: skip
    given = {role: values for role, values in columns.items() if values is not None}
    try:
        evaluation = evaluation_of(given, classes, outputs, name, data)
    except InputError as error:  # an option of the command line is an argument here
        raise InputError(re.sub(r"--(\w+)", r"\1=", str(error))) from None
    return Report(summarise(evaluation, environment()))


@dataclass(frozen=True)
class Report:
    """What was measured; a notebook shows its first screen. `summary` holds all of it."""

    summary: Summary

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Every number by its name in report.json, such as `accuracy` and `accuracy_interval`."""
        return self.summary.metrics.to_json()

    @cached_property
    def _charts(self) -> dict[str, Chart]:
        from report.charts.catalogue import make_charts

        return make_charts(self.summary)

    @property
    def figures(self) -> tuple[str, ...]:
        """The names that `figure` takes, and `table` as well."""
        return tuple(self._charts)

    def figure(self, name: str) -> Figure:
        """Return a figure of the report, such as `confusion`. Raises InputError for another."""
        return self._chart(name).figure

    def _chart(self, name: str) -> Chart:
        if name not in self._charts:
            raise InputError(f"there is no {name!r} here; there are: {', '.join(self._charts)}")
        return self._charts[name]

    def table(self, name: str) -> Any:
        """Return numbers as rows: `per_class`, `most_confused`, `predictions`, or a figure's.

        A DataFrame where pandas is installed, otherwise a list with a dict for each row. Raises
        InputError for another name.
        """
        rows = self._rows(name)
        if not find_spec("pandas"):
            return rows
        import pandas as pd

        return pd.DataFrame(rows)

    def _rows(self, name: str) -> list[dict[str, Any]]:
        if name in ("per_class", "most_confused"):
            return [dict(row) for row in self.metrics[name]]
        if name == "predictions":
            columns = {k: v for k, v in self.summary.predictions.to_json().items() if v is not None}
            return [
                dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
            ]
        table = self._chart(name).table
        return [dict(zip(table.headings, row, strict=True)) for row in table.rows]

    def compare(self, other: Report) -> Comparison:
        """Say what changed from the `other` report to this one, number by number.

        Raises InputError where the two are of different data or tasks.
        """
        old, new = snapshot(other.summary), snapshot(self.summary)
        check_same_data(old, new)
        return compare_snapshots(old, new)

    def save(self, folder: str | Path) -> list[Path]:
        """Write report.html, report.pdf, report.json and release_notes.md; return their paths.

        Raises InputError, and writes nothing, where they can't be written.
        """
        from report.documents.files import check_writable, documents, write_files

        check_writable(Path(folder))
        return write_files(Path(folder), documents(self.summary, is_apart=False))

    def __repr__(self) -> str:
        accuracy = self.summary.metrics.accuracy
        low, high = accuracy.interval
        return (
            f"<Report of {self.summary.model['name']} on {self.summary.dataset['name']}: accuracy "
            f"{accuracy.value:.4f} ({low:.4f} to {high:.4f}) of {accuracy.total:,}>"
        )

    def _repr_html_(self) -> str:
        """The first screen, as notebooks show it: no script, and styles on the elements alone."""
        from report.documents.notebook import first_screen

        return first_screen(self.summary, self._chart("confusion"))
