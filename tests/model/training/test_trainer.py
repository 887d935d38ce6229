import shutil
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from model.errors import InputError
from model.preprocessing import to_glyphs
from model.training import stages
from model.training.architectures import ARCHITECTURES
from model.training.config import TrainingConfig
from model.training.stages import batches
from model.training.trainer import batch_maker, train


def weights(trained):
    return np.concatenate([w.ravel() for w in trained.network.get_weights()])


def test_defaults_are_the_originals_recipes():
    config = TrainingConfig.default("mlp100")
    assert (config.epochs, config.batch_size, config.learning_rate) == (5, 32, 1e-3)
    assert not config.augmented
    assert TrainingConfig.default("cnn").augmented
    assert TrainingConfig.default("linear", epochs=7, seed=None).epochs == 7


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("resnet", {}, "linear, mlp100, mlp128, cnn_small, cnn"),
        ("linear", {"epochs": 0}, "from 1 to 2147483647"),
        ("linear", {"epochs": 2**31}, "from 1 to 2147483647"),
        ("linear", {"batch_size": 10**30}, "from 1 to 2147483647"),
        ("linear", {"learning_rate": float("nan")}, "at most 1000"),
        ("linear", {"learning_rate": float("inf")}, "at most 1000"),
        ("linear", {"validation_split": 1.0}, "validation-split"),
        ("linear", {"seed": -1}, "seed"),
    ],
)
def test_a_bad_setting_is_refused(name, changes, words):
    with pytest.raises(InputError, match=words):
        TrainingConfig.default(name, **changes)


def test_a_loss_that_is_no_number_ends_the_training(tmp_path):
    keeper = stages._Checkpoint([], tmp_path)
    keeper.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=1000.0)))
    keeper.on_epoch_begin(0)
    with pytest.raises(InputError, match="loss is nan after epoch 1: choose a smaller"):
        keeper.on_epoch_end(0, {"loss": float("nan"), "accuracy": 0.1})


def test_a_network_learns_real_digits(digits, tmp_path):
    config = TrainingConfig.default("mlp128", epochs=8)
    trained = train(config, digits, tmp_path, resume=False)
    assert [row["epoch"] for row in trained.history] == list(range(1, 9))
    assert trained.history[-1]["loss"] < trained.history[0]["loss"] / 3
    glyphs = to_glyphs(digits.test.images)[..., None] / np.float32(255)
    right = trained.network.predict(glyphs, verbose=0).argmax(1) == digits.test.labels
    assert right.mean() > 0.9
    assert trained.train_count + trained.validation_count == len(digits.train)
    assert sum(trained.train_class_counts) == trained.train_count


def test_a_seed_gives_the_same_network(digits, tmp_path):
    config = TrainingConfig.default("linear", epochs=2)
    first, second = (train(config, digits, tmp_path / n, resume=False) for n in "ab")
    np.testing.assert_array_equal(weights(first), weights(second))
    other = train(TrainingConfig.default("linear", epochs=2, seed=2), digits, tmp_path / "c", False)
    assert not np.array_equal(weights(first), weights(other))


def shallow() -> keras.Model:
    """A network trained as `cnn` is, of one convolution: most of a short run builds its graph.

    It has no dropout, whose generator does not go on where it was.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(4, 5, strides=3, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(11, activation="softmax"),
        ]
    )


def test_a_resumed_run_ends_where_an_unbroken_one_does(digits, tmp_path, monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "cnn", shallow)
    config = TrainingConfig.default("cnn", epochs=2, batch_size=100, validation_split=0.0)
    few = replace(digits, train=digits.train.take(np.arange(400)))
    keep = stages._Checkpoint.on_epoch_end

    def keep_twice(self, epoch, logs=None):
        keep(self, epoch, logs)
        if epoch == 0:
            shutil.copytree(self.folder, tmp_path / "broken")

    with monkeypatch.context() as patch:
        patch.setattr(stages._Checkpoint, "on_epoch_end", keep_twice)
        whole = train(config, few, tmp_path / "whole", resume=False)
    resumed = train(config, few, tmp_path / "broken", resume=True)
    assert [row["epoch"] for row in resumed.history] == [1, 2]
    assert resumed.history[-1]["loss"] == pytest.approx(whole.history[-1]["loss"], rel=1e-5)
    np.testing.assert_allclose(weights(resumed), weights(whole), rtol=1e-4, atol=1e-6)


def test_without_a_validation_split_nothing_is_held_out(digits, tmp_path):
    config = TrainingConfig.default("linear", epochs=1, validation_split=0.0)
    trained = train(config, digits, tmp_path, resume=False)
    assert trained.validation_count == 0
    assert trained.train_count == len(digits.train)
    assert "val_loss" not in trained.history[0]
    assert trained.calibration.temperature == 1.0


def test_every_epoch_sees_every_image_once_in_another_order(digits):
    config = TrainingConfig.default("linear", epochs=2, batch_size=100)
    data, maker = digits.test.take(np.arange(250)), batch_maker(config, None)
    labels = [answers for _, answers in batches(config, data, range(2), maker).as_numpy_iterator()]
    assert [len(answers) for answers in labels] == [100, 100, 50] * 2
    first, second = np.concatenate(labels[:3]), np.concatenate(labels[3:])
    np.testing.assert_array_equal(np.sort(first), np.sort(second))
    assert not np.array_equal(first, second)
    resumed = [
        answers for _, answers in batches(config, data, range(1, 2), maker).as_numpy_iterator()
    ]
    np.testing.assert_array_equal(np.concatenate(resumed), second)
