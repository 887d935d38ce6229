"""Opens pictures within limits and converts them to grey.

All pictures pass through here, from canvas, upload, file, folder and API alike.
"""

from __future__ import annotations

import os
import warnings
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from model.errors import InputError
from model.files.decoding import MAX_PIXELS, UnsafeTiffError, open_picture
from model.files.kinds import describe_kind

MAX_BYTES = 20 * 2**20
MIN_SIDE = 8
_COLOUR_NOISE = 30  # levels that channels differ by in JPEGs of grey things
_FAINT_COLOUR = 30  # levels beyond that, from which on something is coloured
_LEAST_COLOURED = 0.0005  # of a picture's pixels
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


def load_image(source: str | os.PathLike | bytes | BinaryIO) -> Image.Image:
    """Open and decode one picture (path, bytes or binary file) with its EXIF orientation applied.

    The file's metadata is dropped, as Pillow would write it into other files.

    Raises ImageError when it is missing, animated, damaged or no picture at all, and its kind
    TooLargeError when it is over 20 MB or 50 million pixels.
    """
    name = os.fspath(source) if isinstance(source, str | os.PathLike) else "what was sent"
    data = _read_bytes(source, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is checked or raised here
            image = open_picture(data)
            _check_size(image.size, name)
            # Not `n_frames`, which counts them all. MPO and HEIF: stills, as phones make them
            if getattr(image, "is_animated", False) and image.format not in ("MPO", "HEIF"):
                raise ImageError(f"{name} is animated or has pages: give a single still picture")
            image.load()
            _check_size(image.size, name)
            # Not `ImageOps.exif_transpose`, which rewrites all tags and may take minutes
            turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
            upright = image if turn is None else image.transpose(turn)
            upright.info = {k: v for k, v in upright.info.items() if k == "transparency"}
            return upright
    except ImageError:
        raise
    except UnsafeTiffError as error:
        raise ImageError(
            f"{name} is {error}, no picture that can be read: use PNG or JPEG"
        ) from None
    except UnidentifiedImageError:
        raise ImageError(f"{name} is {describe_kind(data)}") from None
    except Image.DecompressionBombError:
        raise TooLargeError(_too_large(name)) from None
    except Exception:  # Pillow's decoders raise many kinds on damaged data
        raise ImageError(f"{name} is damaged or incomplete: save it again as PNG or JPEG") from None


def to_grey(image: Image.Image | np.ndarray) -> np.ndarray:
    """Bring a picture of any mode to uint8 grey (h, w); transparent parts become ground.

    Raises ImageError when it is no picture, has a side under 8 px or over 50 million pixels.
    """
    picture = _checked(image)
    if isinstance(image, np.ndarray) and image.ndim == 2:
        return image
    if picture.mode.startswith(("I", "F")):
        return _levels(np.asarray(picture).astype(np.float32))
    if "A" in picture.mode or "a" in picture.mode or "transparency" in picture.info:
        return _flatten(picture.convert("RGBA"))
    if picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    return np.asarray(picture.convert("L"))


def _checked(image: Image.Image | np.ndarray) -> Image.Image:
    """A picture or array as Pillow's picture. Raises ImageError as `to_grey` does."""
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim not in (2, 3):
            raise ImageError("an array must be uint8 of (height, width[, 3 or 4 channels])")
        if image.ndim == 3 and image.shape[2] not in (3, 4):
            raise ImageError(f"a picture has 3 or 4 channels, this array {image.shape[2]}")
        _check_size(image.shape[1::-1], "the picture")
        return Image.fromarray(image)
    _check_size(image.size, "the picture")
    return image


def by_colour(image: Image.Image | np.ndarray) -> np.ndarray | None:
    """Bring a picture to uint8 grey (h, w) in which colour counts as brightness does.

    What differs from the ground by its colour more than by its brightness, as red on green or
    yellow on white, lies as far from the ground as the channel that differs most. None where
    nothing does: `to_grey` then shows all there is. Raises ImageError as `to_grey` does.
    """
    picture = _checked(image)
    if picture.mode in ("1", "L", "LA") or picture.mode.startswith(("I", "F")):
        return None
    if picture.mode == "P":  # Pillow warns of transparent colours that become RGB at once
        picture = picture.convert("RGBA")
    colours = picture if picture.mode == "RGB" else picture.convert("RGB")
    small = np.asarray(colours.reduce(max(1, max(colours.size) // 400)))  # 400 to 800 px at most
    if (small == small[..., :1]).all():
        return None  # drawn in black, or scanned in grey
    ground = np.median(small.reshape(-1, 3), axis=0)
    if np.mean(_colour_alone(small, ground) > _FAINT_COLOUR) < _LEAST_COLOURED:
        return None
    grey = to_grey(image)
    more = _colour_alone(np.asarray(colours), ground).astype(np.float32)
    more = -more if _luma(ground) > 127 else more
    return np.round(np.clip(grey + more, 0, 255)).astype(np.uint8)


def _colour_alone(colours: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """By how much colours (..., 3) differ from the ground's beyond their brightness: (...)."""
    difference = colours.astype(np.int16) - ground.astype(np.int16)
    red, green, blue = np.moveaxis(difference, -1, 0)  # the axis is too short to reduce along it
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return np.maximum(spread - np.abs(_luma(difference)) - _COLOUR_NOISE, 0)


def _luma(colours: np.ndarray) -> np.ndarray:
    return colours @ np.array([0.299, 0.587, 0.114], np.float32)


def _read_bytes(source: str | os.PathLike | bytes | BinaryIO, name: str) -> bytes:
    try:
        if isinstance(source, bytes):
            data = source
        elif isinstance(source, str | os.PathLike):
            with open(source, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        else:
            data = source.read(MAX_BYTES + 1)
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
    """Lay a transparent picture (RGBA) on the ground that makes its ink visible: uint8 (h, w)."""
    luma, alpha = np.asarray(image.convert("L")), np.asarray(image.getchannel("A"))
    visible = alpha > 127
    if not visible.any():
        ground = 255
    elif visible.mean() > 0.5:  # a picture with transparent edges, which become paper
        ground = np.median(luma[visible])
    else:  # strokes on nothing
        ground = 255 if luma[visible].mean() < 128 else 0
    mixed = luma.astype(np.uint16) * alpha + np.uint16(ground) * (255 - alpha.astype(np.uint16))
    return ((mixed + 127) // 255).astype(np.uint8)
