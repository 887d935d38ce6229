import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.data.dataset import load_dataset, load_evaluation_set
from model.data.overview import misread_sheet
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


def test_a_pen_set_is_parted_by_writer(pendigits, caplog):
    data = load_dataset("pendigits")
    assert (len(data.train), len(data.test)) == (80, 20)
    assert set(data.test.writers) == {"pendigits/5", "pendigits/10"}
    assert not set(data.test.writers) & set(data.train.writers)
    assert data.test.class_counts == [2] * 10
    assert all(is_canonical(glyph) for glyph in data.test.images)
    assert data.test.take(np.array([3])).writers.tolist() == [data.test.writers[3]]
    assert "other tracks than the pendigits" in caplog.text  # these are made up
    pen = load_pen(["pendigits"])
    assert len(pen.tracks) == 80
    assert pen.to_json()["writer_count"] == 8


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
    monkeypatch.setenv(f"{name.upper()}_PATH", str(tmp_path))  # an empty folder
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


@pytest.fixture
def unipen(tmp_path, monkeypatch):
    """UNIPEN's form: digits by six writers, four of them learnt from; letters by a fifth."""
    ink = ".WRITER_ID {writer}\n.COORD X Y\n.PEN_DOWN\n 10 90\n 40 {x}\n 20 10\n.PEN_UP\n"
    hands = [("aga", "a"), ("apb", "b"), ("art", "c"), ("syn", "d"), ("gmd", "e"), ("imp", "f")]
    for collector, writer in hands:
        for category, labels in (("1a", "0123456789"), ("1c", "xo")):
            if category == "1c" and collector != "gmd":
                continue
            name = f"{collector}/{category}.dat"
            segments = [f'.SEGMENT CHARACTER {k} ? "{text}"' for k, text in enumerate(labels)]
            strokes = [ink.format(writer=writer, x=3 * k) for k in range(len(labels))]
            for file, lines in (
                (tmp_path / "data" / category / name, [f".INCLUDE {name}", *segments]),
                (tmp_path / "include" / name, strokes),
            ):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("\n".join(lines))
    monkeypatch.setenv("UNIPEN_PATH", str(tmp_path))


def test_a_pen_sets_test_part_is_drawn_alone_with_what_is_no_digit(unipen):
    found, whole = load_evaluation_set("unipen"), load_dataset("unipen")
    assert found.images.sha256 == whole.test.sha256
    assert set(found.images.writers) == {"gmd/e", "imp/f"}
    assert found.others.shape == (1, 28, 28)  # x; nobody can tell an o from a zero
    assert load_evaluation_set("digits").others is None


def test_a_pen_set_is_evaluated_by_writer_and_against_what_is_no_digit(unipen, tmp_path, capsys):
    assert main(["evaluate", "--dataset", "unipen", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = told["writers"]["per_writer"]
    assert [(row["name"], row["count"]) for row in rows] == [("gmd/e", 10), ("imp/f", 10)]
    assert sum(row["correct"] for row in rows) == round(told["accuracy"] * told["count"])
    assert told["others"]["count"] == 1
    assert 0 <= told["others"]["auroc"] <= 1
    sheet = tmp_path / "sheet.png"
    assert main(["evaluate", "--dataset", "unipen", "--misread", str(sheet)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"writers +2 ", said)
    assert "AUROC" in said
    with Image.open(sheet) as picture:  # most of these strokes are no digit one could read
        assert picture.size[0] == 58 * min(24, 20 - sum(row["correct"] for row in rows)) + 2


def test_a_network_that_knows_digits_alone_is_not_asked_for_others(unipen, capsys):
    assert main(["evaluate", "--dataset", "unipen", "--bundle", "linear", "--json"]) == 0
    assert "others" not in json.loads(capsys.readouterr().out)


def test_a_sheet_shows_each_misread_glyph_and_no_other():
    labels = np.arange(40) % 10
    glyphs = np.zeros((40, 28, 28), np.uint8)
    digits = labels.copy()
    digits[[3, 17, 31]] = 9, 1, 0
    glyphs[[3, 17, 31], 2:26, 2:26] = 255
    sheet = np.asarray(misread_sheet(glyphs, labels, digits))
    assert sheet.shape == (74, 176)
    black = (sheet[2:58] == 0).sum(axis=0) > 40
    assert np.diff(black.astype(int)).tolist().count(1) == 3
    many = misread_sheet(np.zeros((999, 28, 28), np.uint8), np.zeros(999, int), np.ones(999, int))
    assert many.size == (24 * 58 + 2, 20 * 72 + 2)


def test_where_nothing_is_misread_there_is_no_sheet(tmp_path, capsys):
    data = load_dataset("digits").test.take(np.arange(5))
    np.savez(tmp_path / "own.npz", x=data.images, y=data.labels, writer=[7, 7, 8, 8, 9])
    sheet = tmp_path / "sheet.png"
    assert main(["evaluate", str(tmp_path / "own.npz"), "--misread", str(sheet)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"writers +3 ", said)
    assert "nothing was misread" in said
    assert not sheet.exists()
