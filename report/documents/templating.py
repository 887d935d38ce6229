"""Jinja as the documents use it: the templates' folder, and the ways to write numbers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from report.charts import change_findings
from report.numbers import formats
from report.numbers.classes import nouns, short

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@cache
def html_environment(templates: Path = TEMPLATES) -> Environment:
    """Jinja for HTML: every value escaped."""
    return text_environment(templates, autoescape=True)


def text_environment(templates: Path = TEMPLATES, **options: Any) -> Environment:
    """Jinja with the report's ways to write numbers; every missing value is an error."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
    names = (
        "percent",
        "interval",
        "count",
        "decimal",
        "size",
        "seconds",
        "milliseconds",
        "chance",
        "plural",
        "shape",
        "cell",
        "epoch",
    )
    environment.filters |= {name: getattr(formats, name) for name in names}
    environment.filters |= {"plurals": nouns, "short": short}
    environment.filters["difference"] = change_findings.difference
    return environment
