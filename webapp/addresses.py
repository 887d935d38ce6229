"""The addresses by which others reach the demo, in words and as QR codes."""

from __future__ import annotations

import io
import socket
import sys
from contextlib import suppress

import segno

ANY_HOST = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}  # hosts that stand for every address
_BEYOND = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # nobody's (RFC 5737, 3849)


def lan_addresses(host: str, port: int, path: str = "") -> list[str]:
    """Give the web addresses by which machines on the same network reach `host`, the likeliest
    first; none where `host` is reached from this machine alone."""
    family = ANY_HOST.get(host.strip("[]"))
    if family is None:
        found = [] if _is_loopback(host) else [host.strip("[]")]
    else:
        found = [address for address in _own_addresses(family) if not _is_loopback(address)]
    return [f"http://{f'[{ip}]' if ':' in ip else ip}:{port}{path}" for ip in found]


def _own_addresses(family: socket.AddressFamily) -> list[str]:
    """This machine's addresses: that of its way out first, then those of its name."""
    found = []
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((_BEYOND[family], 9))  # sends nothing: it only chooses the way out
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += [
            str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, family)
        ]
    return list(dict.fromkeys(found))


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host.strip("[]") in ("::1", "localhost", "")


def qr_text(address: str) -> str:
    """Draw a QR code in characters, for a terminal; "" where the terminal cannot show them."""
    text = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(text, border=2, compact=True)
    try:
        text.getvalue().encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return ""
    return text.getvalue().rstrip("\n")


def qr_picture(address: str) -> str:
    """Draw a QR code as a data URL, an SVG that is sharp at any size."""
    return segno.make(address, error="m", micro=False).svg_data_uri(border=2, scale=8)
