"""The demo: draw a digit in a browser, or upload one or a page, and see how the network reads it.

`build_demo(predictor)` is the page and `main(argv)` the command. The look lives in
`templates/demo*`, every question about pictures in `model`.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import io
import logging
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from demo_guard import RequestLimit, Uploads, bound_drawings, own_uploads
from model import InputError
from model.page import Page, annotate, read_page
from model.pictures import MAX_BYTES, ImageError, load_image
from model.predictor import Prediction, Predictor
from model.preprocessing import Steps, preprocess

if TYPE_CHECKING:
    import gradio as gr
    from PIL import Image

    from demo_api import Api

# Gradio takes seconds to import, so functions import it; it reads this setting when they do.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

TEMPLATES = Path(__file__).parent / "templates"
CANVAS_SIDE = 280  # ten canvas pixels to one of the glyph's, so a stroke is two of those wide
BRUSH_RADIUS = 10
KEEP_SECONDS = 1800  # for how long what visitors send stays on disk, and how often that is seen to
STOP_SECONDS = 10  # for answers under way, once told to stop
QUEUE_LENGTH = 64  # answers that may wait before newcomers are told to try later

TITLE = "Handwritten digit reader"
HEADING = f"""# {TITLE}
Draw one digit and a small neural network reads it after every stroke. It says so when it is unsure.
"""
ABOUT = """Read by the network **{name}**, which has {parameters:,} adjustable numbers (parameters).
Each percentage is its own estimate of how likely that digit is (its probability); all ten add up
to 100 %. What you draw or upload is not passed on and is soon deleted.
"""
DRAW_PROMPT = "Draw a digit from 0 to 9"
UPLOAD_PROMPT = "Add a picture of one digit or of many"
UPLOAD_AGAIN = "No digit read. Try another picture"
UPLOAD_HELP = (
    "# Drop a picture here\nor click to choose one: a photo or scan of one digit or a page"
)
NO_DIGITS = "no digits were found: show them dark on light or light on dark, and closer"
SHOWN_SIDE = 1200  # px, longer side of the picture that comes back with boxes
PAGES_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)  # a core stays free for drawings
NO_DRAWING = "this holds no drawing: send it as the sketch's composite, or as a file to /read"
NOT_SENT = "the picture did not arrive: send it again"
NO_ADDRESS = "send the picture itself, not its address"


def build_demo(predictor: Predictor) -> gr.Blocks:
    """Build the page: a Draw and an Upload tab, each with the answer beside the picture."""
    import gradio as gr

    bundle = predictor.bundle
    with gr.Blocks(
        title=TITLE, analytics_enabled=False, delete_cache=(KEEP_SECONDS, KEEP_SECONDS)
    ) as demo:
        gr.Markdown(HEADING, elem_id="heading")
        with gr.Tab("Draw"):
            _draw_tab(predictor)
        with gr.Tab("Upload"):
            _upload_tab(predictor)
        parameters = bundle.metadata["architecture"]["parameters"]
        gr.Markdown(ABOUT.format(name=bundle.name, parameters=parameters), elem_id="about")
        demo.load(fn=None, js=(TEMPLATES / "demo.js").read_text("utf-8"))
    # `api_open` would let calls skip the queue.
    return demo.queue(
        max_size=QUEUE_LENGTH, default_concurrency_limit=os.cpu_count(), api_open=False
    )


def _draw_tab(predictor: Predictor) -> None:
    import gradio as gr

    with gr.Row(elem_classes="reader"):
        sketch = gr.Sketchpad(
            label="Drawing area",
            show_label=False,
            canvas_size=(CANVAS_SIDE, CANVAS_SIDE),
            brush=gr.Brush(default_size=BRUSH_RADIUS, colors=["#000000"], color_mode="fixed"),
            eraser=gr.Eraser(default_size=2 * BRUSH_RADIUS),
            layers=False,
            transforms=(),
            buttons=[],
            elem_id="sketch",
        )
        answer = _answer_box(DRAW_PROMPT)
    _refuse_addresses(sketch)
    bound_drawings(sketch)

    def draw(value: dict | None) -> dict[str, Any]:
        """Read one drawn digit: the sketch's composite picture in, the answer as JSON out."""
        return _or_say_why(read_sketch, predictor, value, sketch.blob_storage, sketch.GRADIO_CACHE)

    # Not `input`: in Gradio 6.31 its first event on a fresh page names a drawing never sent.
    sketch.change(
        draw,
        sketch,
        answer,
        # Only the page can tell its own empty canvas from a call that holds no drawing.
        js="value => [value && (value.id || value.composite) ? value : null]",
        preprocess=False,  # what visitors send is opened by our own code, within its limits
        trigger_mode="always_last",
        show_progress="hidden",
        api_name="draw",
    )


def _upload_tab(predictor: Predictor) -> None:
    import gradio as gr

    with gr.Row(elem_classes="reader"):
        picture = gr.Image(
            label="Picture of one digit or many",
            show_label=False,
            type="filepath",
            sources=["upload", "clipboard", "webcam"],
            webcam_options=gr.WebcamOptions(mirror=False),  # a digit in a mirror is another one
            placeholder=UPLOAD_HELP,
            buttons=[],
            elem_id="picture",
        )
        answer = _answer_box(UPLOAD_PROMPT)
    _refuse_addresses(picture)

    def upload(value: dict | None) -> dict[str, Any]:
        """Read a picture of one digit or many: a PNG or JPEG file in, the answer as JSON out."""
        return _or_say_why(read_upload, predictor, value, picture.GRADIO_CACHE)

    event = picture.change(
        upload,
        picture,
        answer,
        preprocess=False,
        trigger_mode="always_last",
        show_progress="hidden",
        api_name="read",
        concurrency_limit=PAGES_AT_ONCE,
    )
    event.failure(lambda: empty_answer(UPLOAD_AGAIN), None, answer, api_visibility="private")


def _answer_box(prompt: str) -> gr.HTML:
    """Make the box for an answer: a program gets its values as JSON, the page sees the template."""
    import gradio as gr

    return gr.HTML(
        empty_answer(prompt),
        label="Answer",
        html_template=(TEMPLATES / "demo_answer.html").read_text("utf-8"),
        js_on_load=None,
        elem_classes="answer-box",
    )


def _refuse_addresses(component: gr.components.Component) -> None:
    """Keep Gradio from fetching web addresses that visitors send in place of a file."""
    import gradio as gr

    keep = component.async_move_resource_to_block_cache

    async def keep_unless_address(path: str | Path | None) -> str | None:
        if str(path).lower().startswith(("http:", "https:")):
            raise gr.Error(_sentence(NO_ADDRESS), print_exception=False)
        return await keep(path)

    component.async_move_resource_to_block_cache = keep_unless_address


def _or_say_why(read: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    import gradio as gr

    try:
        return read(*args)
    except InputError as error:
        raise gr.Error(_sentence(error), print_exception=False) from None


def read_sketch(
    predictor: Predictor, value: dict | None, blobs: dict[str, Any], folder: str
) -> dict[str, Any]:
    """Answer a sketchpad's value as it came; an empty canvas gets the prompt.

    The drawing is the value's composite, a file in `folder`, or among the `blobs`, bytes that the
    page sent beforehand under the value's `id`. Raises InputError when there is none.
    """
    if value is None:
        return empty_answer(DRAW_PROMPT)
    sent = blobs.pop(value.get("id"), None)
    if sent and sent.composite:
        image = load_image(bytes(sent.composite))
    elif value.get("composite"):
        image = open_sent(value["composite"], folder)
    else:
        raise InputError(NO_DRAWING)
    try:
        return describe(predictor, preprocess(image))
    except ImageError as error:  # nothing drawn, or a dot so far: no reason to alarm anybody
        dark, bright = image.convert("L").getextrema()
        return empty_answer(DRAW_PROMPT if dark == bright else _sentence(error))


def read_upload(predictor: Predictor, value: dict | None, folder: str) -> dict[str, Any]:
    """Answer an uploaded file's value as it came; raises InputError when it cannot be read."""
    if value is None:
        return empty_answer(UPLOAD_PROMPT)
    image = open_sent(value, folder)
    page = read_page(image, predictor)
    if not page.digits:
        raise ImageError(NO_DIGITS)
    if len(page.digits) == 1:
        return describe(predictor, preprocess(image))
    return describe_page(image, page)


def open_sent(file: dict, folder: str) -> Image.Image:
    """Open what a visitor sent: a data URL, or a file in the upload folder and nowhere else.

    Raises ImageError when it is neither or no picture that can be read.
    """
    url, path = file.get("url") or "", file.get("path")
    try:
        if url.startswith("data:"):
            text = url.partition(",")[2]
            if len(text) > MAX_BYTES * 4 / 3 + 4:
                raise ImageError("the picture is over 20 MB: make it smaller")
            return load_image(base64.b64decode(text, validate=True))
        if not path or not Path(path).resolve().is_relative_to(Path(folder).resolve()):
            raise ImageError(NOT_SENT)
        with open(path, "rb") as stream:  # not by its path: errors would name it
            return load_image(stream)
    except (OSError, binascii.Error):
        raise ImageError(NOT_SENT) from None


def describe(predictor: Predictor, steps: Steps) -> dict[str, Any]:
    """Put an answer into numbers and words: the fields of `predict --json` and what is shown."""
    prediction = predictor.predict_steps(steps)
    state, words = put_in_words(prediction, predictor.calibration.accept_digit_probability)
    ranked = sorted(range(10), key=lambda digit: -prediction.probabilities[digit])
    shares = [(digit, prediction.probabilities[digit]) for digit in ranked[:3]]
    png = cv2.imencode(".png", steps.glyph)[1].tobytes()
    return {
        "state": state,
        "words": words,
        **asdict(prediction),
        "top": [{"digit": d, "probability": p, "percent": percent(p)} for d, p in shares],
        "glyph": data_url("png", png),
    }


def describe_page(image: Image.Image, page: Page) -> dict[str, Any]:
    """Put a page into words: its lines, its digits as `read --json` has them, and boxes drawn."""
    boxes = annotate(image, page)
    boxes.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    jpeg = io.BytesIO()
    boxes.save(jpeg, "JPEG", quality=85)
    read = sum(digit.accepted for digit in page.digits)
    lines = f"{len(page.lines)} line" + "s" * (len(page.lines) != 1)
    doubtful = len(page.digits) - read
    more = f"; {doubtful} more may be none" if doubtful else ""
    return {
        "state": "page",
        "words": f"{read} digits in {lines}{more}" if read else "No digit that is sure",
        "lines": page.lines,
        "digits": [asdict(digit) for digit in page.digits],
        "picture": data_url("jpeg", jpeg.getvalue()),
    }


def data_url(kind: str, data: bytes) -> str:
    """Wrap a picture's bytes so that the page needs no file for it."""
    return f"data:image/{kind};base64," + base64.b64encode(data).decode("ascii")


def empty_answer(words: str) -> dict[str, Any]:
    """Give the answer to nothing: a prompt where the words go."""
    return {"state": "empty", "words": words, "digit": None, "top": [], "glyph": None}


def put_in_words(prediction: Prediction, accept: float | None) -> tuple[str, str]:
    """Say how sure the network is: a state ("sure", "unsure", "no-digit") and a sentence.

    `accept` is the least probability of being a digit at all with which an answer is accepted.
    """
    named = f"{'an' if prediction.digit == 8 else 'a'} {prediction.digit}"
    if prediction.accepted:
        return "sure", f"This is {named}"
    chance = prediction.digit_probability
    if accept is not None and chance is not None and chance < accept:
        closest = prediction.digit
        return "no-digit", f"This does not look like a digit; the closest is {closest}"
    return "unsure", f"Not sure: it may be {named}"


def percent(probability: float) -> str:
    """Write a probability in per cent, never rounded up to certain or down to impossible."""
    if probability >= 0.9995:
        return "> 99.9 %"
    return f"{probability:.1%}".replace("%", " %") if probability >= 0.0005 else "< 0.1 %"


def _sentence(error: object) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


def main(argv: list[str] | None = None) -> int:
    """Serve the demo until it is stopped; 2 when the call was wrong."""
    args = _parser().parse_args(argv)
    try:
        auth = _auth_pair(args.auth)
        _check_root_path(args.root_path)
        _check_address(args.host, args.port)
        predictor = Predictor.load(args.bundle)
        with own_uploads() as uploads:
            from demo_api import Api

            return _serve(build_demo(predictor), Api(predictor), uploads, args, auth)
    except (InputError, OSError) as error:  # OSError: Gradio found no port after all
        print(f"demo.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="demo.py", description="Draw or upload a digit in the browser and have it read."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (%(default)s)")
    parser.add_argument("--port", type=int, help="port to serve on (the first free from 7860)")
    parser.add_argument("--share", action="store_true", help="make a public link as well")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="ask visitors for these")
    parser.add_argument(
        "--root-path", default="", metavar="/PATH", help="where a proxy in front shows the demo"
    )
    parser.add_argument("--bundle", default="cnn", help="name or folder of a bundle (%(default)s)")
    return parser


def _auth_pair(text: str | None) -> tuple[str, str] | None:
    user, _, password = (text or "").partition(":")
    if text is not None and not (user and password):
        raise InputError("--auth wants USER:PASSWORD, neither of them empty")
    return (user, password) if text is not None else None


def _check_address(host: str, port: int | None) -> None:
    """Raise InputError when an address cannot be served on: Gradio would find out late."""
    if port is not None and not 1 <= port <= 65535:
        raise InputError(f"--port wants 1 to 65535, not {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host.strip("[]"), port or 0), family=family).close()
    except OSError as error:
        where = host if port is None else f"{host} port {port}"
        reason = error.strerror or error
        raise InputError(f"cannot serve on {where} ({reason}): choose another") from None


def _check_root_path(path: str) -> None:
    if path and not re.fullmatch(r"(/[\w.~-]+)+", path, re.ASCII):
        raise InputError(f"--root-path wants a path such as /digits, not {path!r}")


def _serve(demo: gr.Blocks, api: Api, uploads: Uploads, args: argparse.Namespace,
           auth: tuple[str, str] | None) -> int:  # fmt: skip
    if args.share:
        print("Asking for a public link; without a network this can take a minute …", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop as for Ctrl-C
    logging.getLogger("uvicorn.error").addFilter(_worth_logging)
    try:
        where = {"server_name": args.host, "server_port": args.port, "share": args.share,
                 "root_path": args.root_path or None, "auth": auth}  # fmt: skip
        options = launch_options() | app_options(api)
        demo.launch(**where, prevent_thread_lock=True, quiet=True, **options)
        print(f"The demo is at {demo.local_url} (Ctrl-C stops it)", flush=True)
        if args.share:
            print(_about_link(demo.share_url, auth is not None), flush=True)
        uploads.keep_what_is_there()
        while True:
            uploads.delete_old()
            time.sleep(0.5)
    except KeyboardInterrupt:
        _finish(demo, api)
        return 0
    finally:
        demo.close(verbose=False)


def _finish(demo: gr.Blocks, api: Api) -> None:
    """Let what is under way be answered, within limits; programs are sent away meanwhile."""
    api.stopping = True
    queue, latest = demo._queue, time.monotonic() + STOP_SECONDS
    while (api.busy or len(queue) or queue.get_active_worker_count()) and time.monotonic() < latest:
        time.sleep(0.05)


def _about_link(address: str | None, asks: bool) -> str:
    """Say what a public link is, how long it lasts and what it shows."""
    if not address:
        return "No public link could be made; the address above works."
    who = "Whoever has the link and the password" if asks else "Whoever has the link"
    more = "" if asks else "\nStop this and add --auth USER:PASSWORD to keep strangers out."
    return f"""The public link is {address}
It lasts up to a week, and no longer than this program runs (Ctrl-C stops both).
{who} can draw, upload and call /api; what they send goes through Gradio's servers
to this computer, is read and soon deleted. Nothing else of this computer is shown.{more}"""


def _worth_logging(record: logging.LogRecord) -> bool:
    """Leave out that a visitor closed the page in the middle of sending: nothing is wrong."""
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__name__ != "ClientDisconnect"


def app_options(api: Api) -> dict[str, Any]:
    """Give launch's arguments for what stands before Gradio's own answers: the API, a limit."""
    from starlette.middleware import Middleware

    before = {"routes": api.routes(), "middleware": [Middleware(RequestLimit)]}
    return {"app_kwargs": before | {"openapi_url": None}}  # Gradio's routes are no API of ours


def launch_options() -> dict[str, Any]:
    """Give launch's arguments for the look (our own style sheet) and for keeping to ourselves."""
    import gradio as gr

    font = gr.themes.utils.fonts.Font  # a plain name would become a request for a font file
    sans = [font(name) for name in ("system-ui", "-apple-system", "Segoe UI", "sans-serif")]
    return {
        "theme": gr.themes.Base(neutral_hue="gray", font=sans, font_mono=[font("monospace")]),
        "css_paths": [TEMPLATES / "demo.css"],
        "show_error": False,  # only what we raise ourselves is shown: the rest may name paths
        "enable_monitoring": False,
        "run_history": False,
        "footer_links": [],
        "max_file_size": MAX_BYTES,
        "ssr_mode": False,
    }


if __name__ == "__main__":
    sys.exit(main())
