"""Data flows one way: each room imports only what its place in the chain allows."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {
    "model/__init__": set(),
    "model/decoding": {"PIL"},
    "model/pictures": {"numpy", "PIL", "model", "model.decoding"},
    "model/mnist": {"numpy", "pooch", "requests", "tqdm", "urllib3", "model.locks"},
    "model/arrays": {"numpy"},
    "model/metadata": set(),
    "model/dataset": {"numpy", "sklearn", "model.arrays", "model.mnist", "model.pictures"},
    "model/preprocessing": {"numpy", "cv2", "PIL", "model.pictures"},
    "model/calibration": {"numpy", "scipy"},
    "model/strokes": {"numpy"},
    "model/styles": {"tensorflow", "model.preprocessing"},
    "model/augmentation": {
        "numpy", "tensorflow", "model.strokes", "model.styles", "model.preprocessing",
    },
    "model/architectures": {"numpy", "keras", "model.preprocessing", "model.calibration"},
    "model/distillation": {"keras", "tensorflow", "model.augmentation", "model.calibration",
                           "model.styles"},
    "model/checkpoints": set(),
    "model/interrupts": {"keras"},
    "model/devices": {"numpy", "keras", "tensorflow", "model"},
    "model/stages": {"numpy", "keras", "tensorflow", "model.calibration", "model.checkpoints",
                     "model.dataset", "model.devices", "model.distillation", "model.interrupts",
                     "model.training"},
    "model/training": {
        "numpy", "keras", "tensorflow", "model", "model.architectures", "model.augmentation",
        "model.calibration", "model.dataset", "model.devices", "model.distillation",
        "model.preprocessing", "model.stages",
    },
    "model/locks": {"filelock", "model"},
    "model/replacement": set(),
    "model/keras_files": {"h5py", "keras", "model"},
    "model/bundle": {"tensorflow", "model", "model.architectures", "model.dataset",
                     "model.devices", "model.keras_files", "model.locks", "model.metadata",
                     "model.preprocessing", "model.replacement", "model.training"},
    "model/predictor": {"numpy", "ai_edge_litert", "model.bundle", "model.calibration",
                        "model.preprocessing"},
    "model/export": {"numpy", "tensorflow", "onnx", "onnxruntime", "model", "model.bundle",
                     "model.dataset", "model.predictor", "model.preprocessing",
                     "model.replacement"},
    "model/sources": {"numpy", "model", "model.dataset", "model.pictures", "model.preprocessing"},
    "model/scoring": {"numpy", "model.calibration"},
    "model/explain": {"numpy", "model.predictor", "model.preprocessing"},
    "model/corrections": {"numpy", "PIL", "model.dataset", "model.pictures", "model.predictor",
                          "model.preprocessing"},
    "model/ink": {"numpy", "cv2", "model.preprocessing"},
    "model/pieces": {"numpy", "cv2", "model.ink"},
    "model/marks": {"numpy", "cv2", "model.ink", "model.pieces", "model.preprocessing"},
    "model/page": {"numpy", "cv2", "PIL", "model.ink", "model.marks", "model.pictures",
                   "model.pieces", "model.predictor", "model.preprocessing", "model.seams"},
    "model/annotation": {"PIL", "model.page", "model.pictures"},
    "model/seams": {"numpy", "cv2", "model.pieces"},
    "model/records": {"model.page", "model.predictor"},
}  # fmt: skip


def imports(path: Path, everywhere: bool = True) -> set[str]:
    """Modules a file imports from outside the standard library, `model.x` by full name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if everywhere else tree.body
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "model":
            inner = {a.name for a in node.names if (ROOT / f"model/{a.name}.py").exists()}
            found |= {f"model.{name}" for name in inner} | ({"model"} if not inner else set())
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    import sys

    short = {name if name.startswith("model") else name.split(".")[0] for name in found}
    return {name for name in short if name not in sys.stdlib_module_names}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_its_place_allows(room):
    extra = imports(ROOT / f"{room}.py") - ROOMS[room] - {"model"}
    assert not extra, f"{room}.py should not import {extra}"


def test_every_file_of_the_model_has_its_place():
    files = {f"model/{path.stem}" for path in (ROOT / "model").glob("*.py")}
    assert files == set(ROOMS) | {"model/__main__"}


def test_the_model_knows_neither_report_nor_demo():
    for path in (ROOT / "model").glob("*.py"):
        names = {name.split(".")[0] for name in imports(path)}
        assert not names & {"report", "demo", "gradio", "jinja2", "matplotlib"}


def test_the_report_reaches_the_model_by_its_bridge_alone():
    for path in (ROOT / "report").glob("*.py"):
        found = imports(path)
        if path.stem == "keras_evaluation":  # for other people's networks, and only when called
            assert "keras" not in imports(path, everywhere=False)
            found -= {"keras"}
        assert not {n for n in found if n.split(".")[0] in ("tensorflow", "keras", "gradio")}
        if path.stem not in ("evaluation", "keras_evaluation", "record"):
            assert not {name for name in found if name.startswith("model.")}, path.name


def test_nothing_heavy_is_imported_by_a_command_line_at_its_top():
    for path in (ROOT / "model/__main__.py", ROOT / "report/__main__.py", ROOT / "demo.py"):
        heavy = {name for name in imports(path, everywhere=False) if name != "model"}
        assert not {n.split(".")[0] for n in heavy} & {"tensorflow", "keras", "gradio",
                                                      "matplotlib"}, path.name  # fmt: skip


def test_no_template_logic_hides_in_python():
    for path in [*(ROOT / "report").glob("*.py"), *(ROOT / "model").glob("*.py")]:
        assert "</" not in path.read_text(encoding="utf-8"), path.name
