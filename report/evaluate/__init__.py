"""Runs classifiers over test sets.

`from report import evaluate` gives this package, as Python binds a package's name where it is
imported; so it can be called, and calls `report.api.evaluate`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Measure a classifier's answers against the truth: see `report.api.evaluate`."""
        return import_module("report.api").evaluate(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
