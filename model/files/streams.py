"""Standard output and standard error: silenced, or given up."""

from __future__ import annotations

import contextlib
import io
import os
import sys


@contextlib.contextmanager
def quiet():
    """Hide TensorFlow's chatter: what it prints, and what its C++ side writes to descriptor 2."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def drop_output() -> None:
    """Give up on what was printed: Python would try once more at its exit, and complain."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
