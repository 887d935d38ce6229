import io
import sys

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from model.files.decoding import MAX_PIXELS
from model.files.pictures import ImageError, by_colour, load_image, to_grey
from tests.encoding import encoded


@pytest.fixture
def picture(seven):
    return Image.fromarray(seven)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_gives_the_same_grey(picture, mode):
    if mode == "I;16":
        image = Image.fromarray(np.asarray(picture, np.uint16) * 257)
    else:
        image = picture.convert(mode)
    assert image.mode == mode
    grey = to_grey(image)
    assert grey.dtype == np.uint8
    assert grey.shape == (280, 280)
    far = np.abs(grey.astype(int) - np.asarray(picture))
    assert (far > 4).mean() < (0.02 if mode == "1" else 1e-9)


def test_a_palette_with_transparency_keeps_its_strokes(picture):
    image = picture.convert("P")
    grey = to_grey(load_image(encoded(image, transparency=255)))
    assert grey[70, 130] < 60
    assert grey[270, 270] > 200


def test_a_palette_with_transparent_colours_is_looked_at_without_a_warning(picture):
    assert by_colour(load_image(encoded(picture.convert("P"), transparency=b"\x80"))) is None


@pytest.mark.parametrize("ink", [0, 255])
def test_strokes_on_nothing_lie_on_a_ground_that_shows_them(seven, ink):
    rgba = np.full((280, 280, 4), ink, np.uint8)
    rgba[..., 3] = 255 - seven
    grey = to_grey(rgba)
    assert abs(int(grey[70, 130]) - int(grey[270, 270])) > 250


def test_twelve_bit_grey_in_a_sixteen_bit_file_is_not_lost(seven):
    image = Image.fromarray(seven.astype(np.uint16) * 16)
    assert np.ptp(to_grey(image)) > 250


def test_exif_orientation_is_applied(seven):
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90°
    data = encoded(Image.fromarray(seven), "JPEG", quality=95, exif=exif)
    turned = np.asarray(load_image(data).convert("L")).astype(int)
    assert np.abs(turned - np.rot90(seven, -1)).mean() < 3


def test_what_a_file_says_beside_its_pixels_is_not_handed_on(picture):
    """A remark this long, in the picture of a page's boxes, is more than Pillow 12 can write."""
    photo = encoded(picture.convert("RGB"), "JPEG", dpi=(72, 72))
    remark = b"\xff\xfe\xff\xff" + b"c" * 65_533
    image = load_image(photo[:2] + remark + photo[2:])
    assert image.info == {}
    assert len(encoded(image, "JPEG")) < 60_000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"just some text", "no picture"),
        (encoded(Image.new("L", (64, 64)))[:60], "damaged"),
        (encoded(Image.effect_noise((200, 200), 60), "JPEG")[:2000], "damaged"),
        (encoded(Image.new("L", (1, 1))), "too small"),
        (encoded(Image.new("1", (12000, 12000))), "50 million"),
        (b"\0" * (20 * 2**20 + 1), "20 MB"),
    ],
    ids=["empty", "text", "cut png", "cut jpeg", "one pixel", "huge", "heavy"],
)
def test_what_cannot_be_read_is_said_in_one_line(data, words):
    with pytest.raises(ImageError, match=words) as caught:
        load_image(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7\n1 0 obj", "a PDF, no picture that can be read: save the page as PNG or JPEG"),
        (b'<?xml version="1.0"?>\n<!-- pen -->\n<svg width="9">', "an SVG drawing, no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing, no picture"),
        (b"<!DOCTYPE html><title>digits</title>", "a web page"),
        (b"\0\0\0\x18ftypmp42 and so on", "a film"),
        (b"PK\x03\x04 a letter", "an archive or office document"),
        (b"8BPS\0\1 layers", "a Photoshop file"),
        (b"%!PS-Adobe-3.0", "a PostScript program, no picture that can be read"),
    ],
)
def test_a_file_of_another_kind_is_called_by_its_kind(data, words):
    with pytest.raises(ImageError, match=f"what was sent is {words}"):
        load_image(data)


def heic(picture: Image.Image, brand: bytes = b"heic") -> bytes:
    """A picture as an iPhone would keep it."""
    pillow_heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pillow_heif.from_pillow(picture.convert("RGB")).save(file, quality=90)
    assert file.getvalue()[8:12] == brand
    return file.getvalue()


def test_a_photograph_of_an_iphone_is_read(picture, tmp_path):
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(heic(picture))
    image = load_image(path)
    assert image.info == {}
    far = np.abs(to_grey(image).astype(int) - np.asarray(picture))
    assert far.mean() < 4


def test_a_torn_photograph_of_an_iphone_is_damaged(picture):
    data = heic(picture)
    with pytest.raises(ImageError, match="damaged or incomplete|no picture"):
        load_image(data[: len(data) // 2])


def test_without_the_decoder_heic_is_called_by_its_kind(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(
        ImageError, match="a HEIC picture, .* save it as JPEG, or pip install pillow-heif"
    ):
        load_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


def test_an_animation_is_refused(picture):
    data = encoded(picture, "GIF", save_all=True, append_images=[picture.rotate(20)])
    with pytest.raises(ImageError, match="animated"):
        load_image(data)


def test_a_picture_that_is_a_program_is_never_run(picture, monkeypatch):
    run = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *a, **k: run.append(a) or picture.im)
    program = encoded(picture.convert("L"), "EPS")
    Image.open(io.BytesIO(program)).load()  # as Pillow does where Ghostscript is installed
    assert len(run) == 1
    with pytest.raises(ImageError, match="no picture that can be read"):
        load_image(program)
    assert len(run) == 1


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(ImageError, match=path.name):
            load_image(path)


def test_huge_dimensions_are_refused_before_they_are_decoded():
    header = encoded(Image.new("1", (8, 8)))
    width = (MAX_PIXELS // 8 + 8).to_bytes(4, "big")
    with pytest.raises(ImageError):
        load_image(header[:16] + width + header[20:])


@pytest.mark.parametrize(
    "array",
    [np.zeros((28, 28)), np.zeros((28, 28, 2), np.uint8), np.zeros(784, np.uint8)],
    ids=["float", "two channels", "flat"],
)
def test_arrays_of_another_kind_are_refused(array):
    with pytest.raises(ImageError):
        to_grey(array)
