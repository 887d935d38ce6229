"""A full disk and a read-only one: said in a line, nothing half-written, the old files kept."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from model.__main__ import main as model
from model.data import mnist
from model.data.corrections import Drawn, keep, load_corrections
from model.errors import InputError, Unavailable
from model.inference.predictor import Predictor
from model.preprocessing import preprocess
from report.__main__ import main as report
from tests.faults.conftest import ROOT
from tests.faults.server import PAYLOAD

RECORDED = ROOT / "model" / "pretrained" / "linear" / "evaluation.json"


def files_in(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "ballast"}


def test_a_report_that_finds_no_room_leaves_the_old_one(disk, drawn_once, capsys):
    call = ["build", "--from", str(RECORDED), "--out", str(disk.path)]
    assert report(call) == 0
    before = files_in(disk.path)
    assert len(before) == 4
    capsys.readouterr()
    disk.fill(left=100_000)  # too few bytes for all four
    assert report(call) == 2
    said = capsys.readouterr()
    assert "can't be written (No space left on device)" in said.err
    assert said.out == ""
    assert files_in(disk.path) == before
    disk.free()
    assert report(call) == 0


def test_a_drawing_that_finds_no_room_is_not_half_kept(disk, seven):
    steps = preprocess(seven)
    drawn = Drawn.of(steps, Predictor.load("linear").predict_steps(steps), "linear")
    keep(disk.path, drawn, 7)
    disk.fill(left=0)
    with pytest.raises(InputError, match="could not be kept: there may be no room"):
        keep(disk.path, drawn, 7)
    disk.free()
    assert len(load_corrections(disk.path)) == len(os.listdir(disk.path)) == 1


def test_a_download_that_finds_no_room_goes_on_when_there_is_some(
    disk, server, fetching, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(disk.path))
    disk.fill(left=100_000)
    with pytest.raises(Unavailable, match="No space left on device"):
        mnist.find_mnist()
    assert os.listdir(disk.path / "datasets") == ["mnist.npz.part"]
    disk.free()
    assert mnist.find_mnist().read_bytes() == PAYLOAD
    first, second = server.asked
    assert (first[0], second[0] > 50_000) == (0, True)
    assert os.listdir(disk.path / "datasets") == ["mnist.npz"]


def test_a_drawn_page_that_finds_no_room_leaves_the_old_one(disk, seven_file, capsys):
    out = disk.path / "boxes.png"
    assert model(["read", str(seven_file), "--out", str(out)]) == 0
    before = files_in(disk.path)
    disk.fill(left=0)
    assert model(["read", str(seven_file), "--out", str(out)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert files_in(disk.path) == before


FULL = [
    ["-m", "model", "predict", "PICTURE", "--json"],
    ["-m", "report", "check", str(RECORDED), "--min", "accuracy=0.1"],
]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("words", FULL, ids=["model", "report"])
def test_answers_that_find_no_room_are_an_error(words, seven_file):
    words = [str(seven_file) if word == "PICTURE" else word for word in words]
    with open("/dev/full", "w") as full:
        call = [sys.executable, *words]
        ran = subprocess.run(call, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 2
    assert ran.stderr.endswith("No space left on device\n")
    assert ran.stderr.count("\n") == 1


def test_with_nothing_writable_but_the_output_all_but_training_works(disk, seven_file, tmp_path):
    """As where a server runs by a user whose home may not be written."""
    disk.lock()
    home = {"HOME": str(disk.path), "DIGITS_CACHE": "", "XDG_CACHE_HOME": "", "KERAS_HOME": ""}
    environment = {**os.environ, **home}
    for words in (
        ["model", "predict", str(seven_file)],
        ["model", "list"],
        ["report", "build", "--from", str(RECORDED), "--out", str(tmp_path / "out")],
    ):
        call = [sys.executable, "-m", *words]
        ran = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
    assert len(os.listdir(tmp_path / "out")) == 4
