"""Whole pages: found, read, in order; and what is no page of digits."""

import json
from dataclasses import astuple, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.files.pictures import load_image
from model.pages.annotation import annotate
from model.pages.reader import Page, PageDigit, find_lines, read_page
from tests.model.pages import synthetic as pages


@pytest.fixture
def strokes():
    """Digits as a pen writes them, each in a box of 60×100: lists of strokes of (x, y)."""
    return {
        1: [[(30, 0), (30, 100)]],
        4: [[(25, 0), (0, 60), (60, 60)], [(42, 20), (42, 100)]],
        5: [[(8, 0), (5, 45), (40, 42), (58, 65), (45, 92), (0, 98)], [(14, 0), (58, 0)]],
        7: [[(0, 0), (60, 0), (20, 100)]],
    }


@pytest.fixture
def write(canvas, strokes):
    """Write (digit, x, y) on a page, uint8 (side, side)."""

    def on_page(*places, side=600, pen=9, **colours):
        lines = [
            [(x + dx, y + dy) for dx, dy in stroke]
            for digit, x, y in places
            for stroke in strokes[digit]
        ]
        return canvas(*lines, side=side, pen=pen, **colours)

    return on_page


def read_all(reader, data, difficulty, seeds):
    total = np.zeros(6, int)
    for seed in seeds:
        truth = pages.make_page(seed, data.images, data.labels, difficulty)
        total += astuple(pages.compare(read_page(truth.image, reader), truth))
    return pages.Match(*map(int, total))


def test_the_same_seed_gives_the_same_page(digits):
    one, again = (
        pages.make_page(3, digits.test.images, digits.test.labels, "hard") for _ in range(2)
    )
    assert one.text == again.text
    assert one.boxes == again.boxes
    assert np.array_equal(one.image, again.image)


@pytest.mark.parametrize(
    ("difficulty", "found", "extra"), [("easy", 0.99, 0.01), ("medium", 0.98, 0.02),
                                       ("hard", 0.85, 0.15)]
)  # fmt: skip
def test_digits_of_a_page_are_found(reader, digits, difficulty, found, extra):
    result = read_all(reader, digits.test, difficulty, range(10))
    assert result.found >= found * result.digits
    assert result.extra <= extra * result.digits


@pytest.mark.mnist
@pytest.mark.slow
def test_pages_of_medium_difficulty_are_read(reader, mnist):
    result = read_all(reader, mnist.test, "medium", range(40))
    assert result.found >= 0.99 * result.digits
    assert result.extra <= 0.01 * result.digits
    assert result.right >= 0.98 * result.found
    assert result.right_lines >= 0.95 * result.lines


def test_lines_go_down_and_digits_to_the_right(reader, write):
    page = read_page(write((7, 60, 60), (1, 200, 70), (4, 340, 55), (5, 70, 300), (7, 300, 310)),
                     reader)  # fmt: skip
    assert page.lines == ("714", "57")
    assert [mark.line for mark in page.digits] == [0, 0, 0, 1, 1]
    assert all(mark.accepted for mark in page.digits)


def test_a_box_is_in_pixels_of_the_picture(reader, write):
    page = read_page(write((7, 160, 260), (1, 400, 260)), reader)
    assert np.allclose(page.digits[0].box, (155, 255, 70, 110), atol=5)


def test_chalk_on_a_board_reads_as_ink_on_paper(reader, write):
    places = ((7, 60, 60), (4, 240, 60), (1, 440, 60))
    assert read_page(write(*places, ground=40, ink=230), reader).lines == ("741",)


def test_touching_digits_are_parted(reader, write):
    page = read_page(write((5, 100, 200), (7, 160, 200), (1, 400, 200)), reader)
    assert page.lines == ("571",)


def test_a_five_keeps_its_loose_bar(reader, canvas):
    body = [(108, 210), (105, 245), (140, 242), (158, 265), (145, 292), (100, 298)]
    bar = [(126, 196), (170, 193)]
    page = read_page(canvas(body, bar, [(300, 200), (300, 300)], side=600, pen=8), reader)
    assert page.lines == ("51",)


def test_rules_and_frames_go_and_the_strokes_they_cross_stay(reader, write):
    page = write((7, 120, 150), (4, 260, 145), (1, 420, 150))
    page[200:203] = np.minimum(page[200:203], 150)
    page[400:403] = 150
    page[20:24, 20:580] = page[576:580, 20:580] = page[20:580, 20:24] = page[20:580, 576:580] = 0
    assert read_page(page, reader).lines == ("741",)


@pytest.fixture
def row_of_five(write):
    """A page of 900 px with 74157 on it."""
    digits = (7, 4, 1, 5, 7)
    return write(*((digit, 120 + 130 * k, 300) for k, digit in enumerate(digits)), side=900)


def test_sides_of_cells_are_no_ones(reader, row_of_five):
    for x in range(85, 760, 130):
        row_of_five[270:430, x : x + 3] = 60
    row_of_five[270:273, 85:738] = row_of_five[427:430, 85:738] = 60
    assert read_page(row_of_five, reader).lines == ("74157",)


@pytest.mark.parametrize("seed", range(3))
def test_squares_hardly_stronger_than_the_grain_go(reader, row_of_five, seed):
    page = row_of_five.astype(float) * 0.85
    page[20::45] -= 20
    page[:, 30::45] -= 20
    grain = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 12, page.shape), (0, 0), 0.9)
    page = cv2.GaussianBlur(page, (0, 0), 1) + grain
    assert read_page(page.clip(0, 255).astype(np.uint8), reader).lines == ("74157",)


def test_the_desk_beside_the_paper_is_no_writing(reader, row_of_five):
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (1300, 1300)), (0, 0), sigmaX=40, sigmaY=1.2)
    page = (70 + 14 * grain / grain.std()).clip(0, 255).astype(np.uint8)
    page[200:1100, 200:1100] = row_of_five * 0.9
    reading = read_page(page, reader)
    assert reading.lines == ("74157",)
    assert len(reading.digits) == 5


def test_a_strip_along_the_border_is_no_one(reader, write):
    page = write((5, 250, 200), side=600)
    page[60:330, 570:] = 200
    assert read_page(page, reader).lines == ("5",)


def test_a_mark_that_is_no_digit_stays_out_of_the_line(reader, canvas):
    letter = [(300, 180), (300, 60), (345, 120), (390, 60), (390, 180)]
    page = read_page(canvas([(100, 60), (100, 180)], letter, side=600, pen=9), reader)
    assert page.lines == ("1",)
    assert [mark.accepted for mark in page.digits] == [True, False]


def test_ones_that_may_be_dashes_are_doubted_not_lost(reader, write):
    rows = [(1, 40 + 60 * (i % 12), 40 + 160 * (i // 12)) for i in range(36)]
    page = read_page(write(*rows, side=800), reader)
    assert len(page.digits) == 36
    assert not any(mark.accepted for mark in page.digits)


class Doubting:
    """A reader that refuses one digit wherever it sees it, for a belief of so much."""

    def __init__(self, reader, digit, belief):
        self.reader, self.digit, self.belief = reader, digit, belief

    def score(self, glyphs):
        scores = self.reader.score(glyphs)
        doubted = scores.probabilities.argmax(1) == self.digit
        chances = np.where(doubted, self.belief, scores.digit_probability)
        return replace(scores, digit_probability=chances, accepted=scores.accepted & ~doubted)


ELEVEN = [(1 if i % 3 else 7, 60 + 100 * (i % 6), 50 + 160 * (i // 6)) for i in range(11)]


@pytest.mark.parametrize(
    ("above", "belief", "vouched"),
    [(ELEVEN, 0.08, True), (ELEVEN, 0.02, False), (ELEVEN[:6], 0.3, True),
     (ELEVEN[:6], 0.08, False), (ELEVEN[:4], 0.3, False)],
)  # fmt: skip
def test_a_page_of_sure_digits_vouches_for_one_alone(reader, write, above, belief, vouched):
    page = read_page(write(*above, (4, 80, 400), side=700), Doubting(reader, 4, belief))
    assert ("4" in page.lines) is vouched
    assert page.digits[-1].accepted is vouched


def test_a_line_mostly_refused_stays_out_on_any_page(reader, write):
    words = [(4, 80, 400), (4, 200, 400), (4, 320, 400)]
    page = read_page(write(*ELEVEN, *words, side=700), Doubting(reader, 4, 0.3))
    assert page.lines == ("711711", "71171")


def test_a_sliver_between_the_edges_of_paper_and_shadow_is_no_one(reader, write):
    row = write((7, 150, 250), (4, 300, 250), (1, 450, 250), (5, 550, 250), (7, 700, 250), side=900)
    turn = cv2.getRotationMatrix2D((450, 300), 12, 0.85)
    turn[:, 2] += 150
    page = cv2.warpAffine(row[:600] * (225 / 255), turn, (1200, 900), borderValue=120)
    y, x = np.mgrid[:900, :1200]
    page *= 1 - 0.45 / (1 + np.exp(-(x * 0.3 + y - 700) / 8))
    page = cv2.GaussianBlur(page, (0, 0), 1.2)
    page += np.random.default_rng(0).normal(0, 3, page.shape)
    assert read_page(page.clip(0, 255).astype(np.uint8), reader).lines == ("74157",)


def test_dark_ink_is_read_where_light_stands_out_more(reader, write):
    page = write((7, 150, 150), (4, 300, 150), (5, 150, 350), (7, 300, 350), side=900, pen=7)
    y, x = np.mgrid[:900, :900]
    light = 1 + 2 / (1 + np.exp(-(x + y - 1100) / 5))
    page = 70 * (1 - (1 - page / 255) * 0.15) * light
    page = cv2.GaussianBlur(page, (0, 0), 1)
    page += np.random.default_rng(0).normal(0, 2, page.shape)
    assert read_page(page.clip(0, 255).astype(np.uint8), reader).lines == ("74", "57")


def test_a_single_digit_reads_as_predict_does(reader, seven, digits, strokes):
    pictures = [seven, 255 - seven, seven[40:250, 50:220], *digits.test.images[:20]]
    for picture in pictures:
        answer = reader.predict(picture)
        page = read_page(picture, reader)
        assert [(m.digit, m.confidence, m.accepted) for m in page.digits] == [
            (answer.digit, answer.confidence, answer.accepted)
        ]


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_an_empty_picture_has_no_lines(reader, ground):
    assert read_page(np.full((300, 400), ground, np.uint8), reader) == Page((), ())


def test_grain_alone_is_no_digit(reader):
    rng = np.random.default_rng(0)
    noise = np.clip(rng.normal(180, 6, (700, 900)), 0, 255).astype(np.uint8)
    assert read_page(noise, reader).lines == ()


def test_a_line_that_climbs_and_bends_stays_one_line():
    boxes = [(60 * i, int(300 - 12 * i + 0.8 * (i - 5) ** 2), 30, 50) for i in range(10)]
    below = [(x, y + 90, w, h) for x, y, w, h in boxes[:7]]
    assert find_lines(boxes + below) == [list(range(10)), list(range(10, 17))]


def test_an_annotated_picture_keeps_its_size_and_the_original(reader, write):
    image = Image.fromarray(write((7, 100, 100), (1, 300, 100)))
    before = image.tobytes()
    drawn = annotate(image, read_page(image, reader))
    assert drawn.size == image.size
    assert drawn.mode == "RGB"
    assert image.tobytes() == before
    assert np.ptp(np.asarray(drawn), axis=2).max() > 100  # boxes have a colour


def test_labels_stay_inside_even_a_small_picture():
    mark = PageDigit((0, 0, 10, 12), 7, 0.5, False, None)
    assert annotate(Image.new("L", (12, 12), 255), Page((), (mark,))).size == (12, 12)


def test_read_prints_one_json_object_a_picture(write, tmp_path, capsys):
    page, blank, drawn = (str(tmp_path / name) for name in ("a.png", "b.png", "c.png"))
    Image.fromarray(write((7, 60, 60), (1, 240, 60))).save(page)
    Image.new("L", (300, 200), 255).save(blank)
    assert main(["read", page, blank, "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["source"] == page
    assert first["lines"] == ["71"]
    assert set(first["digits"][0]) == {"box", "digit", "confidence", "accepted"}
    assert second == {"source": blank, "number": None, "turned": 0} | {
        key: [] for key in ("lines", "text", "digits", "guessed", "signs", "groups", "cells")
    }
    assert main(["read", page, "--out", drawn]) == 0
    assert capsys.readouterr().out == f"{page}: 71\n"
    assert load_image(drawn).size == (600, 600)


def test_read_says_so_when_there_are_no_digits(tmp_path, capsys):
    Image.new("L", (300, 200), 255).save(tmp_path / "blank.png")
    assert main(["read", str(tmp_path / "blank.png")]) == 0
    assert "no digits were found" in capsys.readouterr().out


def bad_files(folder, page):
    page.save(folder / "whole.jpg")
    data = (folder / "whole.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(data[: len(data) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("7 4 1")
    page.save(folder / "moving.gif", save_all=True, append_images=[page.rotate(9)])
    Image.new("1", (8000, 8000)).save(folder / "bomb.png")


@pytest.mark.parametrize(
    ("name", "words"), [("cut.jpg", "damaged"), ("empty.png", "empty"), ("text.png", "picture"),
                        ("moving.gif", "animated"), ("bomb.png", "50 million"),
                        ("none.png", "cannot read")]
)  # fmt: skip
def test_read_explains_each_bad_file_in_a_line(write, tmp_path, capsys, name, words):
    bad_files(tmp_path, Image.fromarray(write((7, 60, 60))))
    assert main(["read", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert name in err
    assert words in err
    assert err.count("\n") == 1


def test_out_wants_one_picture_and_a_place_it_can_write(write, tmp_path, capsys):
    page = str(tmp_path / "a.png")
    Image.fromarray(write((7, 60, 60))).save(page)
    assert main(["read", page, page, "--out", str(tmp_path / "o.png")]) == 2
    assert main(["read", page, "--out", str(tmp_path / "none" / "o.png")]) == 2
    assert main(["read", page, "--out", str(tmp_path / "o.xyz")]) == 2
    before = Path(page).read_bytes()
    assert main(["read", page, "--out", page]) == 2  # it would be lost
    assert Path(page).read_bytes() == before
    assert capsys.readouterr().err.count("error: ") == 4
