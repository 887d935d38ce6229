"""`python -m model export`: other people's formats, the same answers."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from model.__main__ import main
from model.bundles.store import SHIPPED, load_bundle
from model.export import DifferenceError, export_bundle
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs

COULD_NOT = "what ONNX takes is not installed: see the extra `export`"


@pytest.fixture
def onnx():
    """The library, where all that the export to ONNX takes is there."""
    for name in ("tf2onnx", "onnxruntime"):
        pytest.importorskip(name, reason=COULD_NOT)
    return pytest.importorskip("onnx", reason=COULD_NOT)


@pytest.fixture
def two_minds(tmp_path):
    """A bundle whose Keras file and LiteRT file hold different networks."""
    folder = shutil.copytree(SHIPPED / "mlp100", tmp_path / "two_minds")
    shutil.copyfile(SHIPPED / "mlp128/model.tflite", folder / "model.tflite")
    about = json.loads((folder / "bundle.json").read_text())
    other = json.loads((SHIPPED / "mlp128/bundle.json").read_text())
    about["files"]["model.tflite"] = other["files"]["model.tflite"]
    (folder / "bundle.json").write_text(json.dumps(about))
    return folder


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["linear", "cnn"])
def test_both_formats_answer_as_litert_does(name, onnx, digits, tmp_path):
    import onnxruntime
    import tensorflow as tf

    made = export_bundle(load_bundle(name), tmp_path / "out")
    assert set(made.differences) == {"savedmodel", "onnx"}
    glyphs = to_glyphs(digits.test.images)  # not those that the export itself compared
    pixels = glyphs[..., None] / np.float32(255)
    wanted = Predictor.load(name).raw_scores(glyphs)
    session = onnxruntime.InferenceSession(made.path / "model.onnx")
    np.testing.assert_allclose(session.run(["scores"], {"glyph": pixels})[0], wanted, atol=1e-4)
    serve = tf.saved_model.load(made.path / "savedmodel/1").signatures["serving_default"]
    np.testing.assert_allclose(serve(tf.constant(pixels))["output_0"], wanted, atol=1e-4)
    about = {p.key: p.value for p in onnx.load(made.path / "model.onnx").metadata_props}
    assert about["key"] == json.loads((made.path / "bundle.json").read_text())["key"]


def test_an_export_that_answers_otherwise_is_thrown_away(two_minds, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["export", "--bundle", str(two_minds), "--out", str(out), "--format", "savedmodel"]
    assert main(words) == 1
    assert "savedmodel answers differently from LiteRT" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [two_minds]


def test_an_earlier_export_stays_when_the_next_one_fails(two_minds, tmp_path):
    out = tmp_path / "out"
    words = ["--out", str(out), "--format", "savedmodel"]
    assert main(["export", "--bundle", "mlp100", *words]) == 0
    before = files(out)
    with pytest.raises(DifferenceError):
        export_bundle(load_bundle(two_minds), out, ("savedmodel",))
    assert files(out) == before
    assert main(["export", "--bundle", "linear", *words]) == 0
    assert json.loads((out / "bundle.json").read_text())["name"] == "linear"


def test_a_folder_with_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "diary.txt").write_text("dear diary")
    assert main(["export", "--out", str(tmp_path), "--format", "savedmodel"]) == 2
    assert "something else than an export" in capsys.readouterr().err
    assert files(tmp_path) == {"diary.txt"}


def test_the_folder_that_it_runs_in_is_not_replaced(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "--out", ".", "--format", "savedmodel"]) == 2
    assert "choose another --out" in capsys.readouterr().err


def test_where_it_cannot_be_written_one_line_says_so(capsys):
    out = Path(__file__) / "none" / "here"  # no folder is made in a file
    assert main(["export", "--out", str(out), "--format", "savedmodel"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {out} cannot be written")


def test_what_onnx_takes_is_asked_for(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    assert main(["export", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said == 'error: this needs tf2onnx: pip install -e ".[export]"\n'
    assert not (tmp_path / "out").exists()
