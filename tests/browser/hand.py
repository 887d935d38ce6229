"""What people do with the demo's page, and what they see on it."""

import base64
import time

import cv2
import numpy as np
from PIL import Image, ImageDraw

from webapp import canvas
from webapp.language import words_of

ENGLISH = words_of("en")

BUNDLE = "cnn"
PATIENCE_SECONDS = 20
SEVEN = [[(85, 65), (195, 65), (130, 225)], [(105, 145), (185, 145)]]
ONE = [(140, 50), (140, 230)]
# Holds answers back until `release()` is called.
HELD_BACK = """
const unheld = window.fetch;
const released = new Promise(release => { window.release = release; });
window.fetch = async (url, ...rest) => {
  if (!String(url).includes("PART")) return unheld.call(window, url, ...rest);
  window.held = (window.held ?? 0) + 1;
  await released;
  const response = await unheld.call(window, url, ...rest);
  window.answered = true;
  return response;
};
"""


def press_pen(page, points, pad="#sketch"):
    """Draw through points given in the canvas' own units, and leave the pen down."""
    on_screen = places(page, points, pad)
    page.mouse.move(*on_screen[0])
    page.mouse.down()
    for point in on_screen[1:]:
        page.mouse.move(*point, steps=2)


def places(page, points, pad="#sketch"):
    """Where points of the canvas are on the screen."""
    paper = page.locator(f"{pad} canvas")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    scale = box["width"] / canvas.WIDTH
    return [(box["x"] + x * scale, box["y"] + y * scale) for x, y in points]


def stroke(page, points, pad="#sketch"):
    """Draw through points and lift the pen."""
    press_pen(page, points, pad)
    page.mouse.up()


def open_tab(page, name):
    page.get_by_role("tab", name=name).click()


def glyph(page):
    """Give the glyph that the page shows, uint8 (28, 28), or None."""
    shown = page.locator(".steps li:last-child img:visible")
    url = shown.evaluate_all("found => found[0]?.src")  # at once: it may go at any time
    if not url:
        return None
    png = np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8)
    return cv2.imdecode(png, cv2.IMREAD_UNCHANGED)


def tool(page, name, pad="#sketch"):
    """Press a tool of the canvas: draw, erase, undo, redo or clear."""
    page.locator(f"{pad} [data-tool={name}]").click()


def ink(page, pad="#sketch"):
    """What is visible on the canvas: uint8 (h, w), 255 for ink."""
    png = page.locator(f"{pad} canvas").evaluate("canvas => canvas.toDataURL()")
    return 255 - decoded(png)


def sent(page, pad="#sketch"):
    """The picture that is read, as it is sent: uint8 (h, w), 255 for ink."""
    png = page.locator(f"{pad} .canvas").evaluate("pad => pad.drawing.picture().toDataURL()")
    return 255 - decoded(png)


def decoded(url):
    png = np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8)
    return cv2.imdecode(png, cv2.IMREAD_GRAYSCALE)


def words(page):
    return page.locator(".answer:visible .words").inner_text()


def says(page, sentence):
    """Wait until the page's answer says this."""
    settle(page, lambda page: words(page) == sentence)


def settle(page, condition):
    """Wait until the page meets a condition; a failed assertion then says what it shows instead."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition(page) and time.monotonic() < until:
        page.wait_for_timeout(50)
    assert condition(page), (words(page), f"{(ink(page) > 128).sum()} pixels of ink on the canvas")


def sideways(page):
    """Give by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def picture_of_seven(place):
    """Save a picture of a seven, as a camera would give it; returns its path."""
    image = Image.new("RGB", (600, 400), "#f4f1ea")
    write_seven(image, 150, 50, width=20)
    image.save(place / "seven.jpg")
    return place / "seven.jpg"


def picture_of_page(place):
    """Save a picture of two lines of sevens, three and two; returns its path."""
    image = Image.new("RGB", (800, 700), "#f4f1ea")
    for left, top in ((60, 60), (300, 80), (540, 50), (80, 390), (330, 400)):
        write_seven(image, left - 60, top - 40, width=14)
    image.save(place / "page.png")
    return place / "page.png"


def write_seven(image, left, top, width):
    for line in SEVEN:
        moved = [(x + left, y + top) for x, y in line]
        ImageDraw.Draw(image).line(moved, fill="#223", width=width, joint="curve")
