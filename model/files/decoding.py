"""Hardened decoding of untrusted images with Pillow: few formats, bounded work.

Vulnerabilities fixed in Pillow 13, which Gradio 6 does not allow yet, are listed in SECURITY.md.
"""

from __future__ import annotations

import io
import logging
import os
import re
import struct
from typing import IO, Any, cast

import PIL
from PIL import BmpImagePlugin, Image, TiffImagePlugin, UnidentifiedImageError

from model.files.kinds import is_heic

MAX_PIXELS = 50_000_000
# The formats that people use. Of Pillow's others, some run programs (EPS, WMF), some unpack
# without limit (FITS), and some are decoded in Python for half a minute (QOI, DDS, XPM).
FORMATS = ("AVIF", "BMP", "GIF", "ICO", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_MAX_READS = 500_000  # each takes Pillow some microseconds; genuine pictures need far fewer
_MAX_STRIPS = 100_000  # of a TIFF
_MAX_SCANS = 100  # of a JPEG; each covers the whole picture, a progressive one has about ten
_MAX_EXIF = 100  # EXIF headers; Pillow copies all it has read so far at each
_MAX_COMMENTS = 10_000  # sub-blocks of GIF comments; Pillow copies the comment at each
_MAX_RLE_WIDTH = 2**15  # px of a run-length encoded BMP; one run may skip, and allocate, 255 rows
_SCAN = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]")  # its marker, length and components
_FAX = {2, 3, 4}  # TIFF compressions
_PACKINGS = {5, 8, 32773, 32946}  # TIFF compressions: LZW, Deflate, PackBits, old Deflate
_IS_LIBTIFF_SAFE = int(PIL.__version__.partition(".")[0]) >= 13


class UnsafeTiffError(UnidentifiedImageError):
    """A TIFF that Pillow 12 is not safe with; the message says its kind."""


class _Metered:
    """A binary file that limits the number of reads and of bytes read; raises ValueError beyond.

    Millions of tiny parts would keep Pillow busy for long, and tags that each declare the whole
    file as their value are copied once a tag. Eight times the file's size may be read.
    """

    def __init__(self, file: IO[bytes]):
        at = file.tell()
        self._file, self._reads, self._bytes = file, _MAX_READS, 8 * file.seek(0, os.SEEK_END)
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
    """Pillow's reader of TIFF and EXIF tags, within bounds."""

    def load(self, fp: IO[bytes]) -> None:
        super().load(fp if isinstance(fp, _Metered) else cast(IO[bytes], _Metered(fp)))
        for tag in (TiffImagePlugin.STRIPOFFSETS, TiffImagePlugin.TILEOFFSETS):
            strips = self.get(tag)
            if isinstance(strips, tuple) and len(strips) > _MAX_STRIPS:
                raise ValueError("too many strips")


class _Runs(BmpImagePlugin.BmpRleDecoder):
    """Pillow's decoder of run-length encoded BMPs, for widths at which no skip takes gigabytes."""

    def decode(self, buffer: Any) -> tuple[int, int]:
        if self.state.xsize > _MAX_RLE_WIDTH:
            raise ValueError("too wide for runs")
        return super().decode(buffer)


# Replaced for all of Pillow, which reads tags and nested pictures by itself.
TiffImagePlugin.ImageFileDirectory_v2 = _Tags  # type: ignore[misc]  # a class of Pillow
Image.register_decoder("bmp_rle", _Runs)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # it refuses twice as many
logging.getLogger("PIL").addHandler(logging.NullHandler())  # it would print to standard error


def open_picture(data: bytes) -> Image.Image:
    """Open a picture within bounds; its pixels are decoded when they are needed.

    HEIC is opened where pillow-heif is installed, within libheif's own bounds. Raises what Pillow
    raises, such as UnidentifiedImageError for another format, and ValueError for a file that would
    take too much work.
    """
    if data.count(b"Exif\0\0") > _MAX_EXIF:
        raise ValueError("too many tags")
    if data.startswith(b"GIF8") and _comment_parts(data) > _MAX_COMMENTS:
        raise ValueError("too many comments")
    if is_heic(data):
        return _open_heic(data)
    image = Image.open(_Metered(io.BytesIO(data)), formats=FORMATS)
    if image.format in ("JPEG", "MPO") and len(_SCAN.findall(data)) > _MAX_SCANS:
        raise ValueError("too many scans")
    if isinstance(image, TiffImagePlugin.TiffImageFile) and not (
        _IS_LIBTIFF_SAFE or _is_plain(image, data)
    ):
        is_fax = image.tag_v2.get(TiffImagePlugin.COMPRESSION) in _FAX
        raise UnsafeTiffError("a fax (TIFF)" if is_fax else "a TIFF in tiles or in a rare packing")
    return image


def _open_heic(data: bytes) -> Image.Image:
    try:
        import pillow_heif
    except ImportError:
        raise UnidentifiedImageError("HEIC") from None
    options = pillow_heif.options
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False  # the picture alone
    options.DECODE_THREADS = 1
    return pillow_heif.HeifImageFile(io.BytesIO(data))


def _comment_parts(gif: bytes) -> int:
    """Count the sub-blocks of comments, of at most 255 bytes each; the file may be truncated."""
    parts, at = 0, 13 + _table_size(gif[10:11])
    for _ in range(_MAX_READS):  # no more are read
        if at >= len(gif) or gif[at] == ord(";"):
            break
        is_comment = gif[at : at + 2] == b"!\xfe"
        if gif[at] == ord("!"):
            at += 2
        elif gif[at] == ord(","):
            at += 11 + _table_size(gif[at + 9 : at + 10])
        else:  # skipped, as Pillow does
            at += 1
            continue
        while at < len(gif) and gif[at]:
            at += 1 + gif[at]
            parts += is_comment
        at += 1
    return parts


def _table_size(flags: bytes) -> int:
    """Size in bytes of the colour table that a GIF's flags declare."""
    return 3 * 2 ** (1 + (flags[0] & 7)) if flags and flags[0] & 0x80 else 0


def _is_plain(tiff: TiffImagePlugin.TiffImageFile, data: bytes) -> bool:
    """Return whether a TIFF avoids the unsafe parts of libtiff.

    That is so if Pillow decodes it alone, or if it has compressed strips and Pillow and libtiff
    agree on its tags: of a tag given twice or in an unusual type they use different ones. Tiles,
    YCbCr colours and the other compressions, which may leave memory uninitialised, are unsafe.
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
