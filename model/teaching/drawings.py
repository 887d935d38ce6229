"""The drawings by which a network is taught one person's hand, and the file they are saved in.

The file is JSON and holds glyphs alone, so that it suits any network and nothing in it is run:
`{"format": "digits-hand", "version": 1, "drawings": [{"digit": 7, "glyph": "…"}]}`,
each glyph being its 784 bytes, deflated (RFC 1950), as Base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.calibration import is_digit
from model.errors import InputError
from model.preprocessing import GLYPH_SIDE

FORMAT, VERSION = "digits-hand", 1
MOST_DRAWINGS = 100
MOST_BYTES = 200_000  # of a file; a hundred drawings take some 30,000
FULL = f"this is full: {MOST_DRAWINGS} drawings are the most, start anew to draw others"
NOT_OURS = "this is no file of drawings from here: choose one that was saved in this tab"
_DAMAGED = "this file of drawings is damaged: choose another, or draw them anew"


@dataclass(frozen=True)
class Drawings:
    """Some drawings of one person: `glyphs` uint8 (n, 28, 28) and `digits` int64 (n,), 0 to 9."""

    glyphs: np.ndarray
    digits: np.ndarray

    @classmethod
    def none(cls) -> Drawings:
        """Begin with nothing drawn."""
        return cls(np.empty((0, GLYPH_SIDE, GLYPH_SIDE), np.uint8), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.digits)

    def with_one(self, glyph: np.ndarray, digit: int) -> Drawings:
        """Add one drawing. Raises InputError when there are MOST_DRAWINGS, or for no digit."""
        if len(self) >= MOST_DRAWINGS:
            raise InputError(FULL)
        if not is_digit(digit):
            raise InputError("say which digit it is, 0 to 9")
        return Drawings(np.concatenate([self.glyphs, glyph[None]]), np.append(self.digits, digit))

    def without(self, row: int) -> Drawings:
        """Leave one drawing out."""
        return Drawings(np.delete(self.glyphs, row, 0), np.delete(self.digits, row))

    def to_json(self) -> str:
        """Write the file."""
        rows = [{"digit": int(digit), "glyph": _pack(glyph)}
                for glyph, digit in zip(self.glyphs, self.digits, strict=True)]  # fmt: skip
        return json.dumps({"format": FORMAT, "version": VERSION, "drawings": rows})

    @classmethod
    def from_json(cls, data: bytes) -> Drawings:
        """Read such a file. Raises InputError for any other, and for a damaged one."""
        rows = _rows(data)
        glyphs = np.array([_unpack(row) for row in rows], np.uint8)
        digits = np.array([row["digit"] for row in rows], np.int64)
        return cls(glyphs.reshape(-1, GLYPH_SIDE, GLYPH_SIDE), digits)


def _rows(data: bytes) -> list[Any]:
    if len(data) > MOST_BYTES:
        raise InputError(NOT_OURS)
    try:
        about = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError(NOT_OURS) from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise InputError(NOT_OURS)
    if about.get("version") != VERSION:
        raise InputError("this file of drawings is of another version of the program: draw anew")
    rows = about.get("drawings")
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and is_digit(row.get("digit")) for row in rows
    ):
        raise InputError(_DAMAGED)
    if len(rows) > MOST_DRAWINGS:
        raise InputError(f"this file holds over {MOST_DRAWINGS} drawings: take some out")
    return rows


def _pack(glyph: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(glyph.tobytes(), 9)).decode("ascii")


def _unpack(row: dict) -> np.ndarray:
    """A glyph, uint8 (784,), unpacked no further than so many bytes."""
    unpacker, size = zlib.decompressobj(), GLYPH_SIDE**2
    try:
        packed = base64.b64decode(row.get("glyph", ""), validate=True)
        pixels = unpacker.decompress(packed, size + 1)
    except (binascii.Error, ValueError, TypeError, zlib.error):
        raise InputError(_DAMAGED) from None
    glyph = np.frombuffer(pixels, np.uint8)
    if len(pixels) != size or not unpacker.eof or not (glyph > 127).any():  # no ink, no drawing
        raise InputError(_DAMAGED)
    return glyph
