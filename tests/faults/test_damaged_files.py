"""Files that lost their end, or in which one byte is another: refused in a line, or still right."""

from __future__ import annotations

import json
import random
import shutil

import numpy as np
import pytest

from model.__main__ import main
from model.bundles.store import BundleError, load_bundle
from model.data.dataset import load_dataset
from model.data.own_files import load_labelled
from model.errors import InputError
from report.documents.files import json_text
from report.format.reading import read_summary
from tests.faults.conftest import ROOT

RECORDED = ROOT / "model" / "pretrained" / "linear" / "evaluation.json"
X = np.arange(4 * 3 * 3, dtype=np.uint8).reshape(4, 3, 3)
Y = np.arange(4)


def one_line(error: InputError) -> str:
    assert "\n" not in str(error)
    return str(error)


def attempt(read, path):
    """What reading a file gives, or the line by which it is refused, which names it."""
    try:
        return read(path)
    except InputError as error:
        line = one_line(error)
    assert path.name in line
    return line


def cut(data: bytes, seed: int, times: int):
    """Copies that lost their end."""
    chance = random.Random(seed)
    return [data[: chance.randrange(len(data))] for _ in range(times)]


def flipped(data: bytes, seed: int, times: int):
    """Copies in which one bit is another."""
    chance = random.Random(seed)
    for _ in range(times):
        place = chance.randrange(len(data))
        yield data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


@pytest.mark.parametrize("name", ["model.keras", "model.tflite"])
def test_a_network_with_one_wrong_byte_is_refused(name, tmp_path):
    copy = shutil.copytree(load_bundle("linear").path, tmp_path / "copy")
    whole = (copy / name).read_bytes()
    for data in (*cut(whole, 1, 40), *flipped(whole, 1, 40)):
        (copy / name).write_bytes(data)
        with pytest.raises(BundleError, match=f"'copy' is damaged: its {name}") as refused:
            load_bundle(copy)
        one_line(refused.value)


def test_a_bundle_s_description_that_lost_its_end_is_refused(tmp_path):
    copy = shutil.copytree(load_bundle("linear").path, tmp_path / "copy")
    text = (copy / "bundle.json").read_bytes().rstrip()
    for data in cut(text, 2, 40):
        (copy / "bundle.json").write_bytes(data)
        with pytest.raises(BundleError, match=r"'copy' is damaged: bundle\.json") as refused:
            load_bundle(copy)
        one_line(refused.value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_byte_of_an_npz_may_be_wrong_or_missing(save, tmp_path):
    path = tmp_path / "set.npz"
    save(path, x=X, y=Y)
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        for data in (whole[:place], whole[:place] + bytes([whole[place] ^ 9]) + whole[place + 1 :]):
            path.write_bytes(data)
            found = attempt(load_labelled, path)
            if isinstance(found, str):
                refused += 1
            else:  # a byte that says nothing of the images, such as a date
                np.testing.assert_array_equal(found.images, X)
                np.testing.assert_array_equal(found.labels, Y)
    assert refused > 1.5 * len(whole)


@pytest.mark.parametrize("kept", [0, 100, 250])
def test_mnist_cut_short_in_the_cache_is_said_with_the_ways_out(kept, tmp_path, monkeypatch):
    monkeypatch.delenv("MNIST_PATH", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    file = tmp_path / "datasets" / "mnist.npz"
    file.parent.mkdir()
    np.savez(file, x_train=X, y_train=Y, x_test=X, y_test=Y)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError) as refused:
        load_dataset("mnist")
    said = one_line(refused.value)
    for words in (str(file), "remove it to have MNIST downloaded", "$MNIST_PATH", "--data"):
        assert words in said
    assert file.stat().st_size == kept  # it is the user's to remove


@pytest.mark.mnist
def test_mnist_with_one_wrong_pixel_is_not_mnist(mnist, tmp_path, monkeypatch):
    images = np.array(mnist.train.images)
    images[12_345, 14, 14] ^= 1
    path = tmp_path / "mnist.npz"
    test = {"x_test": mnist.test.images, "y_test": mnist.test.labels}
    np.savez(path, x_train=images, y_train=mnist.train.labels, **test)
    monkeypatch.setenv("MNIST_PATH", str(path))
    with pytest.raises(InputError, match="does not hold MNIST's images"):
        load_dataset("mnist")


def test_a_report_with_one_wrong_byte_is_refused_or_says_the_same_where_it_counts(tmp_path):
    """A changed letter in a name cannot be told; a changed number can, but for the plain facts."""
    whole = RECORDED.read_bytes().rstrip()
    metrics = json.loads(whole)["metrics"]
    path, refused = tmp_path / "report.json", 0
    for data in (*cut(whole, 3, 60), *flipped(whole, 3, 60)):
        path.write_bytes(data)
        found = attempt(read_summary, path)
        if isinstance(found, str):
            refused += 1
        else:
            assert len(data) == len(whole)
            assert json.loads(json_text(found))["metrics"]["accuracy"] == metrics["accuracy"]
    assert refused > 60


def test_a_damaged_bundle_is_one_line_and_exit_2_wherever_it_is_used(tmp_path, capsys):
    copy = shutil.copytree(load_bundle("linear").path, tmp_path / "copy")
    (copy / "model.tflite").write_bytes(b"")
    picture = ROOT / "tests" / "faults" / "drawing.png"
    for words in (["predict", str(picture)], ["read", str(picture)], ["evaluate", str(tmp_path)]):
        assert main([*words, "--bundle", str(copy)]) == 2
        said = capsys.readouterr().err
        assert said == (
            "error: bundle 'copy' is damaged: its model.tflite is not the one that was saved\n"
        )
