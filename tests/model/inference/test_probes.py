"""What maps are named by, checked with marks other than those that named them."""

import cv2
import numpy as np
import pytest

from model.bundles.store import load_bundle
from model.inference.layers import Layers
from model.inference.probes import SHAPES, STROKES, Naming, name_maps


@pytest.fixture(scope="module")
def layers():
    return Layers(load_bundle("cnn"))


@pytest.fixture(scope="module")
def namings(layers):
    return name_maps(layers)


def bars(start, end):
    """A bar in three places."""
    glyphs = np.zeros((3, 28, 28), np.uint8)
    for glyph, move in zip(glyphs, (-3, 0, 3), strict=True):
        points = ((start[0] + move, start[1]), (end[0] + move, end[1]))
        cv2.line(glyph, *points, 255, 3, cv2.LINE_AA)
    return glyphs


BARS = {
    "upright": bars((15, 6), (15, 22)),
    "level": np.swapaxes(bars((15, 6), (15, 22)), 1, 2),
    "rising": bars((7, 20), (20, 7)),
    "falling": bars((7, 7), (20, 20)),
}


def test_every_map_of_every_convolution_has_a_name(layers, namings):
    assert list(namings) == layers.pictured
    for number, naming in namings.items():
        assert len(naming.names) == layers.layers[number].shape[-1]
        assert set(naming.names) <= {*STROKES, *SHAPES, ""}


@pytest.mark.parametrize("name", BARS)
def test_a_map_named_by_a_stroke_is_brighter_at_it_than_across_it(layers, namings, name):
    across = dict(zip(STROKES, ("level", "upright", "falling", "rising"), strict=True))[name]
    at_it, at_other = (layers.outputs(BARS[kind]) for kind in (name, across))
    brighter = []
    for number, naming in namings.items():
        seen, other = (found[number].max((1, 2)).mean(0) for found in (at_it, at_other))
        brighter += (seen > other)[[known == name for known in naming.names]].tolist()
    assert len(brighter) > 5
    assert np.mean(brighter) > 0.75


def test_the_handful_shows_each_kind_before_a_second_of_any():
    naming = Naming(("level", "level", "loop", "", "level"), np.array([3.0, 2, 1, 9, 4]),
                    np.ones(5))  # fmt: skip
    assert naming.clearest(2) == [4, 2]
    assert naming.clearest(9) == [4, 2, 0, 1]
