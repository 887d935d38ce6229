"""A network that ends the process that runs it is found out in another."""

import shutil
import sys

import pytest

from model.bundles.store import SHIPPED, BundleError, load_bundle
from model.inference import trial


@pytest.fixture
def stranger(tmp_path):
    return load_bundle(shutil.copytree(SHIPPED / "linear", tmp_path / "stranger"))


def test_a_sound_network_passes(stranger):
    trial.try_here(stranger)
    trial.try_apart(stranger)


def replace_trial(monkeypatch, code):
    """Have the other process run some code instead."""
    run = trial.subprocess.run
    monkeypatch.setattr(
        trial.subprocess, "run", lambda _, **how: run([sys.executable, "-c", code], **how)
    )


DEATHS = (
    "import os; os.abort()",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "raise SystemExit(1)",
)


@pytest.mark.parametrize("code", DEATHS)
def test_one_that_ends_its_process_is_refused_in_a_line(stranger, monkeypatch, code):
    replace_trial(monkeypatch, code)
    with pytest.raises(BundleError, match="ends the program that runs it") as refused:
        trial.try_apart(stranger)
    assert "\n" not in str(refused.value)


def test_one_that_never_answers_is_refused(stranger, monkeypatch):
    monkeypatch.setattr(trial, "TRIAL_SECONDS", 0.2)
    replace_trial(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(BundleError, match="takes over"):
        trial.try_apart(stranger)


def test_what_ships_is_not_tried(monkeypatch):
    replace_trial(monkeypatch, "raise SystemExit(1)")
    trial.try_apart(load_bundle("linear"))
