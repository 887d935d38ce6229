"""Loading of untrusted .keras files: bounded in size, and never running code they contain."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import InputError, first_line, how_to_install

if TYPE_CHECKING:
    import h5py
    import keras

MAX_EXPANSION = 20  # unpacked to packed size; Keras and skops do not compress: theirs have 1
SMALL_BYTES = 2**26  # unpacked size up to which expansion does not matter
ENDINGS = (".keras", ".h5", ".hdf5")  # by which Keras knows its files, in small letters only
CODE = re.compile(r"safe_mode|Could not (?:locate|interpret)|No module named")


def load_keras(path: Path, compiled: bool = False) -> keras.Model:
    """Load a .keras or .h5 file in safe mode: code that it contains is not run.

    `compiled` restores optimizer and loss as well, for our own checkpoints. Raises InputError for
    a file that needs its own code, that unpacks to over `SMALL_BYTES` and `MAX_EXPANSION` times
    its size, that stores weights in another way than Keras does, or that Keras cannot load for any
    other reason, and where Keras is not installed.
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
                plain = _weights_are_plain(archive)
        else:
            plain = _is_plain(path)
        if plain:
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
    raise InputError(
        f"{path}: its weights are packed or of odd kinds, as Keras writes none; it is not opened"
    )


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


def _weights_are_plain(archive: zipfile.ZipFile) -> bool:
    """Return whether every array in an archive's files of weights is stored as Keras stores it."""
    files = (part for part in archive.namelist() if part.endswith(".h5"))
    return all(_is_plain(io.BytesIO(archive.read(part))) for part in files)


def _is_plain(source: Path | io.BytesIO) -> bool:
    """Return whether every array of an HDF5 file is stored as Keras stores it.

    That is contiguous, unfiltered, complete, in this file, and of a NumPy type. A few bytes of HDF5
    can declare arrays of gigabytes or point to another file, and its filters, layouts and unusual
    types are how malicious files reach known vulnerabilities of the bundled HDF5 library.
    """
    import h5py

    with h5py.File(source) as file:
        for array in _arrays(file):
            laid_out = array.id.get_create_plist()
            plain = laid_out.get_layout() == h5py.h5d.CONTIGUOUS
            here = laid_out.get_external_count() == 0
            whole = array.id.get_storage_size() == array.nbytes
            usual = array.id.get_type().equal(h5py.h5t.py_create(array.dtype))
            if not (plain and here and whole and usual):
                return False
    return True


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
