"""Assemble the folder that is a Hugging Face Space: the demo, its networks, and no more.

python -m tools.space FOLDER [--report DIR]
"""

from __future__ import annotations

import argparse
import ast
import shutil
import string
import sys
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement

from model.errors import CommandParser, InputError, run_command
from model.files.replacement import replaced

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements-serve.txt"
CARD = ROOT / "templates" / "space.md"
SHOWN = (  # templates that the demo shows
    "demo*", "canvas*", "history*", "answered.js", "words/*",
    "api_docs*", "palette.css", "openapi.json",
)  # fmt: skip
REPORT_FILES = ("report.html", "report.json", "report.pdf")


def main(argv: list[str] | None = None) -> int:
    """Assemble the folder; 0 done, 2 it cannot be."""
    parser = CommandParser(prog="python -m tools.space", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="made anew, or replaced")
    parser.add_argument("--report", type=Path, default=ROOT / "report-out", metavar="DIR",
                        help="folder of the report to show, if there is one")  # fmt: skip
    options = parser.parse_args(argv)
    return run_command(lambda: _assemble_and_print(options), "space")


def _assemble_and_print(options: argparse.Namespace) -> None:
    assemble(options.folder, options.report)
    print(f"The Space is in {options.folder}; docs/publish.md says how to push it")


def assemble(folder: Path, report: Path) -> None:
    """Write a Space into `folder`, with the report if there is one; a Space there is replaced.

    Raises InputError when the folder holds something else, or Gradio is not the one listed.
    """
    if folder.exists() and (folder.is_file() or any(folder.iterdir())) and not _is_space(folder):
        raise InputError(f"{folder} holds something else than a Space: name another folder")
    with replaced(folder) as half:
        for source in served_files():
            _copy(source, half / source.relative_to(ROOT))
        for name in REPORT_FILES:
            if (report / name).is_file():
                _copy(report / name, half / "report-out" / name)
        (half / "README.md").write_text(_card(), encoding="utf-8")
        # A Space installs Gradio by its `sdk_version`.
        listed = "".join(line for line in _lines() if not line.startswith("gradio"))
        (half / "requirements.txt").write_text(listed, encoding="utf-8")


def served_files() -> list[Path]:
    """Find all files that serving needs: the demo, what it imports of the project, what it shows.

    Imports inside functions of `model` belong to training and are left out.
    """
    waiting, found = [ROOT / "demo.py", *ROOT.glob("webapp/*.py")], set()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imported(file)
    templates = [file for name in SHOWN for file in (ROOT / "templates").glob(name)]
    networks = (ROOT / "model" / "pretrained").glob("*/*.*")
    return sorted([*found, *templates, *networks, ROOT / "LICENSE", ROOT / "pyproject.toml"])


def _imported(file: Path) -> list[Path]:
    """Files of the project that a file's head imports."""
    modules = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            modules |= {node.module} | inner
    parts = [module.split(".") for module in modules]
    stems = [ROOT.joinpath(*names[:depth]) for names in parts for depth in range(1, len(names) + 1)]
    files = [place for stem in stems for place in (stem.with_suffix(".py"), stem / "__init__.py")]
    return [file for file in files if file.is_file()]


def _card() -> str:
    """Write the README, whose head is the Space's configuration, for the versions in use here."""
    gradio = version("gradio")
    listed = next(Requirement(line.strip()) for line in _lines() if line.startswith("gradio"))
    if not listed.specifier.contains(gradio):
        raise InputError(f"Gradio {gradio} is installed, but {REQUIREMENTS.name} wants {listed}")
    python = "{}.{}".format(*sys.version_info)
    text = string.Template(CARD.read_text("utf-8"))
    return text.substitute(gradio_version=gradio, python_version=python)


def _lines() -> list[str]:
    return REQUIREMENTS.read_text("utf-8").splitlines(keepends=True)


def _is_space(folder: Path) -> bool:
    card = folder / "README.md"
    return card.is_file() and "\nsdk: gradio\n" in card.read_text("utf-8", "replace")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


if __name__ == "__main__":
    sys.exit(main())
