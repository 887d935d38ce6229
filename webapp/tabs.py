"""The demo's tabs: what each shows, and what happens when a visitor does something there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from model.answers import complete
from model.data import corrections
from model.errors import InputError
from model.files.pictures import ImageError
from model.inference.predictor import Predictor
from model.pages.one_digit import OneDigit, find_digit
from model.pages.reader import read_page
from webapp.answers import compare, describe, empty_answer, empty_comparison
from webapp.canvas import TEMPLATES, after_strokes, make_canvas, open_drawing
from webapp.encoding import open_sent
from webapp.examples import draw_examples
from webapp.gradio_patches import refuse_addresses, upload_folder
from webapp.language import Marks, Speaker, Words
from webapp.page_answers import describe_page
from webapp.report_view import read_report

if TYPE_CHECKING:
    import gradio as gr

PAGES_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)  # a core stays free for drawings
DRAWING_SECONDS = 1800  # a drawing can be corrected for as long, then its memory is freed
NO_DIGITS = "no digits were found: show them dark on light or light on dark, and closer"
NOTHING_TO_KEEP = "draw a digit first; each drawing is kept once"
MARKS = Marks()
# For events that programs are not offered, and that show no progress.
QUIETLY: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# Has the answer's box tell other scripts of each answer.
ANSWERED_SCRIPT = (TEMPLATES / "answered.js").read_text("utf-8")


def draw_tab(predictor: Predictor, speaker: Speaker, folder: Path | None) -> None:
    """Make the Draw tab; with a `folder` for corrections, visitors can say what it was."""
    import gradio as gr

    with gr.Row(elem_classes="reader"):
        with gr.Column(elem_classes="hand"):
            canvas = make_canvas("sketch")
            drawn = _correction_form(speaker, folder) if folder else None
        blank = empty_answer(MARKS["draw_prompt"], MARKS)
        answer = make_box(blank, "demo_answer.html", ANSWERED_SCRIPT)
    make_box(None, "history.html", (TEMPLATES / "history.js").read_text("utf-8"))

    def draw(value: dict | None, words: Words) -> Any:
        """Read a drawing: the sketch's composite picture in, the answer as JSON out."""
        drawing = show_errors(words, open_drawing, canvas, value)
        found = find_drawn(drawing, predictor, words)
        kept = None
        if isinstance(found, str):
            said = empty_answer(found, words)
        else:
            said = describe(predictor, drawing, found, words)
            if folder and said["state"] != "page":
                kept = corrections.Drawn.of(found.steps, found.prediction, predictor.bundle.name)
        if value and value.get("id"):
            said["drawing"] = value["id"]  # by which the page knows which of its drawings it is
        return (said, kept) if folder else said

    outputs = [answer, drawn] if folder else answer
    after_strokes(canvas, speaker.with_words(draw), outputs, api_name="draw")


def compare_tab(predictors: Sequence[Predictor], served: Predictor, speaker: Speaker) -> None:
    """Make the Compare tab: one drawing, read by each of the networks."""
    import gradio as gr

    with gr.Row(elem_classes="reader"):
        with gr.Column(elem_classes="hand"):
            canvas = make_canvas("compare-sketch", follows="sketch")
            gr.Markdown(MARKS["compare_about"], elem_classes="note")
        blank = empty_comparison(predictors, MARKS["compare_prompt"], MARKS)
        answer = make_box(blank, "demo_compare.html")

    def draw(value: dict | None, words: Words) -> dict[str, Any]:
        found = find_single(show_errors(words, open_drawing, canvas, value), served, words)
        if isinstance(found, OneDigit):
            return compare(predictors, found.steps, words)
        prompt = words["compare_prompt"] if found == words["draw_prompt"] else found
        return empty_comparison(predictors, prompt, words)

    after_strokes(canvas, speaker.with_words(draw), answer, api_visibility="private")


def upload_tab(predictor: Predictor, speaker: Speaker) -> None:
    """Make the Upload tab: a picture of one digit or a page, and examples to try."""
    import gradio as gr

    with gr.Row(elem_classes="reader"):
        with gr.Column(elem_classes="hand"):
            picture = gr.Image(
                label=MARKS["picture"],
                show_label=False,
                type="filepath",
                sources=["upload", "clipboard", "webcam"],
                webcam_options=gr.WebcamOptions(mirror=False),  # a mirrored digit is another shape
                placeholder=MARKS["upload_help"],
                buttons=[],
                elem_id="picture",
            )
            make_box(draw_examples(MARKS), "demo_examples.html")
        answer = make_box(empty_answer(MARKS["upload_prompt"], MARKS), "demo_answer.html")
    refuse_addresses(picture)

    def read(value: dict | None, words: Words) -> dict[str, Any]:
        """Read a picture of one digit or many: a PNG or JPEG file in, the answer as JSON out."""
        return show_errors(words, read_upload, predictor, value, upload_folder(picture), words)

    def read_here(value: dict | None, words: Words) -> dict[str, Any]:
        """Read as `read` does, and say what is wrong with a picture where its answer would be."""
        try:
            return read_upload(predictor, value, upload_folder(picture), words)
        except InputError as error:
            return empty_answer(words["upload_again"], words, words.error(error))

    shared: dict[str, Any] = {"preprocess": False, "concurrency_limit": PAGES_AT_ONCE,
                              "concurrency_id": "pages"}  # fmt: skip
    gr.on([], speaker.with_words(read), picture, answer, api_name="read", **shared)
    answers = [empty_answer(MARKS[key], MARKS) for key in ("upload_reading", "upload_prompt")]
    script = (TEMPLATES / "demo_reading.js").read_text("utf-8")
    picture.change(None, picture, answer, js=script.replace("ANSWERS", json.dumps(answers)))
    event = picture.change(speaker.with_words(read_here), picture, answer,
                           trigger_mode="always_last", **QUIETLY, **shared)  # fmt: skip
    again = speaker.with_words(lambda words: empty_answer(words["upload_again"], words))
    event.failure(again, None, answer, api_visibility="private")  # Gradio refused it itself


def report_tab(tab: gr.Tab, predictor: Predictor, folder: Path, speaker: Speaker) -> None:
    """Fill the Report tab: the report in `folder`, read when a visitor opens the tab."""
    box = make_box({"state": "wait", "words": MARKS["report_wait"]}, "demo_report.html")
    show = speaker.with_words(lambda words: read_report(folder, predictor.bundle, words))
    tab.select(show, None, box, **QUIETLY)


def _correction_form(speaker: Speaker, folder: Path) -> gr.State:
    """Make the form by which visitors say what a drawing was; gives the state for the drawing."""
    import gradio as gr

    drawn = gr.State(None, time_to_live=DRAWING_SECONDS)
    with gr.Column(elem_id="correct"):
        digits = [(str(digit), digit) for digit in range(10)]
        truth = gr.Radio(digits, label=MARKS["correct_was"], type="value")
        gr.Markdown(MARKS["correct_consent"], elem_classes="note")
        button = gr.Button(MARKS["correct_keep"])
        thanks = make_box({"words": ""}, "demo_said.html")

    def keep(drawing: corrections.Drawn | None, digit: Any, words: Words) -> tuple[Any, ...]:
        try:
            _keep(folder, drawing, digit)
        except InputError as error:
            return drawing, digit, {"words": words.error(error)}
        return None, None, {"words": words.say("correct_thanks", digit=words.named((digit,)))}

    button.click(speaker.with_words(keep), [drawn, truth], [drawn, truth, thanks], **QUIETLY)
    return drawn


def _keep(folder: Path, drawn: corrections.Drawn | None, digit: Any) -> None:
    if drawn is None:
        raise InputError(NOTHING_TO_KEEP)
    corrections.keep(folder, drawn, digit)


def make_box(value: Any, template: str, script: str | None = None) -> gr.HTML:
    """Make a box for an answer: a program gets its values as JSON, the page sees the template."""
    import gradio as gr

    return gr.HTML(
        value,
        html_template=(TEMPLATES / template).read_text("utf-8"),
        js_on_load=script,
        elem_classes="answer-box",
    )


def show_errors(words: Words, read: Callable[..., Any], *args: Any) -> Any:
    """Call a function; a program gets the message of an InputError that it raises."""
    import gradio as gr

    try:
        return read(*args)
    except InputError as error:
        raise gr.Error(words.error(error), print_exception=False) from None


def find_drawn(drawing: Image.Image | None, predictor: Predictor, words: Words) -> OneDigit | str:
    """Find the digit of a drawing, or say what to do where there is none yet."""
    if drawing is None:
        return words["draw_prompt"]
    try:
        return find_digit(drawing, predictor)
    except ImageError as error:  # nothing drawn yet, or a dot: no error to show
        dark, bright = drawing.convert("L").getextrema()
        return words["draw_prompt"] if dark == bright else words.error(error)


def find_single(drawing: Image.Image | None, predictor: Predictor, words: Words) -> OneDigit | str:
    """Find the digit of a drawing as `find_drawn` does, where no number can be read."""
    found = find_drawn(drawing, predictor, words)
    if drawing is None or isinstance(found, str):
        return found
    return words["one_at_a_time"] if complete(found, drawing, predictor).page else found


def read_upload(predictor: Predictor, value: Any, folder: str, words: Words) -> dict[str, Any]:
    """Answer an uploaded file's value as it came; raises InputError when it cannot be read."""
    if value is None:
        return empty_answer(words["upload_prompt"], words)
    image = open_sent(value, folder)
    page = read_page(image, predictor)
    if not page.digits:
        raise ImageError(NO_DIGITS)
    if len(page.digits) == 1 and page.text == page.lines:
        return describe(predictor, image, find_digit(image, predictor), words)
    return describe_page(image, page, words)
