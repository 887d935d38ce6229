"""Training runs that are killed, that find no room, or that meet each other."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time

import pytest

from model.__main__ import main
from model.bundles.store import BundleError, all_bundles, load_bundle
from model.inference.predictor import Predictor
from model.training import checkpoints
from tests.faults.watched import train_watched

TRAIN = ["train", "--arch", "linear", "--dataset", "digits", "--epochs", "2"]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of this test's own."""
    monkeypatch.setenv("DIGITS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def killed(fork, tmp_path_factory):
    """The cache of a run that was killed with its network finished, and its copies on the way."""
    folder = tmp_path_factory.mktemp("killed")
    words = [*TRAIN, "--name", "mine"]
    cache = str(folder / "cache")
    ran = fork(train_watched, folder / "copies", words, DIGITS_CACHE=cache)
    assert ran.wait() == -signal.SIGKILL, ran.err
    return folder


def epochs_kept(cache) -> int:
    """How many epochs `--resume` would go on after; no network is ever found half-written."""
    found = [kept for place in cache.glob("training/*/") if (kept := checkpoints.last(place))]
    assert len(found) <= 1
    return len(found[0].history) if found else 0


def test_at_no_moment_of_training_an_epoch_or_a_network_is_half_there(killed, monkeypatch):
    copies = sorted((killed / "copies").iterdir())
    assert len(copies) > 15
    kept = []
    for copy in copies:
        monkeypatch.setenv("DIGITS_CACHE", str(copy))
        assert not [found for found in all_bundles() if isinstance(found, BundleError)]
        with pytest.raises(BundleError, match="no bundle 'mine'"):
            load_bundle("mine")
        kept.append(epochs_kept(copy))
    assert kept == sorted(kept)
    assert set(kept) == {0, 1, 2}


def test_a_run_killed_at_its_end_ends_without_training_again(killed, monkeypatch, capsys):
    monkeypatch.setenv("DIGITS_CACHE", str(killed / "cache"))
    (record,) = (killed / "cache").glob("training/*/epoch-*.json")
    history = json.loads(record.read_text())["history"]
    assert len(list((killed / "cache" / "training").glob("*.lock"))) == 2  # the dead hold no lock
    assert main([*TRAIN, "--name", "mine", "--resume"]) == 0
    assert "resuming after epoch 2 of 2" in capsys.readouterr().out
    made = load_bundle("mine")
    assert made.metadata["history"] == history
    Predictor(made)
    assert os.listdir(made.path.parent) == ["mine"]
    assert os.listdir(killed / "cache" / "training") == []


SPOILT = {
    "truncated": lambda record, network: os.truncate(network, 5000),
    "of another": lambda record, network: shutil.copy(load_bundle("linear").keras_path, network),
    "without its network": lambda record, network: network.unlink(),
    "without its history": lambda record, network: os.truncate(record, 20),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_damaged_epoch_is_passed_over(killed, cache, kind):
    shutil.copytree(killed / "copies" / sorted(os.listdir(killed / "copies"))[-1], cache)
    (record,) = cache.glob("training/*/epoch-*.json")
    assert epochs_kept(cache) == 2
    SPOILT[kind](record, record.with_suffix(".keras"))
    assert epochs_kept(cache) == 0


def test_with_nothing_whole_to_go_on_from_it_says_so_and_starts_anew(cache, capsys):
    assert main([*TRAIN, "--name", "mine", "--resume"]) == 0
    assert "no whole epoch of such a run is kept: starting anew" in capsys.readouterr().out
    assert len(load_bundle("mine").metadata["history"]) == 2


def await_epochs(cache, least):
    """Wait until a run has kept `least` epochs; one may replace another while they are read."""
    latest = time.monotonic() + 60
    while (kept := epochs_kept(cache)) < least:
        assert time.monotonic() < latest
        time.sleep(0.1)
    return kept


@pytest.fixture
def running(cache, fork):
    """A long run under way, in a process of its own, past its first epoch."""
    words = [*TRAIN[:-1], "3000", "--name", "mine"]
    process = fork(main, words).process
    await_epochs(cache, 1)
    yield words
    process.kill()
    process.join()


def test_a_second_run_of_the_same_is_refused_and_harms_nothing(running, cache, tmp_path, capsys):
    for words, said in (
        (running, "another run trains this very network"),
        ([*running[:-2], "--out", str(tmp_path / "other")], "another run trains this very network"),
        ([*running, "--seed", "2"], f"a network for {cache / 'bundles' / 'mine'}"),
    ):
        before = await_epochs(cache, 1)
        assert main(words) == 2
        assert said in capsys.readouterr().err
        await_epochs(cache, before)


def test_a_disk_that_fills_loses_no_epoch(disk, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DIGITS_CACHE", str(disk.path))
    disk.fill(left=200_000)  # for the state after one epoch, not for two at a time
    assert main([*TRAIN, "--name", "mine"]) == 2
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert "--resume" in said
    assert epochs_kept(disk.path) == 1
    assert not list(disk.path.rglob("half*"))
    disk.free()
    assert main([*TRAIN, "--name", "mine", "--resume"]) == 0
    assert "resuming after epoch 1 of 2" in capsys.readouterr().out


def test_a_network_that_finds_no_room_is_not_lost_nor_the_one_before(
    disk, cache, monkeypatch, capsys
):
    out = str(disk.path / "mine")
    assert main([*TRAIN, "--epochs", "1", "--out", out]) == 0
    before = load_bundle(out).metadata
    disk.fill(left=20_000)
    assert main([*TRAIN, "--out", out]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert load_bundle(out).metadata == before
    assert sorted(os.listdir(disk.path)) == ["ballast", "mine"]
    disk.free()
    assert main([*TRAIN, "--out", out, "--resume"]) == 0
    assert "resuming after epoch 2 of 2" in capsys.readouterr().out
    assert len(load_bundle(out).metadata["history"]) == 2
    assert os.listdir(disk.path) == ["mine"]


def test_a_cache_that_cannot_be_written_is_said_before_the_work(disk, monkeypatch, capsys):
    monkeypatch.setenv("DIGITS_CACHE", str(disk.path))
    disk.lock()
    assert main([*TRAIN, "--name", "mine"]) == 2
    said = capsys.readouterr()
    assert "Read-only file system" in said.err
    assert "$DIGITS_CACHE" in said.err
    assert "Epoch" not in said.out
    assert main(["list"]) == 0


def test_a_place_that_cannot_be_written_is_said_before_the_work(disk, cache, capsys):
    disk.lock()
    assert main([*TRAIN, "--out", str(disk.path / "mine")]) == 2
    said = capsys.readouterr()
    assert "Read-only file system" in said.err
    assert "Epoch" not in said.out


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_bundle_is_never_replaced_by_one(tmp_path, cache, kind, capsys):
    place = tmp_path / "thesis"
    text = place
    if kind == "folder":
        place.mkdir()
        text = place / "chapter.txt"
    text.write_text("years of work")
    assert main([*TRAIN, "--out", str(place)]) == 2
    assert "holds something else than a bundle" in capsys.readouterr().err
    assert text.read_text() == "years of work"


def test_who_interrupts_is_told_how_to_go_on(cache, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("model.training.trainer.train", interrupt)
    assert main([*TRAIN, "--name", "mine"]) == 130
    assert "repeat it with --resume" in capsys.readouterr().err
