"""The machine's clock is set while things are under way: forwards, backwards, to 1970."""

from __future__ import annotations

import os
import time
from itertools import count

import pytest

from model.bundles.store import load_bundle
from model.errors import InputError
from model.training.config import TrainingConfig
from model.training.run import train_bundle
from webapp.uploads import UPLOAD_SECONDS, Uploads

YEAR = 365 * 86_400


@pytest.fixture
def clock(monkeypatch):
    """Set the clock by so many seconds, and back, and so on: at every look it is another."""
    real = time.time

    def set_by(seconds: float) -> None:
        looks = count(1)
        monkeypatch.setattr(time, "time", lambda: real() + seconds * (next(looks) % 2))

    return set_by


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_uploads_are_kept_as_long_as_is_said_whatever_the_clock_says(tmp_path, jump, clock,
                                                                    monkeypatch):  # fmt: skip
    passed = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    file, uploads = tmp_path / "seven.png", Uploads(tmp_path)
    file.write_bytes(b"x")
    os.utime(file, (time.time() + jump,) * 2)  # sent while the clock was wrong
    uploads.delete_old()
    clock(jump)
    passed = UPLOAD_SECONDS - 1.0
    uploads.delete_old()
    assert file.exists()
    passed = UPLOAD_SECONDS + 1.0
    uploads.delete_old()
    assert not file.exists()


@pytest.mark.parametrize(("seed", "jump"), [(61, YEAR), (62, -YEAR)])
def test_training_takes_as_long_as_it_takes_and_is_found_again(digits, clock, seed, jump):
    config = TrainingConfig.default("linear", epochs=1, seed=seed)
    started = time.perf_counter()
    clock(jump)
    made = train_bundle(config, digits)
    took = time.perf_counter() - started
    assert 0 < made.metadata["train_seconds"] <= took + 0.1
    for path in made.path.iterdir():
        os.utime(path, (1, 1))
    assert load_bundle(made.name) == made


def test_a_clock_that_no_keras_file_can_hold_is_said_before_the_work(digits, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with pytest.raises(InputError, match="the clock says 19(69|70), which"):
        train_bundle(TrainingConfig.default("linear", epochs=1, seed=63), digits)
