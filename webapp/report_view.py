"""The evaluation report as the demo shows it, from one folder that its operator chose."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from model.bundles.store import LITERT_FILE, Bundle
from webapp.encoding import data_url
from webapp.language import Words

HTML, JSON, PDF = "report.html", "report.json", "report.pdf"
MOST_BYTES = 20 * 2**20  # of a file; a report has about one
HOW_TO = "python -m report build --bundle {name} --out {folder}"


def read_report(folder: Path, bundle: Bundle, words: Words) -> dict[str, Any]:
    """Read the report in `folder` for the page: its HTML, its PDF if there is one, and words.

    Without a report that is about the served `bundle`, `words` and `command` say how to make one.
    """
    html, pdf, numbers = (_read(folder / name) for name in (HTML, PDF, JSON))
    is_shown = not folder.is_absolute()  # else it would tell of the operator's computer
    where = shlex.quote(str(folder)) if is_shown else "DIR"
    command = HOW_TO.format(name=bundle.name, folder=where)
    more = "" if is_shown else " " + words["report_dir"]
    how_to = {"state": "none", "command": command, "parts": command.split(" ")}
    if html is None or numbers is None:
        return how_to | {"words": words["report_none"] + more}
    served = bundle.metadata["files"]
    # The HTML is checked too: an interrupted build can leave it beside the numbers of another.
    if _network(numbers) != served or served[LITERT_FILE]["sha256"].encode() not in html:
        return how_to | {"words": words["report_other"] + more}
    return {
        "state": "report",
        "words": words.say("report_about", name=bundle.name),
        "html": html.decode("utf-8", "replace"),
        "pdf": None if pdf is None else data_url("application/pdf", pdf),
    }


def _read(path: Path) -> bytes | None:
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _network(numbers: bytes) -> object:
    """Fingerprints of the files of the network that a report is about."""
    try:
        return json.loads(numbers)["model"]["files"]
    except (ValueError, KeyError, TypeError):
        return None
