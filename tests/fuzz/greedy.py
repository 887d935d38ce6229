"""Small pictures made to cost a reader far more time or memory than pictures of their size do."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

KEPT = 2**21  # bytes of most of them: a tenth of what may be sent
PACKED = zlib.compress(bytes(10**6))
SIDE = 5_000  # px; half as many pixels as are let in
SMALL = Image.new("L", (16, 16))
TIFF_TAGS = [(256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
             (277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 16)]  # fmt: skip


def encoded(image: Image.Image, form: str, **options) -> bytes:
    """A picture as a file's bytes."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


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


def _packed_bmp(side: int, data: bytes) -> bytes:
    """A BMP of run-length encoded rows."""
    start = 14 + 40 + 1024
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + bytes(1024) + data


def _jpeg(middle: bytes) -> bytes:
    data = encoded(SMALL, "JPEG")
    return data[:2] + middle + data[2:]


def _png(middle: bytes, at: int = 33) -> bytes:
    data = encoded(SMALL, "PNG")
    return data[:at] + middle + data[at:]


def _avif() -> bytes:
    """Pillow would not write such tags, so they are put in afterwards."""
    tags = _tags(4_000, 1_000_000)
    harmless = _directory(b"II*\0\x08\0\0\0", [(0x112, 3, 1, 6)])
    harmless += b"x" * (len(tags) - len(harmless))
    return encoded(SMALL, "AVIF", exif=harmless).replace(harmless, tags)


def _gif() -> bytes:
    return encoded(SMALL, "GIF")[:-1] + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0" * (KEPT // 15) + b";"


def _tiff_of_tags() -> bytes:
    more = [(0x2000 + i, 1, 1_000_000, 8) for i in range(4_000)]
    return _tiff(bytes(1_000_000), [*TIFF_TAGS, (273, 4, 1, 8), *more])


def _tiff_of_strips() -> bytes:
    offsets = struct.pack("<I", 8) * 400_000
    return _tiff(offsets, [*TIFF_TAGS, (273, 4, 400_000, 8)])


def _ico() -> bytes:
    data = encoded(Image.new("L", (8_000, 8_000)), "PNG")
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(data), 22) + data


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
    "GIF of many frames": _gif,
    "TIFF of many strips": _tiff_of_strips,
    "TIFF of long tags": _tiff_of_tags,
    "ICO of a large PNG": _ico,
    "BMP of short runs": lambda: _packed_bmp(SIDE, b"\1\5" * (KEPT // 2)),
    "PPM of odd depth": lambda: b"P6\n700 700\n1000\n" + bytes(700 * 700 * 6),
    "PPM of remarks": lambda: b"P2\n" + b"#" * KEPT + b"\n8 8\n255\n" + b"1 " * 64,
    "QOI": lambda: b"qoif" + struct.pack(">IIBB", 2_000, 1_000, 3, 0) + bytes(KEPT),
    "TIFF of 16 bits": lambda: _numbers("u2"),
    "TIFF of fractions": lambda: _numbers("f4"),
    "see-through PNG": lambda: encoded(Image.new("RGBA", (SIDE, SIDE)), "PNG"),
}  # fmt: skip
