"""Training over several devices: two that TensorFlow makes of one processor, or two processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from model.__main__ import main
from model.bundles.store import cache_folder, load_bundle
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs

TWO_DEVICES = """
import sys
import tensorflow as tf
(processor,) = tf.config.list_physical_devices("CPU")
halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(processor, halves)
tf.config.threading.set_inter_op_parallelism_threads(8)  # fewer wait for each other
"""
WORDS = ["train", "--arch", "mlp128", "--dataset", "digits", "--epochs", "2"]
TRAIN = "from model.__main__ import main\nsys.exit(main(sys.argv[1:]))"
SHARES = """
import json
from model.data.dataset import load_dataset
from model.data.labelled import LabelledImages
from model.training.devices import find_strategy
from model.preprocessing import to_glyphs
from model.training.stages import batches
from model.training.config import TrainingConfig
from model.training.trainer import change_of
config = TrainingConfig.default("cnn", epochs=1, batch_size=60)
data = load_dataset("digits").test.take(range(130))
data = LabelledImages("glyphs", to_glyphs(data.images), data.labels)
strategy = find_strategy("mirrored")
whole = batches(config, data, range(1), change_of(config, None))
parts = strategy.experimental_distribute_dataset(whole)
shares = [strategy.experimental_local_results(labels) for _, labels in parts]
print(json.dumps([[share.numpy().tolist() for share in step] for step in shares]))
print(json.dumps([labels.tolist() for _, labels in whole.as_numpy_iterator()]))
"""


def run(code, *words, wanted=0):
    """Run a program with two devices: what it printed, or its errors where one is wanted."""
    command = [sys.executable, "-c", TWO_DEVICES + code, *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == wanted, ran.stderr
    return ran.stderr if wanted else ran.stdout


def start_machines(*words, own=((), ())):
    """Start two processes, each a machine of one cluster with `own` words as well."""
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("127.0.0.1", 0))
        machines = [f"127.0.0.1:{free.getsockname()[1]}" for free in (first, second)]
    command = [sys.executable, "-m", "model", "train", "--strategy", "multiworker", *words]
    return [
        subprocess.Popen(
            [*command, *own[index]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {"TF_CONFIG": json.dumps(
                {"cluster": {"worker": machines}, "task": {"type": "worker", "index": index}}
            )},
        )
        for index in range(2)
    ]  # fmt: skip


def assert_equally_good(one, other, digits):
    """Both bundles went the same way and read alike."""
    assert one.metadata["key"] == other.metadata["key"]
    for mine, theirs in zip(one.metadata["history"], other.metadata["history"], strict=True):
        assert mine.keys() == theirs.keys()
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert mine[name] == pytest.approx(theirs[name], rel=0.02)
    glyphs = to_glyphs(digits.test.images)
    mine, theirs = (Predictor(bundle).score(glyphs).probabilities for bundle in (one, other))
    np.testing.assert_allclose(mine, theirs, atol=0.05)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """What one device makes of the words below."""
    folder = tmp_path_factory.mktemp("one") / "one"
    assert main([*WORDS, "--out", str(folder)]) == 0
    return load_bundle(folder)


@pytest.mark.slow
def test_two_devices_give_the_network_that_one_gives(one, digits):
    assert "training on 2 × CPU" in run(TRAIN, *WORDS, "--strategy", "mirrored", "--name", "two")
    assert_equally_good(one, load_bundle("two"), digits)


@pytest.mark.slow
def test_two_machines_give_the_network_that_one_gives(one, digits, tmp_path):
    folder = tmp_path / "two"
    first, second = start_machines(*WORDS[1:], "--out", str(folder))
    said = [machine.communicate(timeout=600)[0] for machine in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), said
    assert f"bundle 'two' is in {folder}" in said[0]
    assert "done: the first machine has it" in said[1]
    assert_equally_good(one, load_bundle(folder), digits)


@pytest.mark.slow
def test_the_devices_share_each_batch():
    shares, wanted = map(json.loads, run(SHARES).splitlines()[-2:])
    assert len(wanted) == 3
    assert [first + second for first, second in shares] == wanted
    assert all(abs(len(first) - len(second)) <= 1 for first, second in shares)


@pytest.mark.slow
def test_a_batch_too_small_for_the_devices_is_refused_in_one_line():
    words = [*WORDS, "--strategy", "mirrored", "--batch-size", "323"]  # 1,293 are learnt from
    *_, last = run(TRAIN, *words, wanted=2).splitlines()
    assert last.startswith("error: 1293 images in batches of 323 leave 1 for the last batch")


@pytest.mark.parametrize(
    "config",
    [
        None,
        "here and there",
        "[]",
        json.dumps({"cluster": {"worker": ["127.0.0.1:1"]}}),
        json.dumps({"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"index": 1}}),
        json.dumps({"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"index": 0}}),
    ],
)
def test_machines_that_nobody_named_are_one_line(config, monkeypatch, capsys):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config:
        monkeypatch.setenv("TF_CONFIG", config)
    assert main(["train", "--strategy", "multiworker"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --strategy multiworker needs $TF_CONFIG, which names all")
    assert said.count("\n") == 1


@pytest.mark.slow
def test_a_lost_machine_is_told_in_one_line_and_both_go_on_later(tmp_path):
    folder = tmp_path / "both"
    words = ["--arch", "linear", "--dataset", "digits", "--batch-size", "256", "--epochs", "50"]
    words += ["--out", str(folder)]
    first, second = start_machines(*words)
    end = time.monotonic() + 300
    while not list(cache_folder().glob("training/*/epoch-*.json")):
        assert first.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    second.terminate()
    second.communicate()
    assert second.returncode == -signal.SIGTERM
    *_, last = first.communicate(timeout=300)[0].splitlines()
    assert first.returncode == 2
    assert last.startswith("error: another machine was lost: start all of them again, with --resu")
    for machine in start_machines(*words, "--resume"):
        said = machine.communicate(timeout=300)[0]
        assert machine.returncode == 0, said
        assert "resuming after epoch" in said
    history = load_bundle(folder).metadata["history"]
    assert [row["epoch"] for row in history] == list(range(1, 51))


@pytest.mark.slow
def test_machines_with_other_settings_say_so_and_stop(tmp_path):
    words = ["--arch", "linear", "--dataset", "digits", "--out", str(tmp_path / "none")]
    for machine in start_machines(*words, own=[["--seed", "2"], ["--seed", "3"]]):
        *_, last = machine.communicate(timeout=300)[0].splitlines()
        assert machine.returncode == 2
        assert last.startswith("error: the machines do not start from the same")
