"""Training over several devices: two that TensorFlow makes of one processor, or two processes."""

import json
import signal
import socket
import time

import numpy as np
import pytest

from model.__main__ import main
from model.bundles.store import cache_folder, load_bundle
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs

WORDS = ["train", "--arch", "mlp128", "--dataset", "digits", "--epochs", "2"]


def on_two(call, *arguments):
    """Call a function on two devices that TensorFlow makes of one processor."""
    import tensorflow as tf

    (processor,) = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, halves)
    tf.config.threading.set_inter_op_parallelism_threads(8)  # fewer wait for each other
    return call(*arguments)


def print_shares():
    """Print the labels of each batch: first what each device gets, then the whole."""
    from model.data.dataset import load_dataset
    from model.data.labelled import LabelledImages
    from model.training.config import TrainingConfig
    from model.training.devices import find_strategy
    from model.training.stages import batches
    from model.training.trainer import batch_maker

    config = TrainingConfig.default("cnn", epochs=1, batch_size=60)
    data = load_dataset("digits").test.take(range(130))
    data = LabelledImages("glyphs", to_glyphs(data.images), data.labels)
    strategy = find_strategy("mirrored")
    whole = batches(config, data, range(1), batch_maker(config, None))
    parts = strategy.experimental_distribute_dataset(whole)
    shares = [strategy.experimental_local_results(labels) for _, labels in parts]
    print(json.dumps([[share.numpy().tolist() for share in step] for step in shares]))
    print(json.dumps([labels.tolist() for _, labels in whole.as_numpy_iterator()]))


@pytest.fixture
def start_machines(fork):
    """Start two processes, each a machine of one cluster with `own` words as well."""

    def start(*words, own=((), ())):
        with socket.socket() as first, socket.socket() as second:
            for free in (first, second):
                free.bind(("127.0.0.1", 0))
            machines = [f"127.0.0.1:{free.getsockname()[1]}" for free in (first, second)]
        return [
            fork(
                main, ["train", "--strategy", "multiworker", *words, *own[index]],
                TF_CONFIG=json.dumps(
                    {"cluster": {"worker": machines}, "task": {"type": "worker", "index": index}}
                ),
            )
            for index in range(2)
        ]  # fmt: skip

    return start


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
def test_two_devices_give_the_network_that_one_gives(one, digits, fork):
    two = fork(on_two, main, [*WORDS, "--strategy", "mirrored", "--name", "two"])
    assert two.wait() == 0, two.err
    assert "training on 2 × CPU" in two.out
    assert_equally_good(one, load_bundle("two"), digits)


@pytest.mark.slow
def test_two_machines_give_the_network_that_one_gives(one, digits, tmp_path, start_machines):
    folder = tmp_path / "two"
    first, second = start_machines(*WORDS[1:], "--out", str(folder))
    assert (first.wait(), second.wait()) == (0, 0), first.err + second.err
    assert f"bundle 'two' is in {folder}" in first.out
    assert "done: the first machine has it" in second.out
    assert_equally_good(one, load_bundle(folder), digits)


@pytest.mark.slow
def test_the_devices_share_each_batch(fork):
    two = fork(on_two, print_shares)
    assert two.wait() == 0, two.err
    shares, wanted = map(json.loads, two.out.splitlines()[-2:])
    assert len(wanted) == 3
    assert [first + second for first, second in shares] == wanted
    assert all(abs(len(first) - len(second)) <= 1 for first, second in shares)


@pytest.mark.slow
def test_a_batch_too_small_for_the_devices_is_refused_in_one_line(fork):
    words = [*WORDS, "--strategy", "mirrored", "--batch-size", "323"]  # 1,293 are learnt from
    two = fork(on_two, main, words)
    assert two.wait() == 2
    *_, last = two.err.splitlines()
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
def test_a_lost_machine_is_told_in_one_line_and_both_go_on_later(tmp_path, start_machines):
    folder = tmp_path / "both"
    words = ["--arch", "linear", "--dataset", "digits", "--batch-size", "256", "--epochs", "30"]
    words += ["--out", str(folder)]
    first, second = start_machines(*words)
    end = time.monotonic() + 300
    while not list(cache_folder().glob("training/*/epoch-*.json")):
        assert first.process.is_alive()
        assert time.monotonic() < end
        time.sleep(0.02)
    second.process.terminate()
    assert second.wait() == -signal.SIGTERM
    assert first.wait() == 2
    *_, last = first.err.splitlines()
    assert last.startswith("error: another machine was lost: start all of them again, with --resu")
    for machine in start_machines(*words, "--resume"):
        assert machine.wait() == 0, machine.err
        assert "resuming after epoch" in machine.out
    history = load_bundle(folder).metadata["history"]
    assert [row["epoch"] for row in history] == list(range(1, 31))


@pytest.mark.slow
def test_machines_with_other_settings_say_so_and_stop(tmp_path, start_machines):
    words = ["--arch", "linear", "--dataset", "digits", "--out", str(tmp_path / "none")]
    for machine in start_machines(*words, own=[["--seed", "2"], ["--seed", "3"]]):
        assert machine.wait() == 2
        *_, last = machine.err.splitlines()
        assert last.startswith("error: the machines do not start from the same")
