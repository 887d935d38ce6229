import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from model.bundles.store import (
    BundleError,
    all_bundles,
    load_bundle,
    shipped_bundles,
)
from model.calibration import digit_probabilities, temper
from model.data.dataset import load_dataset
from model.errors import InputError
from model.files.fingerprint import fingerprint
from model.files.keras_files import load_keras
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs
from model.training.config import TrainingConfig
from model.training.run import cache_key, train_bundle

CONFIG = TrainingConfig.default("linear", epochs=1)


@pytest.fixture(scope="module")
def small(digits):
    return train_bundle(CONFIG, digits, name="small")


def test_without_a_home_folder_only_the_shipped_are_found(monkeypatch):
    def nobody(cls):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(nobody))
    for variable in ("DIGITS_CACHE", "XDG_CACHE_HOME", "MNIST_PATH", "KERAS_HOME"):
        monkeypatch.delenv(variable, raising=False)
    assert load_bundle("linear").name == "linear"
    for call in (all_bundles, lambda: load_bundle("mine"), lambda: load_dataset("mnist")):
        with pytest.raises(InputError, match=r"set \$HOME"):
            call()


@pytest.fixture
def copy(small, tmp_path):
    return shutil.copytree(small.path, tmp_path / "copy")


def test_a_bundle_says_how_it_was_made(small, digits):
    about = json.loads((small.path / "bundle.json").read_text())
    assert about["name"] == "small"
    assert about["architecture"]["layers"][-1] == {
        "name": "digits", "type": "Dense", "inputs": ["pixels"], "output_shape": [10],
        "activation": "sigmoid", "parameters": 7850,
    }  # fmt: skip
    assert about["config"]["epochs"] == len(about["history"]) == 1
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"} <= set(about["history"][0])
    shares = about["validation_accuracy"], about["history"][0]["val_accuracy"]
    assert shares[0] == pytest.approx(shares[1])
    assert about["data"]["sha256"] == digits.train.sha256
    assert about["versions"]["tensorflow"]


def test_saved_and_loaded_equals_the_original(small, digits):
    """Keras file and LiteRT file answer alike."""
    glyphs = to_glyphs(digits.test.images)
    network = load_keras(small.keras_path)
    raw = network.predict(glyphs[..., None] / np.float32(255), verbose=0)
    assert getattr(network, "optimizer", None) is None
    predictor = Predictor(small)
    settings = predictor.calibration
    expected = temper(digit_probabilities(raw, settings.outputs), settings.temperature)
    np.testing.assert_allclose(predictor.score(glyphs).probabilities, expected, atol=1e-4)


def test_another_config_or_data_has_another_key(small, digits):
    other = train_bundle(TrainingConfig.default("linear", epochs=1, seed=9), digits)
    assert other.path != small.path
    assert other.metadata["config"]["seed"] == 9
    assert other.metadata["key"] != small.metadata["key"] == cache_key(CONFIG, digits)
    part = cache_key(CONFIG, digits)
    changed = type(digits)(digits.name, digits.test, digits.test, digits.source, digits.licence)
    assert cache_key(CONFIG, changed) != part


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda b: (b / "model.tflite").write_bytes(b"x"), "model.tflite is not the one"),
        (lambda b: (b / "model.keras").unlink(), "lacks its model.keras"),
        (lambda b: (b / "bundle.json").write_text('{"name": '), "cannot be read"),
        (lambda b: (b / "bundle.json").write_text("[]"), "damaged"),
        (lambda b: (b / "bundle.json").write_text("{}"), "format_version None"),
    ],
    ids=["tampered", "missing", "truncated", "list", "empty"],
)
def test_a_damaged_bundle_is_named_and_never_half_loaded(copy, spoil, words):
    spoil(copy)
    with pytest.raises(BundleError, match=words) as caught:
        load_bundle(copy)
    assert "'copy'" in str(caught.value)


def test_code_in_a_keras_file_is_not_run(copy, tmp_path):
    """A stranger's bundle, its hashes right: the network to train from is refused, unrun."""
    mark = str(tmp_path / "run")
    glyph = keras.Input((28, 28, 1))
    out = keras.layers.Lambda(lambda x, p=mark: (open(p, "w").close(), x)[1])(glyph)
    network = keras.Model(glyph, out)
    (tmp_path / "run").unlink()  # building it ran the code once
    network.save(copy / "model.keras")
    about = json.loads((copy / "bundle.json").read_text())
    about["files"]["model.keras"] = fingerprint(copy / "model.keras")
    (copy / "bundle.json").write_text(json.dumps(about))
    stranger = load_bundle(copy)
    Predictor(stranger)  # reading never opens it
    with pytest.raises(InputError, match="code of its own"):
        load_keras(stranger.keras_path)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("field", ["format_version", "preprocessing_version"])
def test_a_bundle_of_another_version_is_refused(copy, field):
    about = json.loads((copy / "bundle.json").read_text())
    about[field] = 99
    (copy / "bundle.json").write_text(json.dumps(about))
    with pytest.raises(BundleError, match=f"{field} 99"):
        load_bundle(copy)


@pytest.mark.parametrize("name", ["nonsense", "../small", "/etc", "", "."])
def test_an_unknown_bundle_is_an_error(small, name):
    with pytest.raises(BundleError):
        load_bundle(name)
    with pytest.raises(BundleError, match="choose one of ") as error:
        load_bundle("nonsense")
    names = str(error.value).partition("choose one of ")[2].split(", ")
    assert names == sorted(names)
    assert {"cnn", "linear", "mlp100", "mlp128", "small"} <= set(names)  # and what others trained


def test_a_spoiled_bundle_in_the_cache_is_said_aloud_and_trained_again(small, digits, own_cache):
    spoiled = shutil.copytree(small.path, own_cache / "bundles" / "spoiled")
    (spoiled / "model.tflite").write_bytes(b"")
    with pytest.raises(BundleError, match="is not the one that was saved"):
        load_bundle("spoiled")
    again = train_bundle(CONFIG, digits, name="spoiled")
    assert again.litert_path.stat().st_size > 1000
    assert load_bundle("spoiled") == again


def test_a_save_that_fails_leaves_the_old_bundle(small, digits, monkeypatch, own_cache):
    before = (small.path / "bundle.json").read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("model.training.run._save_networks", fail)
    with pytest.raises(OSError, match="disk full"):
        train_bundle(CONFIG, digits, name="small")
    assert (small.path / "bundle.json").read_bytes() == before
    assert not [p for p in small.path.parent.iterdir() if p.name.startswith(".")]


def test_an_interrupted_run_leaves_no_bundle(digits, monkeypatch, own_cache):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("model.training.trainer.train", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_bundle(CONFIG, digits, name="broken")
    assert not (own_cache / "bundles/broken").exists()


def test_a_name_that_is_a_path_is_refused(digits):
    for name in ("../up", "a/b", ".hidden"):
        with pytest.raises(InputError, match="plain word"):
            train_bundle(CONFIG, digits, name=name)
    with pytest.raises(InputError, match="--out"):
        train_bundle(CONFIG, digits, folder=Path("."))


def test_no_network_takes_the_name_of_one_that_ships(digits, tmp_path):
    with pytest.raises(InputError, match="'cnn' is a network that ships"):
        train_bundle(CONFIG, digits, name="cnn")
    made = train_bundle(CONFIG, digits, name="cnn", folder=tmp_path / "cnn")
    assert load_bundle(made.path).name == "cnn"


def test_four_networks_ship():
    shipped = shipped_bundles()
    assert {b.name for b in shipped} == {"linear", "mlp100", "mlp128", "cnn"}
    assert {b.metadata["data"]["name"] for b in shipped} == {"mnist"}
    assert all(b.litert_path.stat().st_size < 2_000_000 for b in shipped)
    assert all(not isinstance(b, BundleError) for b in all_bundles())


def test_a_bundle_is_two_networks_and_what_names_them(small):
    files = {path.name: path for path in small.path.iterdir()}
    assert files.keys() == {"model.keras", "model.tflite", "bundle.json", "curves.svg"}
    del files["bundle.json"], files["curves.svg"]
    found = {name: fingerprint(path) for name, path in files.items()}
    assert small.metadata["files"] == found
