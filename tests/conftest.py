"""What the tests share: a cache of their own, real digits, and pens to draw with."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings

from tests.forked import Forked

# No deadlines: a busy machine is no fault. No memory: what broke another version says nothing.
settings.register_profile("project", deadline=None, database=None)
settings.load_profile("project")


def pytest_ignore_collect(collection_path, config):
    """Of all files, `-m serial` imports those that have such tests: the others take seconds."""
    if config.option.markexpr == "serial" and collection_path.name.startswith("test_"):
        return "mark.serial" not in collection_path.read_text("utf-8") or None
    return None


def pytest_collection_modifyitems(items):
    """Begin with the files that hold slow tests, so that no core waits for one at the end."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Keep what the tests train out of the user's cache, for subprocesses too."""
    kept = os.environ.get("DIGITS_CACHE")
    os.environ["DIGITS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield Path(os.environ["DIGITS_CACHE"])
    del os.environ["DIGITS_CACHE"]
    if kept is not None:
        os.environ["DIGITS_CACHE"] = kept


@pytest.fixture(autouse=True, scope="session")
def prepared_once():
    """Turn equal arrays of pictures into glyphs once: most tests train on, or read, the same."""
    from model import preprocessing

    prepare, known = preprocessing.glyphs_or_errors, {}

    def prepared(images):
        if not isinstance(images, np.ndarray) or images.nbytes > 2**22:
            return prepare(images)
        key = images.shape, images.dtype, images.tobytes()
        if key not in known:
            known[key] = prepare(images)
        glyphs, errors = known[key]
        return glyphs.copy(), dict(errors)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preprocessing, "glyphs_or_errors", prepared)
        yield


@pytest.fixture(scope="session")
def drawn_once():
    """Draw reports quickly: see `drawing_once`."""
    from tests.drawing import drawing_once

    with drawing_once():
        yield


@pytest.fixture(scope="session")
def fork(tmp_path_factory):
    """Call a function in a process that has TensorFlow from its start: see `Forked`."""
    begun = []

    def fork(call, *arguments, **environment):
        folder = tmp_path_factory.mktemp("forked")
        begun.append(Forked(folder, call, *arguments, **environment))
        return begun[-1]

    yield fork
    for forked in begun:
        forked.process.kill()


@pytest.fixture(scope="session")
def digits():
    """Scikit-learn's handwritten digits: real data, no network."""
    from model.data.dataset import load_dataset

    return load_dataset("digits")


@pytest.fixture(scope="session")
def reader():
    """The network that ships, with LiteRT."""
    from model.inference.predictor import Predictor

    return Predictor.load("cnn")


@pytest.fixture(scope="session")
def mnist():
    """MNIST, where it is on disk; a test with this fixture is marked `mnist`."""
    from model.data.dataset import load_dataset

    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    if not os.environ.get("MNIST_PATH") and not (keras_home / "datasets/mnist.npz").is_file():
        pytest.skip("MNIST is not on disk: set $MNIST_PATH")
    return load_dataset("mnist")


@pytest.fixture
def canvas():
    """Draw strokes, each a list of (x, y), on a white square: uint8 (side, side)."""

    def draw(*strokes, side=280, pen=16, ground=255, ink=0):
        image = np.full((side, side), ground, np.uint8)
        for stroke in strokes:
            cv2.polylines(image, [np.array(stroke)], False, ink, pen, cv2.LINE_AA)
        return image

    return draw


@pytest.fixture
def seven(canvas):
    """A plain seven on a 280 px canvas."""
    return canvas([(80, 70), (190, 70), (120, 220)])


@pytest.fixture
def seven_file(seven, tmp_path):
    """The same as a file, in PNG."""
    cv2.imwrite(str(tmp_path / "seven.png"), seven)
    return tmp_path / "seven.png"
