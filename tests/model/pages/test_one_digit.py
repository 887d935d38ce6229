"""One digit is read whatever is drawn around it, and what is no digit stays none."""

import cv2
import numpy as np
import pytest
from PIL import Image

from model.files.pictures import by_colour
from model.pages.one_digit import find_digit, has_mark_beside
from model.pages.parts import edges_cutting
from model.pages.reader import read_page
from model.pages.turned import find_turned
from model.preprocessing import preprocess

FOUR = [[(150, 60), (100, 150), (190, 150)], [(165, 110), (160, 220)]]
SEVEN = [[(100, 90), (180, 90), (130, 200)]]
SIX = [[(165, 85), (130, 120), (112, 160), (118, 190), (145, 203), (165, 190), (168, 165),
        (145, 150), (120, 162)]]  # fmt: skip


def ring(image):
    cv2.ellipse(image, (140, 142), (110, 108), 0, 10, 365, 0, 5, cv2.LINE_AA)


def box(image):
    cv2.rectangle(image, (40, 40), (240, 245), 0, 3)


def tight_box(image):
    rows, columns = np.nonzero(image < 128)
    corners = ((int(columns.min()), int(rows.min())), (int(columns.max()), int(rows.max())))
    cv2.rectangle(image, *corners, 0, 2)


def ruled(image):
    for y in range(17, 280, 36):
        cv2.line(image, (0, y), (279, y + 1), 90, 2, cv2.LINE_AA)


def squared(image):
    for at in range(11, 280, 24):
        cv2.line(image, (0, at), (279, at), 150, 1)
        cv2.line(image, (at, 0), (at, 279), 150, 1)


def dot(image):
    cv2.circle(image, (250, 60), 6, 0, -1)


def underline(image):
    foot = int(np.nonzero(image < 128)[0].max())
    cv2.line(image, (92, foot + 12), (196, foot + 8), 0, 9, cv2.LINE_AA)


def touching_underline(image):
    foot = int(np.nonzero(image < 128)[0].max())
    cv2.line(image, (92, foot + 3), (196, foot), 0, 9, cv2.LINE_AA)


@pytest.mark.parametrize(("strokes", "digit"), [(FOUR, 4), (SEVEN, 7), (SIX, 6)])
@pytest.mark.parametrize(
    "surround", [ring, box, tight_box, ruled, squared, dot, underline, touching_underline]
)
def test_a_digit_is_read_within_what_is_drawn_around_it(reader, canvas, strokes, digit, surround):
    image = canvas(*strokes, pen=11)
    surround(image)
    answer = find_digit(image, reader).prediction
    assert (answer.digit, answer.accepted) == (digit, True)
    light_on_dark = find_digit(255 - image, reader).prediction
    assert (light_on_dark.digit, light_on_dark.accepted) == (digit, True)


@pytest.mark.parametrize("surround", [ring, box, tight_box])
def test_the_reader_of_pages_reads_it_too(reader, canvas, surround):
    image = canvas(*SIX, pen=11)
    surround(image)
    assert read_page(image, reader).lines == ("6",)


def test_the_steps_show_the_digit_alone(reader, canvas):
    image = canvas(*SEVEN, pen=11)
    plain = preprocess(image)
    ring(image)
    found = find_digit(image, reader).steps
    np.testing.assert_allclose(found.box, plain.box, atol=3)
    assert np.abs(found.glyph.astype(int) - plain.glyph).mean() < 4


def test_a_zero_with_a_slash_that_does_not_touch_stays_a_zero(reader, canvas):
    image = canvas([(120, 175), (160, 105)], pen=10)
    cv2.ellipse(image, (140, 140), (60, 85), 0, 0, 360, 0, 10, cv2.LINE_AA)
    assert find_digit(image, reader).prediction.digit == 0


@pytest.mark.parametrize(
    "strokes",
    [
        [[(70, 220), (70, 60), (140, 150), (210, 60), (210, 220)]],  # M
        [[(80, 60), (80, 220)], [(80, 140), (200, 140)], [(200, 60), (200, 220)]],  # H
        [[(70, 70), (210, 210)], [(210, 70), (70, 210)]],  # X
        [[(80, 60), (80, 220)], [(80, 60), (200, 60)], [(80, 135), (180, 135)],
         [(80, 220), (200, 220)]],  # E
        [[(90, 60), (90, 220), (180, 220)]],  # L
    ],
)  # fmt: skip
def test_a_letter_is_made_no_digit_by_leaving_strokes_out(reader, canvas, strokes):
    assert not find_digit(canvas(*strokes), reader).prediction.accepted


def coloured(mask: np.ndarray, ink: tuple[int, ...], ground: tuple[int, ...]) -> Image.Image:
    """Strokes of one colour on another, where the grey `mask` is dark."""
    share = (mask / 255)[..., None]
    picture = np.array(ground) * share + np.array(ink) * (1 - share)
    return Image.fromarray(np.round(picture).astype(np.uint8))


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ((215, 40, 40), (40, 140, 40)),
        ((255, 240, 60), (255, 255, 255)),
        ((40, 70, 255), (90, 90, 30)),
    ],
    ids=["red on green", "yellow on white", "blue on olive"],
)
def test_ink_that_differs_by_colour_alone_is_seen(reader, canvas, ink, ground):
    picture = coloured(canvas(*FOUR), ink, ground)
    answer = find_digit(picture, reader).prediction
    assert (answer.digit, answer.accepted) == (4, True)
    assert read_page(picture, reader).lines == ("4",)
    assert not has_mark_beside(find_digit(picture, reader), picture)


def test_a_yellow_digit_among_dark_ones_is_read(reader, canvas):
    dark = coloured(canvas(*SEVEN), (20, 20, 60), (255, 255, 255))
    light = coloured(canvas(*FOUR), (255, 235, 40), (255, 255, 255))
    page = np.hstack([np.asarray(part) for part in (dark, light, dark)])
    assert read_page(page, reader).lines == ("747",)


def test_grey_pictures_and_ordinary_inks_need_no_look_at_their_colours(canvas):
    assert by_colour(canvas(*FOUR)) is None
    for ink in ((0, 0, 0), (20, 40, 140), (150, 20, 20)):
        assert by_colour(coloured(canvas(*FOUR), ink, (250, 248, 240))) is None


def cell(drawing, pen, tone):
    """A drawing as a cell cut from a grid, with its thick lines along the edges."""
    image = np.maximum(drawing, pen)
    for a, b in (((38, 0), (33, 279)), ((241, 0), (246, 279)), ((0, 36), (279, 41)),
                 ((0, 249), (279, 244))):  # fmt: skip
        cv2.line(image, a, b, tone, 29, cv2.LINE_AA)
    cut = image[38:246, 38:241]
    rough = 40 + 0.7 * cut + np.random.default_rng(2).normal(0, 3, cut.shape)
    return np.clip(cv2.GaussianBlur(rough, (0, 0), 1), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("strokes", "digit"), [(FOUR, 4), (SEVEN, 7), (SIX, 6)])
@pytest.mark.parametrize("tone", [0, 60])
def test_a_cell_cut_from_a_grid_is_read_without_its_lines(reader, canvas, strokes, digit, tone):
    found = find_digit(cell(canvas(*strokes, pen=11), 60, tone), reader)
    assert (found.prediction.digit, found.prediction.accepted) == (digit, True)
    assert min(found.steps.box[:2]) > 10
    assert edges_cutting(found.steps) == ()


@pytest.mark.parametrize(
    ("dx", "dy", "edges"),
    [(-110, 0, ("left",)), (110, 0, ("right",)), (0, 120, ("bottom",)), (0, 0, ()),
     (-110, -100, ("left", "top"))],
)  # fmt: skip
def test_the_edge_that_cuts_a_digit_is_named(canvas, dx, dy, edges):
    moved = [[(x + dx, y + dy) for x, y in stroke] for stroke in SIX]
    assert edges_cutting(preprocess(canvas(*moved))) == edges


def test_a_picture_cropped_to_its_digit_cuts_nothing(canvas):
    steps = preprocess(canvas(*SIX))
    left, top, width, height = steps.box
    assert edges_cutting(preprocess(steps.grey[top : top + height, left : left + width])) == ()


SMILE = [(105, 175), (140, 190), (175, 175)]
LEVEL = [(108, 186), (172, 186)]


HEART = [(140, 100), (115, 65), (80, 65), (60, 95), (75, 140)]
HEART += [(140, 220), (205, 140), (220, 95), (200, 65), (165, 65)]


@pytest.mark.parametrize(
    "corners",
    [
        [(80, 230), (80, 120), (140, 60), (200, 120), (200, 230)],  # a house
        [(80, 230), (70, 175), (80, 120), (140, 60), (200, 120), (212, 175), (200, 230)],
        [(70, 70), (210, 75), (208, 212), (72, 208)],
        [(140, 60), (225, 210), (55, 205)],
        [(140, 50), (225, 140), (140, 235), (50, 140)],
        HEART,
    ],
)
def test_the_outline_of_a_house_or_a_heart_is_no_zero(reader, canvas, corners):
    found = find_digit(canvas([*corners, corners[0]], pen=12), reader)
    assert not found.prediction.accepted
    assert found.prediction.digit_probability < 0.5


@pytest.mark.parametrize(
    ("radius", "mouth", "eye", "factor"),
    [(100, SMILE, 0, 1), (100, SMILE, 5, 1), (100, SMILE, 11, 1), (100, SMILE, 14, 1),
     (100, SMILE, 5, 7), (80, LEVEL, 2, 1)],
)  # fmt: skip
def test_a_face_is_no_zero(reader, canvas, radius, mouth, eye, factor):
    image = canvas(mouth, pen=12)
    cv2.circle(image, (140, 150), radius, 0, 12, cv2.LINE_AA)
    for x in (110, 170):
        cv2.circle(image, (x, 120), eye, 0, 12, cv2.LINE_AA)
    found = find_digit(cv2.resize(image, None, fx=factor, fy=factor), reader)
    assert not found.prediction.accepted
    assert found.prediction.digit_probability < 0.5
    assert find_turned(found, reader) is None


def taskbar(image):
    cv2.line(image, (12, 255), (60, 255), 0, 12)
    for x in range(90, 260, 24):
        cv2.rectangle(image, (x, 250), (x + 10, 262), 0, -1)


def signature(image):
    x = np.arange(40)
    points = np.stack([220 + x, 258 + 6 * np.sin(x) + 4 * np.cos(2.3 * x)], 1)
    cv2.polylines(image, [np.round(points).astype(np.int32)], False, 0, 2, cv2.LINE_AA)


def finger(image):
    cv2.ellipse(image, (265, 290), (40, 90), -18, 0, 360, 60, -1)


@pytest.mark.parametrize(("strokes", "digit"), [(FOUR, 4), (SEVEN, 7), (SIX, 6)])
@pytest.mark.parametrize("around", [taskbar, signature, finger])
def test_what_stands_apart_or_runs_off_the_picture_is_left_out(
    reader, canvas, strokes, digit, around
):
    image = canvas(*strokes, pen=11)
    around(image)
    answer = find_digit(image, reader).prediction
    assert (answer.digit, answer.accepted) == (digit, True)


def test_a_number_of_which_a_digit_is_damaged_is_not_read_as_the_other_alone(reader, canvas):
    image = np.hstack([canvas(*SIX, pen=11), canvas(*FOUR, pen=11)])
    image[120:150, 280:] = 255
    assert not find_digit(image, reader).prediction.accepted


def photographed(image):
    """A drawing as a photograph of paper, with a phone's shadow on it."""
    large = cv2.resize(image, (560, 560), interpolation=cv2.INTER_CUBIC)
    shadow = np.ones((560, 560), np.float32)
    cv2.fillConvexPoly(shadow, np.array([(120, 90), (430, 70), (480, 600), (140, 600)]), 0.6)
    paper = (30 + 0.8 * large) * cv2.GaussianBlur(shadow, (0, 0), 6)
    rough = paper + np.random.default_rng(3).normal(0, 8, paper.shape)
    return np.clip(cv2.GaussianBlur(rough, (0, 0), 1), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("strokes", "digit"), [(FOUR, 4), (SEVEN, 7), (SIX, 6)])
def test_a_shadow_over_a_photographed_digit_is_no_stroke(reader, canvas, strokes, digit):
    found = find_digit(photographed(canvas(*strokes, pen=11)), reader)
    assert (found.prediction.digit, found.prediction.accepted) == (digit, True)
    assert found.steps.box[3] < 400
