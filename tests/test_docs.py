"""What the documentation says holds: links lead somewhere, commands run, figures are measured."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import demo
import demo_api
import demo_guard
import demo_intake
import demo_report
from model import corrections, pictures
from model.__main__ import _parser as model_parser
from report.__main__ import _parser as report_parser
from report.formats import chance, interval, percent
from report.significance import mcnemar

ROOT = Path(__file__).parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md")))
}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
SPAN = re.compile(r"`([^`\n]+)`")
TO_RUN = re.compile(r"^<!-- run -->\n```\n(.*?)^```$", re.M | re.S)
PROGRAMS = {"-m model": model_parser(), "-m report": report_parser(), "demo.py": demo._parser()}
CALL = re.compile(rf"(?:^|/)python ({'|'.join(map(re.escape, PROGRAMS))})(?: (.*))?$")


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
    found = [(match, "[" in match[0]) for match in map(CALL.search, lines) if match]
    spans = map(CALL.search, SPAN.findall(FENCE.sub("", text)))
    found += [(match, True) for match in spans if match]
    return [(match[1], match[2] or "", is_summary) for match, is_summary in found]


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
        f"{-(-demo_guard.REQUEST_BYTES >> 20)} MB",
        f"{pictures.MAX_PIXELS // 10**6} million pixels, judged",
        f"{demo_api.PREDICT_WAITING} digits and {demo_api.READ_WAITING} pages may wait",
        f"the page: {demo.QUEUE_LENGTH} in all",
        f"{demo_intake.RECEIVE_SECONDS} seconds to arrive; {demo_intake.HELD_BYTES >> 20} MB held",
        f"{demo_guard.FOLDER_BYTES >> 30} GB and {demo_guard.KEEP_SECONDS // 60} minutes, looked "
        f"at every {demo_guard.LOOK_SECONDS} seconds",
        f"{corrections.MOST_KEPT:,} drawings of {corrections.MOST_BYTES // 1000} kB",
        f"no file over {demo_report.MOST_BYTES >> 20} MB",
    ],
)
def test_the_limits_of_the_threat_model_are_the_codes(words):
    assert words in " ".join(PAGES["SECURITY.md"].split())


@pytest.mark.parametrize("room", ["model", "report", "."])
def test_every_file_has_its_line_in_the_architecture(room):
    text = PAGES["docs/architecture.md"]
    heading = "The demo" if room == "." else f"`{room}/`"
    section = re.search(rf"^## {heading}.*?(?=^## )", text, re.M | re.S)[0]
    listed = re.findall(r"`(\w+\.py)`", "".join(re.findall(r"^\| `[^|]*\|", section, re.M)))
    assert sorted(listed) == sorted(path.name for path in (ROOT / room).glob("*.py"))


# Examples that are run


def run(page: str, folder: Path) -> list[str]:
    """Run a page's marked blocks one after the other in a folder; what each printed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outputs = []
    for block in TO_RUN.findall(PAGES[page]):
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=folder, capture_output=True, text=True,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        outputs.append(ran.stdout)
    return outputs


@pytest.mark.slow
def test_a_network_is_trained_in_a_minute(tmp_path, own_cache):
    (said,) = run("docs/training.md", tmp_path)
    assert f"bundle 'tiny' is in {own_cache / 'bundles' / 'tiny'}" in said
    assert re.search(r"^tiny +7,850 parameters  digits, 2 epochs", said, re.M)
    assert json.loads((tmp_path / "tiny-report/report.json").read_text())["model"]["name"] == "tiny"


def test_the_recipes_are_those_that_are_listed():
    from model.training import TrainingConfig

    text = PAGES["docs/training.md"]
    rows = dict(re.findall(r"^\| `(--[\w-]+)` \| [^|]* \| (.*) \|$", text, re.M))
    for option in ("epochs", "batch-size", "learning-rate", "validation-split", "seed"):
        plain, cnn = rows[f"--{option}"].split(" | ")
        field = option.replace("-", "_")
        assert all(float(plain) == getattr(TrainingConfig.default(name), field)
                   for name in ("linear", "mlp100", "mlp128"))  # fmt: skip
        assert float(cnn.partition(",")[0]) == getattr(TrainingConfig.default("cnn"), field)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The two reports that docs/reading-the-report.md takes its figures from, and what was said."""
    folder = tmp_path_factory.mktemp("reading")
    said = run("docs/reading-the-report.md", folder)
    small, larger = (
        json.loads((folder / name / "report.json").read_text("utf-8"))
        for name in ("small", "larger")
    )
    return small, larger, said


def share(part: int, whole: int) -> str:
    return percent(part / whole, 1)


def figures(small: dict, larger: dict) -> list[str]:
    """What the page must say of the two reports."""
    metrics, after = small["metrics"], larger["metrics"]
    count, errors, confusion = metrics["count"], metrics["errors"], metrics["confusion_matrix"]
    nines, threes = sum(confusion[9]), sum(row[3] for row in confusion)
    bin_ = metrics["confidence_bins"][12]
    surest = dict(zip(*map(metrics["risk_coverage"].get, ("answered", "correct")), strict=True))
    accepted, wrong = metrics["accepted"], metrics["accepted"] - metrics["accepted_correct"]
    curves = {curve["name"]: curve for curve in small["robustness"]}
    shift, turn = curves["shift"], curves["rotation"]
    moved, prepared = shift["correct"][2], shift["prepared"][2]
    duel = next(n for n in small["networks"] if n["name"] == "mlp128")["against_subject"]
    recorded = json.loads((ROOT / "model/pretrained/linear/evaluation.json").read_text("utf-8"))
    return [
        f"{count - errors} of {count} correctly: {percent(metrics['accuracy'])}",
        f"On MNIST the same network reads {percent(recorded['metrics']['accuracy'])}",
        f"interval** of {interval(metrics['accuracy_interval'])}",
        f"of {nines} nines, {confusion[9][3]} were read as 3 and only {confusion[9][9]} as 9",
        f"{confusion[9][9]} of {nines}: {share(confusion[9][9], nines)}",
        f"{confusion[3][3]} of {threes}: {share(confusion[3][3], threes)}",
        f"lie {bin_['count']} answers; the network is "
        f"{share(bin_['confidence_sum'], bin_['count'])} sure of them on average, "
        f"and {bin_['correct']} of them, {share(bin_['correct'], bin_['count'])}, are right",
        f"answers: {percent(metrics['ece'])}, interval {interval(metrics['ece_interval'])}",
        f"({metrics['brier']:.4f} here)",
        f"Of the surest 45, {45 - surest[45]} are wrong; of the surest 182, {182 - surest[182]} "
        f"({share(182 - surest[182], 182)}); of all {count}, {errors} ({share(errors, count)})",
        f"accepts {accepted}, of which {wrong} ({share(wrong, accepted)}) are wrong, and declines "
        f"{count - accepted}",
        f"misread {errors - wrong} and read {count - accepted - errors + wrong} correctly",
        f"2 pixels, {moved} of {count} are read: {share(moved, count)}",
        f"Prepared first, {prepared}: {share(prepared, count)}",
        f"{turn['correct'][5]} ({share(turn['correct'][5], count)}) are left on one side and "
        f"{turn['correct'][1]} on the other",
        f"right on {duel['only_subject']} images, `mlp128` alone on {duel['only_other']}",
        f"probability p {chance(duel['p_value'])}",
        f"With 13 against 20 nobody could tell (p = {mcnemar(13, 20):.2f})",
        f"contradicts {len(small['labels']['suspects'])} of these labels",
        f"accuracy {metrics['accuracy']:.4f} is at least {small['verdicts'][0]['bound']}",
        f"ECE {metrics['ece']:.4f} at most {small['verdicts'][1]['bound']}",
        f"interval begins at {percent(metrics['accuracy_interval'][0])}",
        f"rose from {percent(metrics['ece'])} to {percent(after['ece'])}",
    ]  # fmt: skip


def plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.slow
def test_every_figure_of_the_reading_is_the_reports(example):
    small, larger, said = example
    page = plain(PAGES["docs/reading-the-report.md"])
    assert [words for words in map(plain, figures(small, larger)) if words not in page] == []
    assert said[1] == "2 of 2 thresholds hold\n"
    assert plain(said[2].splitlines()[-1]).partition(" (p")[0] in page
    suspects = [(shown["label"], shown["top"][0][0]) for shown in small["labels"]["shown"]]
    assert suspects == [(8, 1), (2, 1), (9, 3)]
