"""Build a report from top to bottom: bundle and test images in, files out."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from model import InputError
from report.evaluation import evaluate, parse_extras
from report.files import check_writable, documents, write_files
from report.metrics import summarise

LIBRARIES = ("ai-edge-litert", "numpy", "matplotlib", "seaborn", "jinja2", "typst")


def build(
    bundle: str | Path,
    out: Path,
    data: Path | None = None,
    dataset: str | None = None,
    extra: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
) -> list[Path]:
    """Evaluate `bundle` and write its report into the folder `out`; return the files written.

    Each `extra` names one more labelled set, as NAME=PATH. Raises InputError, and writes nothing,
    when the input can't be used or `out` can't be written.
    """
    sources = parse_extras(extra)
    check_writable(out)
    summary = summarise(evaluate(bundle, data, dataset, sources, say), environment())
    say("drawing and writing")
    return write_files(out, documents(summary))


def environment() -> dict[str, str]:
    """When and by what the report is made; SOURCE_DATE_EPOCH sets the time, for equal bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"SOURCE_DATE_EPOCH is “{epoch}”; give seconds since 1970") from error
    return {
        "created_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **{library: version(library) for library in LIBRARIES},
    }
