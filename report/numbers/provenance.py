"""Where a report comes from: the time, the commit, the call, the machine and the versions."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from shlex import join

from model.errors import InputError, printable

ROOT = Path(__file__).resolve().parents[2]
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
LIBRARIES = ("ai-edge-litert", "numpy", "matplotlib", "seaborn", "jinja2", "typst")


def environment(arguments: Sequence[str] = ()) -> dict[str, str]:
    """When, by what and where a report is made; `arguments` are those that choose what it says.

    SOURCE_DATE_EPOCH sets the time, for equal bytes. Raises InputError when it is no time.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"SOURCE_DATE_EPOCH is “{epoch}”; give seconds since 1970") from error
    found = commit()
    return {
        "created_at": moment.strftime(TIME_FORMAT),
        "command": printable(join(["python", "-m", "report", "build", *arguments])),
        **({"commit": printable(found)} if found else {}),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }


def parse_time(created_at: str) -> datetime:
    """The moment that a report's `created_at` names. Raises ValueError."""
    return datetime.strptime(created_at, TIME_FORMAT).replace(tzinfo=UTC)


def commit(root: Path = ROOT) -> str | None:
    """The commit that is checked out in `root`, read without git; None where there is none.

    Format: gitrepository-layout(5).
    """
    try:
        folder = root / ".git"
        if folder.is_file():  # A linked working tree says where its folder is.
            folder = root / folder.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (folder / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref:"):
            return head
        return _resolved(folder, head.removeprefix("ref:").strip())
    except (OSError, UnicodeDecodeError):
        return None


def _resolved(folder: Path, name: str) -> str | None:
    """The commit that a branch stands at: in a file of its own, or in the list of packed ones."""
    common = folder / "commondir"
    shared = folder / common.read_text(encoding="utf-8").strip() if common.is_file() else folder
    for place in (folder, shared):
        if (place / name).is_file():
            return (place / name).read_text(encoding="utf-8").strip()
    for line in (shared / "packed-refs").read_text(encoding="utf-8").splitlines():
        if line.endswith(f" {name}"):
            return line.split()[0]
    return None
