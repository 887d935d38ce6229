"""Small pictures made to cost a reader far more time or memory than pictures of their size do."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.encoding import encoded

KEPT = 2 * 10**7  # bytes of most of them: nearly as many as may be sent
PACKED = zlib.compress(bytes(10**6))
SIDE = 5_000  # px; half as many pixels as are let in
SMALL = Image.new("L", (16, 16))
COLOURS = bytes(range(256)) * 4  # a BMP's; were they greys, it would be no palette
SKIPS = b"\0\2\xff\xff" * 3  # of 255 rows and columns each
EXIF = b"Exif\0\0"
TIFF_TAGS = [(256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
             (277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 16)]  # fmt: skip


def _many_scans(count: int) -> bytes:
    """A progressive JPEG that goes over its picture again and again, 75 bytes a time."""
    data = encoded(Image.new("L", (SIDE, SIDE)), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * count + data[-2:]


def _tags(count: int, size: int) -> bytes:
    """EXIF of so many tags that all hold the same bytes; the first turns the picture."""
    tags = [(0x112, 3, 1, 6)] + [(0x2000 + i, 1, size, 14 + 12 * count) for i in range(count - 1)]
    return _directory(b"II*\0\x08\0\0\0", tags) + bytes(size)


def _tiff(data: bytes, tags: list[tuple[int, int, int, int]]) -> bytes:
    return _directory(b"II*\0" + struct.pack("<I", 8 + len(data)) + data, sorted(tags))


def _directory(head: bytes, tags: list[tuple[int, int, int, int]]) -> bytes:
    rows = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return head + struct.pack("<H", len(tags)) + rows + bytes(4)


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def packed_bmp(width: int, height: int, data: bytes, colours: bytes = COLOURS) -> bytes:
    """A BMP of run-length encoded rows, and of 256 colours."""
    start = 14 + 40 + 1024
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + colours + data


def _ico(data: bytes) -> bytes:
    """An icon of a PNG, or of a BMP without its first 14 bytes and with a mask behind it."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 8, len(data), 22) + data


def _jpeg(middle: bytes) -> bytes:
    data = encoded(SMALL, "JPEG")
    return data[:2] + middle + data[2:]


def _png(middle: bytes, at: int = 33) -> bytes:
    data = encoded(SMALL, "PNG")
    return data[:at] + middle + data[at:]


def _avif() -> bytes:
    """Pillow would not write such tags, so they are put in afterwards."""
    room, long = Image.Exif(), b"x" * 1_048_000
    room[0x2000] = long
    data = encoded(SMALL, "AVIF", exif=room)
    end = data.index(long) + len(long)
    start = data.rindex(b"MM\0*", 0, end)
    tags = _tags(4_000, 1_000_000)
    assert len(tags) <= end - start
    return data[:start] + tags.ljust(end - start, b"x") + data[end:]


def _gif() -> bytes:
    return encoded(SMALL, "GIF")[:-1] + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0" * (KEPT // 15) + b";"


def _tiff_of_tags() -> bytes:
    more = [(0x2000 + i, 1, 1_000_000, 8) for i in range(4_000)]
    return _tiff(bytes(1_000_000), [*TIFF_TAGS, (273, 4, 1, 8), *more])


def _tiff_of_strips() -> bytes:
    offsets = struct.pack("<I", 8) * 400_000
    return _tiff(offsets, [*TIFF_TAGS, (273, 4, 400_000, 8)])


def _comments(size: int) -> bytes:
    """A GIF of one comment in parts of so many bytes."""
    part = bytes([size]) + b"x" * size
    return encoded(SMALL, "GIF")[:-1] + b"!\xfe" + part * (KEPT // len(part)) + b"\0;"


def _jpeg_of_exif() -> bytes:
    part = b"\xff\xe1\0\xa0" + EXIF + b"x" * 152
    return _jpeg(part * (KEPT // len(part)))


def _packed_exif() -> bytes:
    """A PNG that holds tags as ImageMagick writes them: as packed text."""
    text = b"\nexif\n1\n" + (EXIF * 80_000).hex().encode()
    return _png(_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)))


def _numbers(kind: str) -> bytes:
    deep = Image.fromarray(np.zeros((SIDE, SIDE), kind))
    return encoded(deep, "TIFF", compression="tiff_adobe_deflate")


GREEDY: dict[str, Callable[[], bytes]] = {
    "JPEG of empty markers": lambda: _jpeg(b"\xff\xe5\0\2" * (KEPT // 4)),
    "JPEG of padding": lambda: _jpeg(b"\xff" * KEPT),
    "JPEG of empty scans": lambda: _many_scans(2_000),
    "JPEG of long tags": lambda: encoded(SMALL, "JPEG", exif=_tags(1_000, 50_000)),
    "PNG of long tags": lambda: encoded(SMALL, "PNG", exif=_tags(4_000, 1_000_000)),
    "WebP of long tags": lambda: encoded(SMALL, "WEBP", exif=_tags(4_000, 1_000_000)),
    "AVIF of long tags": _avif,
    "PNG of empty chunks": lambda: _png(_chunk(b"abCd") * (KEPT // 12)),
    "PNG of empty chunks at its end": lambda: _png(_chunk(b"abCd") * (KEPT // 12), at=-12),
    "PNG of empty pixels": lambda: _png(_chunk(b"IDAT") * (KEPT // 12)),
    "PNG of packed text": lambda: _png(_chunk(b"zTXt", b"k\0\0" + PACKED) * 100),
    "JPEG of many tags": _jpeg_of_exif,
    "PNG of heads of tags": lambda: _png(_chunk(b"eXIf", EXIF * (KEPT // 6))),
    "PNG of packed heads of tags": _packed_exif,
    "WebP of heads of tags": lambda: encoded(SMALL, "WEBP", exif=EXIF * (KEPT // 6)),
    "GIF of many frames": _gif,
    "GIF of what is no part": lambda: encoded(SMALL, "GIF")[:-1] + b"\1" * KEPT + b";",
    "GIF of a comment": lambda: _comments(255),
    "GIF of a comment in small parts": lambda: _comments(80),
    "TIFF of many strips": _tiff_of_strips,
    "TIFF of long tags": _tiff_of_tags,
    "ICO of a large PNG": lambda: _ico(encoded(Image.new("L", (8_000, 8_000)), "PNG")),
    "ICO of a BMP of skips": lambda: _ico(packed_bmp(8_000_000, 6, SKIPS)[14:] + bytes(3_000_000)),
    "BMP of short runs": lambda: packed_bmp(SIDE, SIDE, b"\1\5" * (KEPT // 2)),
    "BMP of skips": lambda: packed_bmp(16_000_000, 3, SKIPS),
    "PPM of odd depth": lambda: b"P6\n700 700\n1000\n" + bytes(700 * 700 * 6),
    "PPM of remarks": lambda: b"P2\n" + b"#" * KEPT + b"\n8 8\n255\n" + b"1 " * 64,
    "QOI": lambda: b"qoif" + struct.pack(">IIBB", 2_000, 1_000, 3, 0) + bytes(KEPT),
    "TIFF of 16 bits": lambda: _numbers("u2"),
    "TIFF of fractions": lambda: _numbers("f4"),
    "see-through PNG": lambda: encoded(Image.new("RGBA", (SIDE, SIDE)), "PNG"),
}  # fmt: skip
