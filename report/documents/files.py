"""The files of a report: made together, and all written or none."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from errno import EISDIR
from functools import partial
from operator import call
from pathlib import Path

from model.errors import InputError
from model.files.writing import atomic_path
from report.apart import run_apart
from report.documents.notes import render_notes
from report.documents.pdf import render_pdf
from report.numbers.summary import Summary

NAMES = HTML_NAME, PDF_NAME, JSON_NAME, NOTES_NAME = (
    "report.html", "report.pdf", "report.json", "release_notes.md",
)  # fmt: skip
KILLED = (
    "a process that draws the report was killed, perhaps for want of memory; nothing was written"
)


@dataclass(frozen=True)
class Further:
    """What is written beside the four files: `figures`, as svg or png; standard `metadata`."""

    figures: str | None = None
    metadata: bool = False


def documents(
    summary: Summary, further: Further | None = None, is_apart: bool = True
) -> dict[str, bytes]:
    """Make every document, by its file name. The PDF is set from the HTML page and its figures.

    The figures are drawn, and then the PDF is set, each in another process where it `is_apart`:
    that returns its memory, of which the drawing libraries take much. It runs the main script
    again, so a script that is not guarded against it, and a notebook, draw in their own process.
    """
    run = partial(run_apart, KILLED) if is_apart else call
    page, notes, others = run(_render, summary, further or Further())
    return {
        HTML_NAME: _encoded(page),
        PDF_NAME: run(render_pdf, page, summary.environment["created_at"]),
        JSON_NAME: _encoded(f"{json_text(summary)}\n"),
        NOTES_NAME: _encoded(notes),
        **others,
    }


def _render(summary: Summary, further: Further) -> tuple[str, str, dict[str, bytes]]:
    from report.documents.document import render_page, report_page
    from report.documents.figures import figure_files
    from report.documents.metadata import BOM_NAME, CARD_NAME, ml_bom, model_card

    page = report_page(summary)
    charts = page["charts"]
    changes = charts["changes"].table if "changes" in charts else None
    notes = render_notes(summary, changes, page["verdict_table"])
    others = figure_files(charts, further.figures) if further.figures else {}
    if further.metadata:
        others |= {CARD_NAME: _encoded(model_card(summary)), BOM_NAME: ml_bom(summary)}
    return render_page(page), notes, others


def json_text(summary: Summary) -> str:
    """Write the summary as JSON, on one line."""
    record = summary.to_json()
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _encoded(text: str) -> bytes:
    """Encode as UTF-8. Bytes in a file's name that are not text become question marks."""
    return text.encode("utf-8", "replace")


def check_writable(out: Path) -> None:
    """Check that the files can be written into `out`. Raises InputError where they cannot."""
    try:
        nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
        tempfile.TemporaryFile(dir=nearest).close()
        for name in NAMES:
            if (out / name).is_dir():
                raise IsADirectoryError(EISDIR, f"{name} is a folder there")
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> InputError:
    return InputError(f"{out}: can't be written ({error.strerror}); choose another --out")


def write_files(out: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write all files or none: each under a temporary name, then renamed. Raises InputError."""
    try:
        for name in contents:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:  # All are written before the first is renamed.
            for name, content in contents.items():
                files.enter_context(atomic_path(out / name)).write_bytes(content)
    except OSError as error:
        raise _unwritable(out, error) from error
    return [out / name for name in contents]
