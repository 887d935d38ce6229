"""Which images are shown, and that they are those images."""

from __future__ import annotations

import numpy as np
from PIL import Image

from report.numbers.examples import Picture


def test_pictures_keep_every_pixel():
    pixels = np.random.default_rng(1).integers(0, 256, (28, 28), dtype=np.uint8)
    assert np.array_equal(Picture.of(pixels).pixels, pixels)
    assert Picture.from_json(Picture.of(pixels).base64) == Picture.of(pixels)


def test_every_example_shows_its_own_image(evaluation, summary):
    shown = summary.examples
    for example in (*shown.confident_mistakes, *shown.barely_right, *shown.right):
        assert np.array_equal(example.picture.pixels, evaluation.test.images[example.index])
        assert example.label == evaluation.test.labels[example.index]
        row = evaluation.subject.probabilities[example.index]
        assert example.top[0] == (int(row.argmax()), float(row.max()))
        assert example.label_probability == row[example.label]


def test_mistakes_come_surest_first(evaluation, summary):
    shown = summary.examples.confident_mistakes
    confidence = [example.confidence for example in shown]
    assert not any(example.is_right for example in shown)
    assert confidence == sorted(confidence, reverse=True)
    probabilities = evaluation.subject.probabilities
    wrong = probabilities.argmax(axis=1) != evaluation.test.labels
    assert confidence[0] == probabilities[wrong].max()


def test_barely_right_ones_have_the_smallest_lead(evaluation, summary):
    shown = summary.examples.barely_right
    assert all(example.is_right for example in shown)
    ranked = np.sort(evaluation.subject.probabilities, axis=1)
    right = evaluation.subject.probabilities.argmax(axis=1) == evaluation.test.labels
    smallest = np.sort((ranked[:, -1] - ranked[:, -2])[right])[: len(shown)]
    assert np.allclose([e.top[0][1] - e.top[1][1] for e in shown], smallest)


def test_every_kind_of_mistake_is_shown_once(summary):
    kinds = [(example.label, example.digit) for example in summary.examples.kinds_of_mistake]
    assert kinds == [(pair.truth, pair.reading) for pair in summary.metrics.most_confused]


def test_pairs_show_their_own_confusions(summary):
    top = summary.metrics.most_confused[0]
    found = summary.examples.of_pair(top.truth, top.reading)
    assert 0 < len(found) <= top.count
    assert {(e.label, e.digit) for e in found} == {(top.truth, top.reading)}


def test_strips_show_images_of_their_own_class(evaluation, summary):
    images, labels = evaluation.test.images, evaluation.test.labels
    for label, strip in enumerate(summary.examples.samples):
        own = {image.tobytes() for image in images[labels == label]}
        tiles = np.split(strip.pixels, 10, axis=1)
        assert all(np.ascontiguousarray(tile).tobytes() in own for tile in tiles)


def test_pictures_are_png(summary):
    import io

    with Image.open(io.BytesIO(summary.examples.right[0].picture.png)) as opened:
        assert (opened.format, opened.size, opened.mode) == ("PNG", (28, 28), "L")
