"""A network that ends the process that runs it is found out in another."""

import shutil
import sys

import pytest

from model.bundles.store import SHIPPED, BundleError, load_bundle
from model.inference import trial
from tests.damaged import damaged_copy, over_its_input, without_weights


@pytest.fixture
def stranger(tmp_path):
    return load_bundle(shutil.copytree(SHIPPED / "linear", tmp_path / "stranger"))


def test_a_sound_network_passes(stranger):
    trial.try_here(stranger)
    trial.try_apart(stranger)


@pytest.mark.parametrize("damage", [without_weights, over_its_input])
def test_one_that_ends_its_process_by_a_signal_is_refused_in_a_line(damage, tmp_path, monkeypatch):
    run, ended = trial.subprocess.run, []
    monkeypatch.setattr(
        trial.subprocess, "run", lambda *args, **how: ended.append(run(*args, **how)) or ended[-1]
    )
    with pytest.raises(BundleError, match="ends the program that runs it") as refused:
        trial.try_apart(load_bundle(damaged_copy(tmp_path / "stranger", damage)))
    assert ended[0].returncode < 0  # a signal; else it would be an error that Python can tell
    assert "\n" not in str(refused.value)


def replace_trial(monkeypatch, code):
    """Have the other process run some code instead."""
    run = trial.subprocess.run
    monkeypatch.setattr(
        trial.subprocess, "run", lambda _, **how: run([sys.executable, "-c", code], **how)
    )


def test_one_that_never_answers_is_refused(stranger, monkeypatch):
    monkeypatch.setattr(trial, "TRIAL_SECONDS", 0.2)
    replace_trial(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(BundleError, match="takes over"):
        trial.try_apart(stranger)


def test_what_ships_is_not_tried(monkeypatch):
    replace_trial(monkeypatch, "raise SystemExit(1)")
    trial.try_apart(load_bundle("linear"))
