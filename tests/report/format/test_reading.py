"""Reading a report.json back: the same report, or one line that says what is wrong."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from zlib import crc32

import pytest
from PIL import EpsImagePlugin, Image

from model.errors import InputError
from report.__main__ import main
from report.documents.files import NAMES, documents, json_text
from report.format.reading import read_summary
from tests.report.damage import VALUES, places, put

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def text(summarise_made_up):
    return json_text(summarise_made_up(40, 0.2, extras=("mine",), signed=("mine",)))


@pytest.fixture(scope="module")
def record(text):
    return json.loads(text)


@pytest.fixture
def write(tmp_path):
    """Write a report.json, given as text or as values."""

    def written(content) -> Path:
        path = tmp_path / "report.json"
        content = content if isinstance(content, str | bytes) else json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def test_what_was_written_is_read_back_whole(write, summary, flawless, text):
    for expected in (summary, flawless):
        assert read_summary(write(json_text(expected))) == expected
    assert json_text(read_summary(write(text))) == text


def test_layout_does_not_matter(write, record, text):
    assert json_text(read_summary(write(json.dumps(record, indent=4)))) == text


def test_all_files_are_written_again_byte_for_byte(tmp_path, write, summary):
    """In a process of its own, which loads no network, no predictor and no TensorFlow.

    What draws is loaded by yet another process alone, which is gone when the PDF is set.
    """
    source = write(json_text(summary))
    code = (
        "import sys; from report.__main__ import main\n"
        "code = main(sys.argv[1:])\n"
        "def loaded(*names): return set(names) & set(sys.modules)\n"
        "assert not loaded('matplotlib', 'seaborn', 'scipy', 'pandas')\n"
        "import report.documents.document\n"
        "assert not loaded('tensorflow', 'keras', 'ai_edge_litert', 'cv2', 'sklearn')\n"
        "sys.exit(code)"
    )
    call = [sys.executable, "-c", code, "build", "--from", source, "--out", tmp_path / "again"]
    subprocess.run(call, cwd=ROOT, check=True, env=os.environ | {"PYTHONHASHSEED": "7"})
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert set(again) == set(NAMES)
    assert again == documents(summary)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        read_summary(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.9999])
def test_a_truncated_file_is_refused(write, text, kept):
    assert "no whole JSON" in refusal(write(text[: int(kept * len(text))]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not UTF-8 text"),
        ("[" * 100_000, "no whole JSON"),
        ("[1, 2]", "is no report"),
        ('{"name": "package.json", "metrics": {}}', "is no report"),
        ("null", "is no report"),
        ('{"format_version": 1, "metrics": {}}', '"model" is a required property'),
        ('{"format_version": true, "metrics": {}}', "is no report"),
        ('{"format_version": 2, "metrics": {}}', "a newer version"),
        ('{"format_version": 0, "metrics": {}}', "an older version"),
        ('{"format_version": NaN, "metrics": {}}', "no whole JSON"),
        ('{"format_version": 1e999, "metrics": {}}', "no whole JSON"),
    ],
)  # fmt: skip
def test_a_foreign_file_is_refused(write, content, words):
    assert words in refusal(write(content))


DAMAGES = [
    (("metrics", "accuracy"), 0.5, "do not follow"),
    (("metrics", "confusion_matrix", 0, 0), 999, "damaged"),
    (("metrics", "confusion_matrix", 0), [1, 2], "damaged"),
    (("predictions", "digit", 0), 99, "damaged"),
    (("metrics", "top2_correct"), 4000, "damaged"),
    (("dataset", "count"), 41, "do not add up"),
    (("dataset", "class_counts", 3), 999, "do not add up"),
    (("predictions", "label"), [], "one per test image"),
    (("networks", 0, "wrong", 0), 40, "none of the test images"),
    (("examples", "samples", 0), "AAAA", "do not fit"),
    (("examples", "right", 0, "label"), 10, "of no class"),
    (("examples", "right", 0, "top", 0, 0), 0.5, "of no class"),
    (("environment", "created_at"), "2024-02-30T00:00:00Z", "do not fit"),
    (("training", "data", "train_class_counts"), [1, 2, 3], "other classes"),
    (("metrics", "extra"), [], "do not fit"),
    (("metrics", "risk_coverage", "answered"), [40], "do not fit"),
    (("metrics", "extra", 0, "writers", "per_writer", 0, "count"), 9, "do not add up"),
    (("metrics", "extra", 0, "writers", "per_writer", 0, "count"), 0, "damaged"),
    (("metrics", "extra", 0, "writers", "per_writer", 0, "correct"), 9, "do not add up"),
    (("metrics", "extra", 0, "writers", "count"), 3, "do not follow"),
    (("surprise",), 1, "do not follow"),
]


@pytest.mark.parametrize(("path", "value", "words"), DAMAGES)
def test_damage_is_refused(write, record, path, value, words):
    assert words in refusal(write(put(record, path, value)))


def in_base64(image: Image.Image, form: str) -> str:
    file = io.BytesIO()
    image.save(file, form)
    return b64encode(file.getvalue()).decode()


def bomb(side: int) -> str:
    """A PNG of a hundred bytes whose head says that it is this many pixels a side."""
    small = b64decode(in_base64(Image.new("1", (8, 8)), "PNG"))
    head = b"IHDR" + side.to_bytes(4) * 2 + small[24:29]
    return b64encode(small[:12] + head + crc32(head).to_bytes(4) + small[33:]).decode()


@pytest.mark.parametrize("where", [("samples", 0), ("right", 0, "picture")])
@pytest.mark.parametrize("side", [1001, 10_000, 60_000])
def test_pictures_that_swell_are_refused_before_they_are_decoded(write, record, where, side):
    assert "do not fit" in refusal(write(put(record, ("examples", *where), bomb(side))))


def test_a_picture_that_is_a_program_is_never_run(write, record, monkeypatch):
    run = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *a, **k: run.append(a))
    program = in_base64(Image.new("L", (28, 28)), "EPS")
    assert "do not fit" in refusal(write(put(record, ("examples", "samples", 0), program)))
    assert not run


@pytest.mark.parametrize("seed", range(60))
def test_no_damage_ends_in_a_traceback(record, seed, tmp_path):
    """Whatever one value becomes, the file is refused in words or makes all documents."""
    chance = random.Random(seed)
    path = chance.choice([p for p in places(record) if p and p[0] != "predictions"])
    source = tmp_path / "report.json"
    damaged = put(record, path, chance.choice(VALUES))
    source.write_text(json.dumps(damaged), encoding="utf-8")
    try:
        summary = read_summary(source)
    except InputError:
        return
    assert set(documents(summary)) == set(NAMES)


def test_a_refusal_is_exit_2_and_one_line_and_writes_nothing(write, tmp_path, capsys):
    source, out = write("{"), tmp_path / "out"
    assert main(["build", "--from", str(source), "--out", str(out)]) == 2
    assert main(["build", "--from", str(tmp_path / "none.json"), "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert (captured.err.count("\n"), captured.out) == (2, "")
    assert not out.exists()


@pytest.mark.parametrize("other", [["--bundle", "cnn"], ["--extra", "digits"], ["--data", "x"]])
def test_a_second_source_is_refused(write, text, tmp_path, capsys, other):
    call = ["build", "--from", str(write(text)), "--out", str(tmp_path / "out"), *other]
    assert main(call) == 2
    assert "--from" in capsys.readouterr().err
