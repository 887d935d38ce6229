"""Finds or downloads MNIST's file, and recognises its images."""

from __future__ import annotations

import hashlib
import os
import struct
import time
from pathlib import Path

import numpy as np

from model.errors import InputError, Unavailable
from model.files.arrays import read_npz
from model.files.home import home_folder
from model.files.locks import hold

MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_FILE_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# MD5 of the four original IDX files, uncompressed: MNIST is recognised by them in any file.
MNIST_IDX_MD5 = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}
_SILENT_SECONDS = 15  # without a byte, and a download is given up
_WHOLE_SECONDS = 600  # for the whole file; the next attempt continues from what arrived
_MOST_BYTES = 2**26  # the file has 11 million: a longer one is not MNIST


def find_mnist() -> Path:
    """Return the path of MNIST's file, downloaded if need be. Raises InputError, Unavailable."""
    if given := path_from("MNIST_PATH"):
        return given
    cached = datasets_folder() / "mnist.npz"
    return cached if cached.is_file() else _download(cached)


def path_from(variable: str) -> Path | None:
    """The path that a variable of the environment names; None where it is not set.

    Raises InputError where there is nothing at that path.
    """
    given = os.environ.get(variable)
    if given and not os.path.exists(given):
        raise InputError(
            f"${variable} names {given}, which does not exist: correct it, or unset it to have the "
            "data looked for elsewhere and downloaded"
        )
    return Path(given) if given else None


def datasets_folder() -> Path:
    """The folder in which Keras keeps data sets. Raises InputError without a home folder."""
    return Path(os.environ.get("KERAS_HOME") or home_folder() / ".keras") / "datasets"


def read_test_images() -> tuple[np.ndarray, np.ndarray] | None:
    """Read MNIST's test images, uint8 (10000, 28, 28), and labels, int64 (10000,), from the disk.

    Returns None where MNIST is not there: nothing is downloaded.
    """
    try:
        place = path_from("MNIST_PATH") or datasets_folder() / "mnist.npz"
        arrays = read_npz(place, ("x_test", "y_test"))
    except InputError:
        return None
    is_whole = len(arrays) == 2 and is_mnist(arrays)
    return (arrays["x_test"], arrays["y_test"].astype(np.int64)) if is_whole else None


def is_mnist(arrays: dict[str, np.ndarray]) -> bool:
    """Say whether x_train, y_train, x_test and y_test, or some of them, are MNIST's arrays."""
    return all(_idx_md5(array) == MNIST_IDX_MD5[name] for name, array in arrays.items())


def _download(file: Path) -> Path:
    """Download MNIST's file, or wait for another process that does. Raises Unavailable."""
    import pooch
    from urllib3.exceptions import HTTPError

    ways = (
        f"try again later, give the file by --data, point $MNIST_PATH at it, or put it into "
        f"{file.parent} as {file.name}; --dataset digits needs no file"
    )
    busy = f"another process has been downloading MNIST into {file.parent} for too long: stop it"
    try:
        with hold(file.with_name(f"{file.name}.lock"), busy, _WHOLE_SECONDS):
            return Path(
                pooch.retrieve(
                    MNIST_URL,
                    known_hash=f"sha256:{MNIST_FILE_SHA256}",
                    fname=file.name,
                    path=file.parent,
                    downloader=_resume_download,
                )
            )
    except (HTTPError, OSError) as error:  # the errors of requests are OSErrors
        raise Unavailable(f"MNIST cannot be downloaded ({_reason(error)}): {ways}") from None
    except ValueError:  # pooch: the hash is another
        raise Unavailable(f"the download is not MNIST's file: {ways}") from None


def _reason(error: Exception) -> str:
    """Say in plain words why a download failed."""
    import requests
    from urllib3 import exceptions

    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.Timeout | exceptions.TimeoutError):
        return "it did not come in time"
    if isinstance(error, exceptions.ProtocolError):
        return "it broke off"
    if isinstance(error, requests.ConnectionError):
        return "there is no connection"
    return getattr(error, "strerror", None) or type(error).__name__


def _resume_download(url: str, output_file: str, _pooch) -> None:
    """Download with a progress bar, from where an earlier attempt stopped."""
    import requests

    part = Path(output_file).parent / "mnist.npz.part"
    done = part.stat().st_size if part.is_file() else 0
    headers = {"Accept-Encoding": "identity"}  # a range counts bytes as they are sent
    if done:
        headers["Range"] = f"bytes={done}-"
    with requests.get(url, headers=headers, stream=True, timeout=_SILENT_SECONDS) as answer:
        if answer.status_code == 416 and done:  # it is complete, or not a part of this file
            part.unlink()
            return _resume_download(url, output_file, _pooch)
        answer.raise_for_status()
        _receive(answer, part, done if answer.status_code == 206 else 0)
    os.replace(part, output_file)


def _receive(answer, part: Path, done: int) -> None:
    """Write a response's body to a file, from byte `done` on. Raises OSError, urllib3's errors."""
    import requests
    from tqdm import tqdm

    latest = time.monotonic() + _WHOLE_SECONDS
    total = int(answer.headers.get("content-length", 0)) + done
    bar = tqdm(total=total or None, initial=done, unit="B", unit_scale=True, desc="MNIST")
    with bar, open(part, "ab" if done else "wb") as file:
        while chunk := answer.raw.read1(2**14):
            if time.monotonic() > latest:
                raise requests.Timeout
            file.write(chunk)
            bar.update(len(chunk))
            if file.tell() > _MOST_BYTES:
                break  # its hash will not be MNIST's


def _idx_md5(array: np.ndarray) -> str:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    body = array.astype(np.uint8).tobytes()
    return hashlib.md5(header + body, usedforsecurity=False).hexdigest()
