"""What the documentation says holds: links lead somewhere, commands run, figures are measured."""

import re
import shlex
from pathlib import Path

import pytest

from digits import MODEL_COMMANDS
from model.__main__ import _parser as model_parser
from model.data import corrections
from model.files import pictures
from report.__main__ import _parser as report_parser
from tools import batch
from webapp import api, intake, limits, report_view, serving, uploads
from webapp.__main__ import _parser as demo_parser
from webapp.page import QUEUE_LENGTH

ROOT = Path(__file__).parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "SECURITY.md",
        *sorted((ROOT / "docs").glob("*.md")),
        ROOT / "CONTRIBUTING.md",
    )
}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
SPAN = re.compile(r"`([^`\n]+)`")
PROGRAMS = {
    "-m model": model_parser(),
    "-m report": report_parser(),
    "-m tools.batch": batch._parser(),
    "demo.py": demo_parser(),
}
CALL = re.compile(rf"(?:^|/)python ({'|'.join(map(re.escape, PROGRAMS))})(?: (.*))?$")
INSTALLED = {"digits demo": "python demo.py", "digits report": "python -m report"}
INSTALLED |= {f"digits {name}": f"python -m model {name}" for name in MODEL_COMMANDS}


def anchors(text: str) -> set[str]:
    """The addresses of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links() -> list[tuple[str, str]]:
    """Every link that stays within the project: the page it is on, and where it points."""
    return [
        (page, target)
        for page, text in PAGES.items()
        for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text))
        if "://" not in target
    ]


@pytest.mark.parametrize(("page", "target"), links())
def test_every_link_leads_somewhere(page, target):
    name, _, heading = target.partition("#")
    path = (ROOT / page).parent / name if name else ROOT / page
    assert path.exists()
    if heading:
        assert heading in anchors(path.read_text("utf-8"))


def test_every_page_is_linked_from_the_readme():
    assert {target for page, target in links() if page == "README.md"} >= set(PAGES) - {"README.md"}


def calls(text: str) -> list[tuple[str, str, bool]]:
    """Calls of the project's programs: the program, its arguments, and whether they are a summary.

    A summary (`[--json]`), or a call within a sentence, says what there is, not what to type.
    """
    blocks = "\n".join(block for language, block in FENCE.findall(text) if language in ("", "bash"))
    blocks = re.sub(r"\\?\n\s+(?=\[|-)", " ", blocks)  # a call that goes on in the next line
    lines = [line.partition(" #")[0].strip() for line in blocks.splitlines()]
    lines = [by_python(line.removeprefix("uvx --from . ")) for line in lines]
    found = [(match, "[" in match[0]) for match in map(CALL.search, lines) if match]
    spans = map(CALL.search, SPAN.findall(FENCE.sub("", text)))
    found += [(match, True) for match in spans if match]
    return [(match[1], match[2] or "", is_summary) for match, is_summary in found]


def by_python(line: str) -> str:
    """A call of the installed command as the call of the program that it runs."""
    start = " ".join(line.split()[:2])
    return line.replace(start, INSTALLED[start], 1) if start in INSTALLED else line


CALLS = [(page, *call) for page, text in PAGES.items() for call in calls(text)]


def options(text: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]*", text))


@pytest.mark.parametrize(("page", "program", "arguments", "is_summary"), CALLS)
def test_every_command_is_one_that_there_is(page, program, arguments, is_summary, capsys):
    parser = PROGRAMS[program]
    if not is_summary:
        parser.parse_args(shlex.split(arguments))
        return
    command = [] if program == "demo.py" else arguments.split()[:1]
    with pytest.raises(SystemExit):
        parser.parse_args([*command, "--help"])
    said = capsys.readouterr().out
    assert said.startswith("usage: ")
    assert options(arguments) <= options(said)


def test_commands_of_every_program_are_found():
    assert {program for _, program, _, _ in CALLS} == set(PROGRAMS)
    assert len(CALLS) > 40
    installed = re.findall(r"^(?:uvx --from \. )?(digits \w+)", PAGES["README.md"], re.M)
    assert len(installed) > 3
    assert set(installed) <= set(INSTALLED)


def test_every_make_target_is_one_that_there_is():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    code = [part for text in PAGES.values() for part in SPAN.findall(FENCE.sub("", text))]
    code += [block for text in PAGES.values() for _, block in FENCE.findall(text)]
    named = set(re.findall(r"^make ([a-z][\w-]*)", "\n".join(code), re.M))
    assert {"demo", "report", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_is_there(page):
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGES[page]))
    assert named <= set(re.findall(r"^def (test_\w+)", tests, re.M))
    assert all((ROOT / file).is_file() for file in re.findall(r"`(tests/[\w/]+\.py)`", PAGES[page]))


@pytest.mark.parametrize(
    "words",
    [
        f"{pictures.MAX_BYTES >> 20} MB a picture; requests over "
        f"{-(-limits.REQUEST_BYTES >> 20)} MB, or {limits.JSON_BYTES >> 10} kB where",
        f"{pictures.MAX_PIXELS // 10**6} million pixels, judged",
        f"{api.PREDICT_WAITING} digits and {api.READ_WAITING} pages may wait",
        f"the page: {QUEUE_LENGTH} in all",
        f"{intake.RECEIVE_SECONDS} seconds to arrive; {intake.HELD_BYTES >> 20} MB held",
        f"{uploads.FOLDER_BYTES >> 30} GB, {uploads.FILES_KEPT:,} files and "
        f"{uploads.UPLOAD_SECONDS // 60} minutes, looked "
        f"at every {serving.LOOK_SECONDS} seconds",
        f"{corrections.MOST_KEPT:,} drawings of {corrections.MOST_BYTES // 1000} kB",
        f"no file over {report_view.MOST_BYTES >> 20} MB",
    ],
)
def test_the_limits_of_the_threat_model_are_the_codes(words):
    assert words in " ".join(PAGES["SECURITY.md"].split())


@pytest.mark.parametrize("room", ["model", "report", "webapp"])
def test_every_file_has_its_line_in_the_architecture(room):
    text = PAGES["docs/architecture.md"]
    section = re.search(rf"^## `{room}/`.*?(?=^## )", text, re.M | re.S)[0]
    listed = re.findall(r"`([\w/]+\.py)`", "".join(re.findall(r"^\| `[^|]*\|", section, re.M)))
    files = [path.relative_to(ROOT / room).as_posix() for path in (ROOT / room).rglob("*.py")]
    assert sorted(listed) == sorted(file for file in files if not file.endswith("__init__.py"))


def test_the_recipes_are_those_that_are_listed():
    from model.training.config import TUTORIALS, TrainingConfig

    text = PAGES["docs/training.md"]
    rows = dict(re.findall(r"^\| `(--[\w-]+)` \| [^|]* \| (.*) \|$", text, re.M))
    for option in ("epochs", "batch-size", "learning-rate", "validation-split", "seed"):
        columns = zip(
            (TUTORIALS, ["cnn_small"], ["cnn"]), rows[f"--{option}"].split(" | "), strict=True
        )
        for names, said in columns:
            field = option.replace("-", "_")
            real = {getattr(TrainingConfig.default(name), field) for name in names}
            assert real == {float(said.partition(",")[0])}
