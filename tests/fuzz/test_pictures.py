"""Picture files that nobody means well with: grey pixels or one line, within time and memory."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from model.files.decoding import MAX_PIXELS
from model.files.pictures import ImageError, load_image, to_grey
from tests.encoding import encoded
from tests.fuzz.damage import EDITS, damaged
from tests.fuzz.effort import tries
from tests.fuzz.greedy import GREEDY
from tests.fuzz.refusals import outcome

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 5.0  # of computing, for any file of some megabytes
MOST_MEGABYTES = 500  # at once, and as much as 25 million honest pixels take


def digit() -> Image.Image:
    """A seven, 40 by 48 pixels."""
    pixels = np.full((48, 40), 255, np.uint8)
    cv2.polylines(pixels, [np.array([(8, 10), (30, 10), (18, 40)])], False, 0, 4, cv2.LINE_AA)
    return Image.fromarray(pixels)


def real_pictures() -> list[bytes]:
    """The same digit in every kind of file that is read, and in every mode the kind has."""
    seven, exif = digit(), Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.asarray(seven, np.uint16) * 257)
    see_through = Image.merge(
        "LA", (Image.new("L", seven.size), Image.eval(seven, lambda v: 255 - v))
    )
    files = [encoded(deep, kind) for kind in ("PNG", "TIFF", "PPM")]
    for kind, modes in {
        "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"),
        "JPEG": ("L", "RGB", "CMYK"),
        "GIF": ("L", "P"),
        "BMP": ("1", "L", "RGB"),
        "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "F"),
        "WEBP": ("RGB", "RGBA"),
        "PPM": ("1", "L", "RGB", "F"),
        "ICO": ("RGBA",),
        "AVIF": ("RGB",),
    }.items():
        sources = [see_through if mode in ("LA", "RGBA") else seven for mode in modes]
        files += [encoded(s.convert(m), kind) for s, m in zip(sources, modes, strict=True)]
    packings = ("tiff_lzw", "tiff_adobe_deflate", "packbits")
    files += [encoded(seven, "TIFF", compression=packing) for packing in packings]
    files += [
        encoded(seven, "JPEG", progressive=True, exif=exif),
        encoded(seven, "WEBP", lossless=True, exif=exif),
        encoded(seven, "PNG", exif=exif),
        encoded(seven.convert("P"), "PNG", transparency=0),
        encoded(seven, "MPO", save_all=True, append_images=[seven]),
        b"P2\n8 8\n9\n" + b"1 9 " * 32,
        b"P3\n8 8\n9\n" + b"1 1 1 9 9 9 " * 32,
        b"P1\n8 8\n" + b"10" * 32,
    ]
    return files


REAL = real_pictures()


def look(data: bytes) -> np.ndarray | None:
    """What a file's picture comes to: its pixels, or None where a line says why there are none."""
    started = time.process_time()
    grey, _ = outcome(ImageError, lambda: to_grey(load_image(data)))
    assert time.process_time() - started < MOST_SECONDS
    if grey is None:
        return None
    assert (grey.dtype, grey.ndim) == (np.uint8, 2)
    assert 0 < grey.size <= MAX_PIXELS
    return grey


@pytest.mark.parametrize("data", REAL, ids=[f"{d[:4]!r}-{i}" for i, d in enumerate(REAL)])
def test_every_kind_is_read_and_says_nothing(data, capfd):
    grey = look(data)
    assert grey is not None
    assert np.ptp(grey) > 100
    assert capfd.readouterr() == ("", "")


@tries(800)
@given(data=st.sampled_from(REAL), edits=EDITS)
def test_a_damaged_picture_is_read_or_refused(data, edits, capfd):
    look(damaged(data, edits))
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == "" or data[:2] in (b"II", b"MM")  # libtiff has its say and cannot be told


@tries(100)
@given(head=st.sampled_from([d[:k] for d in REAL for k in (2, 4, 12, 40)]), rest=st.binary())
def test_what_only_begins_as_a_picture_is_refused(head, rest, capfd):
    look(head + rest)
    assert capfd.readouterr() == ("", "")


@tries(40)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP", "MPO"]),
    orientation=st.integers(0, 2**16 - 1) | st.integers(0, 9),
)
def test_only_true_orientations_turn_a_picture(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"save_all": True} if kind == "MPO" else {}
    grey = look(encoded(digit(), kind, exif=exif, **options))
    assert grey.shape == ((40, 48) if orientation in (5, 6, 7, 8) else (48, 40))


@tries(40)
@given(sides=st.tuples(st.integers(1, 30), st.integers(1, 70_000)), lies=st.booleans())
def test_extreme_shapes_are_read_or_refused(sides, lies):
    data = encoded(Image.new("1", sides if lies else sides[::-1]), "PNG")
    grey = look(data)
    assert (grey is None) == (max(sides) < 8 or min(sides) < 3)


@tries(60)
@given(
    values=arrays.arrays(
        st.sampled_from(["f4", "i4", "u2"]),
        arrays.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=12),
    )
)
def test_numbers_of_any_size_are_grey_and_warn_of_nothing(values):
    image = Image.fromarray(values)
    if max(image.size) >= 8:
        assert to_grey(image).shape == values.shape


@pytest.fixture(scope="module")
def greedy(tmp_path_factory) -> dict[str, Path]:
    """Files of the pictures that ask for much."""
    files = {name: tmp_path_factory.mktemp("greedy") / "picture" for name in GREEDY}
    for name, file in files.items():
        file.write_bytes(GREEDY[name]())
    return files


@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_picture_takes_no_more_time_than_another(greedy, name, capfd):
    look(greedy[name].read_bytes())
    assert capfd.readouterr() == ("", "")


def test_greedy_pictures_take_no_more_memory_than_honest_ones(greedy):
    """The most that a process ever held which looked at all of them, one after the other."""
    status = Path("/proc/self/status")
    if not status.is_file():
        pytest.skip("this system does not say how much memory a process held")
    code = (
        "import sys\n"
        "from model.files.pictures import ImageError, load_image, to_grey\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        to_grey(load_image(path))\n"
        "    except ImageError:\n"
        "        pass\n"
        f"    print(open('{status}').read().partition('VmHWM:')[2].split()[0])\n"
    )
    command = [sys.executable, "-c", code, *greedy.values()]
    ran = subprocess.run(command, cwd=ROOT, stdout=-1, check=True)
    held = [int(kilobytes) // 1000 for kilobytes in ran.stdout.split()]
    assert len(held) == len(greedy)
    assert max(held) < MOST_MEGABYTES, dict(zip(greedy, held, strict=False))
