"""Public sets of pen tracks: where each is found or downloaded, and which writers test it.

Sets are split by writer: networks are trained on some writers; settings are chosen and accuracy is
measured on the others.
"""

from __future__ import annotations

import logging
import os
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.data import pendigits, unipen
from model.data.mnist import datasets_folder, path_from
from model.data.pen_tracks import PenTrack, content_sha256, digits_of
from model.errors import InputError, Unavailable
from model.files.locks import hold

_log = logging.getLogger(__name__)
_WAIT_SECONDS = 3600  # for another process that downloads the same
_SILENT_SECONDS = 15  # without an answer, and a download is given up


@dataclass(frozen=True)
class PenSet:
    """A set of pen tracks: where it is, how it is read, and which writers it is tested on.

    `variable` of the environment may name its place. `sha256` is of the tracks that the networks
    were trained on (see `content_sha256`); the archive itself may be repacked.
    """

    name: str
    url: str
    variable: str
    source: str
    licence: str
    sha256: str
    read: Callable[[Path], list[PenTrack]]
    is_test_writer: Callable[[str], bool]


@dataclass(frozen=True)
class PenData:
    """The tracks of one or more sets that a network learns from, and their hash."""

    names: tuple[str, ...]
    tracks: tuple[PenTrack, ...]
    sha256: str

    def to_json(self) -> dict:
        """What a bundle says of them, in plain values."""
        writers = {track.writer for track in self.tracks}
        return {
            "names": list(self.names),
            "sha256": self.sha256,
            "track_count": len(self.tracks),
            "digit_count": len(digits_of(self.tracks)),
            "writer_count": len(writers),
        }


def load_pen(names: Sequence[str]) -> PenData:
    """Load the tracks that networks learn from, of sets by name, less those of test writers.

    Each set is looked for by its variable, then in the cache, or is downloaded.
    Raises InputError for an unknown name or what holds no such tracks, Unavailable, which tells the
    ways out, where a set cannot be had.
    """
    tracks: list[PenTrack] = []
    for name in names:
        tracks += read_set(name)[0]
    if not tracks:
        raise InputError(f"no writer of {', '.join(names)} is one to learn from")
    return PenData(tuple(names), tuple(tracks), content_sha256(tracks))


# The errors of requests are OSErrors.
_DOWNLOAD_ERRORS = (OSError, ValueError, EOFError, tarfile.TarError, zipfile.BadZipFile)


def read_set(name: str, path: Path | None = None) -> tuple[list[PenTrack], list[PenTrack]]:
    """Read the tracks of a set: those to learn from, and those of its test writers.

    Logs a warning if the networks were trained on other tracks. Raises InputError.
    """
    if name not in PEN_SETS:
        raise InputError(f"unknown pen set '{name}': choose one of {', '.join(PEN_SETS)}")
    pen_set = PEN_SETS[name]
    place = _place(pen_set, path)
    try:
        tracks = pen_set.read(place)
    except InputError as error:
        raise InputError(f"{error}; {_ways(pen_set)}") from None
    if content_sha256(tracks) != pen_set.sha256:
        _log.warning("note: %s holds other tracks than the %s that the shipped network learnt from",
                     place, pen_set.name)  # fmt: skip
    parted: tuple[list[PenTrack], list[PenTrack]] = [], []
    for track in tracks:
        parted[pen_set.is_test_writer(track.writer)].append(track)
    return parted


def _place(pen_set: PenSet, path: Path | None) -> Path:
    if given := path or path_from(pen_set.variable):
        return given
    cached = datasets_folder() / pen_set.name
    return cached if cached.is_dir() else _download(pen_set, cached)


def _ways(pen_set: PenSet) -> str:
    return (
        f"give it by --data, point ${pen_set.variable} at it, or put what {pen_set.source} offers, "
        f"unpacked, into {datasets_folder() / pen_set.name}"
    )


def _download(pen_set: PenSet, folder: Path) -> Path:
    """Download and unpack a set, waiting for another process that does. Raises Unavailable."""
    import pooch

    pooch.get_logger().setLevel("WARNING")  # it advises to note the archive's hash
    busy = f"another process has been downloading {pen_set.name} for too long: stop it"
    unpack = pooch.Unzip if pen_set.url.endswith(".zip") else pooch.Untar
    half = folder.with_name(f".half-{folder.name}")
    archive = folder.with_name(f"{pen_set.name}-{os.path.basename(pen_set.url)}")
    try:
        with hold(folder.with_name(f"{folder.name}.lock"), busy, _WAIT_SECONDS):
            if not folder.is_dir():  # else the other has done it
                pooch.retrieve(
                    pen_set.url,
                    known_hash=None,  # the hash of the tracks is checked once they are read
                    fname=archive.name,
                    path=folder.parent,
                    downloader=pooch.HTTPDownloader(progressbar=True, timeout=_SILENT_SECONDS),
                    processor=unpack(extract_dir=half.name),
                )
                os.replace(half, folder)
    except _DOWNLOAD_ERRORS as error:
        archive.unlink(missing_ok=True)  # a damaged one would be taken for whole the next time
        raise Unavailable(
            f"{pen_set.name} cannot be downloaded ({type(error).__name__}): {_ways(pen_set)}"
        ) from None
    return folder


PEN_SETS = {
    "unipen": PenSet(
        name="unipen",
        url="https://zenodo.org/records/1195803/files/train_r01_v07.tgz",
        variable="UNIPEN_PATH",
        source="Guyon et al., UNIPEN train_r01_v07 (doi 10.5281/zenodo.1195803)",
        licence="CC BY 4.0",
        sha256="fa5e1346391cda28a1a5833b5a41073a58142185705bcfd21205c9aa0a0eb037",
        read=unipen.read_unipen,
        is_test_writer=lambda writer: writer.startswith(("gmd/", "imp/")),
    ),
    "pendigits": PenSet(
        name="pendigits",
        url="https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip",
        variable="PENDIGITS_PATH",
        source="Alpaydin and Alimoglu, Pen-Based Recognition of Handwritten Digits (UCI 81)",
        licence="CC BY 4.0",
        sha256="ef28f29f96a5aa8f38593f9ffe0d671a542ba8ba6eac8122ab87923e3043c3e5",
        read=pendigits.read_pendigits,
        is_test_writer=lambda writer: int(writer.rpartition("/")[2] or 0) % 5 == 0,
    ),
}
