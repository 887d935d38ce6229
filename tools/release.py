"""Check that a release is described: its tag is the project's version, its changes are listed.

python -m tools.release v1.2.3 > changes.md
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from model.errors import CommandParser, InputError, run_command

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the changelog's entry for a tag; 2 where tag, version or entry do not fit."""
    parser = CommandParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("tag", metavar="vX.Y.Z")
    tag = parser.parse_args(argv).tag
    return run_command(lambda: print(entry(tag, ROOT)), "release")


def entry(tag: str, root: Path) -> str:
    """What CHANGELOG.md says of the version that `tag` names. Raises InputError."""
    version = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if tag != f"v{version}":
        raise InputError(f"the tag {tag} is not v{version}, the version in pyproject.toml; set one")
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    heading = rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$"
    found = re.search(rf"{heading}\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if not found or not found[1].strip():
        raise InputError(
            f"CHANGELOG.md has no entry “## {version} - YYYY-MM-DD”; turn “Unreleased” into it"
        )
    return found[1].strip()


if __name__ == "__main__":
    sys.exit(main())
