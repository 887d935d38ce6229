"""How the demo's page reads what people write on it: pen tracks replayed in a browser.

python -m benchmarks.drawing [--numbers N] [--digits N] [--seed N]
The tracks are of UNIPEN's writers that no network learnt from. A browser (Chromium) draws them
with the mouse on the Draw tab of the demo as it is served. Each answer is compared with what was
written, and with what `predict` says to the same picture. While the pen moves, live answers
are counted, also with the Inside tab open; the time from pen-up to the final answer is measured.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from benchmarks.results import publish
from benchmarks.servers import serving
from model.answers import answer
from model.data.pen_sets import read_set
from model.data.pen_tracks import PenTrack, digits_of
from model.errors import run_command
from model.inference.predictor import Predictor, decide
from webapp.canvas import HEIGHT, WIDTH

if TYPE_CHECKING:
    from playwright.sync_api import Page

FILLED = (0.85, 0.6)  # of the canvas's width and height, by what is drawn
APART = (0.25, 0.45)  # gap between two digits, of their height
MOVES = 40  # of the mouse in a stroke, at the most
PATIENCE_MS = 60_000
# Counts the live answers and notes when the pen is lifted and when the full answer is there.
WATCH = """() => {
  const times = window.times = { live: [], moved: 0, up: 0, answered: 0 };
  const pad = document.querySelector("#sketch");
  pad.addEventListener("ink", ({ detail }) => { if (!detail.down) times.up = performance.now(); });
  document.addEventListener("answered", ({ detail }) => {
    const isLast = detail.drawing === pad.querySelector(".canvas").drawing.id;
    if (isLast) times.answered = performance.now();
  });
  const fetched = window.fetch;
  window.fetch = async (url, ...rest) => {
    const response = await fetched.call(window, url, ...rest);
    if (/api\\/(live|inside)/.test(url)) times.live.push(performance.now());
    return response;
  };
}"""


@dataclass(frozen=True)
class Read:
    """What the page said of a drawing, and how quickly."""

    said: str
    predicted: str
    final_ms: float
    live_per_second: float


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 0 done. Raises InputError where something it needs is not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--numbers", type=int, default=20, metavar="N", help="of 2 to 4 digits")
    parser.add_argument("--digits", type=int, default=60, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args(argv)
    random = np.random.default_rng(options.seed)
    tracks = kept_digits()
    numbers = [write(choose(tracks, random, random.integers(2, 5)), random)
               for _ in range(options.numbers)]  # fmt: skip
    digits = [write(choose(tracks, random, 1), random) for _ in range(options.digits)]
    with opened() as page:
        page.evaluate(WATCH)
        predictor = Predictor.load("cnn")
        read = [replay(page, strokes, predictor) for _, strokes in numbers + digits]
        inside = live_inside(page, [strokes for _, strokes in numbers[:10]])
    rows = rows_of(numbers + digits, read, len(numbers))
    row = {"written": "numbers, Inside open", "live a second": f"{inside:.1f}"}
    rows.append(dict.fromkeys(rows[0], "–") | row)
    publish("drawing", rows, ("gradio", "playwright"))
    return 0


def kept_digits() -> dict[str, list[PenTrack]]:
    """Digits of the writers that no network learnt from, by writer."""
    found = {}
    for track in digits_of(read_set("unipen")[1]):
        found.setdefault(track.writer, []).append(track)
    return found


def choose(tracks: dict[str, list[PenTrack]], random, count: int) -> list[PenTrack]:
    """Choose some digits of one writer."""
    own = tracks[random.choice(sorted(tracks))]
    return [own[place] for place in random.integers(0, len(own), count)]


def write(tracks: Sequence[PenTrack], random) -> tuple[str, list[np.ndarray]]:
    """Put digits side by side in the middle of the canvas: what is written, and its strokes."""
    strokes: list[np.ndarray] = []
    right = 0.0
    for track in tracks:
        low, high = track.points.min(0), track.points.max(0)
        wide, high_side = high - low
        size = random.uniform(0.9, 1.1) / max(high_side, 0.6 * wide)
        strokes += [(stroke - low) * size + [right, 0] for stroke in track.strokes]
        right += wide * size + random.uniform(*APART)
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    room, canvas = np.array(FILLED) * (WIDTH, HEIGHT), np.array((WIDTH, HEIGHT))
    size = min(room / np.maximum(high - low, 1e-6))
    label = "".join(track.label for track in tracks)
    return label, [(stroke - (low + high) / 2) * size + canvas / 2 for stroke in strokes]


@contextmanager
def opened() -> Iterator[Page]:
    """The demo's page in Chromium."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with serving("demo.py") as server, sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(server.address)
        page.wait_for_selector("#sketch canvas")
        yield page
        browser.close()


def replay(page: Page, strokes: Sequence[np.ndarray], predictor: Predictor) -> Read:
    """Draw strokes with the mouse on an empty canvas, wait for the answer, and clear it."""
    live_per_second = draw(page, "#sketch", strokes)
    page.wait_for_function("times.answered > times.up")
    page.locator(".so-far").wait_for(state="detached")
    times = page.evaluate("times")
    shown = page.locator(".answer:visible .digit")
    said = shown.inner_text() if shown.count() else ""
    url = page.locator("#sketch .canvas").evaluate("pad => pad.drawing.picture().toDataURL()")
    picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    page.locator("#sketch [data-tool=clear]").click()
    page.locator(".answer.empty:visible").wait_for()
    final_ms = times["answered"] - times["up"]
    return Read(said, predicted(picture, predictor), final_ms, live_per_second)


def draw(page: Page, pad: str, strokes: Sequence[np.ndarray]) -> float:
    """Draw strokes with the mouse on a canvas; gives the live answers a second meanwhile."""
    box = page.locator(f"{pad} canvas").bounding_box()
    assert box is not None
    corner, scale = np.array([box["x"], box["y"]]), box["width"] / WIDTH
    began = page.evaluate("times.live = [], performance.now()")
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke[:: max(1, len(stroke) // MOVES)] * scale + corner):
            page.mouse.move(x, y)
            if not number:
                page.mouse.down()
        page.mouse.move(*(stroke[-1] * scale + corner))
        page.mouse.up()
    return page.evaluate("began => 1000 * times.live.length / (performance.now() - began)", began)


def live_inside(page: Page, drawings: Sequence[Sequence[np.ndarray]]) -> float:
    """Draw with the Inside tab open: the median of live answers a second."""
    page.get_by_role("tab", name="Inside").click()
    page.locator("#inside .inside[data-network=cnn]").wait_for()
    page.locator(".mistakes.wait").wait_for(state="detached")
    rates = []
    for strokes in drawings:
        rates.append(draw(page, "#inside-sketch", strokes))
        page.locator("#inside-sketch [data-tool=clear]").click()
    return statistics.median(rates)


def predicted(picture: Image.Image, predictor: Predictor) -> str:
    """What `predict` says of a picture, as the page shows it."""
    whole = answer(picture.convert("RGB"), predictor)
    if whole.page is not None:
        return whole.page.number or " ".join(whole.page.text)
    if whole.turned:
        return str(whole.turned.digit)
    is_digit = decide(whole.prediction, predictor.calibration) != "no-digit"
    return str(whole.prediction.digit) if is_digit else "?"


def rows_of(written, read: Sequence[Read], numbers: int) -> list[dict[str, object]]:
    """Count what was read in full, numbers and digits apart, and list what was not."""
    rows = []
    for name, part in (("numbers", slice(None, numbers)), ("digits", slice(numbers, None))):
        pairs = list(zip(written[part], read[part], strict=True))
        if not pairs:
            continue
        right = sum(label == one.said for (label, _), one in pairs)
        agreed = sum(one.said == one.predicted for _, one in pairs)
        wrong = [f"{label} as {one.said or 'nothing'}" for (label, _), one in pairs
                 if label != one.said]  # fmt: skip
        final_ms = statistics.median(one.final_ms for _, one in pairs)
        live = statistics.median(one.live_per_second for _, one in pairs)
        counts = {"written": name, "of": len(pairs), "read in full": right}
        times = {"pen-up to answer, median ms": f"{final_ms:.0f}", "live a second": f"{live:.1f}"}
        told = {"as predict says": agreed, "wrong": "; ".join(wrong) or "–"}
        rows.append(counts | times | told)
    return rows


if __name__ == "__main__":
    sys.exit(run_command(main))
