"""Write a report again from its report.json, which needs neither the network nor its images."""

from __future__ import annotations

import logging
from pathlib import Path

from report.documents.files import Further, check_writable, documents, write_files
from report.format.reading import read_summary

_log = logging.getLogger(__name__)


def rebuild(source: Path, out: Path, further: Further | None = None) -> list[Path]:
    """Write the report that `source` holds into the folder `out`; return the paths written.

    `further` files are written beside the four. The same versions of the libraries write the same
    bytes as the first time. Raises InputError, and writes nothing, when `source` is no whole report
    or `out` can't be written.
    """
    summary = read_summary(source)
    check_writable(out)
    _log.info("drawing and writing")
    return write_files(out, documents(summary, further))
