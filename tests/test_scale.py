"""What docs/scale.md says holds: its example runs as it stands, its limits are the code's."""

import os
import re
import subprocess
import sys

import pytest
from PIL import Image

from model import export
from model.__main__ import main
from model.inference.predictor import Predictor
from tools import batch
from tools.batch import ROOT

TEXT = (ROOT / "docs" / "scale.md").read_text("utf-8")
EXAMPLE = re.compile(r"^<!-- run -->\n```python\n(.*?)^```$", re.M | re.S)


@pytest.mark.slow
def test_the_example_reads_with_onnx_what_the_project_reads(seven, tmp_path):
    for name in ("tf2onnx", "onnx", "onnxruntime"):
        pytest.importorskip(name, reason="the extra `export` is not installed")
    Image.fromarray(seven).save(tmp_path / "seven.png")
    assert main(["export", "--out", str(tmp_path / "export-out"), "--format", "onnx"]) == 0
    (example,) = EXAMPLE.findall(TEXT)
    ran = subprocess.run(
        [sys.executable, "-c", f"{example}\nimport sys\nassert 'tensorflow' not in sys.modules"],
        cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    digit, confidence, is_digit = map(float, ran.stdout.split())
    answer = Predictor.load().predict(Image.fromarray(seven))
    assert digit == answer.digit == 7
    assert confidence == pytest.approx(answer.confidence, abs=2e-4)
    assert is_digit == pytest.approx(answer.digit_probability, abs=2e-4)


@pytest.mark.parametrize(
    "words",
    [
        f"by more than {export.TOLERANCE:.4f}",
        f"`{export.SAVEDMODEL_FOLDER}/`",
        f"`{export.ONNX_FILE}`",
        f"every {batch._parser().get_default('pictures'):,} pictures (`--pictures`)",
    ],
)
def test_its_figures_are_the_codes(words):
    assert words in " ".join(TEXT.split())
