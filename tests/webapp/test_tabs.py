"""What the tabs do with what visitors draw and upload, and the words of their answers."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.errors import InputError
from model.files.pictures import ImageError, load_image
from model.inference.predictor import Prediction
from model.preprocessing import preprocess
from webapp import answers, tabs

SEVEN = [[(85, 65), (195, 65), (130, 225)], [(105, 145), (185, 145)]]


def sketch(strokes, side=tabs.CANVAS_SIDE, ground=(255, 255, 255, 255)):
    """Draw strokes as the page's canvas does: a round black brush, nothing smoothed."""
    image = Image.new("RGBA", (side, side), ground)
    pen = ImageDraw.Draw(image)
    radius = tabs.BRUSH_RADIUS
    for points in strokes:
        pen.line(points, fill=(0, 0, 0, 255), width=2 * radius, joint="curve")
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(0, 0, 0, 255))
    return image


def encoded(image, format="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def glyph_of(answer):
    png = base64.b64decode(answer["glyph"].removeprefix("data:image/png;base64,"))
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)


def read_drawing(predictor, image):
    """Give the answer to a drawing, or the words there are instead."""
    steps = tabs.read_sketch({"id": "a1"}, encoded(image), "")
    return steps if isinstance(steps, str) else answers.describe(predictor, steps)


# Answers


def test_a_seven_is_read_and_said(predictor):
    answer = read_drawing(predictor, sketch(SEVEN))
    assert (answer["digit"], answer["words"]) == (7, "This is a 7")
    assert [bar["digit"] for bar in answer["bars"]] == list(range(10))
    assert [bar["digit"] for bar in answer["bars"] if bar["first"]] == [7]
    assert [bar["probability"] for bar in answer["bars"]] == list(answer["probabilities"])
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_canvas_upload_and_file_give_the_same_glyph(predictor, tmp_path):
    drawn = sketch(SEVEN)
    file = tmp_path / "seven.png"
    file.write_bytes(encoded(drawn.convert("RGB")))
    expected = preprocess(load_image(file)).glyph
    through = {
        "canvas": read_drawing(predictor, drawn),
        "see-through canvas": read_drawing(predictor, sketch(SEVEN, ground=(0, 0, 0, 0))),
        "upload": tabs.read_upload(predictor, {"path": str(file)}, str(tmp_path)),
        "sketch as a file": answers.describe(
            predictor,
            tabs.read_sketch({"composite": {"path": str(file)}}, None, str(tmp_path)),
        ),
    }
    for way, answer in through.items():
        np.testing.assert_array_equal(glyph_of(answer), expected, err_msg=way)


def test_a_page_is_answered_line_by_line(predictor, tmp_path):
    page = np.full((300, 700), 255, np.uint8)
    for left in (60, 250, 440):  # three sevens
        strokes = np.array([(left, 80), (left + 90, 80), (left + 35, 220)])
        cv2.polylines(page, [strokes], False, 0, 12, cv2.LINE_AA)
    Image.fromarray(page).save(tmp_path / "page.png")
    answer = tabs.read_upload(predictor, {"path": str(tmp_path / "page.png")}, str(tmp_path))
    assert answer["state"] == "page"
    assert answer["lines"] == ("777",)
    assert answer["words"] == "3 digits in 1 line"
    assert answer["picture"].startswith("data:image/jpeg;base64,")
    left, top, width, height = answer["digits"][1]["box"]
    assert (left, top) == pytest.approx((244, 74), abs=4)
    assert (width, height) == pytest.approx((102, 152), abs=6)


def test_a_picture_without_digits_says_so(predictor, tmp_path):
    Image.new("L", (300, 300), 200).save(tmp_path / "blank.png")
    with pytest.raises(InputError, match="no digits were found"):
        tabs.read_upload(predictor, {"path": str(tmp_path / "blank.png")}, str(tmp_path))


def test_uploads_keep_orientation_and_depth(predictor, tmp_path):
    drawn = sketch(SEVEN).convert("RGB")
    turned = drawn.transpose(Image.Transpose.ROTATE_90)  # with a note to turn it back
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.asarray(drawn.convert("L"), np.uint16) * 257)
    (tmp_path / "turned.png").write_bytes(encoded(turned, exif=exif))
    (tmp_path / "deep.png").write_bytes(encoded(deep))
    for name in ("turned.png", "deep.png"):
        answer = tabs.read_upload(predictor, {"path": str(tmp_path / name)}, str(tmp_path))
        np.testing.assert_array_equal(glyph_of(answer), preprocess(drawn).glyph, err_msg=name)


# Nothing to read, or nothing that can be read


def test_an_empty_canvas_gets_the_prompt(predictor):
    assert tabs.read_sketch(None, None, "") == tabs.DRAW_PROMPT
    for ground in [(255, 255, 255, 255), (0, 0, 0, 0)]:
        assert read_drawing(predictor, sketch([], ground=ground)) == tabs.DRAW_PROMPT


def test_an_empty_answer_has_the_fields_of_an_answer(predictor):
    nothing = answers.empty_answer("Draw")
    answer = read_drawing(predictor, sketch(SEVEN))
    assert set(nothing) <= set(answer)
    for part in ("bars", "steps"):
        assert [set(one) for one in nothing[part]] == [set(one) for one in answer[part]]
    assert [step["name"] for step in answer["steps"]] == ["Found", "Cropped", "Scaled", "Centred"]


def test_a_speck_gets_a_prompt_and_no_digit(predictor):
    speck = sketch([])
    speck.putpixel((100, 100), (0, 0, 0, 255))
    assert "too little ink" in read_drawing(predictor, speck)


def test_a_call_without_a_drawing_is_told_so(predictor):
    nothing = {"background": None, "layers": [], "composite": None, "id": None}
    for value in (nothing, {"id": "never sent"}):
        with pytest.raises(InputError, match="holds no drawing"):
            tabs.read_sketch(value, None, "")


def test_a_data_url_is_read(predictor):
    url = "data:image/png;base64," + base64.b64encode(encoded(sketch(SEVEN))).decode()
    assert tabs.read_upload(predictor, {"url": url}, "")["digit"] == 7


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
def test_what_visitors_send_is_checked(predictor, tmp_path, file, complaint):
    with pytest.raises(ImageError, match=complaint):
        tabs.read_upload(predictor, file, str(tmp_path))


def test_errors_name_no_path(predictor, tmp_path):
    file = tmp_path / "notes.png"
    file.write_text("not a picture")
    for name in (file.name, "gone.png"):
        with pytest.raises(ImageError) as caught:
            tabs.read_upload(predictor, {"path": str(tmp_path / name)}, str(tmp_path))
        assert tmp_path.name not in str(caught.value)
        assert name not in str(caught.value)


# Words


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("sure", "This is an 8"),
        ("unsure", "Not sure: it may be an 8"),
        ("no-digit", "This does not look like a digit; the closest is 8"),
    ],
)
def test_how_sure_in_words(state, expected):
    prediction = Prediction(8, 0.6, (0.04,) * 8 + (0.6, 0.04), 0.9, False)
    assert answers.put_in_words(prediction, state) == expected
    assert answers.put_in_words(replace(prediction, digit=7), state).endswith("7")


def test_per_cent_is_never_rounded_to_certain_or_impossible():
    shown = [answers.percent(p).replace("\xa0", " ") for p in (1.0, 0.9997, 0.9994, 0.5, 0.0004, 0)]
    assert shown == ["> 99.9 %", "> 99.9 %", "99.9 %", "50.0 %", "< 0.1 %", "< 0.1 %"]


@pytest.mark.parametrize("template", sorted(tabs.TEMPLATES.glob("demo_*.html")), ids=str)
def test_templates_are_safe_where_gradio_evaluates_them(template):
    text = template.read_text("utf-8")
    assert not re.search(r"[`\\]|\$\{|\{\{\{", text)  # it ends up inside a JavaScript literal
