"""MNIST's file: where it is looked for, how it is fetched, and how its images are known."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import numpy as np

from model import Unavailable

MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_FILE_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# MD5 of the four original IDX files, uncompressed: they name the data, whatever file holds it.
MNIST_IDX_MD5 = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}
_TIMEOUT_SECONDS = 15


def find_mnist() -> Path:
    given = os.environ.get("MNIST_PATH")
    if given:
        return Path(given)
    folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"
    cached = folder / "mnist.npz"
    if cached.is_file():
        return cached
    return _download(folder)


def is_mnist(arrays: dict[str, np.ndarray]) -> bool:
    """Say whether x_train, y_train, x_test, y_test hold MNIST's images and labels, in its order."""
    return all(_idx_md5(arrays[name]) == md5 for name, md5 in MNIST_IDX_MD5.items())


def _download(folder: Path) -> Path:
    import pooch
    import requests

    ways = (
        "give the file by --data, point $MNIST_PATH at it, or put it into "
        f"{folder} as mnist.npz; --dataset digits needs no file"
    )
    try:
        return Path(
            pooch.retrieve(
                MNIST_URL,
                known_hash=f"sha256:{MNIST_FILE_SHA256}",
                fname="mnist.npz",
                path=folder,
                downloader=_resume_download,
            )
        )
    except (requests.RequestException, OSError) as error:
        raise Unavailable(f"MNIST cannot be downloaded ({type(error).__name__}): {ways}") from None
    except ValueError:  # pooch: the hash is another
        raise Unavailable(f"the download is not MNIST's file: {ways}") from None


def _resume_download(url: str, output_file: str, _pooch, check_only: bool = False) -> None:
    """Download with a progress bar, going on where an earlier attempt stopped."""
    import requests
    from tqdm import tqdm

    part = Path(output_file).parent / "mnist.npz.part"
    done = part.stat().st_size if part.is_file() else 0
    headers = {"Range": f"bytes={done}-"} if done else {}
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_SECONDS) as answer:
        if answer.status_code == 416:  # nothing is left to fetch, or the part is no part of it
            part.unlink()
            return _resume_download(url, output_file, _pooch)
        answer.raise_for_status()
        resumed = answer.status_code == 206
        total = int(answer.headers.get("content-length", 0)) + (done if resumed else 0)
        bar = tqdm(total=total or None, initial=done if resumed else 0, unit="B", unit_scale=True,
                   desc="MNIST")  # fmt: skip
        with bar, open(part, "ab" if resumed else "wb") as file:
            for chunk in answer.iter_content(2**14):
                file.write(chunk)
                bar.update(len(chunk))
    os.replace(part, output_file)


def _idx_md5(array: np.ndarray) -> str:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    body = array.astype(np.uint8).tobytes()
    return hashlib.md5(header + body, usedforsecurity=False).hexdigest()
