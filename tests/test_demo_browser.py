"""The demo in Chromium, drawn on with the mouse as people would."""

import base64
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

import demo
import demo_answers
import demo_tabs
from model.predictor import Predictor, predictions, sureness

ROOT = Path(demo.__file__).parent
BUNDLE = "cnn"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE_SECONDS = 20
SEVEN = [[(85, 65), (195, 65), (130, 225)], [(105, 145), (185, 145)]]
ONE = [(140, 50), (140, 230)]
HELD_BACK = """
const unheld = window.fetch;
const released = new Promise(release => { window.release = release; });
window.fetch = async (url, ...rest) => {
  if (String(url).includes("/queue/join")) await released;
  return unheld.call(window, url, ...rest);
};
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs chromium on the PATH"),
]


@pytest.fixture(scope="module")
def address():
    """Serve the demo as its users do; told to stop, it must end well."""
    command = [sys.executable, "-u", "demo.py", "--bundle", BUNDLE]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://\S+", server.stdout.readline())[0]
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0
    finally:
        server.kill()
        server.communicate()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def context(browser):
    """One visitor: later pages find the scripts in the cache. Small, as drawing here is slow."""
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        yield context


@pytest.fixture
def open_page(context, address):
    """Give a function that opens the demo; afterwards no page may have complained or called out."""
    pages, wrongs = [], []

    def watch_request(request):
        if not request.url.startswith((address, "data:", "blob:")):
            wrongs.append(f"request to {request.url}")

    def watch_console(message):
        if message.type == "error":
            wrongs.append(f"console: {message.text}")

    def watch_response(response):
        if response.status >= 400:
            wrongs.append(f"{response.status} for {response.url}")

    def open_one(width=360, height=740, scheme="light", script=""):
        page = context.new_page()
        page.add_init_script(script)
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.on("request", watch_request)
        page.on("console", watch_console)
        page.on("response", watch_response)
        page.on("pageerror", lambda error: wrongs.append(f"script: {error}"))
        page.goto(address)
        page.wait_for_selector("#sketch button.highlight")  # the brush has been taken up
        return page

    yield open_one
    for page in pages:
        page.close()
    assert not wrongs


def stroke(page, points):
    """Draw through points given in the canvas' own pixels."""
    box = page.locator("#sketch .image-container").bounding_box()
    scale = box["width"] / demo_tabs.CANVAS_SIDE
    on_screen = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in points]
    page.mouse.move(*on_screen[0])
    page.mouse.down()
    for point in on_screen[1:]:
        page.mouse.move(*point, steps=2)
    page.mouse.up()


def glyph(page):
    """Give the glyph that the page shows, uint8 (28, 28), or None."""
    shown = page.locator(".steps li:last-child img:visible")
    url = shown.evaluate_all("found => found[0]?.src")  # at once: it may go at any time
    if not url:
        return None
    png = np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8)
    return cv2.imdecode(png, cv2.IMREAD_UNCHANGED)


def words(page):
    return page.locator(".answer:visible .words").inner_text()


def settle(page, condition):
    """Wait until the page meets a condition; a failed assertion then says what it shows instead."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition(page) and time.monotonic() < until:
        page.wait_for_timeout(50)
    assert condition(page), words(page)


def strokes_in(glyph):
    """Count upright strokes: runs of inked columns."""
    inked = np.r_[False, glyph.max(0) > 100] if glyph is not None else np.zeros(1, bool)
    return int((np.diff(inked.astype(int)) == 1).sum())


def test_the_first_stroke_on_a_fresh_page_is_answered(open_page, tmp_path):
    page = open_page(1280, 800)
    assert words(page) == demo_tabs.DRAW_PROMPT
    stroke(page, SEVEN[0])
    settle(page, lambda page: words(page) == "This is a 7")
    page.screenshot(path=tmp_path / "desktop.png", full_page=True)


def test_five_quick_strokes_end_in_the_answer_for_all(open_page):
    page = open_page(script=HELD_BACK)
    for x in (60, 100, 140, 180, 220):
        stroke(page, [(x, 60), (x, 220)])
    page.evaluate("release()")  # until now the first was still being read
    settle(page, lambda page: strokes_in(glyph(page)) == 5)
    predictor = Predictor.load(BUNDLE)
    final = predictions(predictor.score(glyph(page)[None]))[0]
    state = sureness(final, predictor.calibration)
    assert words(page) == demo_answers.put_in_words(final, state)


def test_undo_clear_and_drawing_on(open_page):
    page = open_page()
    stroke(page, ONE)
    settle(page, lambda page: strokes_in(glyph(page)) == 1)
    one = glyph(page)
    stroke(page, [(60, 60), (60, 220)])
    settle(page, lambda page: strokes_in(glyph(page)) == 2)
    page.get_by_role("button", name="Undo").click()
    settle(page, lambda page: np.array_equal(glyph(page), one))
    page.get_by_role("button", name="Clear canvas").click()
    settle(page, lambda page: glyph(page) is None)
    assert words(page) == demo_tabs.DRAW_PROMPT
    stroke(page, SEVEN[0])
    settle(page, lambda page: words(page) == "This is a 7")


def test_the_eraser_takes_ink_away(open_page):
    page = open_page()
    for x in (80, 200):
        stroke(page, [(x, 60), (x, 220)])
    settle(page, lambda page: strokes_in(glyph(page)) == 2)
    page.get_by_role("button", name="Erase").click()
    stroke(page, [(200, 40), (200, 240)])
    settle(page, lambda page: strokes_in(glyph(page)) == 1)


def test_a_picture_is_uploaded_read_and_removed(open_page, tmp_path):
    image = Image.new("RGB", (600, 400), "#f4f1ea")
    for line in SEVEN:
        moved = [(x + 150, y + 50) for x, y in line]
        ImageDraw.Draw(image).line(moved, fill="#223", width=20, joint="curve")
    image.save(tmp_path / "seven.jpg")
    (tmp_path / "notes.png").write_text("not a picture")
    page = open_page(1280, 800, "dark")
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#picture input[type=file]", tmp_path / "seven.jpg")
    settle(page, lambda page: words(page) == "This is a 7")
    page.screenshot(path=tmp_path / "dark.png", full_page=True)
    page.get_by_role("button", name="Remove Image").click()
    settle(page, lambda page: words(page) == demo_tabs.UPLOAD_PROMPT)
    page.set_input_files("#picture input[type=file]", tmp_path / "notes.png")
    page.get_by_text("use PNG or JPEG").wait_for()
    settle(page, lambda page: words(page) == demo_tabs.UPLOAD_AGAIN)


def test_a_page_is_read_line_by_line(open_page, tmp_path):
    image = Image.new("RGB", (800, 700), "#f4f1ea")
    for left, top in ((60, 60), (300, 80), (540, 50), (80, 390), (330, 400)):
        lines = [[(x - 60 + left, y - 40 + top) for x, y in line] for line in SEVEN]
        for line in lines:
            ImageDraw.Draw(image).line(line, fill="#223", width=14, joint="curve")
    image.save(tmp_path / "page.png")
    page = open_page(320, 640)
    page.get_by_role("tab", name="Upload").click()
    page.set_input_files("#picture input[type=file]", tmp_path / "page.png")
    settle(page, lambda page: words(page) == "5 digits in 2 lines")
    assert page.locator(".answer:visible .lines").inner_text().split() == ["777", "77"]
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.screenshot(path=tmp_path / "page-phone.png", full_page=True)


def test_a_small_phone_needs_no_sideways_scroll(open_page, tmp_path):
    page = open_page(320, 640)
    for line in SEVEN:
        stroke(page, line)
    settle(page, lambda page: words(page) == "This is a 7")
    page.screenshot(path=tmp_path / "phone.png", full_page=True)
    for tab in ("Upload", "Draw"):
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate("document.documentElement.scrollWidth") == 320
    box = page.locator("#sketch .image-container").bounding_box()
    assert box["width"] == box["height"] >= demo_tabs.CANVAS_SIDE
    assert 0 <= box["x"] <= 320 - box["width"]
