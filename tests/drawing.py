"""Reports drawn quickly, for tests of what they say."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from importlib import import_module
from inspect import getmembers, isfunction
from pkgutil import iter_modules

import pytest
from matplotlib.figure import Figure

from report import build, charts
from report.charts import style
from report.documents import files

FIGURES: dict[bytes, Figure] = {}
encode_once = cache(style.encode)


def once(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw a figure only once from equal values."""

    @wraps(draw)
    def drawn(*args, **kwargs) -> Figure:
        key = pickle.dumps((draw.__module__, draw.__name__, args, kwargs))
        if key not in FIGURES:
            FIGURES[key] = draw(*args, **kwargs)
        return FIGURES[key]

    return drawn


@contextmanager
def drawing_once() -> Iterator[None]:
    """Run classifiers and draw here, not in a process that loads the libraries; each figure once.

    That process, and equal bytes from it, are tested on the command as users run it.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module in (
            import_module(f"report.charts.{m.name}") for m in iter_modules(charts.__path__)
        ):
            for name, function in getmembers(module, isfunction):
                if hasattr(function, "__wrapped__"):  # by `styled`
                    patch.setattr(module, name, once(function))
        patch.setattr(style, "encode", encode_once)
        for module in (build, files):
            patch.setattr(module, "run_apart", lambda _, call, *given, **limit: call(*given))
        yield
