import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.data.dataset import load_dataset
from model.data.pen_sets import load_pen
from model.preprocessing import is_canonical

DIGIT = '.SEGMENT DIGIT {row} ? "{digit}"\n.COMMENT {digit} {writer} {row}\n'
INK = ".PEN_DOWN\n 10 90\n 40 {x}\n 20 10\n.PEN_UP\n.DT 100\n"


@pytest.fixture
def pendigits(tmp_path, monkeypatch):
    """Tracks of 10 writers, each of all digits; two of them are kept to choose by."""
    text = "".join(
        DIGIT.format(row=row, digit=row % 10, writer=1 + row // 10) + INK.format(x=row)
        for row in range(100)
    )
    (tmp_path / "pendigits-orig.tra").write_text(text)
    monkeypatch.setenv("PENDIGITS_PATH", str(tmp_path))
    return tmp_path


def test_a_pen_set_is_parted_by_writer(pendigits, capsys):
    data = load_dataset("pendigits")
    assert (len(data.train), len(data.test)) == (80, 20)
    assert set(data.test.writers) == {"pendigits/5", "pendigits/10"}
    assert not set(data.test.writers) & set(data.train.writers)
    assert data.test.class_counts == [2] * 10
    assert all(is_canonical(glyph) for glyph in data.test.images)
    assert data.test.take(np.array([3])).writers.tolist() == [data.test.writers[3]]
    assert "other tracks than the pendigits" in capsys.readouterr().err  # these are made up
    pen = load_pen(["pendigits"])
    assert (len(pen.tracks), len(pen.kept)) == (80, 20)
    assert pen.record()["writer_count"] == 8


def test_a_set_is_shown_in_words_numbers_and_pictures(pendigits, tmp_path, capsys):
    assert main(["data", "pendigits", "--out", str(tmp_path / "sheet.png")]) == 0
    said = capsys.readouterr().out
    assert "train  80 digits by 8 writers" in said
    assert "0: 8  1: 8" in said
    assert "CC BY 4.0" in said
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (1444, 604)
    assert main(["data", "digits", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parts"]["test"]["count"] == 360
    assert told["parts"]["test"]["writer_count"] is None


@pytest.mark.parametrize("name", ["unipen", "pendigits"])
def test_a_missing_set_is_one_line_with_the_ways_out(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(f"{name.upper()}_PATH", str(tmp_path / "none"))
    assert main(["data", name]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    for way in ("--data", f"${name.upper()}_PATH", "unpacked, into"):
        assert way in said


def test_a_set_that_cannot_be_fetched_is_one_line(tmp_path, monkeypatch, capsys):
    import pooch

    def refuse(*_, **__):
        raise OSError("no route")

    monkeypatch.delenv("UNIPEN_PATH", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(pooch, "retrieve", refuse)
    assert main(["data", "unipen"]) == 2
    said = capsys.readouterr().err
    assert "unipen cannot be downloaded" in said
    assert said.count("\n") == 1


def test_a_downloaded_archive_is_unpacked_in_one_go(pendigits, tmp_path, monkeypatch, capsys):

    import pooch

    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(pendigits / "pendigits-orig.tra", "pendigits-orig.tra")

    def fetch(url, output_file, _pooch, check_only=False):
        assert url.endswith(".zip")
        with open(output_file, "wb") as file:
            file.write(archive.read_bytes())

    monkeypatch.delenv("PENDIGITS_PATH")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: fetch)
    assert len(load_dataset("pendigits").train) == 80
    assert (tmp_path / "keras/datasets/pendigits/pendigits-orig.tra").is_file()
    archive.write_bytes(b"not a zip")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "other"))
    assert main(["data", "pendigits"]) == 2
    assert "pendigits cannot be downloaded (BadZipFile): give it by" in capsys.readouterr().err
    assert not list((tmp_path / "other/datasets").iterdir())


def test_an_unknown_set_is_named(capsys):
    assert main(["data", "emnist"]) == 2
    assert "unknown dataset 'emnist'" in capsys.readouterr().err
