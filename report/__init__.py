"""The evaluation report: what a classifier got right and wrong, in numbers, figures and documents.

`from report import evaluate` is its Python interface; nothing heavy is imported until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from report.api import Report as Report
    from report.api import evaluate as evaluate


def __getattr__(name: str) -> Any:
    if name in ("Report", "evaluate"):
        from report import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
