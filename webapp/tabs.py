"""The demo's tabs: what each shows, and what happens when a visitor does something there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from model.data import corrections
from model.errors import InputError
from model.files.pictures import ImageError, load_image
from model.inference.predictor import Predictor
from model.pages.one_digit import find_digit
from model.pages.reader import read_page
from model.preprocessing import Steps, preprocess
from webapp.answers import (
    compare,
    describe,
    describe_page,
    empty_answer,
    empty_comparison,
    open_sent,
    sentence,
)
from webapp.examples import draw_examples
from webapp.gradio_patches import (
    bound_drawings,
    refuse_addresses,
    take_drawing,
    upload_folder,
)
from webapp.report_view import read_report

if TYPE_CHECKING:
    import gradio as gr

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
CANVAS_SIDE = 280  # ten canvas pixels to one of the glyph's, so a stroke is two of those wide
BRUSH_RADIUS = 10
PAGES_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)  # a core stays free for drawings
DRAWING_SECONDS = 1800  # a drawing can be corrected for as long, then its memory is freed

DRAW_PROMPT = "Draw a digit from 0 to 9"
COMPARE_PROMPT = "Draw a digit for all of them"
UPLOAD_PROMPT = "Add a picture of one digit or of many"
UPLOAD_AGAIN = "No digit read. Try another picture"
UPLOAD_HELP = (
    "# Add a picture\nClick or tap to choose a photo or scan of one digit or a page. "
    "You can also drop or paste it here."
)
COMPARE_ABOUT = """A hidden layer lets a network weigh pixels *together*: it can learn that two
strokes make a corner, where a network without one only counts pixels. Convolutions look for the
same small stroke *everywhere*, so a digit that is moved, tilted or oddly written still counts.
"""
CORRECT_CONSENT = """Was it read wrong, or is it a fine example? Say what it was and press the
button: your drawing, also as the network saw it, the answer and what you said are then **kept on
this server** to train the network with. Nothing else about you is kept.
"""
NO_DIGITS = "no digits were found: show them dark on light or light on dark, and closer"
NO_DRAWING = "this holds no drawing: send it as the sketch's composite, or as a file to /read"
NOTHING_TO_KEEP = "draw a digit first; each drawing is kept once"


def draw_tab(predictor: Predictor, folder: Path | None) -> None:
    """Make the Draw tab; with a `folder` for corrections, visitors can say what it was."""
    import gradio as gr

    with gr.Row(elem_classes="reader"):
        with gr.Column(elem_classes="hand"):
            sketch = _sketchpad("sketch")
            drawn = _correction_form(folder) if folder else None
        answer = _box(empty_answer(DRAW_PROMPT), "demo_answer.html", "Answer")

    def draw(value: dict | None) -> Any:
        """Read one drawn digit: the sketch's composite picture in, the answer as JSON out."""
        steps = _read_drawing(sketch, value)
        if not isinstance(steps, Steps):
            return (empty_answer(steps), None) if folder else empty_answer(steps)
        answer = describe(predictor, steps)
        if not folder:
            return answer
        reading = predictor.predict_steps(steps)
        return answer, corrections.Drawn.of(steps, reading, predictor.bundle.name)

    _after_strokes(sketch, draw, [answer, drawn] if folder else answer, api_name="draw")


def compare_tab(predictors: Sequence[Predictor]) -> None:
    """Make the Compare tab: one drawing, read by each of the networks."""
    import gradio as gr

    with gr.Row(elem_classes="reader"):
        with gr.Column(elem_classes="hand"):
            sketch = _sketchpad("compare-sketch")
            gr.Markdown(COMPARE_ABOUT, elem_classes="note")
        blank = empty_comparison(predictors, COMPARE_PROMPT)
        answer = _box(blank, "demo_compare.html", "Comparison")

    def draw(value: dict | None) -> dict[str, Any]:
        steps = _read_drawing(sketch, value)
        if isinstance(steps, Steps):
            return compare(predictors, steps)
        return blank if steps == DRAW_PROMPT else empty_comparison(predictors, steps)

    _after_strokes(sketch, draw, answer, api_visibility="private")


def upload_tab(predictor: Predictor) -> None:
    """Make the Upload tab: a picture of one digit or a page, and examples to try."""
    import gradio as gr

    with gr.Row(elem_classes="reader"):
        with gr.Column(elem_classes="hand"):
            picture = gr.Image(
                label="Picture of one digit or many",
                show_label=False,
                type="filepath",
                sources=["upload", "clipboard", "webcam"],
                webcam_options=gr.WebcamOptions(mirror=False),  # a mirrored digit is another shape
                placeholder=UPLOAD_HELP,
                buttons=[],
                elem_id="picture",
            )
            _box(draw_examples(), "demo_examples.html", "Examples")
        answer = _box(empty_answer(UPLOAD_PROMPT), "demo_answer.html", "Answer")
    refuse_addresses(picture)

    def read(value: dict | None) -> dict[str, Any]:
        """Read a picture of one digit or many: a PNG or JPEG file in, the answer as JSON out."""
        return _show_errors(read_upload, predictor, value, upload_folder(picture))

    event = picture.change(
        read,
        picture,
        answer,
        preprocess=False,
        trigger_mode="always_last",
        show_progress="hidden",
        api_name="read",
        concurrency_limit=PAGES_AT_ONCE,
    )
    event.failure(lambda: empty_answer(UPLOAD_AGAIN), None, answer, api_visibility="private")


def report_tab(tab: gr.Tab, predictor: Predictor, folder: Path) -> None:
    """Fill the Report tab: the report in `folder`, read when a visitor opens the tab."""
    box = _box({"state": "wait", "words": "Fetching the report …"}, "demo_report.html", "Report")

    def show() -> dict[str, Any]:
        return read_report(folder, predictor.bundle)

    tab.select(show, None, box, show_progress="hidden", api_visibility="private")


def _sketchpad(elem_id: str) -> gr.Sketchpad:
    """Make a square to draw on, with brush, eraser, undo, redo and clear."""
    import gradio as gr

    sketch = gr.Sketchpad(
        label="Drawing area",
        show_label=False,
        canvas_size=(CANVAS_SIDE, CANVAS_SIDE),
        brush=gr.Brush(default_size=BRUSH_RADIUS, colors=["#000000"], color_mode="fixed"),
        eraser=gr.Eraser(default_size=2 * BRUSH_RADIUS),
        layers=False,
        transforms=(),
        buttons=[],
        elem_id=elem_id,
        elem_classes="sketch",
    )
    refuse_addresses(sketch)
    bound_drawings(sketch)
    return sketch


def _after_strokes(
    sketch: gr.Sketchpad,
    draw: Callable[..., Any],
    outputs: Any,
    api_name: str | None = None,
    api_visibility: Literal["public", "private"] = "public",
) -> None:
    """Have the drawing read by `draw` after each stroke."""
    # Not `input`: in Gradio 6.31 its first event on a fresh page names a drawing never sent.
    sketch.change(
        draw,
        sketch,
        outputs,
        # Only the page can tell its own empty canvas from a call that holds no drawing.
        js="value => [value && (value.id || value.composite) ? value : null]",
        preprocess=False,  # what visitors send is opened by our own code, within its limits
        trigger_mode="always_last",
        show_progress="hidden",
        api_name=api_name,
        api_visibility=api_visibility,
    )


def _correction_form(folder: Path) -> gr.State:
    """Make the form by which visitors say what a drawing was; gives the state for the drawing."""
    import gradio as gr

    drawn = gr.State(None, time_to_live=DRAWING_SECONDS)
    with gr.Column(elem_id="correct"):
        truth = gr.Radio([(str(d), d) for d in range(10)], label="It was a …", type="value")
        gr.Markdown(CORRECT_CONSENT, elem_classes="note")
        button = gr.Button("Keep my drawing for training")
        thanks = _box({"words": ""}, "demo_said.html", "What was kept")

    def keep(drawing: corrections.Drawn | None, digit: Any) -> tuple[Any, ...]:
        _show_errors(_keep, folder, drawing, digit)
        return None, None, {"words": f"Thank you. It is kept as a {digit}."}

    button.click(
        keep,
        [drawn, truth],
        [drawn, truth, thanks],
        show_progress="hidden",
        api_visibility="private",
    )
    return drawn


def _keep(folder: Path, drawn: corrections.Drawn | None, digit: Any) -> None:
    if drawn is None:
        raise InputError(NOTHING_TO_KEEP)
    corrections.keep(folder, drawn, digit)


def _box(value: Any, template: str, label: str) -> gr.HTML:
    """Make a box for an answer: a program gets its values as JSON, the page sees the template."""
    import gradio as gr

    return gr.HTML(
        value,
        label=label,
        html_template=(TEMPLATES / template).read_text("utf-8"),
        js_on_load=None,
        elem_classes="answer-box",
    )


def _show_errors(read: Callable[..., Any], *args: Any) -> Any:
    """Call a function; the page shows the message of an InputError that it raises."""
    import gradio as gr

    try:
        return read(*args)
    except InputError as error:
        raise gr.Error(sentence(error), print_exception=False) from None


def _read_drawing(sketch: gr.Sketchpad, value: dict | None) -> Steps | str:
    sent = take_drawing(sketch, value.get("id")) if value else None
    return _show_errors(read_sketch, value, sent, upload_folder(sketch))


def read_sketch(value: dict | None, sent: bytes | None, folder: str) -> Steps | str:
    """Turn a sketchpad's value into a glyph; an empty canvas gives a prompt instead.

    The drawing is what the page `sent` beforehand, an image file's bytes, or else the value's
    composite, a file in `folder`. Raises InputError when there is none.
    """
    if value is None:
        return DRAW_PROMPT
    if sent:
        image = load_image(sent)
    elif value.get("composite"):
        image = open_sent(value["composite"], folder)
    else:
        raise InputError(NO_DRAWING)
    try:
        return preprocess(image)
    except ImageError as error:  # nothing drawn yet, or a dot: no error to show
        dark, bright = image.convert("L").getextrema()
        return DRAW_PROMPT if dark == bright else sentence(error)


def read_upload(predictor: Predictor, value: dict | None, folder: str) -> dict[str, Any]:
    """Answer an uploaded file's value as it came; raises InputError when it cannot be read."""
    if value is None:
        return empty_answer(UPLOAD_PROMPT)
    image = open_sent(value, folder)
    page = read_page(image, predictor)
    if not page.digits:
        raise ImageError(NO_DIGITS)
    if len(page.digits) == 1:
        return describe(predictor, find_digit(image, predictor).steps)
    return describe_page(image, page)
