"""A server on this machine that sends MNIST's stand-in, or behaves as badly as told."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PAYLOAD = bytes(range(256)) * 1000  # stands for MNIST's file; its hash is put in place of that's


class _Handler(http.server.BaseHTTPRequestHandler):
    """Sends PAYLOAD, or the rest of it, unless `server.behave` does something else first."""

    def do_GET(self):
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.server.asked.append((start, self.headers.get("Accept-Encoding")))
        if self.server.behave and self.server.behave(self):
            return
        self.head(206 if start else 200, len(PAYLOAD) - start)
        self.wfile.write(PAYLOAD[start:])

    def head(self, status: int, length: int | None) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def serving() -> Iterator[http.server.HTTPServer]:
    """A server on this machine: `behave` is asked first, `asked` holds what was asked for."""
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    running.behave, running.asked, running.over = None, [], threading.Event()
    running.handle_error = lambda *_: None  # the other side hung up
    running.address = f"http://127.0.0.1:{running.server_port}/mnist.npz"
    threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield running
    finally:
        running.over.set()
        running.shutdown()
        running.server_close()
