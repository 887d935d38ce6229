import signal
import threading
from signal import SIGINT, default_int_handler, getsignal, raise_signal

import pytest
import tensorflow as tf

from model.training import checkpoints
from model.training.config import TrainingConfig
from model.training.interrupts import Interrupts
from model.training.trainer import train


@pytest.fixture(autouse=True)
def handler():
    before = signal.signal(SIGINT, default_int_handler)
    yield
    signal.signal(SIGINT, before)


def learn(*steps):
    """Take the steps, each given the callback; return how many were begun, and the error."""
    begun = 0
    try:
        with Interrupts() as interrupts:
            for begun, step in enumerate(steps, 1):  # noqa: B007 (told below)
                step(interrupts)
    except BaseException as error:
        return begun, type(error)
    return begun, None


def batch(interrupts):
    interrupts.on_train_batch_end(0)


def held_out_batch(interrupts):
    interrupts.on_test_batch_end(0)


def ctrl_c(_):
    raise_signal(SIGINT)


def full_disk(_):
    raise OSError


@pytest.mark.parametrize(
    ("steps", "begun", "error"),
    [
        ((batch, batch), 2, None),
        ((batch, ctrl_c, batch, batch), 3, KeyboardInterrupt),
        ((ctrl_c, held_out_batch, batch), 2, KeyboardInterrupt),
        ((batch, ctrl_c), 2, KeyboardInterrupt),
        ((ctrl_c, ctrl_c, batch), 2, KeyboardInterrupt),
        ((ctrl_c, full_disk), 2, OSError),
    ],
    ids=["none", "in training", "in validation", "after the last batch", "twice", "other error"],
)
def test_ctrl_c_takes_effect_between_batches(steps, begun, error):
    assert learn(*steps) == (begun, error)
    assert getsignal(SIGINT) is default_int_handler


@pytest.mark.parametrize("other", [signal.SIG_IGN, lambda *_: None])
def test_who_hears_ctrl_c_already_goes_on_hearing_it(other):
    signal.signal(SIGINT, other)
    with Interrupts():
        assert getsignal(SIGINT) is other
    assert getsignal(SIGINT) is other


def test_outside_the_main_thread_nothing_changes():
    heard = []

    thread = threading.Thread(target=learn, args=[lambda _: heard.append(getsignal(SIGINT))])
    thread.start()
    thread.join()
    assert heard == [default_int_handler]


@pytest.mark.parametrize("build", [lambda: None, lambda: tf.distribute.MirroredStrategy(["CPU:0"])])
def test_an_epoch_that_is_being_kept_is_kept_whole(build, digits, tmp_path, monkeypatch):
    keep = checkpoints.keep

    def interrupted(*state):
        raise_signal(SIGINT)
        keep(*state)

    monkeypatch.setattr(checkpoints, "keep", interrupted)
    config = TrainingConfig.default("linear", epochs=3)
    with pytest.raises(KeyboardInterrupt):
        train(config, digits, tmp_path, False, build())
    assert len(checkpoints.last(tmp_path).history) == 1
