import gzip
import struct

import numpy as np
import pytest
from PIL import Image

from model.data import mnist as mnist_room
from model.data.dataset import load_dataset, split
from model.data.labelled import LabelledImages
from model.data.own_files import load_labelled, load_npz_images
from model.errors import InputError
from tests.faults.server import PAYLOAD, serving

X = np.arange(20 * 28 * 28, dtype=np.uint32).reshape(20, 28, 28).astype(np.uint8)
Y = np.repeat(np.arange(10), 2)


@pytest.fixture
def npz(tmp_path):
    def write(**arrays):
        path = tmp_path / "set.npz"
        np.savez(path, **arrays)
        return path

    return write


def write_idx(path, array, compress):
    data = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(data) if compress else data)


def test_digits_come_without_a_network(digits):
    assert len(digits.train) + len(digits.test) == 1797
    assert digits.train.images.dtype == np.uint8
    assert digits.train.images.max() == 255
    assert min(digits.test.class_counts) >= 34


@pytest.mark.mnist
def test_mnist_has_its_official_parts(mnist):
    assert (len(mnist.train), len(mnist.test)) == (60_000, 10_000)
    assert mnist.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert mnist.licence == "CC BY-SA 3.0"


def test_an_npz_is_read_whole_or_by_its_test_part(npz):
    assert len(load_labelled(npz(x=X, y=Y))) == 20
    assert len(load_labelled(npz(x_train=X, y_train=Y, x_test=X[:4], y_test=Y[:4]))) == 4


def test_an_own_set_without_a_test_part_is_split(npz):
    data = load_dataset("mnist", npz(x=np.tile(X, (5, 1, 1)), y=np.tile(Y, 5)))
    assert (len(data.train), len(data.test)) == (80, 20)
    assert data.test.class_counts == [2] * 10


def test_a_set_of_blank_images_is_refused(npz):
    rows = []
    with pytest.raises(InputError, match="none of the images can be read"):
        load_dataset("mnist", npz(x=np.zeros_like(X), y=Y), lambda *row: rows.append(row))
    assert len(rows) == 20


@pytest.mark.parametrize("compress", [False, True])
def test_idx_files_are_read(tmp_path, compress):
    end = ".gz" if compress else ""
    for part in ("train", "t10k"):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte{end}", X, compress)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte{end}", Y.astype(np.uint8), compress)
    data = load_dataset(path=tmp_path)
    np.testing.assert_array_equal(data.test.images, X)
    one = load_labelled(tmp_path / f"train-images-idx3-ubyte{end}")
    np.testing.assert_array_equal(one.labels, Y)


def test_a_folder_of_labels_is_read(tmp_path):
    for label in (3, 8):
        (tmp_path / str(label)).mkdir()
        for i in range(2):
            Image.fromarray(X[i]).save(tmp_path / str(label) / f"{i}.png")
    data = load_labelled(tmp_path)
    assert data.labels.tolist() == [3, 3, 8, 8]
    np.testing.assert_array_equal(data.images[1], X[1])


def test_writers_are_known_from_an_array_or_from_folders(npz, tmp_path):
    names = [f"hand {row % 3}\x1b" for row in range(20)]
    data = load_labelled(npz(x=X, y=Y, writer=names))
    assert data.writers[:2].tolist() == ["hand 0\ufffd", "hand 1\ufffd"]
    assert load_labelled(npz(x_test=X, y_test=Y, writer_test=Y)).writers[-1] == str(Y[-1])
    folder = tmp_path / "own"
    for place in ("3/anna", "8/bo", "8/.hidden"):
        (folder / place).mkdir(parents=True)
        Image.fromarray(X[0]).save(folder / place / "1.png")
    data = load_labelled(folder)
    assert (data.labels.tolist(), data.writers.tolist()) == ([3, 8], ["anna", "bo"])
    Image.fromarray(X[0]).save(folder / "8/of nobody.png")
    assert load_labelled(folder).writers is None


@pytest.mark.parametrize(
    "x",
    [X / 255, X[..., None], X.reshape(20, 784), np.repeat(X[..., None], 3, 3), X * np.uint16(257)],
    ids=["0..1", "one channel", "flat", "colour", "16 bits"],
)
def test_the_usual_forms_of_images_are_the_same_images(npz, x):
    images = load_npz_images(npz(x=x))
    np.testing.assert_allclose(images.astype(int), X, atol=1)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": X, "y": Y + 1}, "label 10 in row 18"),
        ({"x": X, "y": Y - 1}, "label -1 in row 0"),
        ({"x": X, "y": Y[:-1]}, "20 images but 19 labels"),
        ({"x": X, "y": Y[:, None]}, "one number an image"),
        ({"x": X, "y": Y.astype(str)}, "one number an image, not <U"),
        ({"x": X.reshape(20, 14, 56, 1, 1), "y": Y}, "shape"),
        ({"x": X - 300.0, "y": Y}, "pixels"),
        ({"x": X * np.nan, "y": Y}, "finite"),
        ({"x": X[:0], "y": Y[:0]}, "non-empty"),
        ({"images": X}, "must hold x and y"),
        ({"x": X, "y": Y, "writer": ["anna"]}, "one name or whole number an image"),
        ({"x": X, "y": Y, "writer": Y / 2}, "one name or whole number an image"),
        ({"x": np.array([{}] * 20), "y": Y}, "x is an array of Python objects"),
    ],
)
def test_a_malformed_set_says_which_and_why(npz, arrays, words):
    with pytest.raises(InputError, match=words) as caught:
        load_labelled(npz(**arrays))
    assert "set.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 not a zip", b"text"])
def test_a_file_that_is_no_npz_is_named(tmp_path, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.npz"):
        load_labelled(path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no"):
        load_labelled(tmp_path / "none")
    (tmp_path / "my-idx").touch()
    with pytest.raises(InputError, match="as MNIST's files are"):
        load_labelled(tmp_path / "my-idx")
    with pytest.raises(InputError, match="no pictures"):
        load_labelled(tmp_path)
    with pytest.raises(InputError, match="mnist, digits"):
        load_dataset("cifar")


def test_another_set_is_not_taken_for_mnist(npz, monkeypatch):
    monkeypatch.setenv("MNIST_PATH", str(npz(x_train=X, y_train=Y, x_test=X, y_test=Y)))
    with pytest.raises(InputError, match=r"does not hold MNIST.*: unset \$MNIST_PATH to have"):
        load_dataset("mnist")


@pytest.mark.parametrize("name", ["mnist", "unipen", "pendigits"])
def test_a_variable_that_names_nothing_is_said_to(name, monkeypatch):
    monkeypatch.setenv(f"{name.upper()}_PATH", "/none/such")
    said = rf"\${name.upper()}_PATH names /none/such, which does not exist: correct it, or unset it"
    with pytest.raises(InputError, match=said):
        load_dataset(name)


def test_a_split_is_stratified_and_seeded(digits):
    kept, held = split(digits.train, 0.25, seed=3)
    assert len(kept) + len(held) == len(digits.train)
    shares = np.array(held.class_counts) / np.array(digits.train.class_counts)
    assert np.ptp(shares) < 0.02
    assert split(digits.train, 0.25, seed=3)[1].sha256 == held.sha256
    assert split(digits.train, 0.25, seed=4)[1].sha256 != held.sha256


@pytest.mark.parametrize(
    ("fraction", "words"),
    [(0, "between 0 and 1"), (1, "between 0 and 1"), (-0.5, "between 0 and 1"),
     (1e-9, "1,437 images cannot be split by 1e-09: each digit needs two or more")],
)  # fmt: skip
def test_a_split_that_leaves_nothing_is_an_error(digits, fraction, words):
    with pytest.raises(InputError, match=words):
        split(digits.train, fraction, seed=0)


def test_a_hash_follows_pixels_and_labels_not_the_file():
    one = LabelledImages("a", X, Y)
    assert LabelledImages("b", list(X), Y.astype(np.int64)).sha256 == one.sha256
    other = X.copy()
    other[7, 3, 3] ^= 1
    assert LabelledImages("a", other, Y).sha256 != one.sha256
    assert LabelledImages("a", X, Y[::-1]).sha256 != one.sha256


def break_off_once(request):
    """Send half of the file, if it is the first that is asked for."""
    if len(request.server.asked) > 1:
        return False
    request.head(200, len(PAYLOAD))
    request.wfile.write(PAYLOAD[: len(PAYLOAD) // 2])
    return True


def test_a_broken_download_is_resumed_and_checked(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("MNIST_PATH", raising=False)
    with serving() as server:
        server.behave = break_off_once
        monkeypatch.setattr(mnist_room, "MNIST_URL", server.address)
        with pytest.raises(InputError, match="cannot be downloaded"):
            load_dataset("mnist")
        assert not (tmp_path / "datasets/mnist.npz").exists()
        with pytest.raises(InputError, match="not MNIST's file"):
            load_dataset("mnist")
    assert [start for start, _ in server.asked] == [0, len(PAYLOAD) // 2]  # nothing twice
    assert not (tmp_path / "datasets/mnist.npz").exists()


def test_without_network_the_ways_out_are_said(monkeypatch, tmp_path):
    monkeypatch.setattr(mnist_room, "MNIST_URL", "http://127.0.0.1:9/mnist.npz")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("MNIST_PATH", raising=False)
    with pytest.raises(InputError) as caught:
        load_dataset("mnist")
    for way in ("--data", "$MNIST_PATH", str(tmp_path), "--dataset digits"):
        assert way in str(caught.value)
