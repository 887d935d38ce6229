"""Start the demo, or another program that prints its address, and stop it cleanly."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 30


@dataclass
class Server:
    """A program that serves: its process, its address, and how it ended (None: not yet)."""

    process: subprocess.Popen
    address: str
    status: int | None = None

    def memory_bytes(self) -> int:
        """Memory in use (resident set)."""
        command = ["ps", "-o", "rss=", "-p", str(self.process.pid)]
        return 1024 * int(subprocess.run(command, capture_output=True, check=True).stdout)


@contextmanager
def serving(*arguments: str, errors=None) -> Iterator[Server]:
    """Run a Python program of this project until its context ends; it must print its address.

    What it says on stderr goes to `errors`, a file, by default to ours.
    """
    process = subprocess.Popen(
        [sys.executable, "-u", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True,
    )  # fmt: skip
    try:
        address = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
        server = Server(process, address[0].rstrip("/"))
        yield server
        server.status = process.poll()  # not None: it ended by itself
        if server.status is None:
            process.send_signal(signal.SIGTERM)
            server.status = process.wait(PATIENCE_SECONDS)
    finally:
        process.kill()
        process.communicate()
