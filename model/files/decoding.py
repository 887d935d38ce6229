"""Pillow for strangers' files: the kinds that people have, bounds it does not set, faults it has.

Faults that are mended in Pillow 13, which Gradio 6 does not let in, are listed in SECURITY.md.
"""

from __future__ import annotations

import io
import logging
import os
import re
import struct
from typing import Any, BinaryIO

import PIL
from PIL import BmpImagePlugin, Image, TiffImagePlugin, UnidentifiedImageError

MAX_PIXELS = 50_000_000
# Of what Pillow opens, the kinds that people have. Others run programs (EPS, WMF), unpack without
# a limit (FITS) or are decoded in Python for half a minute (QOI, DDS, XPM).
KINDS = ("AVIF", "BMP", "GIF", "ICO", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_MOST_READS = 500_000  # each costs Pillow some microseconds; honest pictures stay far below
_MOST_STRIPS = 100_000  # of a TIFF
_MOST_SCANS = 100  # of a JPEG; each goes over the whole picture, a progressive one has about ten
_MOST_EXIF = 100  # heads of tags; Pillow copies all that it has of them at each
_MOST_COMMENTS = 10_000  # parts of comments in a GIF; it copies the comment at each
_WIDEST_RUNS = 2**15  # of a BMP in runs; one of them may skip 255 rows, for which it takes memory
_SCAN = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]")  # its marker, length and components
_PACKINGS = {5, 8, 32773, 32946}  # of a TIFF: LZW, Deflate, PackBits, the older Deflate
_IS_LIBTIFF_SAFE = int(PIL.__version__.partition(".")[0]) >= 13


class _Metered:
    """A binary file that gives out only so much: millions of tiny parts keep Pillow busy for long.

    The same bytes may be read several times, but a list of tags that all claim the whole file as
    theirs is copied once a tag. Raises ValueError.
    """

    def __init__(self, file: BinaryIO):
        at = file.tell()
        self._file, self._reads, self._bytes = file, _MOST_READS, 8 * file.seek(0, os.SEEK_END)
        file.seek(at)

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._reads -= 1
        self._bytes -= len(data)
        if min(self._reads, self._bytes) < 0:
            raise ValueError("too much to read")
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Tags(TiffImagePlugin.ImageFileDirectory_v2):
    """Tags of a TIFF, or of a photo (EXIF), as Pillow reads them, but within bounds."""

    def load(self, fp: BinaryIO) -> None:
        super().load(fp if isinstance(fp, _Metered) else _Metered(fp))
        for tag in (TiffImagePlugin.STRIPOFFSETS, TiffImagePlugin.TILEOFFSETS):
            strips = self.get(tag)
            if isinstance(strips, tuple) and len(strips) > _MOST_STRIPS:
                raise ValueError("too many strips")


class _Runs(BmpImagePlugin.BmpRleDecoder):
    """The decoder of BMPs in runs, for widths at which no skip takes gigabytes."""

    def decode(self, buffer: bytes) -> tuple[int, int]:
        if self.state.xsize > _WIDEST_RUNS:
            raise ValueError("too wide for runs")
        return super().decode(buffer)


# For all of Pillow: it opens tags by itself, and pictures within pictures.
TiffImagePlugin.ImageFileDirectory_v2 = _Tags
Image.register_decoder("bmp_rle", _Runs)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # it refuses twice as many
logging.getLogger("PIL").addHandler(logging.NullHandler())  # or it complains on standard error


def open_picture(data: bytes) -> Image.Image:
    """Open a picture, whose pixels are decoded later, within bounds.

    Raises what Pillow does: UnidentifiedImageError for what is not read, among many others; and
    ValueError where a file asks for too much.
    """
    if data.count(b"Exif\0\0") > _MOST_EXIF:
        raise ValueError("too many tags")
    if data.startswith(b"GIF8") and _comment_parts(data) > _MOST_COMMENTS:
        raise ValueError("too many comments")
    image = Image.open(_Metered(io.BytesIO(data)), formats=KINDS)
    if image.format in ("JPEG", "MPO") and len(_SCAN.findall(data)) > _MOST_SCANS:
        raise ValueError("too many scans")
    if image.format == "TIFF" and not (_IS_LIBTIFF_SAFE or _is_plain(image, data)):
        raise UnidentifiedImageError("packed in a way that Pillow 12 is not safe with")
    return image


def _comment_parts(gif: bytes) -> int:
    """Count the parts of comments, of at most 255 bytes each; the end of a file may be missing."""
    parts, at = 0, 13 + _table_size(gif[10:11])
    for _ in range(_MOST_READS):  # no more are read
        if at >= len(gif) or gif[at] == ord(";"):
            break
        is_comment = gif[at : at + 2] == b"!\xfe"
        if gif[at] == ord("!"):
            at += 2
        elif gif[at] == ord(","):
            at += 11 + _table_size(gif[at + 9 : at + 10])
        else:  # passed over, as Pillow does
            at += 1
            continue
        while at < len(gif) and gif[at]:
            at += 1 + gif[at]
            parts += is_comment
        at += 1
    return parts


def _table_size(flags: bytes) -> int:
    """Bytes of the colour table that a GIF's flags announce."""
    return 3 * 2 ** (1 + (flags[0] & 7)) if flags and flags[0] & 0x80 else 0


def _is_plain(tiff: Image.Image, data: bytes) -> bool:
    """Whether Pillow decodes a TIFF itself, or libtiff takes it as Pillow does: in packed strips.

    Of tags given twice or in an odd form each takes another. Tiles, photographs' colours (YCbCr)
    and those packings that may leave memory as it was need libtiff's parts that are not safe.
    """
    if [tile.codec_name for tile in tiff.tile] != ["libtiff"]:
        return True
    if 43 in data[2:4]:  # BigTIFF
        return False
    order, at = "<" if data.startswith(b"II") else ">", tiff.tag_v2.offset
    (count,) = struct.unpack_from(order + "H", data, at)
    rows = struct.iter_unpack(order + "HHI4s", data[at + 2 : at + 2 + 12 * count])
    forms = {tag: (form, number) for tag, form, number, _ in rows}
    packing, colours = TiffImagePlugin.COMPRESSION, TiffImagePlugin.PHOTOMETRIC_INTERPRETATION
    return (
        len(forms) == count
        and forms.get(packing) == forms.get(colours) == (3, 1)  # one 16-bit number
        and tiff.tag_v2[packing] in _PACKINGS
        and tiff.tag_v2[colours] != 6
        and not {TiffImagePlugin.TILEWIDTH, TiffImagePlugin.TILELENGTH} & forms.keys()
    )
