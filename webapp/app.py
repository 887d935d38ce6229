"""The demo: draw a digit in a browser, or upload one or a page, and see how the network reads it.

`build_demo(predictor)` is the page and `main(argv)` the command. The look lives in
`templates/demo*`, every question about pictures in `model`.
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.bundles.store import shipped_bundles
from model.data.corrections import prepare_folder
from model.errors import InputError, run_command
from model.files.pictures import MAX_BYTES
from model.inference.predictor import Predictor
from webapp.gradio_patches import (
    Leftovers,
    bound_session_names,
    check_gradio,
    forget_values,
    sessions_under_way,
)
from webapp.limits import RequestLimit
from webapp.tabs import TEMPLATES, compare_tab, draw_tab, report_tab, upload_tab
from webapp.uploads import Uploads, own_uploads

if TYPE_CHECKING:
    import gradio as gr

    from webapp.api import Api

# Gradio takes seconds to import, so functions import it; it reads this setting when they do.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
# Gradio asks for it at the first answer; without it that answer waits until pyplot is imported.
os.environ.setdefault("MPLBACKEND", "agg")

REPORT_FOLDER = Path("report-out")
STOP_SECONDS = 10  # for answers under way, once told to stop
LOOK_SECONDS = 10  # between two looks at what is kept of visitors on disk and in memory
SESSIONS_KEPT = 300  # each takes some 30 kB; a call that names no session makes one
QUEUE_LENGTH = 64  # answers that may wait before newcomers are told to try later

TITLE = "Handwritten digit reader"
HEADING = f"""# {TITLE}
Draw one digit, and a small neural network reads it as you draw. It says so when it is unsure.
"""
ABOUT = """Read by the network **{name}**, which has {parameters:,} adjustable numbers (parameters).
Each percentage is its own estimate of how likely that digit is (its probability); all ten add up
to 100 %. What you draw or upload is not passed on and is soon deleted{unless}.
"""


def build_demo(
    predictor: Predictor, report: Path = REPORT_FOLDER, corrections: Path | None = None
) -> gr.Blocks:
    """Build the page, with the report of one folder, and another for corrections if they are kept.

    Raises InputError when a shipped network cannot be loaded, or this Gradio is not supported.
    """
    import gradio as gr

    bundle = predictor.bundle
    with gr.Blocks(title=TITLE, analytics_enabled=False) as demo:
        check_gradio(demo)
        gr.Markdown(HEADING, elem_id="heading")
        with gr.Tab("Draw"):
            draw_tab(predictor, corrections)
        with gr.Tab("Upload"):
            upload_tab(predictor)
        with gr.Tab("Compare"):
            compare_tab(_networks(predictor))
        with gr.Tab("Report") as tab:
            report_tab(tab, predictor, report)
        parameters = bundle.metadata["architecture"]["parameters"]
        unless = " unless you choose to have it kept" if corrections else ""
        about = ABOUT.format(name=bundle.name, parameters=parameters, unless=unless)
        gr.Markdown(about, elem_id="about")
        for script in ("demo.js", "demo_live.js"):
            demo.load(fn=None, js=(TEMPLATES / script).read_text("utf-8"))
    # `api_open` would let calls skip the queue.
    return demo.queue(
        max_size=QUEUE_LENGTH, default_concurrency_limit=os.cpu_count(), api_open=False
    )


def _networks(served: Predictor) -> list[Predictor]:
    """All networks that ship, smallest first; the served one comes last if it is another."""
    shipped = [
        served if bundle.path == served.bundle.path else Predictor(bundle)
        for bundle in shipped_bundles()
    ]
    return shipped if served in shipped else [*shipped, served]


def main(argv: list[str] | None = None, prog: str = "demo.py") -> int:
    """Serve the demo until it is stopped; 2 when the call was wrong."""
    args = _parser(prog).parse_args(argv)
    return run_command(lambda: _run(args), "demo.py")


def _run(args: argparse.Namespace) -> int:
    """Check the call, load the network and serve. Raises InputError, and OSError without a port."""
    auth = _auth_pair(args.auth)
    _check_root_path(args.root_path)
    _check_address(args.host, args.port)
    if args.corrections:
        prepare_folder(args.corrections)
    predictor = Predictor.load(args.bundle)
    with own_uploads() as uploads:
        from webapp.api import Api

        demo = build_demo(predictor, args.report, args.corrections)
        return _serve(demo, Api(predictor), uploads, args, auth)


def _parser(prog: str = "demo.py") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="Draw or upload a digit in the browser and have it read."
    )
    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")  # a Hugging Face Space sets it
    parser.add_argument("--host", default=host, help="address to serve on (%(default)s)")
    parser.add_argument("--port", type=int, help="port to serve on (the first free from 7860)")
    parser.add_argument("--share", action="store_true", help="make a public link as well")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="ask visitors for these")
    parser.add_argument(
        "--root-path", default="", metavar="/PATH", help="where a proxy in front shows the demo"
    )
    parser.add_argument("--bundle", default="cnn", help="name or folder of a bundle (%(default)s)")
    parser.add_argument(
        "--report", type=Path, default=REPORT_FOLDER, metavar="DIR", help=(
            "folder of the report to show (%(default)s)"))  # fmt: skip
    parser.add_argument(
        "--corrections", type=Path, metavar="DIR", help=(
            "let visitors say what a drawing was, and keep it here to train with"))  # fmt: skip
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
        leftovers = Leftovers(demo)
        while True:
            uploads.delete_old()
            leftovers.forget()
            give_memory_back()
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        _finish(demo, api)
        return 0
    finally:
        demo.close(verbose=False)


def _finish(demo: gr.Blocks, api: Api) -> None:
    """Let what is under way be answered, within limits; programs are sent away meanwhile."""
    api.stopping = True
    latest = time.monotonic() + STOP_SECONDS
    while (api.busy or sessions_under_way(demo)) and time.monotonic() < latest:
        time.sleep(0.05)


def give_memory_back() -> None:
    """Return freed memory to the system, where the C library is GNU's.

    It keeps freed memory for each thread; without this a server grows with every large picture.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim:
        trim(0)


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

    forget_values()
    bound_session_names()
    before = {"routes": api.routes(), "middleware": [Middleware(RequestLimit)]}
    before["openapi_url"] = None  # Gradio's routes are no API of ours
    return {"app_kwargs": before, "state_session_capacity": SESSIONS_KEPT}


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
