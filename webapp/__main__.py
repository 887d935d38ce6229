"""The command that serves the demo: it checks its options, loads a network and serves it."""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
from pathlib import Path

from model.bundles.store import load_bundle
from model.data.corrections import prepare_folder
from model.errors import CommandParser, InputError, run_command
from model.inference.predictor import Predictor
from model.inference.trial import try_apart
from webapp.addresses import lan_addresses
from webapp.inside import Insides, networks_beside
from webapp.language import LANGUAGES, Speaker
from webapp.link import Invitation
from webapp.page import REPORT_FOLDER, build_demo
from webapp.uploads import own_uploads

ANY_IPV4 = "0.0.0.0"  # every address of this machine


def main(argv: list[str] | None = None, prog: str = "python -m webapp") -> int:
    """Serve the demo until it is stopped: 0 stopped, 2 wrong input, 130 interrupted early."""
    options = _parser(prog).parse_args(argv)
    return run_command(lambda: _run(options), prog)


def _run(options: argparse.Namespace) -> int:
    auth = _auth_pair(options.auth)
    _check_root_path(options.root_path)
    host = ANY_IPV4 if options.lan else options.host
    _check_address(host, options.port)
    if options.corrections:
        prepare_folder(options.corrections)
    bundle = load_bundle(options.bundle)
    try_apart(bundle)
    predictor = Predictor(bundle)
    with own_uploads() as uploads:  # Gradio asks for its folder as the page is built
        from webapp.api import Api
        from webapp.serving import Address, serve

        speaker = Speaker(options.language)
        invitation = Invitation() if options.share or lan_addresses(host, 0) else None
        insides = Insides(networks_beside(predictor))
        demo = build_demo(
            predictor, options.report, options.corrections, speaker, invitation, insides
        )
        address = Address(host, options.port, options.share, options.root_path, auth)
        serve(demo, Api(predictor, insides, speaker), uploads, address, speaker, invitation)
    return 0


def _parser(prog: str = "python -m webapp") -> argparse.ArgumentParser:
    parser = CommandParser(
        prog=prog, description="Draw or upload a digit in the browser and have it read."
    )
    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")  # a Hugging Face Space sets it
    # fmt: off
    option = parser.add_argument
    option("--host", default=host, help="address to serve on (%(default)s)")
    option("--lan", action="store_true",
           help="let others on the same network in, as by --host 0.0.0.0")
    option("--port", type=int, help="port to serve on (the first free from 7860)")
    option("--share", action="store_true", help="make a public link as well")
    option("--auth", metavar="USER:PASSWORD", help="ask visitors for these")
    option("--root-path", default="", metavar="/PATH",
           help="where a proxy in front shows the demo")
    option("--bundle", default="cnn", help="name or folder of a bundle (%(default)s)")
    option("--report", type=Path, default=REPORT_FOLDER, metavar="DIR",
           help="folder of the report to show (%(default)s)")
    option("--language", choices=LANGUAGES, help="language of the page (the browser's)")
    option("--corrections", type=Path, metavar="DIR",
           help="let visitors say what a drawing was, and keep it here to train with")
    # fmt: on
    return parser


def _auth_pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    user, _, password = text.partition(":")
    if not (user and password):
        raise InputError("--auth wants USER:PASSWORD, neither of them empty")
    return user, password


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


if __name__ == "__main__":
    sys.exit(main())
