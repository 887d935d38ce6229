"""Extra labelled sets: how they are asked for, read as the test set is, and refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.data.dataset import load_dataset
from model.errors import Batch, InputError
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs
from report.__main__ import main
from report.evaluation.sets import ExtraSource, load_extra, load_test_set, parse_extras

STRANGER = {"name": "mnist", "sha256": "0" * 64}
STRICT = Batch(strict=True)


def save_npz(path: Path, images) -> Path:
    np.savez(path, x=images.images, y=images.labels)
    return path


@pytest.fixture(scope="module")
def few():
    """Forty labelled images of scikit-learn's."""
    return load_dataset("digits").test.take(np.arange(40))


@pytest.fixture
def folder(few, tmp_path):
    """The same images as people keep their own: pictures, dark on a larger light paper."""
    for row, (image, label) in enumerate(zip(few.images, few.labels, strict=True)):
        place = tmp_path / "own" / str(label)
        place.mkdir(parents=True, exist_ok=True)
        picture = Image.new("L", (128, 128), 255)
        picture.paste(Image.fromarray(255 - image).resize((64, 64)), (32, 32))
        picture.save(place / f"{row}.png")
    return tmp_path / "own"


def test_a_picture_without_ink_is_called_by_its_name(folder):
    Image.new("L", (128, 128), 255).save(folder / "3" / "blank.png")
    with pytest.raises(InputError, match=r"blank\.png: no ink was found"):
        load_extra(ExtraSource("mine", folder), STRANGER, STRICT)


def test_the_pictures_left_out_are_counted(folder, capsys):
    assert "unreadable" not in load_extra(ExtraSource("mine", folder), STRANGER, STRICT).facts
    Image.new("L", (128, 128), 255).save(folder / "3" / "blank.png")
    (folder / "4" / "broken.png").write_bytes(b"\x89PNG")
    batch = Batch()
    assert load_test_set(folder, None, STRANGER, batch).facts["unreadable"] == 2
    assert load_extra(ExtraSource("mine", folder), STRANGER, batch).facts["unreadable"] == 2
    assert batch.failed == capsys.readouterr().err.count("\n") == 4


def test_name_and_path_are_parted_at_the_first_equals_sign():
    assert ExtraSource.parse("mine=a=b.npz") == ExtraSource("mine", Path("a=b.npz"))
    assert ExtraSource.parse("digits") == ExtraSource("digits", None)
    assert ExtraSource.parse("digits=own.npz") == ExtraSource("digits", Path("own.npz"))


@pytest.mark.parametrize(
    "text",
    ["", "mine", "=own.npz", "mine=", "mine= ", "a.b=own.npz", "a b=own.npz", "-a=own.npz",
     "<b>=own.npz", "é=own.npz", f"{'x' * 25}=own.npz"],
)  # fmt: skip
def test_other_forms_are_refused(text):
    with pytest.raises(InputError, match="--extra"):
        ExtraSource.parse(text)


def test_a_data_set_goes_by_its_name():
    assert ExtraSource.parse("unipen") == ExtraSource("unipen", None)


def test_two_of_one_name_are_refused():
    with pytest.raises(InputError, match="two of this name"):
        parse_extras(["mine=a.npz", "digits", "mine=b.npz"])


def missing(tmp_path: Path) -> Path:
    return tmp_path / "nonesuch.npz"


def no_archive(tmp_path: Path) -> Path:
    path = tmp_path / "broken.npz"
    path.write_bytes(b"no archive at all")
    return path


def unlabelled(tmp_path: Path) -> Path:
    path = tmp_path / "unlabelled.npz"
    np.savez(path, x=np.zeros((2, 28, 28), np.uint8))
    return path


def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.npz"
    np.savez(path, x=np.full((2, 64, 64), 255, np.uint8), y=np.array([1, 2]))
    return path


def empty_folder(tmp_path: Path) -> Path:
    return tmp_path


def long_name(tmp_path: Path) -> Path:
    return tmp_path / ("x" * 400)


@pytest.mark.parametrize("place", [missing, no_archive, unlabelled, blank, empty_folder, long_name])
def test_an_unreadable_set_is_exit_2_and_one_line(tmp_path, capsys, place):
    out = tmp_path / "out"
    call = ["build", "--bundle", "linear", "--dataset", "digits", "--strict", "--out", str(out)]
    assert main([*call, "--extra", f"mine={place(tmp_path)}"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("report: --extra mine: ")
    assert (captured.err.count("\n"), captured.out) == (1, "")
    assert not out.exists()


@pytest.mark.parametrize("extras", [["mine"], ["a=b.npz", "a=c.npz"]])
def test_a_wrong_call_is_exit_2_and_one_line(tmp_path, capsys, extras):
    options = [word for extra in extras for word in ("--extra", extra)]
    assert main(["build", "--out", str(tmp_path / "out"), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_set_keeps_the_name_it_was_given_and_every_image(few, tmp_path):
    path = save_npz(tmp_path / "own.npz", few)
    found = load_extra(ExtraSource("mine", path), STRANGER, STRICT)
    assert (found.facts["name"], found.facts["count"]) == ("mine", 40)
    assert found.facts["sha256"] == few.sha256
    assert np.array_equal(found.images, to_glyphs(few.images))


def test_writers_are_kept(few, tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, x=few.images, y=few.labels, writer=["anna", "bo"] * 20)
    found = load_extra(ExtraSource("mine", path), STRANGER, STRICT)
    assert found.writers.tolist() == ["anna", "bo"] * 20


def test_of_pen_tracks_the_test_writers_digits_are_read(tmp_path, monkeypatch):
    track = """.SEGMENT DIGIT {row} ? "{digit}"\n.COMMENT {digit} {writer} {row}
.PEN_DOWN\n 10 90\n 40 50\n 20 10\n.PEN_UP\n"""
    rows = range(100)
    text = "".join(track.format(row=r, digit=r % 10, writer=1 + r // 10) for r in rows)
    (tmp_path / "pendigits-orig.tra").write_text(text)
    monkeypatch.setenv("PENDIGITS_PATH", str(tmp_path))
    found = load_extra(ExtraSource("pendigits", None), STRANGER, STRICT)
    assert (found.facts["name"], found.facts["licence"]) == ("pendigits", "CC BY 4.0")
    assert found.facts["class_counts"] == [2] * 10
    assert set(found.writers) == {"pendigits/5", "pendigits/10"}


def test_a_data_set_that_is_not_there_is_exit_2_and_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("UNIPEN_PATH", str(tmp_path / "none"))
    call = ["build", "--bundle", "linear", "--dataset", "digits", "--out", str(tmp_path / "out")]
    assert main([*call, "--extra", "unipen"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("report: --extra unipen: $UNIPEN_PATH names ")
    assert said.count("\n") == 1


def test_scikit_learns_digits_are_whole_unless_the_network_learnt_from_them():
    whole = load_dataset("digits")
    learnt = {"name": "digits", "sha256": whole.train.sha256}
    assert load_extra(ExtraSource("digits", None), STRANGER, STRICT).facts["count"] == 1797
    left = load_extra(ExtraSource("digits", None), learnt, STRICT)
    assert left.facts["sha256"] == whole.test.sha256


def test_images_that_the_network_learnt_from_are_left_out_or_refused(tmp_path):
    source = ExtraSource("mine", save_npz(tmp_path / "own.npz", load_dataset("digits").test))
    whole = load_dataset(path=source.path)
    pupil = {"name": "own.npz", "sha256": whole.train.sha256}
    assert load_extra(source, pupil, STRICT).facts["sha256"] == whole.test.sha256
    with pytest.raises(InputError, match="learnt from"):
        load_extra(source, STRANGER | {"sha256": load_dataset("digits").test.sha256}, STRICT)


def test_a_report_reads_extra_sets_as_the_predictor_does(folder, few, tmp_path, capsys):
    npz = save_npz(tmp_path / "few.npz", few)
    blank, damaged = folder / "3" / "blank.png", folder / "4" / "damaged.png"
    Image.new("L", (128, 128), 255).save(blank)
    damaged.write_bytes(blank.read_bytes()[:50])
    call = ["build", "--bundle", "linear", "--data", str(npz), "--out", str(tmp_path),
            "--extra", f"own={folder}", "--extra", "digits"]  # fmt: skip
    assert main([*call, "--strict"]) == 2
    assert f"report: --extra own: {damaged} is damaged" in capsys.readouterr().err
    assert main(call) == 1
    bad = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert bad[0].startswith(f"error: {damaged} is damaged")
    assert bad[1].startswith(f"error: {blank}: no ink was found")
    assert bad[2:] == ["error: 2 of 82 could not be read"]
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    own, digits = report["metrics"]["extra"]
    assert (own["name"], own["count"], digits["count"]) == ("own", 40, 1797)
    everything = load_dataset("digits")
    predictor, right = Predictor.load("linear"), 0
    for part in (everything.train, everything.test):
        readings = predictor.score(to_glyphs(part.images)).probabilities.argmax(axis=1)
        right += int((readings == part.labels).sum())
    assert digits["accuracy"] == right / 1797
    capsys.readouterr()
    check = ["check", str(tmp_path / "report.json"), "--min"]
    assert main([*check, f"extra.digits.accuracy={right / 1797}"]) == 0
    assert main([*check, "extra.own.accuracy=1.01"]) == 1
    assert "extra.own.accuracy" in capsys.readouterr().out
