"""One bad picture in a batch: it gets a line of its own, and the others are read all the same."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main


@pytest.fixture
def folder(seven, tmp_path):
    """A folder with a damaged and a blank picture among good ones, and notes beside them."""
    folder = tmp_path / "phone"
    (folder / "more").mkdir(parents=True)
    for name in ("a.png", "d.png", "more/e.png"):
        Image.fromarray(seven).save(folder / name)
    whole = (folder / "a.png").read_bytes()
    (folder / "b.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (100, 100), 255).save(folder / "more" / "c.png")
    (folder / "notes.txt").write_text("bought on Monday")
    return folder


def lines(capsys) -> tuple[list[dict], list[str]]:
    out, err = capsys.readouterr()
    return [json.loads(line) for line in out.splitlines()], err.splitlines()


def test_predict_reads_the_others(folder, capsys):
    assert main(["predict", str(folder), "--json"]) == 1
    rows, said = lines(capsys)
    names = ["a.png", "b.png", "d.png", "more/c.png", "more/e.png"]
    assert [row["source"] for row in rows] == [str(folder / name) for name in names]
    assert [row.get("digit") for row in rows] == [7, None, 7, None, 7]
    assert "damaged" in rows[1]["error"]
    assert "no ink" in rows[3]["error"]
    assert set(rows[1]) == {"source", "index", "error"}
    assert said == ["error: 2 of 5 could not be read"]


def test_in_words_each_bad_picture_is_a_line_of_its_own(folder, capsys):
    assert main(["predict", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    damaged, blank, count = err.splitlines()
    assert damaged.startswith(f"error: {folder / 'b.png'} is damaged")
    assert blank.startswith(f"error: {folder / 'more' / 'c.png'}: no ink")
    assert count == "error: 2 of 5 could not be read"


@pytest.mark.parametrize("command", ["predict", "read"])
def test_strict_stops_at_the_first(folder, command, capsys):
    assert main([command, str(folder), "--strict"]) == 2
    out, err = capsys.readouterr()
    assert out.startswith(f"{folder / 'a.png'}: 7")
    assert "d.png" not in out
    assert err.startswith(f"error: {folder / 'b.png'} is damaged")
    assert err.count("\n") == 1


def test_read_reads_the_others(folder, capsys):
    assert main(["read", str(folder), str(folder / "none.png"), "--json"]) == 1
    rows, said = lines(capsys)
    assert [row.get("lines") for row in rows] == [["7"], None, ["7"], [], ["7"], None]
    assert "damaged" in rows[1]["error"]
    assert rows[5]["source"] == str(folder / "none.png")
    assert said == ["error: 2 of 6 could not be read"]


def test_where_nothing_can_be_read_the_call_was_wrong(folder, capsys):
    assert main(["predict", str(folder / "b.png"), "none.png"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "error: 2 of 2 could not be read"


@pytest.mark.parametrize("name", ["set.npz", "SET.NPZ"])
def test_rows_of_a_set_stand_for_themselves(name, seven, tmp_path, capsys):
    path = str(tmp_path / name)
    with open(path, "wb") as file:  # NumPy itself adds .npz to other names
        np.savez(file, x=np.stack([seven, np.full_like(seven, 9), seven]))
    assert main(["predict", path, "--json"]) == 1
    rows, _ = lines(capsys)
    assert [row["index"] for row in rows] == [0, 1, 2]
    assert [row.get("digit") for row in rows] == [7, None, 7]
    assert main(["predict", path]) == 1
    assert f"error: {path}: row 1: no ink" in capsys.readouterr().err


def test_a_name_too_long_is_one_bad_picture(folder, capsys):
    good, long = str(folder / "a.png"), "y" * 300 + ".png"
    assert main(["predict", long, good]) == 1
    assert main(["read", long, good]) == 1
    assert [line.split(": ")[-1] for line in capsys.readouterr().out.splitlines()] == [
        "7 (99.9%)", "7",
    ]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names and no named pipes")
def test_a_folder_s_odd_names_stay_on_their_lines_and_what_is_no_picture_is_passed_over(
    seven, tmp_path, capsys
):
    Image.fromarray(seven).save(tmp_path / "7\n\x1b[31m.png")
    Image.fromarray(seven).save(tmp_path / "8.pgm")
    for hidden in ("._7.png", ".copies/7.png"):
        (tmp_path / hidden).parent.mkdir(exist_ok=True)
        (tmp_path / hidden).write_bytes(b"of the system")
    os.mkfifo(tmp_path / "endless.png")
    for command in ("predict", "read"):
        assert main([command, str(tmp_path)]) == 0
        first, second = capsys.readouterr().out.splitlines()
        assert first.startswith(f"{tmp_path}/7\ufffd\ufffd[31m.png: 7")
        assert second.startswith(f"{tmp_path}/8.pgm: 7")


@pytest.fixture
def refuse(monkeypatch):
    """Let no folder of a name be read."""
    scan = os.scandir

    def refuse(name):
        def scan_others(path):
            if os.path.basename(path) == name:
                raise PermissionError(13, "Permission denied", path)
            return scan(path)

        monkeypatch.setattr(os, "scandir", scan_others)

    return refuse


def test_a_folder_that_may_not_be_read_is_one_bad_picture(folder, refuse, capsys):
    refuse("more")
    assert main(["predict", str(folder)]) == 1
    assert f"cannot read {folder / 'more'}: " in capsys.readouterr().err


@pytest.fixture
def labelled(digits, tmp_path):
    """A folder with a sub-folder a digit, 60 pictures, and beside them a torn and a blank one."""
    for row, label in enumerate(np.repeat(np.arange(10), 6)):
        image = digits.train.images[np.flatnonzero(digits.train.labels == label)[row % 6]]
        (tmp_path / str(label)).mkdir(exist_ok=True)
        Image.fromarray(image).resize((80, 80)).save(tmp_path / str(label) / f"{row}.png")
    (tmp_path / "3" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n half of it")
    Image.new("L", (80, 80)).save(tmp_path / "5" / "blank.png")
    return tmp_path


def test_evaluate_scores_the_others(labelled, capsys):
    assert main(["evaluate", str(labelled), "--json"]) == 1
    rows, said = lines(capsys)
    assert [row["source"] for row in rows[:2]] == [
        str(labelled / "3" / "torn.png"), str(labelled / "5" / "blank.png"),
    ]  # fmt: skip
    assert rows[2]["count"] == 60
    assert rows[2]["accuracy"] > 0.9
    assert said == ["error: 2 of 62 could not be read"]
    assert main(["evaluate", str(labelled), "--strict"]) == 2
    assert "torn.png" in capsys.readouterr().err


def test_a_folder_of_a_digit_that_may_not_be_read_is_said(labelled, refuse, capsys):
    refuse("8")
    assert main(["evaluate", str(labelled), "--bundle", "linear"]) == 1
    assert f"cannot read {labelled / '8'}: " in capsys.readouterr().err


def test_training_learns_from_the_others(labelled, capsys):
    words = ["train", "--arch", "linear", "--epochs", "1", "--data", str(labelled),
             "--validation-split", "0.3"]  # fmt: skip
    assert main([*words, "--name", "patient"]) == 1
    out, err = capsys.readouterr()
    assert "bundle 'patient' is in" in out
    said = [line for line in err.splitlines() if line.startswith("error: ")]
    assert [line.split(" ")[1].rstrip(":") for line in said[:2]] == [
        str(labelled / "3" / "torn.png"), str(labelled / "5" / "blank.png"),
    ]  # fmt: skip
    assert said[2:] == ["error: 2 of 62 could not be read"]
    assert main([*words, "--name", "strict", "--strict"]) == 2
    assert "torn.png" in capsys.readouterr().err
