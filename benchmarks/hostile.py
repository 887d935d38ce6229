"""Malicious and malformed requests, each with a check that it is refused and reveals nothing."""

from __future__ import annotations

import gzip
import io
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import numpy as np
from PIL import Image

from benchmarks.asking import Request, Wrong, queued
from benchmarks.servers import ROOT
from model.files.pictures import MAX_BYTES
from tests.encoding import encoded

Ask = Callable[[httpx.Client], Wrong]
SECRETS = re.compile(
    "|".join(map(re.escape, (str(ROOT), "site-packages", "Traceback", "root:x:", "def main(")))
)


def hostile_requests() -> Iterator[Request]:
    """Give every hostile request once, in an order that mixes their kinds."""
    kinds = {
        "odd picture": odd_pictures(),
        "wrong type": wrong_types(),
        "odd form": odd_forms(),
        "path trick": path_tricks(),
        "odd call": odd_calls(),
        "odd JSON": odd_json(),
    }
    asked = [Request(name, ask, hostile=True) for name, asks in kinds.items() for ask in asks]
    random.Random(0).shuffle(asked)
    yield from asked


def odd_pictures() -> Iterator[Ask]:
    """Truncated pictures, decompression bombs, and files that are no pictures."""
    noise = np.random.default_rng(0).integers(0, 255, (300, 300), np.uint8)
    png = encoded(Image.fromarray(noise))
    gif = io.BytesIO()
    Image.fromarray(noise).save(gif, "GIF", save_all=True, append_images=[Image.new("L", (9, 9))])
    bodies = [
        (png[: len(png) // 2], 400),
        (png[:60] + bytes(byte ^ 0x55 for byte in png[60:]), 400),
        (b"\x89", 400),
        (gif.getvalue(), 400),
        (png_of_zeros(30_000, 30_000), 413),
        (png_of_zeros(1, 2**31 - 1), 413),
        (png_of_zeros(100, 100, rows=10**6), None),  # more than it says
        (b"x" * (MAX_BYTES + 1), 413),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', 400),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n(/etc/passwd) run\n", 400),
        ("٣٤٥ ☃ \ufeff".encode(), 400),
        (gzip.compress(bytes(10**7)), 400),
    ]
    for body, status in bodies:
        for way in ("predict", "read"):
            yield partial(refused, way, status, content=body)
    yield partial(refused, "predict", 413, content=lambda: (b"x" * 2**20 for _ in range(25)))
    for network in ("../cnn", "x" * 2000, "%00", "cnn\n"):
        yield partial(refused, "inside", 400, content=png, params={"network": network})
    yield partial(refused, "inside", 413, content=b"x" * (MAX_BYTES + 1))


def png_of_zeros(width: int, height: int, rows: int = 1000) -> bytes:
    """A PNG that declares this size and holds `rows` blank rows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(min(width + 1, 1000) * rows), 9)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def wrong_types() -> Iterator[Ask]:
    """Content types that are not those of pictures."""
    for kind in ("application/json", "text/html", "video/mp4", "x" * 3000, "image", "*/*"):
        yield partial(refused, "predict", 415, content=b"x", headers={"Content-Type": kind})


def odd_forms() -> Iterator[Ask]:
    """Malformed multipart forms, and file names that lead out of their folder."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"'
    part = head + b'; filename="%s"\r\n\r\n%s\r\n--b--\r\n'
    bodies = [
        b"--b",
        b"--b\r\n\r\n",
        b"--b\r\n" + b"X: y\r\n" * 5000,
        b"\r\n" * 10_000,
        part % (b"../../../../etc/passwd", b"x"),
        part % (b"\xff\xfe\x00", b"x"),
        part % (b"C:\\\\con", b"x"),
        part % (b"a" * 100_000, b"x"),
        part % (b"7.png", b""),
        head + b"\r\n\r\n" + b"y" * 2_000_000 + b"\r\n--b--\r\n",
        (head + b"\r\n\r\n1\r\n") * 100 + b"--b--\r\n",
    ]
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in bodies:
        yield partial(refused, "predict", 400, content=body, headers=form)
    form = {"Content-Type": "multipart/form-data; boundary=" + "b" * 10_000}
    yield partial(refused, "predict", 400, content=b"x", headers=form)


def refused(way: str, status: int | None, client: httpx.Client, content=None, **options) -> Wrong:
    """Send something that must be refused with this status (None: any) and a sentence."""
    try:
        body = content() if callable(content) else content
        answer = client.post(f"api/{way}", content=body, **options)
    except (httpx.WriteError, httpx.ReadError):
        return None if status == 413 else "no answer"  # the line was closed on what is too long
    if status and answer.status_code not in (status, 429):
        return f"status {answer.status_code}, not {status}: {answer.text[:80]}"
    if answer.status_code != 200 and not answer.json().get("error"):
        return "an error without a sentence"
    return leak(answer.text)


def path_tricks() -> Iterator[Ask]:
    """Path traversal, pages that are not served, server-side request forgery, other methods."""
    paths = [
        "gradio_api/file=/etc/passwd",
        "gradio_api/file=demo.py",
        "gradio_api/file=/proc/self/environ",
        "gradio_api/file=/uploads/../../../../etc/passwd",
        "gradio_api/file=/uploads/%2e%2e/%2e%2e/etc/passwd",
        "gradio_api/file=%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "gradio_api/file=%00",
        "gradio_api/file=http://127.0.0.1:1/",
        "gradio_api/file/https://127.0.0.1:1/",
        "gradio_api/proxy=http://127.0.0.1/",
        "static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "assets/..%2f..%2f..%2fetc/passwd",
        "api/%2e%2e/demo.py",
        "api/docs/../../demo.py",
        "api/" + "x" * 5000,
        "api/٣",
        "monitoring",
        "monitoring/summary",
        "gradio_api/runs",
        "gradio_api/vibe-code",
        "gradio_api/dev/reload",
        "gradio_api/deep_link?session_hash=x",
        "gradio_api/upload_progress?upload_id=" + "x" * 50_000,
        "openapi.json",
    ]
    for path in paths:
        yield partial(unmoved, "GET", path)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        yield partial(unmoved, method, "api/predict")


def odd_calls() -> Iterator[Ask]:
    """Calls of Gradio's endpoints with files of this machine, addresses, and bad data URLs."""
    marked = {"meta": {"_type": "gradio.FileData"}}
    values = [
        {"path": "/etc/passwd"} | marked,
        {"path": "/etc/passwd"},
        {"path": "http://127.0.0.1:1/7.png"} | marked,
        {"url": "http://127.0.0.1:1/7.png"},
        {"url": "data:image/png;base64,%%%"},
        {"url": "data:,"},
        {"url": "data:image/png;base64," + "A" * 10_000_000},
        {"composite": {"path": "/etc/passwd"}},
        {"composite": "x"},
        {"id": "x" * 100_000},
        {"id": None},
        {"x": "\ud800"},
        [],
        "x",
        7,
    ]
    for value in values:
        for name in ("draw", "read"):
            yield partial(told_so, name, value)


def told_so(name: str, value: object, client: httpx.Client) -> Wrong:
    """Call a Gradio endpoint with invalid input: it must return no digit and reveal nothing."""
    try:
        answer = queued(client, name, value)
    except (httpx.WriteError, httpx.ReadError):
        return None  # Gradio closes the line after what it did not foresee
    return f"answers {answer[:80]!r}" if re.search(r'"digit": \d', answer) else leak(answer)


def odd_json() -> Iterator[Ask]:
    """JSON that is broken, deep, huge or of another kind."""
    bodies = [
        b"{",
        b"[" * 100_000,
        b"null",
        b"\xff\xfe",
        b'{"fn_index": 1e999}',
        b'{"data": ' + b"9" * 5000 + b"}",
        b'{"data": ["' + b"x" * 30_000_000 + b'"]}',
    ]
    for body in bodies:
        for path in ("queue/join", "run/draw", "component_server"):
            yield partial(unmoved, "POST", f"gradio_api/{path}", content=body)


def unmoved(method: str, path: str, client: httpx.Client, **options) -> Wrong:
    """Send an invalid request: any error is accepted, as long as it reveals nothing."""
    try:
        answer = client.request(method, path, **options)
    except (httpx.WriteError, httpx.ReadError):
        return None  # Gradio closes the line after what it did not foresee
    if answer.status_code < 400 and path != "api/predict":
        return f"status {answer.status_code} for {path[:40]}"
    return leak(answer.text)


def leak(text: str) -> Wrong:
    """Tell what an answer reveals of the server: its paths, its source code or a traceback."""
    found = SECRETS.search(text)
    return f"shows {found[0]!r}" if found else None
