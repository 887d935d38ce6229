"""Loading of untrusted .keras files: bounded in size, and never running code they contain."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import InputError, how_to_install

if TYPE_CHECKING:
    import h5py
    import keras

MAX_EXPANSION = 20  # unpacked to packed size; Keras does not compress, so genuine files have 1
SMALL_BYTES = 2**26  # unpacked size up to which expansion does not matter


def load_keras(path: Path, compiled: bool = False) -> keras.Model:
    """Load a .keras or .h5 file in safe mode: code that it contains is not run.

    `compiled` restores optimizer and loss as well, for our own checkpoints. Raises InputError for
    a file that needs its own code, that unpacks to over `SMALL_BYTES` and `MAX_EXPANSION` times
    its size, that stores weights in another way than Keras does, or that Keras cannot load for any
    other reason, and where Keras is not installed.
    """
    try:
        import keras
    except ImportError:
        raise InputError(f"to open {path} takes TensorFlow: {how_to_install('train')}") from None
    try:
        expansion, plain = 0.0, True
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                expansion = _expansion(archive, path.stat().st_size)
                plain = expansion <= MAX_EXPANSION and _weights_are_plain(archive)
        else:
            plain = _is_plain(path)
        if plain:
            return keras.models.load_model(path, safe_mode=True, compile=compiled)
    except Exception as error:  # A file from elsewhere may fail in any way that Keras has.
        if "safe_mode" in str(error) or "Could not locate" in str(error):
            raise InputError(
                f"{path}: needs code of its own (a Lambda layer, a class), which is not run "
                "here; save the network without it"
            ) from None
        raise InputError(f"{path}: Keras can't load it ({first_line(error)})") from None
    if expansion > MAX_EXPANSION:
        said = f"unpacks to {expansion:,.0f} times its size, as no network does"
    else:
        said = "its weights are packed or of odd kinds, as Keras writes none"
    raise InputError(f"{path}: {said}; it is not opened")


def _expansion(archive: zipfile.ZipFile, size: int) -> float:
    """Ratio of unpacked to packed size, from the archive's directory; 1 for a small file."""
    unpacked = sum(part.file_size for part in archive.infolist())
    return unpacked / size if unpacked > SMALL_BYTES else 1


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


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, at most 200 characters of it."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
