"""The evaluation report: what a classifier got right and wrong, in numbers, figures and documents.

`from report import evaluate` is its Python interface; nothing heavy is imported until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from report.api import Report as Report


def __getattr__(name: str) -> Any:
    if name == "Report":
        from report.api import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
