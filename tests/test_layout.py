"""The rooms and their order: each imports only from rooms before it, imports for types included."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each floor may import from those above it in this list; rooms on one floor not from each other.
FLOORS = (
    {"model.errors", "model.intervals"},
    {"model.writers"},
    {"model.files", "model.calibration"},
    {"model.preprocessing"},
    {"model.bundles"},
    {"model.inference"},
    {"model.data", "model.pages"},
    {"model.answers", "model.teaching"},
    {"model.training", "model.export", "model.records", "model.words"},
    {"model.commands", "model.api"},
    {"model.__main__"},
    {"report.apart"},
    {"report.numbers"},
    {"report.format", "report.evaluation", "report.charts"},
    {"report.documents"},
    {"report.record"},
    {"report.build", "report.gate", "report.api"},
    {"report.commands"},
    {"report.__main__"},
    {"webapp"},
    {"demo", "digits"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
HEAVY = {"tensorflow", "keras", "gradio", "matplotlib"}


def source_files() -> list[Path]:
    rooms = [path for name in ("model", "report", "webapp") for path in (ROOT / name).rglob("*.py")]
    return [*sorted(rooms), ROOT / "demo.py", ROOT / "digits.py"]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str | None:
    """The room a module stands in; None for `model` and `report`, packages that only hand on."""
    return next((room for room in FLOOR if module == room or module.startswith(f"{room}.")), None)


@cache
def imports(path: Path, everywhere: bool = True) -> set[str]:
    """Full names of the modules that a file imports, from outside the standard library."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in inner if is_module(name)} or {node.module}
    return {name for name in found if name.partition(".")[0] not in sys.stdlib_module_names}


@cache
def is_module(name: str) -> bool:
    stem = ROOT.joinpath(*name.split("."))
    return stem.with_suffix(".py").is_file() or stem.is_dir()


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", source_files(), ids=module_of)
def test_a_file_imports_only_from_its_room_and_the_floors_before(path):
    room = room_of(module_of(path))
    if room is None:
        assert not imports(path, everywhere=False) - {f"{module_of(path)}.api"}
        return
    for name in imports(path):
        other = room_of(name)
        if other and other != room:
            assert FLOOR[other] < FLOOR[room], f"{module_of(path)} imports {name}"


def test_every_file_stands_in_a_room():
    homeless = {module_of(p) for p in source_files() if room_of(module_of(p)) is None}
    assert homeless == {"model", "report"}
    assert {room_of(module_of(path)) for path in source_files()} - {None} == set(FLOOR)


def test_no_files_import_each_other_in_a_circle():
    files = {module_of(path): path for path in source_files()}
    waiting = {name: imports(path) & set(files) - {name} for name, path in files.items()}
    while waiting:
        free = {name for name, needs in waiting.items() if not needs & set(waiting)}
        assert free, f"these import each other: {sorted(waiting)}"
        waiting = {name: needs for name, needs in waiting.items() if name not in free}


def test_the_model_knows_neither_report_nor_demo():
    for path in (ROOT / "model").rglob("*.py"):
        strange = tops(imports(path)) & {"report", "webapp", "gradio", "jinja2", "matplotlib"}
        draws = path.relative_to(ROOT).as_posix() in ("model/training/curves.py", "model/api.py")
        assert strange <= ({"matplotlib"} if draws else set())


def test_only_evaluation_reaches_into_the_model():
    for path in (ROOT / "report").rglob("*.py"):
        if room_of(module_of(path)) not in ("report.evaluation", "report.record"):
            found = {name for name in imports(path) if name.startswith("model.")}
            shared = {"model.errors", "model.intervals", "model.writers"}
            assert found <= shared | {"model.files", "model.files.writing"}, path


def test_the_report_needs_tensorflow_only_for_other_peoples_networks():
    for path in (ROOT / "report").rglob("*.py"):
        found = tops(imports(path)) & {"tensorflow", "keras", "gradio"}
        if module_of(path) in ("report.evaluation.keras", "report.evaluation.savedmodel"):
            assert not tops(imports(path, everywhere=False)) & HEAVY
            found -= {"keras", "tensorflow"}
        assert not found, path


def test_configuration_needs_no_tensorflow():
    assert not tops(imports(ROOT / "model/training/config.py")) & HEAVY


def test_nothing_heavy_is_imported_by_a_command_line_at_its_top():
    rooms = (ROOT / "model/commands", ROOT / "report/commands")
    commands = [path.relative_to(ROOT) for room in rooms for path in room.glob("*.py")]
    for name in (
        "model/__main__.py",
        *commands,
        "report/__main__.py",
        "webapp/__main__.py",
        "demo.py",
        "digits.py",
    ):
        assert not tops(imports(ROOT / name, everywhere=False)) & HEAVY, name


def test_no_template_logic_hides_in_python():
    for path in [*(ROOT / "report").rglob("*.py"), *(ROOT / "model").rglob("*.py")]:
        assert "</" not in path.read_text(encoding="utf-8"), path.name
