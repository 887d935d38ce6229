"""Pillow's own decoders, fenced in: what honest files do is read, what its faults need is not."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from model.files import decoding
from model.files.pictures import ImageError, load_image, to_grey
from tests.encoding import encoded
from tests.fuzz.greedy import TIFF_TAGS, packed_bmp

GREY = np.add.outer(np.arange(16, dtype=np.uint8) * 8, np.arange(16, dtype=np.uint8) * 4)


@pytest.fixture
def old_pillow(monkeypatch):
    monkeypatch.setattr(decoding, "_IS_LIBTIFF_SAFE", False)


def tiff(*more: tuple[int, int, int, int], order="<", big=False, without: int = 0) -> bytes:
    """A TIFF of 16 by 16 greys in one Deflate strip, with tags added to it or one left out."""
    strip = zlib.compress(GREY.tobytes())
    head = b"II+\0\x08\0\0\0" if big else {"<": b"II*\0", ">": b"MM\0*"}[order]
    number = "Q" if big else "I"
    said = {tag: (tag, *rest) for tag, *rest in TIFF_TAGS} | {278: (278, 3, 1, 16)}
    said |= {259: (259, 3, 1, 8), 273: (273, 4, 1, 16), 279: (279, 4, 1, len(strip))}
    tags = sorted([*(tag for tag in said.values() if tag[0] != without), *more])
    rows = [
        struct.pack(order + "HH" + number, *tag[:3])
        + struct.pack(order + ("H" if tag[1] == 3 else "I"), tag[3]).ljust(8 if big else 4, b"\0")
        for tag in tags
    ]
    head = (head + struct.pack(order + number, 16 + len(strip))).ljust(16, b"\0") + strip
    return head + struct.pack(order + ("Q" if big else "H"), len(tags)) + b"".join(rows) + bytes(8)


@pytest.mark.parametrize("order", "<>")
def test_a_tiff_in_packed_strips_is_read(order, old_pillow):
    np.testing.assert_array_equal(to_grey(load_image(tiff(order=order))), GREY)


@pytest.mark.parametrize("packing", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_packed_or_not_a_tiff_is_the_same_picture(mode, packing, old_pillow):
    image = Image.fromarray(GREY)
    image = Image.fromarray(GREY.astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    data = encoded(image, "TIFF", compression=packing)
    np.testing.assert_array_equal(to_grey(load_image(data)), to_grey(image))


UNSAFE = {
    "photometric twice": tiff((262, 3, 1, 6)),
    "packing twice": tiff((259, 3, 1, 7)),
    "photometric in another form": tiff((262, 4, 1, 1), without=262),
    "no photometric": tiff(without=262),
    "photographs' colours": tiff((262, 3, 1, 6), without=262),
    "tiles": tiff((322, 3, 1, 16), (323, 3, 1, 16)),
    "BigTIFF": tiff(big=True),
    "JPEG": encoded(Image.fromarray(GREY), "TIFF", compression="jpeg"),
    "group 3": encoded(Image.fromarray(GREY).convert("1"), "TIFF", compression="group3"),
    "group 4": encoded(Image.fromarray(GREY).convert("1"), "TIFF", compression="group4"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_a_tiff_that_pillow_12_is_not_safe_with_is_refused(name, old_pillow):
    with pytest.raises(ImageError, match="no picture that can be read: use PNG or JPEG"):
        load_image(UNSAFE[name])


@pytest.mark.parametrize("name", ["group 3", "group 4"])
def test_a_fax_is_called_a_fax(name, old_pillow):
    with pytest.raises(ImageError, match=r"what was sent is a fax \(TIFF\)"):
        load_image(UNSAFE[name])


@pytest.mark.parametrize("name", ["BigTIFF", "JPEG", "group 3", "group 4"])
def test_pillow_13_may_read_it(name, monkeypatch):
    monkeypatch.setattr(decoding, "_IS_LIBTIFF_SAFE", True)
    assert load_image(UNSAFE[name]).size == (16, 16)


def test_a_bmp_in_runs_is_read():
    rows = b"".join(bytes(v for grey in row for v in (1, grey)) + b"\0\0" for row in GREY[::-1])
    colours = b"".join(bytes([v, v, v, 0]) for v in range(255)) + b"\1\2\3\0"  # else no palette
    data = packed_bmp(16, 16, rows + b"\0\1", colours)
    np.testing.assert_array_equal(to_grey(load_image(data)), GREY)


def test_a_gif_with_a_long_remark_is_read():
    data = encoded(Image.fromarray(GREY), "GIF", comment=b"a letter " * 20_000)
    np.testing.assert_array_equal(to_grey(load_image(data)), GREY)
