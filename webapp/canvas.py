"""The canvas of the page: a component to draw on, and the pictures that come from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from model.errors import InputError
from webapp.encoding import open_sent
from webapp.gradio_patches import describe_as_sketch, refuse_addresses, upload_folder

if TYPE_CHECKING:
    import gradio as gr

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
WIDTH, HEIGHT = 400, 300  # px of the picture that is read, whatever its size on the screen
PEN = 14  # px, width of a stroke
NO_DRAWING = "this holds no drawing: send it as the sketch's composite, or as a file to /read"


def make_canvas(elem_id: str, follows: str = "") -> gr.HTML:
    """Make a canvas with pen, eraser, undo, redo and clear.

    When its tab is opened it takes over what was drawn since on the canvas that it `follows`.

    Its value is a dict as that of Gradio's own sketchpad, with the picture in `composite` as a data
    URL, or None while nothing is drawn. "input" is triggered after each change, not while the pen
    moves: `templates/canvas.js` says what its element tells other scripts meanwhile.
    """
    import gradio as gr

    canvas = gr.HTML(
        None,
        label="Drawing area",
        html_template=(TEMPLATES / "canvas.html").read_text("utf-8"),
        js_on_load=(TEMPLATES / "canvas.js").read_text("utf-8"),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes="sketch",
        width=WIDTH,
        height=HEIGHT,
        pen=PEN,
        name=elem_id,
        follows=follows,
    )
    describe_as_sketch(canvas)
    refuse_addresses(canvas)
    return canvas


def after_strokes(
    canvas: gr.HTML,
    read: Callable[..., Any],
    outputs: Any,
    api_name: str | None = None,
    api_visibility: Literal["public", "private"] = "public",
) -> None:
    """Have the value of a canvas read after each stroke and other change; the last one counts."""
    canvas.input(
        read,
        canvas,
        outputs,
        preprocess=False,  # what visitors send is opened by our own code, within its limits
        trigger_mode="always_last",
        show_progress="hidden",
        api_name=api_name,
        api_visibility=api_visibility,
    )


def open_drawing(canvas: gr.HTML, value: Any) -> Image.Image | None:
    """Open a canvas's value, from the page or from a program; None while nothing is drawn.

    Raises InputError when it holds no picture.
    """
    if value in (None, ""):  # Gradio makes this of None when it sends it later
        return None
    composite = value.get("composite") if isinstance(value, dict) else None
    if not isinstance(composite, dict):
        raise InputError(NO_DRAWING)
    return open_sent(composite, upload_folder(canvas))
