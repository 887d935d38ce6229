"""The numbers kept beside the shipped networks, and the report made of them without MNIST."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from model.bundles.store import load_bundle, shipped_bundles
from model.errors import InputError, Unavailable
from report import build as building
from report.__main__ import main
from report.documents.files import NAMES, documents
from report.evaluation.bundles import BundleTest
from report.format.reading import read_summary
from report.record import RECORD_NAME, without_images
from tests.report.rendering import render_html

NAMES_SHIPPED = [bundle.name for bundle in shipped_bundles()]


@pytest.fixture
def no_mnist(monkeypatch, tmp_path):
    """A machine that has no MNIST and no way to it."""

    def fail(*args, **kwargs):
        raise OSError("no way out")

    monkeypatch.delenv("MNIST_PATH", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr("pooch.retrieve", fail)


@pytest.mark.parametrize("name", NAMES_SHIPPED)
def test_every_shipped_network_has_a_record_of_its_own_test(name):
    """After a network was replaced: `python -m report record`."""
    bundle = load_bundle(name)
    recorded = read_summary(bundle.path / RECORD_NAME)
    assert recorded.model["files"] == bundle.metadata["files"]
    assert recorded.dataset["recorded_at"] == recorded.environment["created_at"]
    others = {score.name: score for score in recorded.networks}
    assert set(others) == set(NAMES_SHIPPED)
    for other in NAMES_SHIPPED:
        theirs = read_summary(load_bundle(other).path / RECORD_NAME)
        assert replace(others[other], milliseconds=None, p_value=None) == replace(
            theirs.networks[0], milliseconds=None
        )


def test_without_mnist_the_report_says_on_its_first_page_that_the_test_is_not_new(
    no_mnist, tmp_path, capsys
):
    out = tmp_path / "out"
    assert main(["build", "--bundle", "linear", "--extra", "digits", "--out", str(out)]) == 0
    assert "MNIST cannot be downloaded" in capsys.readouterr().err
    html = (out / "report.html").read_text(encoding="utf-8")
    words = "The test was not run again here"
    assert html.index(words) < html.index("<main")
    assert words.replace("here", "for this report") in (out / "release_notes.md").read_text("utf-8")
    assert "Predictions, right and wrong" not in html
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["metrics"]["count"] == 10_000
    assert report["metrics"]["extra"][0]["count"] == 1797
    assert report["examples"]["extra"][0]["samples"]
    assert report["predictions"]["label"] == []
    again = tmp_path / "again"
    assert main(["build", "--from", str(out / "report.json"), "--out", str(again)]) == 0
    for name in NAMES:
        assert (out / name).read_bytes() == (again / name).read_bytes()


@pytest.mark.parametrize("choice", [["--dataset", "mnist"], ["--data", "nonesuch.npz"]])
def test_images_that_were_asked_for_have_no_stand_in(no_mnist, tmp_path, capsys, choice):
    out = tmp_path / "out"
    assert main(["build", "--bundle", "linear", "--out", str(out), *choice]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def test_a_wrong_mnist_path_is_an_error_not_a_reason_for_the_record(
    no_mnist, monkeypatch, tmp_path
):
    monkeypatch.setenv("MNIST_PATH", "nonesuch.npz")
    with pytest.raises(InputError, match="nonesuch.npz"):
        building.build(BundleTest("linear"), tmp_path / "out")


def test_a_network_without_a_record_or_with_another_ones_is_an_error(no_mnist, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(load_bundle("linear").path, own)
    shutil.copy(load_bundle("mlp100").path / RECORD_NAME, own / RECORD_NAME)
    with pytest.raises(InputError, match="another network"):
        building.build(BundleTest(own), tmp_path / "out")
    (own / RECORD_NAME).unlink()
    with pytest.raises(Unavailable, match="MNIST"):
        building.build(BundleTest(own), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_record_holds_no_image_and_still_makes_every_document(summary):
    recorded = without_images(summary)
    assert "data:image/png" not in render_html(recorded)
    assert set(documents(recorded)) == set(NAMES)
    assert recorded.metrics == summary.metrics


@pytest.mark.mnist
@pytest.mark.parametrize("name", NAMES_SHIPPED)
def test_a_record_says_what_the_test_says_today(mnist, name):
    import numpy as np

    from model.inference.predictor import Predictor

    readings = (
        Predictor.load(name).score(np.asarray(mnist.test.images)).probabilities.argmax(axis=1)
    )
    recorded = read_summary(load_bundle(name).path / RECORD_NAME)
    wrong = np.flatnonzero(readings != mnist.test.labels)
    assert recorded.networks[0].wrong == tuple(wrong.tolist())
