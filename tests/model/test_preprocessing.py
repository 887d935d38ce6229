import cv2
import numpy as np
import pytest
from PIL import Image

from model.files.pictures import ImageError, load_image
from model.preprocessing import is_canonical, pen_width, preprocess, to_glyphs


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Mean grey difference as a share of the mean ink."""
    return float(np.abs(a.astype(int) - b).mean() / max(b.mean(), 1))


def test_canvas_upload_and_file_give_the_same_glyph(seven, tmp_path):
    """Preprocessing is tested as served: sketchpad's RGBA, decoded upload, file on disk."""
    canvas = np.zeros((280, 280, 4), np.uint8)
    canvas[..., 3] = 255 - seven
    Image.fromarray(seven).save(tmp_path / "seven.png")
    glyph = preprocess(seven).glyph
    np.testing.assert_array_equal(preprocess(canvas).glyph, glyph)
    np.testing.assert_array_equal(preprocess(Image.fromarray(seven)).glyph, glyph)
    np.testing.assert_array_equal(preprocess(load_image(tmp_path / "seven.png")).glyph, glyph)


def test_a_glyph_is_as_mnist_made_them(seven):
    steps = preprocess(seven)
    assert steps.glyph.shape == (28, 28)
    assert steps.glyph.dtype == np.uint8
    assert is_canonical(steps.glyph)
    assert max(steps.scaled.shape) == 20
    left, top, width, height = steps.box
    assert (left, top) == pytest.approx((72, 62), abs=3)
    assert (left + width, top + height) == pytest.approx((199, 229), abs=3)


def test_a_glyph_made_here_is_left_as_it_is(seven):
    glyph = preprocess(seven).glyph
    np.testing.assert_array_equal(preprocess(glyph).glyph, glyph)


@pytest.mark.mnist
def test_every_mnist_image_is_left_as_it_is(mnist):
    for images in (mnist.train.images, mnist.test.images):
        np.testing.assert_array_equal(to_glyphs(images), images)


def test_many_become_what_each_becomes_alone(digits):
    glyphs = to_glyphs(digits.test.images[:60])
    moved, faint = np.roll(glyphs, 2, axis=2), glyphs // 2
    framed = np.pad(glyphs[:, 2:-2, 2:-2], ((0, 0), (2, 2), (2, 2)), constant_values=90)
    mixed = np.stack([glyphs, moved, faint, framed, 255 - glyphs], axis=1).reshape(-1, 28, 28)
    kept = [is_canonical(image) for image in mixed]
    assert 60 <= sum(kept) < 180
    np.testing.assert_array_equal(to_glyphs(mixed), [preprocess(image).glyph for image in mixed])
    np.testing.assert_array_equal(to_glyphs(list(mixed)), to_glyphs(mixed))
    with pytest.raises(ImageError, match="row 7: no ink"):
        to_glyphs(np.insert(mixed, 7, 0, axis=0))


def test_place_size_and_polarity_do_not_matter(canvas):
    strokes = [(80, 70), (190, 70), (120, 220)]
    plain = preprocess(canvas(strokes)).glyph
    moved = [(x // 2 + 10, y // 2 + 120) for x, y in strokes]
    assert difference(preprocess(canvas(moved, pen=8)).glyph, plain) < 0.35
    np.testing.assert_array_equal(preprocess(255 - canvas(strokes)).glyph, plain)
    large = [(x * 10, y * 10) for x, y in strokes]
    assert difference(preprocess(canvas(large, side=2800, pen=160)).glyph, plain) < 0.25


@pytest.mark.parametrize(("side", "pen"), [(280, 1), (280, 40), (1500, 2), (4000, 3)])
def test_hairline_and_marker_come_out_legible(canvas, side, pen):
    strokes = [(side * x // 100, side * y // 100) for x, y in [(25, 20), (70, 20), (45, 80)]]
    glyph = preprocess(canvas(strokes, side=side, pen=pen)).glyph
    width = pen_width(cv2.resize(glyph, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)) / 8
    assert 1.3 < width < 4.2
    assert np.count_nonzero(glyph > 200) > 15


def test_uneven_light_and_grain_leave_the_glyph_alone(seven):
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:280, 0:280] / 280
    light = 120 + 100 * x - 40 * y * y
    photo = np.clip(light * (seven / 255 * 0.7 + 0.3) + random.normal(0, 3, seven.shape), 0, 255)
    glyph = preprocess(photo.astype(np.uint8)).glyph
    assert difference(glyph, preprocess(seven).glyph) < 0.35


@pytest.mark.parametrize("inverted", [False, True])
def test_a_fat_digit_cropped_tightly_from_a_photograph_keeps_its_tone(inverted):
    ink = np.zeros((150, 110), np.uint8)
    cv2.ellipse(ink, (55, 42), (34, 30), 0, 0, 360, 255, 22)
    cv2.ellipse(ink, (55, 106), (40, 33), 0, 0, 360, 255, 22)
    ink = ink[2:-2, 5:-5]
    light = np.linspace(230, 180, ink.shape[1])[None]
    picture = cv2.GaussianBlur(light * (1 - 0.65 * ink / 255), (0, 0), 1)
    picture += np.random.default_rng(1).normal(0, 3, picture.shape)
    picture = np.clip(255 - picture if inverted else picture, 0, 255).astype(np.uint8)
    found = preprocess(picture).ink > 127
    assert np.count_nonzero(found & (ink > 127)) > 0.9 * np.count_nonzero(found | (ink > 127))


def test_specks_are_dropped_but_a_detached_bar_is_kept(canvas):
    body = [(110, 80), (100, 130), (160, 130), (180, 170), (150, 210), (95, 205)]
    bar = [(130, 60), (190, 55)]
    five = canvas(body, bar, pen=12)
    speckled = five.copy()
    speckled[20:22, 20:22] = 0
    np.testing.assert_array_equal(preprocess(speckled).glyph, preprocess(five).glyph)
    assert preprocess(five).box[1] < 55


def test_a_frame_about_a_photographed_digit_is_dropped(seven):
    random = np.random.default_rng(0)
    photo = np.clip(seven * 0.6 + 60 + random.normal(0, 2, seven.shape), 0, 255)
    framed = photo.copy()
    framed[:, :6] = framed[-5:] = 80
    left, top, width, height = preprocess(framed.astype(np.uint8)).box
    assert (left, top) == pytest.approx((72, 62), abs=4)
    assert left + width < 210


@pytest.mark.parametrize("way", [cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC])
def test_a_tight_crop_of_an_enlarged_digit_keeps_its_ink(digits, way):
    """A digit that fills its picture, with hardly any paper about it, is not taken for paper."""
    for image in digits.test.images[:60]:
        large = cv2.resize(image, (64, 64), interpolation=way)
        ink = preprocess(large).ink
        assert np.corrcoef(ink.ravel(), large.ravel())[0, 1] > 0.8
        assert (preprocess(255 - large).ink == ink).mean() > 0.99


def test_a_one_may_be_cropped_to_its_stroke(canvas):
    one = canvas([(140, 50), (140, 230)])[40:240, 130:151]
    assert preprocess(np.pad(one[::9, ::4], 1, constant_values=255)).glyph.any()


def test_small_pictures_are_read(digits):
    assert digits.test.images.shape[1:] == (8, 8)
    glyphs = to_glyphs(digits.test.images)
    assert all(is_canonical(glyph) for glyph in glyphs)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.full((280, 280), 255, np.uint8), "no ink"),
        (np.zeros((280, 280, 4), np.uint8), "no ink"),
        (np.full((4, 4), 9, np.uint8), "too small"),
        (np.zeros((12000, 12000), np.uint8), "50 million"),
    ],
    ids=["white", "see-through", "tiny", "huge"],
)
def test_what_holds_no_digit_is_an_error_not_a_guess(image, words):
    with pytest.raises(ImageError, match=words):
        preprocess(image)


def test_one_pixel_of_ink_is_too_little():
    image = np.full((280, 280), 255, np.uint8)
    image[100, 100] = 0
    with pytest.raises(ImageError, match="too little ink"):
        preprocess(image)


def test_grain_alone_is_no_ink():
    grain = np.random.default_rng(0).normal(200, 3, (300, 300)).astype(np.uint8)
    with pytest.raises(ImageError, match="ink"):
        preprocess(grain)


def test_the_row_without_ink_is_named(seven):
    with pytest.raises(ImageError, match="row 1"):
        to_glyphs([seven, np.full((50, 50), 7, np.uint8)])


def test_no_images_give_no_glyphs():
    assert to_glyphs([]).shape == (0, 28, 28)


@pytest.mark.parametrize(("enlarged", "margin"), [(1, 0), (1, 3), (10, 0), (8, 24)])
@pytest.mark.parametrize(
    ("flag", "foot", "pen"), [((100, 90), 140, 12), ((110, 60), 160, 24), ((100, 90), 120, 30)]
)
def test_a_bitmap_stretched_to_a_square_gets_a_digits_proportions(
    reader, canvas, enlarged, margin, flag, foot, pen
):
    one = canvas([flag, (140, 30), (foot, 250)], pen=pen)
    left, top, width, height = cv2.boundingRect(255 - one)
    cut = one[top : top + height, left : left + width]
    bitmap = cv2.resize(cut, (16, 16), interpolation=cv2.INTER_AREA) > 140
    pixels = np.kron(bitmap, np.ones((enlarged, enlarged))).astype(np.uint8) * 255
    said = reader.predict(np.pad(pixels, margin, constant_values=255))
    assert (said.digit, said.accepted) == (1, True)


@pytest.mark.parametrize("side", [28, 64, 200])
@pytest.mark.parametrize("light", [False, True])
def test_a_picture_that_a_digit_fills_was_stretched(reader, canvas, side, light):
    one = canvas([(90, 80), (140, 30), (130, 250)], pen=20)
    left, top, width, height = cv2.boundingRect(255 - one)
    cut = one[top : top + height, left : left + width]
    stretched = cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA)
    said = reader.predict(255 - stretched if light else stretched)
    assert (said.digit, said.accepted) == (1, True)
