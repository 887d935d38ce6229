import json
import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.bundles.store import load_bundle
from model.data import corrections
from model.data.corrections import Drawn, keep, load_corrections, prepare_folder
from model.data.strokes import bank
from model.errors import InputError
from model.inference.predictor import Predictor
from model.preprocessing import preprocess, to_glyphs
from model.training.run import cache_key, train_bundle


@pytest.fixture
def drawn(reader, seven):
    steps = preprocess(seven)
    return Drawn.of(steps, reader.predict_steps(steps), "cnn")


def slashed_zeros(count, seed):
    """Draw zeros with a bold slash, each a little another: uint8 (count, 140, 140)."""
    random = np.random.default_rng(seed)
    points = bank(["40200205183865624020 6008"])[0, 1]
    pictures = np.full((count, 140, 140), 255, np.uint8)
    for picture in pictures:
        size = random.uniform(9, 13, 2)
        lean = np.array([[1, 0], [random.uniform(-0.2, 0.2), 1]])
        places = (points - (3, 4)) @ lean * size + 70 + random.uniform(-8, 8, 2)
        for x, y in places.astype(int):
            picture[y - 3 : y + 4, x - 3 : x + 4] = 0
    return pictures


def test_what_is_kept_is_what_is_loaded(tmp_path, drawn, seven):
    for truth in (7, 1):
        keep(tmp_path, drawn, truth)
    kept = load_corrections(tmp_path)
    assert kept.labels.tolist() == [7, 1]
    for image in kept.images:
        np.testing.assert_array_equal(preprocess(image).glyph, preprocess(seven).glyph)
    record = sorted(tmp_path.iterdir())[0]
    about = json.loads((record / "correction.json").read_text())
    assert (about["truth"], about["digit"], about["bundle"]) == (7, 7, "cnn")
    assert np.asarray(Image.open(record / "glyph.png")).shape == (28, 28)


def test_large_drawings_are_kept_small(tmp_path, reader, canvas):
    steps = preprocess(canvas([(400, 300), (1200, 300), (700, 1400)], side=1600, pen=90))
    keep(tmp_path, Drawn.of(steps, reader.predict_steps(steps), "cnn"), 7)
    assert load_corrections(tmp_path).images[0].shape == (280, 280)


@pytest.mark.parametrize("truth", [None, -1, 10, "7", True, 7.0, "../7"])
def test_only_a_digit_is_a_truth(tmp_path, drawn, truth):
    with pytest.raises(InputError, match="from 0 to 9"):
        keep(tmp_path, drawn, truth)
    assert not list(tmp_path.iterdir())


def test_a_folder_takes_only_so_many_and_so_much(tmp_path, drawn, monkeypatch):
    with pytest.raises(InputError, match="too detailed"):
        keep(tmp_path, replace(drawn, drawing=b"0" * (corrections.MOST_BYTES + 1)), 7)
    monkeypatch.setattr(corrections, "MOST_KEPT", 2)
    keep(tmp_path, drawn, 7)
    keep(tmp_path, drawn, 7)
    with pytest.raises(InputError, match="no more"):
        keep(tmp_path, drawn, 7)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_drawing_is_kept_whole_or_not_at_all(tmp_path, drawn, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(InputError, match="could not be kept"):
        keep(tmp_path, drawn, 7)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_takes_nothing_is_named_at_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be written"):
        prepare_folder(tmp_path / "file" / "corrections")
    prepare_folder(tmp_path / "made" / "corrections")
    assert not list((tmp_path / "made" / "corrections").iterdir())


@pytest.mark.parametrize("about", ["", "[]", "{}", '{"truth": 11}', '{"truth": "7"}'])
def test_a_damaged_correction_is_named(tmp_path, drawn, about):
    keep(tmp_path, drawn, 7)
    record = next(tmp_path.iterdir())
    (record / "correction.json").write_text(about)
    with pytest.raises(InputError, match=record.name):
        load_corrections(tmp_path)


def test_no_corrections_is_a_wrong_call(tmp_path, capsys):
    assert main(["train", "--dataset", "digits", "--corrections", str(tmp_path)]) == 2
    assert "holds no corrections" in capsys.readouterr().err


def test_a_network_learns_a_style_from_corrections(tmp_path, reader, digits):
    """Zeros with a slash: rare among scikit-learn's digits, common in what people correct."""
    from model.training.config import TrainingConfig

    kept = tmp_path / "kept"
    prepare_folder(kept)
    for picture in slashed_zeros(30, seed=1):
        steps = preprocess(picture)
        keep(kept, Drawn.of(steps, reader.predict_steps(steps), "cnn"), 0)
    others = to_glyphs(slashed_zeros(50, seed=2))
    config = TrainingConfig.default("mlp100", epochs=12)
    more = replace(digits, corrections=load_corrections(kept))
    assert cache_key(config, more) != cache_key(config, digits)
    right = {}
    for name, data in (("before", digits), ("after", more)):
        made = Predictor(train_bundle(config, data, folder=tmp_path / name))
        zeros = made.score(others).probabilities.argmax(1) == 0
        known = made.score(to_glyphs(digits.test.images)).probabilities.argmax(1)
        right[name] = zeros.mean(), (known == digits.test.labels).mean()
    assert right["after"][0] > 0.9 > 0.5 > right["before"][0], right
    assert right["after"][1] > right["before"][1] - 0.02, right
    about = load_bundle(tmp_path / "after").metadata["data"]
    assert about["corrections_count"] == 30
    assert about["validation_count"] == load_bundle(tmp_path / "before").metadata["data"][
        "validation_count"
    ]  # fmt: skip
