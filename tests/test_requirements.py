"""What is installed for serving suffices to serve: no TensorFlow, nothing that is not listed."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

from model.__main__ import _parser as model_parser

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TAKEN_IF_THERE = (
    "_distutils_hack",  # setuptools puts it into every Python that has it
    "pyarrow", "cloudpickle",  # Ray brings it; pandas loads it where it is, and with it the other
    "IPython", "traitlets", "psutil", "defusedxml",  # Jupyter brings them; Gradio loads them there
)  # fmt: skip
PROJECT = {"model", "webapp"}
SERVE = """
import sys
from model.__main__ import main
assert main(["predict", sys.argv[1]]) == 0
assert main(["read", sys.argv[1]]) == 0
from model.inference.predictor import Predictor
from webapp.api import Api
from webapp.page import build_demo
from webapp.serving import launch_options
predictor = Predictor.load()
page = build_demo(predictor)
page.launch(prevent_thread_lock=True, quiet=True, **launch_options(Api(predictor)))
import httpx
picture = open(sys.argv[1], "rb").read()
for name in ("predict", "read"):
    httpx.post(f"{page.local_url}api/{name}", content=picture, timeout=30).raise_for_status()
httpx.get(f"{page.local_url}api/docs", timeout=30).raise_for_status()
page.close(verbose=False)
print("LOADED", *{name.partition(".")[0] for name in sys.modules})
"""


def listed(file: str) -> list[Requirement]:
    """Requirements in a file, without those of the files that it includes."""
    lines = (ROOT / file).read_text("utf-8").splitlines()
    texts = [line.partition("#")[0].strip() for line in lines]
    return [Requirement(text) for text in texts if text and not text.startswith("-")]


def declared() -> list[Requirement]:
    """Requirements of the project and of all its extras, less what these say of each other."""
    project = PYPROJECT["project"]
    texts = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    return [Requirement(text) for text in texts if not text.startswith("digits[")]


def installed_by(requirements: list[Requirement]) -> set[str]:
    """Names of all distributions that requirements bring, with what those require."""
    found, waiting = set(), list(requirements)
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in found:
            continue
        found.add(key)
        for text in requires(requirement.name) or ():
            inner = Requirement(text)
            extras = requirement.extras or {""}
            if not inner.marker or any(inner.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(inner)
    return {name for name, _ in found}


def foreign(modules: set[str]) -> dict[str, set[str]]:
    """The modules that some distribution brings, each with those distributions."""
    known = packages_distributions()
    return {m: set(map(canonicalize_name, known[m])) for m in modules if m in known}


def imported(path: Path) -> set[str]:
    """Top-level names of what a file imports, wherever in it, but for type checking."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.partition(".")[0])
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Names of all modules that a process holds after it predicted, read and served both."""
    picture = tmp_path_factory.mktemp("serve") / "7.png"
    image = Image.new("L", (28, 28), 255)
    image.paste(0, (8, 6, 20, 9))
    image.paste(0, (16, 6, 19, 23))
    image.resize((280, 280)).save(picture)
    command = [sys.executable, "-c", SERVE, str(picture)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return set(re.search(r"^LOADED (.*)", ran.stdout, re.M)[1].split())


def test_serving_loads_no_tensorflow(served):
    assert "ai_edge_litert" in served
    assert not served & {"tensorflow", "keras", "sklearn", "scipy", "matplotlib"}


def test_all_that_serving_loads_is_listed_for_serving(served):
    brought = installed_by(listed("requirements-serve.txt"))
    missing = {m: names for m, names in foreign(served).items() if not names & brought}
    for module in TAKEN_IF_THERE:
        missing.pop(module, None)
    assert not missing


def test_all_that_the_demo_imports_is_listed_for_serving():
    names = set().union(*map(imported, ROOT.glob("webapp/*.py")))
    brought = installed_by(listed("requirements-serve.txt"))
    for module, distributions in foreign(names - PROJECT).items():
        assert distributions & brought, module


def test_no_requirement_is_pinned_twice():
    names = [canonicalize_name(requirement.name) for requirement in declared()]
    assert len(names) == len(set(names)), sorted(names)


def test_every_requirement_is_a_compatible_release():
    for requirement in [*declared(), *listed("requirements-peers.txt")]:
        if requirement.name == "pillow":  # two releases, both tried: see SECURITY.md
            assert set(str(requirement.specifier).split(",")) == {">=12.3", "<14"}
            continue
        assert re.fullmatch(r"~=[\d.]+|==[\d.]+", str(requirement.specifier)), requirement


def test_the_requirement_files_say_what_pyproject_says():
    base = {str(Requirement(text)) for text in PYPROJECT["project"]["dependencies"]}
    assert {str(requirement) for requirement in listed("requirements-serve.txt")} < base
    for file, extra in (("requirements.txt", "train"), ("requirements-dev.txt", "dev")):
        lines = (ROOT / file).read_text("utf-8").splitlines()
        assert [line for line in lines if not line.startswith("#")] == [f"-e .[{extra}]"]
        assert extra in PYPROJECT["project"]["optional-dependencies"]


def test_the_checks_before_a_commit_are_those_of_make_lint():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = {hook["id"]: hook | repo for repo in config["repos"] for hook in repo["hooks"]}
    development = PYPROJECT["project"]["optional-dependencies"]["dev"]
    pins = {r.name: r.specifier for r in map(Requirement, development)}
    for name in ("ruff-check", "ruff-format"):
        assert pins["ruff"].contains(hooks[name]["rev"].removeprefix("v"))
    assert hooks["mypy"]["entry"] == ".venv/bin/python -m mypy"  # the one that `dev` installs
    assert "mypy" in pins
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "VENV := .venv\n" in makefile


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The files of the wheel that is built of this project."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_what_the_commands_need_and_no_more(wheel):
    rooms = ("model/", "report/", "webapp/", "templates/", "digits.py", "digits-")
    assert not [name for name in wheel if not name.startswith(rooms)]
    for room in ("model", "report", "webapp", "templates"):
        there = {p for p in (ROOT / room).rglob("*") if p.is_file() and p.suffix != ".pyc"}
        assert {p.relative_to(ROOT).as_posix() for p in there} <= wheel
    assert {"model/pretrained/cnn/model.tflite", "report/format/report.schema.json"} <= wheel
    assert {"templates/report.typ", "model/py.typed"} <= wheel


def test_one_command_has_all_commands(capsys):
    import digits

    with pytest.raises(SystemExit) as ended:
        digits.main(["report", "build", "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: digits report build")
    assert digits.main(["list"]) == 0
    assert "cnn" in capsys.readouterr().out
    assert digits.main(["--help"]) == 0
    usage = capsys.readouterr().out
    assert all(f"  {name} " in usage for name in (*digits.MODEL_COMMANDS, "demo", "report"))
    with pytest.raises(SystemExit):
        model_parser().parse_args(["--help"])
    listed = re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.M)
    assert sorted(listed) == sorted(digits.MODEL_COMMANDS)
    assert digits.main(["--version"]) == 0
    assert re.fullmatch(r"digits \d+\.\d+\.\d+\n", capsys.readouterr().out)
    assert digits.main(["nonsense"]) == digits.main([]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "digits: there is no command 'nonsense'; see digits --help"
    assert said[1] == "digits: a command is missing; see digits --help"


def test_what_serving_lists_is_used_to_serve(served):
    used = set().union(*foreign(served).values())
    assert {canonicalize_name(r.name) for r in listed("requirements-serve.txt")} <= used
