"""A stress test of the demo: many requests at once, a fifth of them hostile.

python -m benchmarks.stress [--requests N] [--threads N] [--seed N]
Every answer must be right (as the command line's) or a clear error; the server must not end
nor its memory grow by more than 10 % after the first third. Exit code 1 when it does.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import httpx

from benchmarks import asking
from benchmarks.asking import Request, Wrong, succeeded
from benchmarks.hostile import hostile_requests
from benchmarks.results import publish
from benchmarks.servers import Server, serving
from webapp.serving import LOOK_SECONDS

GROWTH = 0.10  # of memory, allowed after the warm-up
WARM_UP = 1 / 3  # of the requests
HOSTILE = 1 / 5
HEALTH = "api/health"
COUNTS = 500  # requests from which on the growth of memory is judged


def main(argv: list[str] | None = None) -> int:
    """Send the requests, print what came of them; 0 all is well, 1 something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000, metavar="N")
    parser.add_argument("--threads", type=int, default=8, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args(argv)
    requests = plan(options.requests, options.seed)
    with tempfile.TemporaryFile("w+") as errors:
        with serving("demo.py", errors=errors) as server:
            wrongs, growth = send_all(server, requests, options.threads)
        if server.status != 0:
            errors.seek(0)
            wrongs.append(f"the server ended with {server.status}, saying {errors.read()[-500:]}")
    if options.requests >= COUNTS and growth > GROWTH:
        wrongs.append(f"memory grew by {growth:.1%} after the warm-up")
    for wrong, count in Counter(wrongs).most_common():
        print(f"WRONG {count:4}×  {wrong}")
    return 1 if wrongs else 0


def plan(count: int, seed: int) -> list[Request]:
    """Mix requests, a fifth of them hostile; the same seed gives the same ones."""
    good, hostile = asking.known_answers(seed), list(hostile_requests())
    digit, page = partial(asking.digit, good), partial(asking.page, good)
    kinds = [digit, digit, digit, page, partial(asking.gradio_draw, good), asking.visit]
    bad = round(count * HOSTILE)
    requests = [hostile[i % len(hostile)] for i in range(bad)]
    requests += [kinds[i % len(kinds)](i) for i in range(count - bad)]
    random.Random(seed).shuffle(requests)
    return requests


def send_all(server: Server, requests: list[Request], threads: int) -> tuple[list[str], float]:
    """Send the requests by several threads; gives what went wrong and the growth of memory."""
    warm, started = max(1, round(len(requests) * WARM_UP)), time.perf_counter()
    connect = partial(httpx.Client, base_url=server.address, timeout=60)
    # Each hostile request has its own connection: Gradio closes it after an unexpected request.
    separate = httpx.Limits(max_keepalive_connections=0)
    with connect() as client, connect(limits=separate) as hostile_client, slow_connections(server):
        with ThreadPoolExecutor(threads) as senders:
            wrongs = list(senders.map(partial(send, client, hostile_client), requests[:warm]))
            before = memory_at_rest(server, len(requests))
            wrongs += senders.map(partial(send, client, hostile_client), requests[warm:])
        after = memory_at_rest(server, len(requests))
        wrongs.append(
            send(client, hostile_client, Request("at the end", lambda c: succeeded(c.get(HEALTH))))
        )
    growth = after / max(1, before) - 1
    names = Counter(request.name for request in requests)
    print(", ".join(f"{count} {name}" for name, count in names.most_common()))
    seconds = time.perf_counter() - started
    print(f"{len(requests)} requests in {seconds:.0f} s; memory "
          f"{before / 2**20:.0f} MB after the warm-up, {after / 2**20:.0f} MB at the end "
          f"({growth:+.1%})")  # fmt: skip
    wrongs = [wrong for wrong in wrongs if wrong]
    if len(requests) >= COUNTS:
        row = {
            "requests": len(requests),
            "of them hostile": sum(request.hostile for request in requests),
        }
        row |= {"seconds": round(seconds), "wrong answers": len(wrongs)}
        row |= {"MB after the warm-up": before >> 20, "MB at the end": after >> 20}
        publish("stress", [row], ("gradio", "ai-edge-litert"))
    return wrongs, growth


def memory_at_rest(server: Server, count: int) -> int:
    """Read the memory in use after the server had time to tidy up (not in a short run)."""
    if count >= COUNTS:
        time.sleep(LOOK_SECONDS + 2)
    return server.memory_bytes()


def send(client: httpx.Client, hostile_client: httpx.Client, request: Request) -> Wrong:
    """Send one request and say what is wrong with its answer."""
    try:
        wrong = request.ask(hostile_client if request.hostile else client)
    except httpx.HTTPError as error:
        wrong = f"no answer ({error!r})"
    return wrong and f"{request.name}: {wrong}"


@contextmanager
def slow_connections(server: Server):
    """Keep ten connections open that began to send a picture and never finish."""
    url, connections = httpx.URL(server.address), []
    try:
        for _ in range(10):
            connections.append(socket.create_connection((url.host, url.port)))
            connections[-1].sendall(
                b"POST /api/read HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"
            )
        yield
    finally:
        for connection in connections:
            connection.close()


if __name__ == "__main__":
    sys.exit(main())
