"""Training over several devices: here two that TensorFlow makes of one processor."""

import json
import subprocess
import sys

import numpy as np
import pytest

from model.__main__ import main
from model.bundle import load_bundle
from model.predictor import Predictor
from model.preprocessing import to_glyphs

TWO_DEVICES = """
import sys
import tensorflow as tf
(processor,) = tf.config.list_physical_devices("CPU")
halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(processor, halves)
tf.config.threading.set_inter_op_parallelism_threads(8)  # fewer wait for each other
"""
TRAIN = "from model.__main__ import main\nsys.exit(main(sys.argv[1:]))"
SHARES = """
import json
from model.dataset import LabelledImages, load_dataset
from model.devices import find_strategy
from model.preprocessing import to_glyphs
from model.training import TrainingConfig, batches
config = TrainingConfig.default("cnn", epochs=1, batch_size=60)
data = load_dataset("digits").test.take(range(130))
data = LabelledImages("glyphs", to_glyphs(data.images), data.labels)
strategy = find_strategy("mirrored")
whole = batches(config, data, 0)
parts = strategy.experimental_distribute_dataset(whole)
shares = [strategy.experimental_local_results(labels) for _, labels in parts]
print(json.dumps([[share.numpy().tolist() for share in step] for step in shares]))
print(json.dumps([labels.tolist() for _, labels in whole.as_numpy_iterator()]))
"""


def run(code, *words):
    command = [sys.executable, "-c", TWO_DEVICES + code, *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_two_devices_give_the_network_that_one_gives(digits):
    words = ["train", "--arch", "mlp128", "--dataset", "digits", "--epochs", "2"]
    assert "training on 2 × CPU" in run(TRAIN, *words, "--strategy", "mirrored", "--name", "two")
    assert main([*words, "--name", "one"]) == 0
    one, two = load_bundle("one"), load_bundle("two")
    assert one.metadata["key"] == two.metadata["key"]
    for mine, theirs in zip(one.metadata["history"], two.metadata["history"], strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], rel=0.02)
        assert mine["val_loss"] == pytest.approx(theirs["val_loss"], rel=0.02)
    glyphs = to_glyphs(digits.test.images)
    mine, theirs = (Predictor(bundle).score(glyphs).probabilities for bundle in (one, two))
    np.testing.assert_allclose(mine, theirs, atol=0.05)


@pytest.mark.slow
def test_the_devices_share_each_batch():
    shares, wanted = map(json.loads, run(SHARES).splitlines()[-2:])
    assert len(wanted) == 3
    assert [first + second for first, second in shares] == wanted
    assert all(abs(len(first) - len(second)) <= 1 for first, second in shares)


def test_several_machines_are_refused_in_one_line(capsys):
    assert main(["train", "--strategy", "multiworker"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --strategy multiworker: Keras 3 cannot train over several")
    assert said.count("\n") == 1
