"""Loading of untrusted Keras files: bounded in size, and never running code they contain."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import InputError, first_line, how_to_install

if TYPE_CHECKING:
    import h5py
    import keras

MAX_EXPANSION = 20  # unpacked to packed size; Keras and skops do not compress: theirs have 1
SMALL_BYTES = 2**26  # unpacked size up to which expansion does not matter
SMALL_COUNT = 2**24  # weights that a network may have beyond those that its file holds
ENDINGS = (".keras", ".h5", ".hdf5")  # by which Keras knows its files, in small letters only
CODE = re.compile(r"safe_mode|Could not (?:locate|interpret)|No module named")


def load_keras(path: Path, compiled: bool = False) -> keras.Model:
    """Load a .keras or .h5 file in safe mode: code that it contains is not run.

    `compiled` restores optimizer and loss as well, for our own checkpoints. Raises InputError for
    a file that needs its own code, that unpacks to over `SMALL_BYTES` and `MAX_EXPANSION` times
    its size, that stores weights in another way than Keras does, whose network has over
    `SMALL_COUNT` more weights than the file holds, or that Keras cannot load for any other reason,
    and where Keras is not installed.
    """
    if path.suffix not in ENDINGS:
        raise InputError(f"{path}: Keras opens names that end in .keras or .h5; rename it")
    try:
        import keras
    except ImportError:
        raise InputError(f"to open {path} takes TensorFlow: {how_to_install('train')}") from None
    try:
        if path.suffix == ".keras":
            check_expansion(path)
            with zipfile.ZipFile(path) as archive:
                weights = [part for part in archive.namelist() if part.endswith(".h5")]
                held = sum(_held(io.BytesIO(archive.read(part)), path) for part in weights)
                described = json.loads(archive.read("config.json"))
        else:
            held, described = _held(path, path), _described(path)
        with ThreadPoolExecutor(1) as thread:
            claimed = thread.submit(_claimed, described).result()
        if claimed > held + SMALL_COUNT:
            raise InputError(
                f"{path}: asks for {claimed:,} weights and holds {held:,}; it is not opened"
            )
        return keras.models.load_model(path, safe_mode=True, compile=compiled)
    except InputError:
        raise
    except Exception as error:  # A file from elsewhere may fail in any way that Keras has.
        if CODE.search(str(error)):
            raise InputError(
                f"{path}: needs code of its own (a Lambda layer, a class), which is not run "
                "here; save the network without it"
            ) from None
        raise InputError(f"{path}: Keras can't load it ({first_line(error)})") from None


def check_expansion(path: Path) -> None:
    """Refuse a zip file that unpacks to over `SMALL_BYTES` and `MAX_EXPANSION` times its size.

    That is told from its directory, past which nothing is unpacked. Raises InputError, and what
    zipfile raises for a damaged one.
    """
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    expansion = unpacked / path.stat().st_size
    if unpacked > SMALL_BYTES and expansion > MAX_EXPANSION:
        said = f"unpacks to {expansion:,.0f} times its size, as no classifier does"
        raise InputError(f"{path}: {said}; it is not opened")


def _described(path: Path) -> dict[str, Any]:
    """The network that an .h5 file describes."""
    import h5py

    with h5py.File(path) as file:
        if "model_config" not in file.attrs:
            raise InputError(f"{path}: holds weights and no network; save the whole network")
        return json.loads(file.attrs["model_config"])


def _claimed(described: dict[str, Any]) -> int:
    """Count the weights that a network's description asks for, without allocating them.

    Keras remembers variables without a value per thread: call this in a thread of its own.
    """
    import keras

    text = json.dumps({**described, "compile_config": None})
    text = text.replace('"stateful": true', '"stateful": false')  # states can't be made for later
    with keras.StatelessScope(initialize_variables=False):
        if "module" in described:
            network = keras.models.model_from_json(text)
        else:  # of an .h5 file
            kind = keras.Sequential if described["class_name"] == "Sequential" else keras.Model
            network = kind.from_config(json.loads(text)["config"])
        return sum(prod(weights.shape) for weights in network.variables)


def _held(source: Path | io.BytesIO, path: Path) -> int:
    """How many numbers the arrays of an HDF5 file hold, which is `path` or a part of it.

    Raises InputError unless each is contiguous, unfiltered, complete, in this file, and of a NumPy
    type, as Keras stores them. A few bytes of HDF5 can declare arrays of gigabytes or point to
    another file, and its filters, layouts and unusual types are how malicious files reach known
    vulnerabilities of the bundled HDF5 library.
    """
    import h5py

    count = 0
    with h5py.File(source) as file:
        for array in _arrays(file):
            laid_out = array.id.get_create_plist()
            plain = laid_out.get_layout() == h5py.h5d.CONTIGUOUS
            here = laid_out.get_external_count() == 0
            whole = array.id.get_storage_size() == array.nbytes
            usual = array.id.get_type().equal(h5py.h5t.py_create(array.dtype))
            if not (plain and here and whole and usual):
                raise InputError(
                    f"{path}: its weights are packed or of odd kinds, as Keras writes none; it is "
                    "not opened"
                )
            count += array.size
    return count


def _arrays(file: h5py.File) -> Iterator[h5py.Dataset]:
    """Yield every array of a file once, at any depth, even if it has several names."""
    import h5py

    seen: set[int] = set()
    groups: list[h5py.Group] = [file]
    while groups:
        group = groups.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue  # Keras does not follow other kinds of link
            part = group[name]
            address = h5py.h5o.get_info(part.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(part, h5py.Group):
                groups.append(part)
            elif isinstance(part, h5py.Dataset):
                yield part
