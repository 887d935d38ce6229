"""A network that is taught a hand: what was shown is read, and all else as before."""

import numpy as np
import pytest

from model.data.pen_tracks import Look, draw
from model.data.strokes import strokes_of
from model.inference.predictor import Predictor
from model.preprocessing import preprocess, to_glyphs
from model.teaching.drawings import Drawings
from model.teaching.learner import Teacher

ODD = "6048 0008 0060 3038"  # a mark that is no digit, taken for a two
SLANTS = (-0.15, -0.05, 0.05, 0.15)


def odd(slant):
    return preprocess(draw(strokes_of(ODD), Look(slant=slant, pen=0.06))).glyph


@pytest.fixture(scope="module", params=["cnn", "mlp128"])
def teacher(request):
    return Teacher(Predictor.load(request.param))


@pytest.fixture(scope="module")
def shown():
    return Drawings(np.stack([odd(slant) for slant in SLANTS[:3]]), np.array([2, 2, 2]))


def test_what_was_shown_is_read_in_a_drawing_that_was_not(teacher, shown):
    before = teacher.predict(teacher.learn(Drawings.none()), odd(SLANTS[3]))
    after = teacher.predict(teacher.learn(shown), odd(SLANTS[3]))
    assert before.probabilities[2] < 0.5
    assert after.digit == 2
    if before.digit_probability is not None:
        assert before.digit_probability < 0.5
        assert after.accepted  # what was taught is a digit
    assert abs(sum(after.probabilities) - 1) < 1e-5


def test_other_digits_are_read_as_before(teacher, shown, digits):
    seen, labels = teacher.see(to_glyphs(digits.test.images)), digits.test.labels
    accuracies = [
        (teacher.score(taught, seen).probabilities.argmax(1) == labels).mean()
        for taught in (teacher.learn(Drawings.none()), teacher.learn(shown))
    ]
    assert accuracies[1] >= accuracies[0] - 0.005


def test_each_drawing_is_examined_after_learning_the_others_alone(teacher, shown):
    before, after = teacher.examine(shown)
    assert after.tolist() == [True] * 3
    assert before.sum() == sum(
        teacher.predict(teacher.learn(Drawings.none()), glyph).digit == 2 for glyph in shown.glyphs
    )
    alone = shown.without(0).without(0)
    assert np.array_equal(*teacher.examine(alone))  # nothing to learn from
    assert [len(right) for right in teacher.examine(Drawings.none())] == [0, 0]


def test_nothing_learnt_changes_nothing(teacher, digits):
    seen = teacher.see(to_glyphs(digits.test.images[:50]))
    assert teacher.score(teacher.learn(Drawings.none()), seen) is seen.scores
