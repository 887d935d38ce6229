"""What lessons teach is told by numbers worked out apart, and by networks that took them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from model.preprocessing import to_glyphs
from model.training import distillation
from model.training.architectures import narrow
from model.training.augmentation import Banks
from model.training.distillation import lesson, opinion, targets, taught_loss, teacher


class Says:
    """A teacher that gives the same scores for whatever it is shown."""

    def __init__(self, *scores):
        self.scores = np.array(scores, np.float32)

    def __call__(self, images):
        return tf.repeat(self.scores[None], tf.shape(images)[0], 0)


sure = Says(*[0.01] * 3, 0.9, *[0.01] * 6, 0.01)
unsure = Says(*[0.05] * 3, 0.4, 0.2, *[0.05] * 4, 0.05, 0.1)


def test_an_opinion_is_the_teachers_mean_and_softened():
    said = np.asarray(opinion([sure, unsure], np.zeros((2, 28, 28, 1), np.float32)))
    logs = (np.log(sure.scores[:10]) + np.log(unsure.scores[:10])) / 2
    powers = np.exp(logs / distillation.TEMPERATURE)
    np.testing.assert_allclose(said, [powers / powers.sum()] * 2, rtol=1e-5)
    assert said[0].argmax() == 3
    assert said[0, 4] > said[0, 5]  # what else it looks like
    assert said[0, 3] < 0.4  # far less sure than either


def test_a_teacher_says_what_its_network_did_whatever_that_learns_later():
    keras.utils.set_random_seed(2)
    network, glyphs = narrow(), np.random.default_rng(0).random((3, 28, 28, 1)).astype(np.float32)
    say, before = teacher(network), network(glyphs).numpy()
    network.layers[-1].bias.assign(np.arange(11.0))
    np.testing.assert_allclose(say(glyphs), before, rtol=1e-4)
    assert np.abs(network(glyphs) - before).max() > 0.1


@pytest.fixture(scope="module")
def batch(digits):
    glyphs = to_glyphs(digits.train.images[:60])
    labels = digits.train.labels[:60].astype(np.int32)
    images, told = lesson(glyphs, labels, tf.constant([3, 4]), Banks(1), [sure, unsure])
    return glyphs, labels, np.asarray(images), np.asarray(told)


def test_a_lesson_has_an_opinion_on_the_share_that_is_taught(batch):
    _, labels, images, told = batch
    assert images.shape == (len(told), 28, 28, 1)
    taught = len(labels) // distillation.TAUGHT
    np.testing.assert_allclose(told[:taught, :10].sum(1), 1, rtol=1e-5)
    assert not told[taught:, :10].any()
    np.testing.assert_array_equal(told[:60, 10], labels)
    assert (told[60:, 10] == 10).any()  # non-digits, which teachers are not asked about


def test_what_is_taught_keeps_its_ink(batch):
    glyphs, labels, images, _ = batch
    for glyph, image in zip(glyphs, images[: len(labels) // distillation.TAUGHT, ..., 0],
                            strict=False):  # fmt: skip
        if not image[[0, -1]].any() and not image[:, [0, -1]].any():  # all of it is in the frame
            assert image.sum() == pytest.approx(glyph.sum() / 255, rel=0.05)


def test_what_is_said_counts_beside_the_label_and_nothing_said_does_not():
    scores = tf.constant(np.stack([sure.scores, sure.scores]) / sure.scores.sum())
    images = np.zeros((1, 28, 28, 1), np.float32)
    labels = tf.constant([3, 3])
    agreed = taught_loss(targets(labels, opinion([sure], images)), scores).numpy()
    by_label = -np.log(np.asarray(scores)[:, 3])
    np.testing.assert_allclose(agreed, by_label, atol=1e-3)
    contested = taught_loss(targets(labels, opinion([unsure], images)), scores).numpy()
    assert contested[0] > agreed[0] + 0.1
    assert contested[1] == pytest.approx(by_label[1], abs=1e-3)


def test_a_network_that_is_taught_comes_to_say_what_its_teachers_say():
    glyphs = np.random.default_rng(0).random((64, 28, 28, 1)).astype(np.float32)
    told = targets(tf.fill([64], 3), opinion([unsure], glyphs))
    keras.utils.set_random_seed(1)
    pupil = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(11, "softmax")])
    pupil.compile(keras.optimizers.Adam(0.01), taught_loss)
    pupil.fit(glyphs, told, epochs=40, verbose=0)
    scores = pupil(glyphs).numpy()[:, :10]
    assert (scores.argmax(1) == 3).all()
    assert (scores[:, 4] > 1.5 * scores[:, 5]).all()  # no label told it so


def test_a_taught_network_can_be_kept_and_loaded(tmp_path):
    network = keras.Sequential([keras.layers.Dense(11, "softmax")])
    network.compile("adam", taught_loss, metrics=[distillation.accuracy, distillation.label_loss])
    glyphs = np.ones((4, 5), np.float32)
    told = targets(tf.constant([1, 2, 3, 4]), tf.fill([4, 10], 0.1))
    network.fit(glyphs, told, verbose=0)
    network.save(tmp_path / "it.keras")
    again = keras.models.load_model(tmp_path / "it.keras", safe_mode=True)
    for other, mine in zip(again.evaluate(glyphs, told, verbose=0),
                           network.evaluate(glyphs, told, verbose=0), strict=True):  # fmt: skip
        assert other == pytest.approx(mine)
