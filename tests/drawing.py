"""Reports drawn quickly, for tests of what they say."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from report.documents import document, files

FIGURES: dict[bytes, document.Chart] = {}
draw_chart = document._chart


def draw_once(*call) -> document.Chart:
    """A figure and its finding; equal values give an equal figure, so it is drawn only once."""
    key = pickle.dumps(call)
    if key not in FIGURES:
        FIGURES[key] = draw_chart(*call)
    return FIGURES[key]


@contextmanager
def drawing_once() -> Iterator[None]:
    """Draw reports in this process, not in one that loads the libraries first; each figure once.

    That process, and equal bytes from it, are tested on the command as users run it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "_chart", draw_once)
        patch.setattr(files, "_render_apart", files._render)
        yield
