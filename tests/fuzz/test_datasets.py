"""Files of labelled images from strangers: digits with labels, or one line; never code or bombs."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from model.data.dataset import load_dataset
from model.data.labelled import LabelledImages
from model.data.own_files import load_labelled, load_npz_images
from model.errors import InputError
from model.files import arrays as room
from report.evaluation.arrays import read_arrays
from report.numbers.classes import DIGIT_NAMES
from tests.fuzz.damage import EDITS, damaged
from tests.fuzz.effort import tries
from tests.fuzz.refusals import outcome

X = (np.arange(20 * 64, dtype=np.uint32) % 256).reshape(20, 8, 8).astype(np.uint8)
Y = np.repeat(np.arange(10), 2).astype(np.uint8)


def npy(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that old versions of NumPy cannot read
        np.save(file, array, **options)
    return file.getvalue()


def header(text: str, data: bytes = b"") -> bytes:
    """A .npy whose head is any text."""
    head = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + data


def npz(packing: int = zipfile.ZIP_DEFLATED, **parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def idx(array: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    shape = array.shape if shape is None else shape
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + array.tobytes()


def look(load, path: Path) -> str:
    """Load a set: it is one, or this one line says why not."""
    found, words = outcome(InputError, load, path)
    if found is None:
        assert "allow_pickle" not in words
        return words
    if isinstance(found, LabelledImages):
        assert len(found.images) == len(found.labels) > 0
        assert found.labels.dtype == np.int64
        assert set(found.labels) <= set(range(10))
        found = found.images
    if not isinstance(found, tuple):
        assert all((image.dtype, image.ndim) == (np.uint8, 2) for image in found)
    return ""


LOADERS = (load_labelled, load_npz_images, lambda path: read_arrays(path, DIGIT_NAMES))
REAL_NPZ = [
    npz(**{"x.npy": npy(X), "y.npy": npy(Y)}),
    npz(zipfile.ZIP_STORED, **{"x.npy": npy(X / 255), "y.npy": npy(Y.astype(float))}),
    npz(**{f"{k}_{p}.npy": npy(a) for p in ("train", "test") for k, a in (("x", X), ("y", Y))}),
]


@tries(300)
@given(data=st.sampled_from(REAL_NPZ), edits=EDITS)
def test_a_damaged_npz_is_read_or_refused(data, edits, tmp_path):
    path = tmp_path / "set.npz"
    path.write_bytes(damaged(data, edits))
    for load in LOADERS:
        look(load, path)


ANY_ARRAY = arrays.arrays(
    st.one_of(arrays.scalar_dtypes(), arrays.array_dtypes(), arrays.complex_number_dtypes()),
    arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=6),
)


@tries(150)
@given(x=ANY_ARRAY, y=ANY_ARRAY)
def test_arrays_of_any_kind_are_a_set_or_refused(x, y, tmp_path):
    path = tmp_path / "set.npz"
    path.write_bytes(npz(**{"x.npy": npy(x), "y.npy": npy(y)}))
    for load in LOADERS:
        look(load, path)


@tries(150)
@given(
    x=arrays.arrays(
        st.one_of(arrays.integer_dtypes(), arrays.unsigned_integer_dtypes(),
                  arrays.floating_dtypes(), arrays.boolean_dtypes()),
        st.sampled_from([(2, 8, 8), (2, 9), (2, 8, 8, 1), (2, 8, 8, 3)]),
    )
)  # fmt: skip
def test_numbers_of_any_size_are_pixels_or_refused(x, tmp_path):
    path = tmp_path / "set.npz"
    path.write_bytes(npz(**{"x.npy": npy(x), "y.npy": npy(Y[:2])}))
    for load in LOADERS:
        look(load, path)


@tries(150)
@given(
    edits=EDITS,
    which=st.sampled_from(["images", "labels"]),
    packed=st.sampled_from([lambda data: data, gzip.compress]),
    before=st.booleans(),
)
def test_a_damaged_idx_is_read_or_refused(edits, which, packed, before, tmp_path):
    """The damage is done before or after the file is packed."""
    for kind, array, number in (("images", X, 3), ("labels", Y, 1)):
        data = idx(array)
        if kind == which:
            data = packed(damaged(data, edits)) if before else damaged(packed(data), edits)
        (tmp_path / f"train-{kind}-idx{number}-ubyte").write_bytes(data)
    look(load_labelled, tmp_path / "train-images-idx3-ubyte")
    look(load_dataset, tmp_path)


class Program:
    """What a pickle does when it is opened."""

    def __init__(self, mark: Path):
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


def test_no_pickle_is_ever_opened(tmp_path):
    path, mark = tmp_path / "set.npz", tmp_path / "ran"
    program = Program(mark)
    objects = npy(np.array([program] * 20), allow_pickle=True)
    pickled = pickle.dumps(program)
    within = np.zeros(20, [("a", "u1"), ("b", object)])
    within["b"] = program
    for data in (
        pickled,
        objects,
        npz(**{"x.npy": objects, "y.npy": npy(Y)}),
        npz(**{"x.npy": npy(X), "y.npy": objects}),
        npz(**{"x.npy": pickled, "y.npy": npy(Y)}),
        npz(**{"x": pickled, "y.npy": npy(Y)}),
        npz(**{"x.npy": npy(within, allow_pickle=True), "y.npy": npy(Y)}),
        npz(**{"x.npy": npy(X), "y.npy": npy(Y), "other.npy": objects, "z": pickled}),
    ):
        path.write_bytes(data)
        for load in LOADERS:
            look(load, path)
    assert not mark.exists()
    pickle.loads(pickled)
    assert mark.is_dir()  # so it would have been seen


SHAPES = ["10**15, 8, 8", f"{2**70}, 8, 8", "-1, 8, 8", "__import__('os').abort(),", "20L, 8L, 8L",
          "(" * 90, "20, 8, 8, '\\n'"]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_head_that_lies_is_refused(shape, tmp_path):
    path = tmp_path / "set.npz"
    shape = shape.replace("10**15", str(10**15))
    head = header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape})}}", X.tobytes())
    path.write_bytes(npz(**{"x.npy": head, "y.npy": npy(Y)}))
    said = [look(load, path) for load in LOADERS]
    assert all(said) or "L" in shape  # as Python 2 wrote numbers


def most_held(load, path: Path) -> tuple[str, int]:
    """What is said of a file, and the most bytes that were held meanwhile."""
    tracemalloc.start()
    try:
        return look(load, path), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def with_size(data: bytes, size: int) -> bytes:
    """The .npz with another unpacked size told of its first part, in both its lists."""
    at = data.index(b"PK\1\2") + 24
    return (
        data[:22] + struct.pack("<I", size) + data[26:at] + struct.pack("<I", size) + data[at + 4 :]
    )


MEGABYTES = 40
BOMB = np.zeros((10_000 * MEGABYTES // 10, 1_000), np.uint8)


@pytest.mark.parametrize("size", [None, 0, 1_000])
@pytest.mark.parametrize("load", LOADERS[:2])
def test_an_npz_unpacks_to_no_more_than_the_limit(load, size, tmp_path, monkeypatch):
    """Whatever its list of contents says of its size."""
    monkeypatch.setattr(room, "MOST_UNPACKED_BYTES", 2**20)
    data = npz(**{"x.npy": npy(BOMB), "y.npy": npy(Y)})
    assert len(data) < 100_000
    path = tmp_path / "set.npz"
    path.write_bytes(data if size is None else with_size(data, size))
    said, held = most_held(load, path)
    assert "unpacks to over" in said if size is None else "not a readable" in said
    # NumPy sets aside what the head asks for, untouched, before it finds that there is less.
    assert held < 2**20 + (0 if size is None else BOMB.nbytes + 2**20)


@pytest.mark.parametrize("shape", [BOMB.shape, (20, 8, 8), (2**32 - 1,) * 3, ()])
def test_a_gzipped_idx_unpacks_to_no_more_than_it_says(shape, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "MOST_UNPACKED_BYTES", 2**20)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(BOMB, shape)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(Y)))
    said, held = most_held(load_labelled, path)
    assert "unpacks to over" in said or "not the one it says" in said
    assert held < 2**20


def test_names_that_climb_are_neither_read_nor_written(tmp_path):
    path = tmp_path / "in" / "set.npz"
    path.parent.mkdir()
    path.write_bytes(npz(**{"../x.npy": npy(X), "/tmp/y.npy": npy(Y), "a\x1b[31m\n": b""}))
    assert "must hold x and y" in look(load_labelled, path)
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "set.npz"]


def test_a_folder_may_hold_links_pipes_and_folders_named_as_pictures(tmp_path):
    folder = tmp_path / "digits" / "3"
    folder.mkdir(parents=True)
    Image.fromarray(X[0]).save(folder / "a.png")
    (folder / "b.png").symlink_to(folder / "a.png")
    (folder / "c.png").symlink_to(folder / "c.png")
    (folder / "d.png").symlink_to(tmp_path / "nowhere")
    (folder / "e.png").mkdir()
    (folder / "loop").symlink_to(folder)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "f.png")
    assert load_labelled(folder.parent).labels.tolist() == [3, 3]
