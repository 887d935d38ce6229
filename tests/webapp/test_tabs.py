"""What the tabs do with what visitors draw and upload, and the words of their answers."""

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.errors import InputError
from model.files.pictures import ImageError, load_image
from model.pages.page import Page, PageDigit
from model.pages.reader import read_page
from model.preprocessing import preprocess
from model.records import page_record, prediction_record
from tests.encoding import encoded
from webapp import answers, canvas, encoding, page_answers, tabs
from webapp.language import words_of

ENGLISH = words_of("en")
SEVEN = [[(85, 65), (195, 65), (130, 225)], [(105, 145), (185, 145)]]
TWO = [[(240, 100), (265, 75), (300, 85), (310, 115), (240, 225), (320, 225)]]


def sketch(strokes, ground=(255, 255, 255, 255)):
    """Draw strokes as the page's canvas does: a round black pen, nothing smoothed."""
    image = Image.new("RGBA", (canvas.WIDTH, canvas.HEIGHT), ground)
    pen = ImageDraw.Draw(image)
    radius = canvas.PEN / 2
    for points in strokes:
        pen.line(points, fill=(0, 0, 0, 255), width=canvas.PEN, joint="curve")
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(0, 0, 0, 255))
    return image


def as_value(image):
    """A drawing as the page's canvas sends it."""
    url = "data:image/png;base64," + base64.b64encode(encoded(image)).decode()
    return {"background": None, "layers": [], "composite": {"url": url}, "id": "1"}


def glyph_of(answer):
    png = base64.b64decode(answer["glyph"].removeprefix("data:image/png;base64,"))
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)


def read_value(predictor, value, folder=""):
    """Give the answer to a canvas's value, or the words there are instead."""
    drawing = canvas.open_drawing(SimpleNamespace(GRADIO_CACHE=folder), value)
    found = tabs.find_drawn(drawing, predictor, ENGLISH)
    if isinstance(found, str):
        return found
    return answers.describe(predictor, drawing, found, ENGLISH)


def read_drawing(predictor, image):
    return read_value(predictor, as_value(image))


def upload(predictor, path):
    return tabs.read_upload(predictor, {"path": str(path)}, str(path.parent), ENGLISH)


# Answers


def test_a_seven_is_read_and_said(predictor):
    answer = read_drawing(predictor, sketch(SEVEN))
    assert (answer["digit"], answer["words"]) == (7, "This is a 7")
    assert [bar["name"] for bar in answer["bars"]] == [*map(str, range(10)), "no digit"]
    assert [bar["digit"] for bar in answer["bars"] if bar["first"]] == [7]
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_a_number_is_not_taken_for_one_digit_where_only_one_is_read(predictor):
    for strokes, number in ((SEVEN, False), (SEVEN + TWO, True)):
        found = tabs.find_single(sketch(strokes).convert("RGB"), predictor, ENGLISH)
        assert (found == ENGLISH["one_at_a_time"]) == number


def test_what_is_no_digit_is_shown_as_likely_as_it_is(predictor):
    answer = read_drawing(predictor, sketch([[(130, 240), (200, 60), (270, 240)]] * 2
                                            + [[(160, 170), (240, 170)]]))  # fmt: skip
    assert (answer["state"], answer["shown"]) == ("no-digit", "?")
    assert answer["hint"] == ENGLISH["hint_no_digit"]
    assert answer["why_title"] == ENGLISH["why_none"]  # there is no answer to give a reason for
    shares = [bar["probability"] for bar in answer["bars"]]
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    assert shares[10] == pytest.approx(1 - answer["digit_probability"])
    assert [bar["name"] for bar in answer["bars"] if bar["first"]] == ["no digit"]


def test_ink_wider_than_high_is_told_that_digits_may_touch(predictor):
    shape = [(50, 220), (50, 80), (350, 220), (350, 80), (50, 220)]
    answer = read_drawing(predictor, sketch([shape]))
    assert (answer["state"], answer["hint"]) == ("no-digit", ENGLISH["hint_touching"])


def test_canvas_upload_and_file_give_the_same_glyph(predictor, tmp_path):
    drawn = sketch(SEVEN)
    file = tmp_path / "seven.png"
    file.write_bytes(encoded(drawn.convert("RGB")))
    expected = preprocess(load_image(file)).glyph
    composite = {"composite": {"path": str(file)}}
    through = {
        "canvas": read_drawing(predictor, drawn),
        "see-through canvas": read_drawing(predictor, sketch(SEVEN, ground=(0, 0, 0, 0))),
        "upload": upload(predictor, file),
        "sketch as a file": read_value(predictor, composite, str(tmp_path)),
    }
    for way, answer in through.items():
        np.testing.assert_array_equal(glyph_of(answer), expected, err_msg=way)


def test_the_page_says_what_the_command_line_says(predictor):
    one, several = sketch(SEVEN), sketch(SEVEN + TWO)
    answer = read_drawing(predictor, one)
    expected = prediction_record("", None, predictor.predict(one.convert("RGB")))
    del expected["source"], expected["index"]
    assert {key: answer[key] for key in expected} == expected
    answer = read_drawing(predictor, several)
    expected = page_record("", read_page(several.convert("RGB"), predictor))
    del expected["source"]
    assert {key: answer[key] for key in expected} == expected
    assert (answer["words"], answer["shown"]) == ("This is 72", "72")
    assert [mark["char"] for mark in answer["marks"]] == ["7", "2"]
    assert answer["picture"].startswith("data:image/jpeg;base64,")
    json.dumps(answer)  # as it is sent


def test_what_is_shown_of_a_turned_digit_explains_the_digit_that_is_named(predictor):
    drawn = sketch(SEVEN).rotate(90, expand=True)
    answer = read_drawing(predictor, drawn)
    assert (answer["words"], answer["shown"]) == ("Turned upright, this is a 7", "7")
    assert answer["turned"]["degrees"] == 90
    assert [bar["name"] for bar in answer["bars"] if bar["first"]] == ["7"]
    assert answer["why"]["digit"] == 7
    *_, last = answer["steps"]
    assert last["name"] == "Turned"
    turned = glyph_of({"glyph": last["picture"]})
    np.testing.assert_array_equal(turned, np.rot90(glyph_of(answer), -1))
    assert answer["digit_probability"] < 0.5  # as it stands


def test_a_page_is_answered_line_by_line(predictor, tmp_path):
    page = np.full((600, 700), 255, np.uint8)
    for top in (60, 360):
        for left in (60, 250, 440):
            strokes = np.array([(left, top), (left + 90, top), (left + 35, top + 140)])
            cv2.polylines(page, [strokes], False, 0, 12, cv2.LINE_AA)
    Image.fromarray(page).save(tmp_path / "page.png")
    answer = upload(predictor, tmp_path / "page.png")
    assert (answer["state"], answer["shown"]) == ("page", None)
    assert answer["lines"] == ("777", "777")
    assert answer["words"] == "6 digits in 2 lines"
    left, top, width, height = answer["digits"][1]["box"]
    assert (left, top) == pytest.approx((244, 54), abs=4)
    assert (width, height) == pytest.approx((102, 152), abs=6)


def test_a_number_with_an_odd_digit_is_said_to_be_unsure():
    boxes = [(20, 99, 63, 103), (95, 99, 91, 91), (202, 99, 73, 99), (210, 40, 60, 30)]
    marks = tuple(
        PageDigit(box, digit, 0.8, sure, 0 if sure else None)
        for box, digit, sure in zip(boxes, (3, 0, 4, 7), (True, True, False, False), strict=True)
    )
    picture = Image.new("RGB", (400, 300), "white")
    answer = page_answers.describe_page(picture, Page(("30",), marks, ("30",)), ENGLISH)
    assert (answer["shown"], answer["words"]) == ("304", "Not sure: it may be 304")
    assert answer["hint"] == "2 marks are not sure: they have question marks on the picture."
    answer = page_answers.describe_page(picture, Page(("30",), marks[:2], ("30",)), ENGLISH)
    assert (answer["words"], answer["hint"]) == ("This is 30", "")
    guessed = (marks[0], replace(marks[1], accepted=False, guessed=True))
    answer = page_answers.describe_page(picture, Page(("30",), guessed, ("30",)), ENGLISH)
    assert (answer["words"], answer["guessed"]) == ("Not sure: it may be 30", [1])


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_turned_page_is_shown_upright(turned):
    image = Image.new("L", (80, 50))
    upright = (20, 10, 6, 9)
    image.paste(255, (20, 10, 26, 19))
    lying = image.rotate(turned, expand=True)
    left, top, right, bottom = lying.getbbox()
    marks = (PageDigit((left, top, right - left, bottom - top), 7, 1.0, True, 0),)
    shown, page = page_answers.turn_upright(lying, Page(("7",), marks, turned=turned))
    assert shown.tobytes() == image.tobytes()
    assert page.digits[0].box == upright


def test_a_picture_without_digits_says_so(predictor, tmp_path):
    Image.new("L", (300, 300), 200).save(tmp_path / "blank.png")
    with pytest.raises(InputError, match="no digits were found"):
        upload(predictor, tmp_path / "blank.png")


def test_uploads_keep_orientation_and_depth(predictor, tmp_path):
    drawn = sketch(SEVEN).convert("RGB")
    turned = drawn.transpose(Image.Transpose.ROTATE_90)  # with a note to turn it back
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.asarray(drawn.convert("L"), np.uint16) * 257)
    (tmp_path / "turned.png").write_bytes(encoded(turned, exif=exif))
    (tmp_path / "deep.png").write_bytes(encoded(deep))
    for name in ("turned.png", "deep.png"):
        answer = upload(predictor, tmp_path / name)
        np.testing.assert_array_equal(glyph_of(answer), preprocess(drawn).glyph, err_msg=name)


# Nothing to read, or nothing that can be read


def test_an_empty_canvas_gets_the_prompt(predictor):
    for nothing in (None, ""):
        assert read_value(predictor, nothing) == ENGLISH["draw_prompt"]
    for ground in [(255, 255, 255, 255), (0, 0, 0, 0)]:
        assert read_drawing(predictor, sketch([], ground=ground)) == ENGLISH["draw_prompt"]


def test_an_empty_answer_has_the_fields_of_an_answer(predictor):
    nothing = answers.empty_answer("Draw", ENGLISH)
    answer = read_drawing(predictor, sketch(SEVEN))
    assert set(nothing) <= set(answer)
    for part in ("bars", "steps"):
        assert [set(one) for one in nothing[part]] == [set(one) for one in answer[part]]
    assert [step["name"] for step in answer["steps"]] == ["Found", "Cropped", "Scaled", "Centred"]


def test_a_speck_gets_a_prompt_and_no_digit(predictor):
    speck = sketch([])
    speck.putpixel((100, 100), (0, 0, 0, 255))
    assert "too little ink" in read_drawing(predictor, speck)


@pytest.mark.parametrize("value", [{"composite": None}, {"id": "1"}, {"composite": "x"}, "x", [1]])
def test_a_call_without_a_drawing_is_told_so(predictor, value):
    with pytest.raises(InputError, match="holds no drawing"):
        read_value(predictor, value)


def test_a_data_url_is_read(predictor):
    value = as_value(sketch(SEVEN))["composite"]
    assert tabs.read_upload(predictor, value, "", ENGLISH)["digit"] == 7


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ({"url": "data:image/png;base64,%%%"}, "did not arrive"),
        ({"url": "data:image/png;base64,aGVsbG8="}, "PNG or JPEG"),
        ({"url": "data:image/png;base64," + "A" * 28_000_000}, "over 20 MB"),
        ({"path": str(Path(__file__))}, "did not arrive"),
        ({"path": "seven.png/../../../etc/passwd"}, "did not arrive"),
        ({"path": None}, "did not arrive"),
        ({}, "did not arrive"),
    ],
)
def test_what_visitors_send_is_checked(tmp_path, file, complaint):
    with pytest.raises(ImageError, match=complaint):
        encoding.open_sent(file, str(tmp_path))


def test_errors_name_no_path(predictor, tmp_path):
    file = tmp_path / "notes.png"
    file.write_text("not a picture")
    for name in (file.name, "gone.png"):
        with pytest.raises(ImageError) as caught:
            upload(predictor, tmp_path / name)
        assert tmp_path.name not in str(caught.value)
        assert name not in str(caught.value)


@pytest.mark.parametrize("template", sorted(tabs.TEMPLATES.glob("demo_*.html")), ids=str)
def test_templates_are_safe_where_gradio_evaluates_them(template):
    text = template.read_text("utf-8")
    assert not re.search(r"[`\\]|\$\{|\{\{\{", text)  # it ends up inside a JavaScript literal
