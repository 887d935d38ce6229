"""A report's files: what each holds, and how they are written: all of them or none."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from errno import EISDIR
from multiprocessing import get_context, parent_process
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from threading import Thread

from model.errors import InputError
from report.documents.notes import render_notes
from report.documents.pdf import render_pdf
from report.numbers.summary import Summary

NAMES = HTML_NAME, PDF_NAME, JSON_NAME, NOTES_NAME = (
    "report.html", "report.pdf", "report.json", "release_notes.md",
)  # fmt: skip


def documents(summary: Summary) -> dict[str, bytes]:
    """Every document by its file name. The figures are drawn once: the PDF sets the HTML's page."""
    page = _drawn_apart(summary)
    return {
        HTML_NAME: _encoded(page),
        PDF_NAME: render_pdf(page, summary.environment["created_at"]),
        JSON_NAME: _encoded(f"{json_text(summary)}\n"),
        NOTES_NAME: _encoded(render_notes(summary)),
    }


def _drawn_apart(summary: Summary) -> str:
    """The page, drawn in a process of its own.

    What the drawing libraries hold in memory is given back before Typst needs its share.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_follow_parent) as apart:
        try:
            return apart.submit(_page, summary).result()
        except BrokenProcessPool:
            words = "the process that draws the figures was killed, perhaps for want of memory"
            raise InputError(f"{words}; nothing was written") from None


def _follow_parent() -> None:
    """Leave Ctrl-C to the process that we draw for, and end when that ends, however it does."""
    signal(SIGINT, SIG_IGN)

    def end() -> None:
        parent_process().join()
        os._exit(1)

    Thread(target=end, daemon=True).start()


def _page(summary: Summary) -> str:
    from report.documents.document import render_html

    return render_html(summary)


def json_text(summary: Summary) -> str:
    """The summary as JSON, on one line."""
    record = summary.to_json()
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _encoded(text: str) -> bytes:
    """Text as bytes. A file's name may hold bytes that are no text: those become question marks."""
    return text.encode("utf-8", "replace")


def check_writable(out: Path) -> None:
    """Find out before the work whether `out` will take the files. Raises InputError."""
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
    """Write all files or none: each beside its place first, then moved there. Raises InputError."""
    written: dict[Path, Path] = {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            written[_write_temporary(out, name, content)] = out / name
        for temporary, final in written.items():
            os.replace(temporary, final)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        for temporary in written:
            temporary.unlink(missing_ok=True)
    return list(written.values())


def _write_temporary(folder: Path, name: str, content: bytes) -> Path:
    """Write a file under a name that no one looks for, readable as files usually are."""
    handle, path = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(path, 0o666 & ~_umask())
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    return Path(path)


def _umask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
