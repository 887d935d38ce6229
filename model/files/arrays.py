"""Reads arrays from .npz and IDX files: no pickles, and 4 GB at most."""

from __future__ import annotations

import contextlib
import gzip
import math
import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from model.errors import InputError

MOST_UNPACKED_BYTES = 4 * 2**30  # all of MNIST takes a hundredth of it


def read_npz(path: str | os.PathLike, wanted: Collection[str]) -> dict[str, np.ndarray]:
    """Load those of the `wanted` arrays that an .npz holds; all its other parts stay unread.

    Raises InputError when it is missing or damaged, holds objects (pickles) there, or unpacks to
    over 4 GB: that is judged by its list of contents, past which nothing is unpacked.
    """
    with _opened(path) as archive:
        names = {info.filename: info for info in archive.infolist()}
        found = {name: names[f"{name}.npy"] for name in wanted if f"{name}.npy" in names}
        _check_size(path, sum(info.file_size for info in found.values()))
        return {name: _read_npy(archive, info) for name, info in found.items()}


def npz_names(path: str | os.PathLike) -> list[str]:
    """The names of the arrays that an .npz holds. Raises InputError when it is no such file."""
    with _opened(path) as archive:
        return [name[:-4] for name in archive.namelist() if name.endswith(".npy")]


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file, gzipped or not, to uint8 (format: yann.lecun.com/exdb/mnist).

    Raises InputError when it is missing or damaged, or unpacks to over 4 GB by its own header.
    """
    try:
        with open(path, "rb") as file:
            opener = gzip.open if file.read(2) == b"\x1f\x8b" else open
        with opener(path, "rb") as file:
            zero, kind, dimensions = struct.unpack(">HBB", file.read(4))
            shape = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
            if zero != 0 or kind != 8:
                raise ValueError("it does not start as an IDX file of bytes does")
            count = math.prod(shape)
            _check_size(path, count)
            data = file.read(count + 1)
        if len(data) != count:
            raise ValueError("its length is not the one it says")
        return np.frombuffer(data, np.uint8).reshape(shape)
    except InputError:
        raise
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise InputError(f"{path} is not a readable IDX file: {error}") from None


@contextlib.contextmanager
def _opened(path: str | os.PathLike) -> Iterator[zipfile.ZipFile]:
    """Open an .npz; whatever goes wrong while it is open becomes an InputError."""
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            yield archive
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception:  # zip, NumPy and Python's parser raise many kinds on damaged data
        raise InputError(f"{path} is not a readable .npz of plain arrays") from None


def _read_npy(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of files from Python 2
        try:
            return np.lib.format.read_array(file, allow_pickle=False)
        except ValueError as error:
            if "Object arrays" not in str(error):
                raise
            raise InputError(
                f"{archive.filename}: {member.filename[:-4]} is an array of Python objects, which "
                "could run code; save texts as np.array(texts, str)"
            ) from None


def _check_size(path: str | os.PathLike, count: int) -> None:
    if count > MOST_UNPACKED_BYTES:
        raise InputError(f"{path} unpacks to over 4 GB: give a part of it")
