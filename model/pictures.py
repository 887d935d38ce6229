"""Open a picture safely and bring it to grey: the one door through which pictures come in.

Bytes, pixels and type are checked here, for canvas, upload, file, folder and API alike.
"""

from __future__ import annotations

import io
import logging
import os
import re
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError

from model import InputError

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
MIN_SIDE = 8
# Of what Pillow opens, the kinds that people have. Others run programs (EPS, WMF), unpack without
# a limit (FITS) or are decoded in Python for half a minute (QOI, DDS, XPM).
KINDS = ("AVIF", "BMP", "GIF", "ICO", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_MOST_READS = 500_000  # each costs Pillow some microseconds; honest pictures stay far below
_MOST_STRIPS = 100_000  # of a TIFF
_MOST_SCANS = 100  # of a JPEG; each goes over the whole picture, a progressive one has about ten
_SCAN = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]")  # its marker, length and components
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # EXIF's orientation, and what sets the picture upright


class ImageError(InputError):
    """The picture cannot be read or holds no ink; the message says which and what to do."""


class TooLargeError(ImageError):
    """The picture has more bytes or pixels than are read."""


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


# For all of Pillow: it opens tags by itself, and pictures within pictures.
TiffImagePlugin.ImageFileDirectory_v2 = _Tags
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # it refuses twice as many
logging.getLogger("PIL").addHandler(logging.NullHandler())  # or it complains on standard error


def load_image(source: str | os.PathLike | bytes | BinaryIO) -> Image.Image:
    """Open and decode one picture (path, bytes or binary file) with its EXIF orientation applied.

    Raises ImageError when it is missing, animated, damaged or no picture at all, and its kind
    TooLargeError when it is over 20 MB or 50 million pixels.
    """
    name = Path(source).name if isinstance(source, str | os.PathLike) else "what was sent"
    data = _read_bytes(source, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is checked or raised here
            image = Image.open(_Metered(io.BytesIO(data)), formats=KINDS)
            _check_size(image.size, name)
            if image.format in ("JPEG", "MPO") and len(_SCAN.findall(data)) > _MOST_SCANS:
                raise ValueError("too many scans")
            # Not `n_frames`, which counts them all. MPO: stills, as phones make them
            if getattr(image, "is_animated", False) and image.format != "MPO":
                raise ImageError(f"{name} is animated or has pages: give a single still picture")
            image.load()
            _check_size(image.size, name)
            # Not `ImageOps.exif_transpose`, which writes all tags anew, for minutes if need be
            turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
            return image if turn is None else image.transpose(turn)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError(f"{name} is no picture that can be read: use PNG or JPEG") from None
    except Image.DecompressionBombError:
        raise TooLargeError(_too_large(name)) from None
    except Exception:  # Pillow's decoders raise many kinds on damaged data
        raise ImageError(f"{name} is damaged or incomplete: save it again as PNG or JPEG") from None


def to_grey(image: Image.Image | np.ndarray) -> np.ndarray:
    """Bring a picture of any mode to uint8 grey (h, w); see-through parts become ground.

    Raises ImageError when it is no picture, has a side under 8 px or over 50 million pixels.
    """
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim not in (2, 3):
            raise ImageError("an array must be uint8 of (height, width[, 3 or 4 channels])")
        if image.ndim == 3 and image.shape[2] not in (3, 4):
            raise ImageError(f"a picture has 3 or 4 channels, this array {image.shape[2]}")
        _check_size(image.shape[1::-1], "the picture")
        if image.ndim == 2:
            return image
        image = Image.fromarray(image)
    _check_size(image.size, "the picture")
    if image.mode.startswith(("I", "F")):
        return _levels(np.asarray(image).astype(np.float32))
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        return _flatten(image.convert("RGBA"))
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    return np.asarray(image.convert("L"))


def _read_bytes(source: str | os.PathLike | bytes | BinaryIO, name: str) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            if hasattr(source, "read"):
                data = source.read(MAX_BYTES + 1)
            else:
                with open(source, "rb") as file:
                    data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise ImageError(f"cannot read {name}: {error.strerror or error}") from None
    if not data:
        raise ImageError(f"{name} is empty: give a PNG or JPEG picture")
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"{name} is over 20 MB: make it smaller")
    return data


def _check_size(size: tuple[int, int], name: str) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise TooLargeError(_too_large(name))
    if max(size) < MIN_SIDE or min(size) < 3:
        raise ImageError(
            f"{name} is {size[0]}×{size[1]} px, too small to hold a digit: give at least "
            f"{MIN_SIDE}×{MIN_SIDE}"
        )


def _too_large(name: str) -> str:
    return f"{name} has over 50 million pixels: make it smaller"


def _levels(values: np.ndarray) -> np.ndarray:
    """Bring high-depth grey of any usual range (1, 255, 12 or 16 bits) to uint8."""
    np.nan_to_num(values, copy=False, nan=0.0, posinf=65535.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    full = next((full for full in (1.0, 255.0, 4095.0, 65535.0) if top <= full), top)
    np.maximum(values, 0, out=values)
    values *= 255 / full
    return np.round(values, out=values).astype(np.uint8)


def _flatten(image: Image.Image) -> np.ndarray:
    """Lay a see-through picture (RGBA) on the ground that makes its ink visible: uint8 (h, w)."""
    luma, alpha = np.asarray(image.convert("L")), np.asarray(image.getchannel("A"))
    visible = alpha > 127
    if not visible.any():
        ground = 255
    elif visible.mean() > 0.5:  # a picture with see-through edges: they go with its paper
        ground = np.median(luma[visible])
    else:  # strokes on nothing
        ground = 255 if luma[visible].mean() < 128 else 0
    mixed = luma.astype(np.uint16) * alpha + np.uint16(ground) * (255 - alpha.astype(np.uint16))
    return ((mixed + 127) // 255).astype(np.uint8)
