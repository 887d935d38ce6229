"""The networks in Python: few calls from data to an explained answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from model import Network, load_data
from model.answers import answer
from model.bundles.store import shipped_bundles
from model.errors import InputError
from model.inference.predictor import Predictor
from model.preprocessing import to_glyphs

ROOT = Path(__file__).parents[2]


def test_a_shipped_network_reads_and_explains_a_picture(digits, tmp_path):
    network = Network.open("linear")
    glyph = digits.test.images[0]
    picture = Image.fromarray(255 - np.kron(glyph, np.ones((8, 8), np.uint8)))
    picture.save(tmp_path / "one.png")
    answer = network.predict(tmp_path / "one.png")
    assert answer == network.predict(picture) == network.predict(np.asarray(picture))
    assert network.prepared(picture).size == (280, 280)
    assert network.explain(picture).mode == "RGB"
    assert len(network.curves().axes) == 2
    assert len(network.history) == network.bundle.metadata["config"]["epochs"]


def test_a_digit_in_a_box_is_read_as_the_command_line_reads_it():
    picture = np.full((280, 280), 255, np.uint8)
    cv2.polylines(picture, [np.array([(95, 80), (180, 80), (120, 205)])], False, 0, 12)
    cv2.rectangle(picture, (40, 40), (240, 240), 0, 3)
    boxed = Network.open("cnn").predict(picture)
    assert (boxed.digit, boxed.accepted) == (7, True)
    assert boxed == answer(picture, Predictor.load("cnn")).prediction


def test_probabilities_are_those_of_the_predictor(digits):
    images = digits.test.images[:50]
    expected = Predictor.load("linear").score(to_glyphs(images)).probabilities
    assert np.array_equal(Network.open("linear").probabilities(images), expected)


def test_a_data_set_may_be_cut_short(digits):
    some = load_data("digits", train=30, test=20)
    assert (len(some.train), len(some.test)) == (30, 20)
    assert np.array_equal(some.test.labels, digits.test.labels[:20])
    assert len(load_data("digits").train) == len(digits.train)
    with pytest.raises(InputError, match="unknown dataset"):
        load_data("nonesuch")


def test_every_shipped_network_draws_its_curves():
    assert all(Network(bundle).curves().axes[0].lines for bundle in shipped_bundles())


def test_importing_it_is_light():
    code = "import sys; import model; sys.exit(bool({'numpy', 'PIL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
