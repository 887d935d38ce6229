"""UNIPEN's pen tracks: characters by people of many places, written on many tablets.

Guyon, Schomaker, Plamondon, Liberman and Janet, "UNIPEN project of on-line data exchange and
recognizer benchmarks", ICPR 1994. The distribution (train_r01_v07, doi 10.5281/zenodo.1195803,
CC BY 4.0) holds `data/CATEGORY/COLLECTOR/…`, which says what is written where, and `include/…`,
the ink. This reader takes the files as they were published, with the faults that they have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from model.data.pen_tracks import PenTrack
from model.errors import InputError

CATEGORIES = ("1a", "1b", "1c", "1d")  # digits, capitals, small letters, symbols
COLLECTORS = ("aga", "apb", "art", "gmd", "imp", "syn")  # whose ink this project uses

_SEGMENT = re.compile(r'\.SEGMENT\s+\S+\s+([\d,:\s-]+?)\s+(\S+)\s+"(.*)"\s*$')
_RANGE = re.compile(r"(\d+)(?:-(\d+))?$")
_MOST_COMPONENTS = 40  # of one character; more is a label over a whole line
Event = tuple[Any, Any]  # a word of the header and what follows it, or a block: see `read_events`
_UNITS = {"_PER_INCH": 1.0, "_PER_MM": 25.4}


@dataclass
class Ink:
    """An ink file: its blocks in order, (is pen down, float32 (n, 2) points), and its header."""

    blocks: list[tuple[bool, np.ndarray]] = field(default_factory=list)
    writer: str = ""
    scale: list[float] = field(default_factory=lambda: [0.0, 0.0])  # points an inch, 0 unknown
    columns: tuple[int, int] = (0, 1)  # where x and y stand in a line

    def header(self, word: str, rest: str) -> None:
        """Take what a line of the header says; unknown words are ignored."""
        if word == ".WRITER_ID" and rest:
            self.writer = rest.split()[0]
        elif word == ".COORD":
            names = rest.split()
            if "X" in names and "Y" in names:
                self.columns = names.index("X"), names.index("Y")
        elif word[:9] in (".X_POINTS", ".Y_POINTS") and word[9:] in _UNITS:
            value = _number(rest)
            self.scale["XY".index(word[1])] = value * _UNITS[word[9:]]


def read_unipen(folder: Path) -> list[PenTrack]:
    """Read the characters of `CATEGORIES` and `COLLECTORS`, in a fixed order.

    `folder` holds `data` and `include`, or a folder that does. What a label names and the ink does
    not hold is left out. Raises InputError where there is no such folder or no character in it.
    """
    root = _root(Path(folder))
    tracks = []
    for category, collector in product(CATEGORIES, COLLECTORS):
        base = root / "data" / category / collector
        files = sorted(file for file in base.rglob("*") if file.is_file())
        found = [track for file in files for track in _read_labels(root, file, collector)]
        tracks += found if _starts_high(found) else [_upside_down(track) for track in found]
    _read_ink.cache_clear()
    if not tracks:
        raise InputError(f"{folder} holds no labelled ink of UNIPEN")
    return tracks


def _root(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    for place in (folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/*"))):
        if (place / "data").is_dir() and (place / "include").is_dir():
            return place
    raise InputError(f"{folder} is not UNIPEN's: it holds no folders data and include")


def _read_labels(root: Path, file: Path, collector: str) -> list[PenTrack]:
    """Read one file of `data`: the characters it labels, from the ink it includes."""
    ink, segments = Ink(), []
    for line in _lines(file.read_text(encoding="latin-1")):
        word, _, rest = line.partition(" ")
        if word == ".INCLUDE":
            _include(ink, root / "include", rest.strip())
        elif word == ".SEGMENT" and (segment := _segment(line)):
            segments.append(segment)
    blocks = [points for is_down, points in ink.blocks if is_down]
    most = max((max(numbers) for numbers, _ in segments), default=0)
    if most >= len(blocks):  # then it also counts the movements between strokes
        blocks = [points for _, points in ink.blocks]
    writer = f"{collector}/{ink.writer or file.stem}"
    return [
        PenTrack(strokes, label, writer, "unipen")
        for numbers, label in segments
        if (strokes := _strokes(ink, blocks, numbers))
    ]


def _segment(line: str) -> tuple[list[int], str] | None:
    """Read `.SEGMENT CHARACTER 3-5,7 ? "8"`: block numbers and the character, else None."""
    match = _SEGMENT.match(line)
    if not match or match[2] == "BAD":
        return None
    label = match[3].replace('\\"', '"').replace("\\\\", "\\").strip()
    numbers: list[int] = []
    for part in re.split(r"[,\s]+", match[1].strip()):
        span = _RANGE.match(part)
        if not span:
            return None  # a part of a stroke, such as 3:10-4:2
        first, last = int(span[1]), int(span[2] or span[1])
        if not 0 <= last - first < _MOST_COMPONENTS:
            return None
        numbers += range(first, last + 1)
    return (numbers, label) if len(label) == 1 and len(numbers) <= _MOST_COMPONENTS else None


def _strokes(ink: Ink, blocks: list[np.ndarray], numbers: list[int]) -> tuple[np.ndarray, ...]:
    """The strokes of a character in square units, y down; () where some are missing or blank."""
    if max(numbers) >= len(blocks):
        return ()
    x, y = ink.scale
    units = np.array([1.0, -(x / y if x and y else 1.0)], np.float32)
    chosen = [blocks[number] * units for number in numbers]
    chosen = [points for points in chosen if len(points)]
    if not chosen or not np.ptp(np.concatenate(chosen), axis=0).any():
        return ()
    return tuple(chosen)


def _include(ink: Ink, folder: Path, name: str, depth: int = 0) -> None:
    """Add an included file's header and blocks; a missing one is left out, as some are."""
    file = folder / name
    if depth > 3 or ".." in Path(name).parts or not file.is_file():
        return
    for event in _read_ink(file, ink.columns):
        if isinstance(event[0], bool):
            ink.blocks.append(event)
        elif event[0] == ".INCLUDE":
            _include(ink, folder, event[1], depth + 1)
        else:
            ink.header(*event)


@lru_cache(maxsize=64)
def _read_ink(file: Path, columns: tuple[int, int]) -> list[Event]:
    return list(read_events(file.read_text(encoding="latin-1"), columns))


def read_events(text: str, columns: tuple[int, int] = (0, 1)) -> Iterator[Event]:
    """Read ink, line by line: (word, rest) of the header, (is pen down, points) of a block."""
    header = Ink(columns=columns)
    points: list[tuple[float, float]] = []
    is_down = None
    for line in [*_lines(text), ".PEN_UP"]:
        if not line.startswith("."):
            if is_down is not None and (point := _point(line, header.columns)):
                points.append(point)
            continue
        word, _, rest = line.partition(" ")
        if word in (".PEN_DOWN", ".PEN_UP"):
            if is_down or (is_down is False and points):
                yield is_down, np.array(points, np.float32).reshape(-1, 2)
            points, is_down = [], word == ".PEN_DOWN"
        else:
            header.header(word, rest.strip())
            yield word, rest.strip()


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\t", " ").splitlines() if line.strip()]


def _point(line: str, columns: tuple[int, int]) -> tuple[float, float] | None:
    """Read x and y from their columns of a line; None where there are none."""
    parts = line.split()
    try:
        return float(parts[columns[0]]), float(parts[columns[1]])
    except (ValueError, IndexError):
        return None


def _number(text: str) -> float:
    try:
        return max(0.0, float(text.split()[0]))
    except (ValueError, IndexError):
        return 0.0


def _starts_high(tracks: list[PenTrack]) -> bool:
    """Say whether characters begin above their middle, as people write; else y pointed down."""
    starts = []
    for track in tracks:
        y = track.points[:, 1]
        starts.append((y[0] - (y.min() + y.max()) / 2) / (np.ptp(y) + 1))
    return not starts or float(np.mean(starts)) <= 0


def _upside_down(track: PenTrack) -> PenTrack:
    flip = np.array([1, -1], np.float32)
    return PenTrack(tuple(s * flip for s in track.strokes), track.label, track.writer, track.source)
