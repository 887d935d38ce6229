"""Serves the demo until it is told to stop, and deletes meanwhile what visitors left."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from starlette.middleware import Middleware

from model.files.pictures import MAX_BYTES
from webapp.addresses import lan_addresses
from webapp.gradio_patches import (
    Leftovers,
    all_uploads_folder,
    make_tunnel,
    sessions_under_way,
    tunnel_stands,
)
from webapp.headers import SecurityHeaders
from webapp.language import Speaker, Translation
from webapp.limits import RequestLimit
from webapp.link import Invitation, Link, about_network
from webapp.logins import LoginLimit
from webapp.tabs import TEMPLATES
from webapp.upload_names import UploadNames
from webapp.uploads import Uploads

if TYPE_CHECKING:
    import gradio as gr

    from webapp.api import Api

LOOK_SECONDS = 10  # between two looks at what visitors left on disk and in memory
SESSIONS_KEPT = 150  # each takes some 90 kB; a call that names no session makes one
STOP_SECONDS = 10  # for answers under way, once told to stop


@dataclass(frozen=True)
class Address:
    """Where the demo is served, and to whom."""

    host: str
    port: int | None = None  # the first free one from 7860
    share: bool = False  # by a public link as well
    root_path: str = ""  # under which a proxy shows the demo
    auth: tuple[str, str] | None = None  # the name and the password asked for


def serve(
    demo: gr.Blocks,
    api: Api,
    uploads: Uploads,
    address: Address,
    speaker: Speaker,
    invitation: Invitation | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is under way. Raises OSError without a port.

    To be called from the main thread, as signals are handled there. The page shows `invitation`.
    """
    link = None
    if address.share:
        print("Asking for a public link; without a network this can take a minute …", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop as for Ctrl-C
    logging.getLogger("uvicorn.error").addFilter(_is_worth_logging)
    try:
        demo.launch(
            server_name=address.host,
            server_port=address.port,
            share=address.share,
            root_path=address.root_path or None,
            auth=address.auth,
            auth_message="<h1>@@title@@</h1>",
            prevent_thread_lock=True,
            quiet=True,
            **launch_options(api, speaker),
        )
        print(f"The demo is at {demo.local_url} (Ctrl-C stops it)", flush=True)
        link = _invite(demo, address, invitation or Invitation())
        _clean_up_regularly(demo, uploads)
    except KeyboardInterrupt:
        _finish(demo, api)
    finally:
        if link:
            link.stop()
        demo.close(verbose=False)


def _invite(demo: gr.Blocks, address: Address, invitation: Invitation) -> Link | None:
    """Say how others reach the demo, and give the public link if there is to be one."""
    asks_login = address.auth is not None
    nearby = lan_addresses(address.host, demo.server_port, address.root_path)
    if nearby:
        invitation.address = nearby[0]
        _say(about_network(nearby, asks_login))
    if not address.share:
        return None
    link = Link(lambda: make_tunnel(demo), _answers, invitation, asks_login, _say)
    link.begin(demo.share_url)
    return link


def _answers(link: str) -> bool:
    """Tell whether a public link still leads here; a login that it asks for is an answer too."""
    if not tunnel_stands():
        return False
    try:
        status = httpx.get(f"{link}/api/health", timeout=10).status_code
    except httpx.HTTPError:
        return False
    return status in (200, 401, 429)


def _say(text: str) -> None:
    print(text, flush=True)


def _clean_up_regularly(demo: gr.Blocks, uploads: Uploads) -> None:
    """Delete what visitors left every LOOK_SECONDS, until interrupted."""
    uploads.keep_what_is_there()
    leftovers = Leftovers(demo)
    while True:
        uploads.delete_old()
        leftovers.forget()
        give_memory_back()
        time.sleep(LOOK_SECONDS)


def give_memory_back() -> None:
    """Return freed memory to the system, where the C library is GNU's.

    It keeps freed memory for each thread; without this a server grows with every large picture.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim:
        trim(0)


def _finish(demo: gr.Blocks, api: Api) -> None:
    """Wait until what is under way is answered, for STOP_SECONDS at most; refuse new requests."""
    api.stopping = True
    latest = time.monotonic() + STOP_SECONDS
    while (api.busy or sessions_under_way(demo)) and time.monotonic() < latest:
        time.sleep(0.05)


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Leave out that a visitor closed the page while sending: nothing is wrong then."""
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__name__ != "ClientDisconnect"


def launch_options(api: Api, speaker: Speaker | None = None) -> dict[str, Any]:
    """Give the arguments for Gradio's `launch`: the look, the limits, and the HTTP interface."""
    import gradio as gr

    font = gr.themes.utils.fonts.Font  # a plain name would become a request for a font file
    sans = [font(name) for name in ("system-ui", "-apple-system", "Segoe UI", "sans-serif")]
    theme = gr.themes.Base(neutral_hue="gray", font=sans, font_mono=[font("monospace")])
    theme.set(button_primary_background_fill="*primary_600")  # in contrast to white, at the login
    return {
        "app_kwargs": {
            "routes": api.routes(),
            "middleware": [
                Middleware(SecurityHeaders),
                Middleware(RequestLimit),
                Middleware(LoginLimit),
                Middleware(UploadNames, folder=all_uploads_folder()),
                Middleware(Translation, speaker=speaker or Speaker()),
            ],
            "openapi_url": None,  # Gradio's routes are not our interface
        },
        "theme": theme,
        "css_paths": [TEMPLATES / "demo.css", TEMPLATES / "demo_inside.css"],
        "show_error": False,  # only what we raise ourselves is shown: the rest may name paths
        "enable_monitoring": False,
        "run_history": False,
        "footer_links": [],
        "max_file_size": MAX_BYTES,
        "state_session_capacity": SESSIONS_KEPT,
        "ssr_mode": False,
    }
