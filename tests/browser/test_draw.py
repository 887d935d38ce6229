"""The Draw tab in Chromium, drawn on as people would: with mouse, finger and keyboard."""

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from model.data.corrections import load_corrections
from tests.browser.conftest import serving
from tests.browser.hand import (
    ENGLISH,
    HELD_BACK,
    PATIENCE_SECONDS,
    SEVEN,
    glyph,
    ink,
    open_tab,
    places,
    press_pen,
    says,
    sent,
    settle,
    sideways,
    stroke,
    tool,
    words,
)
from webapp.canvas import PEN

BUSY = """
const unrefused = window.fetch;
window.asked = [];
window.fetch = async (url, ...rest) => {
  if (!String(url).includes("/api/live")) return unrefused.call(window, url, ...rest);
  window.asked.push(performance.now());
  return new Response("{}", { status: 429 });
};
"""


def test_the_first_stroke_on_a_fresh_page_is_answered(open_page, tmp_path):
    page = open_page(1280, 800)
    assert words(page) == ENGLISH["draw_prompt"]
    stroke(page, SEVEN[0])
    says(page, "This is a 7")
    page.screenshot(path=tmp_path / "desktop.png", full_page=True)


def test_five_quick_strokes_end_in_the_answer_for_all(open_page):
    page = open_page(script=HELD_BACK.replace("PART", "/queue/join"))
    for x in (60, 130, 200, 270, 340):
        stroke(page, [(x, 60), (x, 220)])
    assert page.locator("[data-awaits]").count()  # what is shown is not the answer to all five
    page.evaluate("release()")  # until now the first was still being read
    says(page, "This is 11111")
    settle(page, lambda page: not page.locator("[data-awaits]").count())


def test_a_number_is_read_as_one_and_a_picture_of_a_letter_as_none(open_page):
    page = open_page()
    for line in [*SEVEN, [(300, 60), (300, 230)]]:
        stroke(page, line)
    says(page, "This is 71")
    marks = page.locator(".answer:visible .marks li")
    assert [text.split()[0] for text in marks.all_inner_texts()] == ["7", "1"]
    assert page.locator(".answer:visible img.page").is_visible()
    tool(page, "clear")
    says(page, ENGLISH["draw_prompt"])
    for line in [[(130, 240), (200, 60), (270, 240)], [(160, 170), (240, 170)]]:
        stroke(page, line)
    says(page, ENGLISH["no_digit"])
    assert page.locator(".answer:visible .hint").inner_text() == ENGLISH["hint_no_digit"]
    assert page.locator(".answer:visible .guesses .first .name").inner_text() == ENGLISH["none"]


def turn_back_and_forth(page):
    for name in ("undo", "redo"):
        button = page.locator(f"#sketch [data-tool={name}]")
        while button.get_attribute("aria-disabled") == "false":
            button.click()


def erase(page):
    tool(page, "erase")
    stroke(page, [(140, 90), (260, 210)])
    settle(page, lambda page: not ink(page).any())
    tool(page, "draw")


def leave_and_come_back(page):
    open_tab(page, "Upload")
    page.locator("#picture").wait_for()
    open_tab(page, "Draw")


def resize(page, width, height, scale=1):
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", metrics)


ACTIONS = {
    "nothing": lambda page: None,
    "clear": lambda page: tool(page, "clear"),
    "undo and redo": turn_back_and_forth,
    "erase": erase,
    "another tab": leave_and_come_back,
    "a wide window": lambda page: resize(page, 1280, 800),
    "a turned phone": lambda page: resize(page, 640, 320, 2),
    "a zoomed page": lambda page: resize(page, 320, 640, 1.25),
    "dark": lambda page: page.emulate_media(color_scheme="dark"),
}
CORNERS = [(8, 8), (392, 8), (392, 292), (8, 292)]


def touch(page):
    """Give a function that touches the canvas along points, with a finger."""
    session = page.context.new_cdp_session(page)

    def draw(page, points):
        for number, (x, y) in enumerate(places(page, points)):
            kind = "touchMove" if number else "touchStart"
            place = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
            session.send("Input.dispatchTouchEvent", place)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    return draw


@pytest.mark.parametrize("hand", ["mouse", "finger"])
def test_no_ink_is_lost_whatever_is_done_with_the_canvas(open_page, hand):
    page = open_page(script=HELD_BACK.replace("PART", "/queue/join"))
    draw = stroke if hand == "mouse" else touch(page)
    for name, act in ACTIONS.items():
        draw(page, [(150, 100), (250, 200)])
        act(page)
        draw(page, CORNERS[0::2])  # from corner to corner, twice
        draw(page, CORNERS[1::2])
        settle(page, lambda page: np.abs(small(ink(page)) - small(sent(page))).max() < 40)
        visible = small(ink(page))
        assert all(visible[y // 4, x // 4] > 200 for x, y in CORNERS), name
        box = page.locator("#sketch canvas").bounding_box()
        assert box["width"] / box["height"] == pytest.approx(4 / 3, rel=0.01), name
        assert box["width"] >= 280, name
        assert box["height"] < page.evaluate("innerHeight"), name  # a finger on it cannot scroll
        assert sideways(page) == 0, name
        tool(page, "clear")
        settle(page, lambda page: not ink(page).any())


def test_a_stylus_draws_as_wide_as_it_is_pressed(open_page):
    page = open_page()
    session = page.context.new_cdp_session(page)
    for x, force in ((100, 0.1), (300, 0.9)):
        for kind, y in (("mousePressed", 60), ("mouseMoved", 240), ("mouseReleased", 240)):
            [(left, top)] = places(page, [(x, y)])
            event = {"type": kind, "x": left, "y": top, "button": "left", "buttons": 1}
            stylus = {"clickCount": 1, "pointerType": "pen", "force": force}
            session.send("Input.dispatchMouseEvent", event | stylus)
    drawn = sent(page)[150] / 255  # a row through both
    assert drawn[:200].sum() == pytest.approx(0.6 * PEN, abs=1.5)
    assert drawn[200:].sum() == pytest.approx(1.4 * PEN, abs=1.5)


def small(picture):
    """A picture of the canvas of 100 by 75 pixels, to compare."""
    return cv2.resize(picture, (100, 75), interpolation=cv2.INTER_AREA).astype(int)


def test_undo_takes_back_and_clearing_can_be_undone(open_page):
    page = open_page()
    stroke(page, SEVEN[0])
    says(page, "This is a 7")
    seven = ink(page)
    stroke(page, [(320, 60), (320, 220)])
    says(page, "This is 71")
    page.keyboard.press("Control+Z")
    says(page, "This is a 7")
    assert np.array_equal(ink(page), seven)
    tool(page, "clear")
    says(page, ENGLISH["draw_prompt"])
    tool(page, "undo")
    says(page, "This is a 7")
    page.keyboard.press("Control+Y")
    says(page, ENGLISH["draw_prompt"])
    for x in (100, 250):
        stroke(page, [(x, 60), (x, 220)])
    says(page, "This is 11")
    for _ in range(2):  # the second while the answer to the first is still awaited
        page.keyboard.press("Control+Z")
    says(page, ENGLISH["draw_prompt"])
    assert not page.locator(".toast-body").count()


def test_a_digit_can_be_drawn_with_the_keyboard_alone(open_page):
    page = open_page()
    page.locator("#sketch canvas").focus()
    for key in ["ArrowUp"] * 10 + ["Space"] + ["ArrowDown"] * 20 + ["Space"]:
        page.keyboard.press(key)
    says(page, "This is a 1")
    page.keyboard.press("Delete")
    says(page, ENGLISH["draw_prompt"])
    page.keyboard.press("Space")  # set down by mistake: the mouse draws all the same
    stroke(page, SEVEN[0])
    assert sent(page)[65, 140] == 255


def test_the_answer_comes_while_the_pen_is_down_and_the_full_one_when_it_lifts(open_page):
    page = open_page()
    under_way, most = set(), []

    def begin(request):
        if "/api/live" in request.url:
            under_way.add(request)
            most.append(len(under_way))

    page.on("request", begin)
    page.on("requestfinished", lambda request: under_way.discard(request))
    press_pen(page, SEVEN[0])
    says(page, "So far: 7")
    shown = page.locator(".answer:visible")
    assert shown.locator(".digit").inner_text() == "7"
    assert shown.locator(".guesses .first .name").inner_text() == "7"
    assert shown.locator(".guesses .first .share").inner_text().endswith("%")
    assert max(most) == 1  # never two questions at once
    page.mouse.up()
    says(page, "This is a 7")
    assert glyph(page) is not None


def test_a_late_reading_never_replaces_the_full_answer(open_page):
    page = open_page(script=HELD_BACK.replace("PART", "/api/live"))
    press_pen(page, SEVEN[0])
    settle(page, lambda page: page.evaluate("window.held") == 1)
    page.mouse.up()
    says(page, "This is a 7")
    page.evaluate("release()")
    page.wait_for_function("window.answered")
    page.evaluate("new Promise(done => setTimeout(done, 300))")  # what it would be shown in
    assert words(page) == "This is a 7"
    assert page.locator(".so-far").count() == 0


def test_a_busy_server_is_left_alone_while_the_pen_moves(open_page):
    page = open_page(script=BUSY)
    press_pen(page, SEVEN[0])
    settle(page, lambda page: page.evaluate("window.asked.length") == 1)
    page.mouse.move(150, 400, steps=10)
    page.mouse.up()
    settle(page, lambda page: glyph(page) is not None)  # the full answer comes all the same
    assert np.diff(page.evaluate("window.asked"), append=np.inf).min() >= 5000  # ms


def test_it_answers_behind_a_login_and_a_proxys_path(browser):
    with (
        serving("--auth", "ada:secret", "--root-path", "/digits") as address,
        browser.new_context() as context,
    ):
        proxied = f"{address}digits/"
        strip = lambda route: route.continue_(url=route.request.url.replace("/digits/", "/"))  # noqa: E731
        context.route(f"{proxied}**", strip)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.goto(proxied)
        assert page.title() == ENGLISH["title"]
        page.get_by_role("heading", name=ENGLISH["title"]).wait_for()
        assert not Axe().run(page).response["violations"]
        page.get_by_label("username").fill("ada")
        page.get_by_label("password").fill("secret")
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector("#sketch canvas")
        press_pen(page, SEVEN[0])
        says(page, "So far: 7")
        page.mouse.up()
        says(page, "This is a 7")


def test_a_drawing_is_kept_with_what_it_was_and_the_page_says_so(open_page, folders):
    page = open_page()
    keep = page.get_by_role("button", name="Keep my drawing for training")
    page.get_by_role("radio", name="7").check(force=True)
    keep.click()
    page.get_by_text("Draw a digit first; each drawing is kept once").wait_for()
    for line in SEVEN:
        stroke(page, line)
    settle(page, lambda page: glyph(page) is not None and words(page) == "This is a 7")
    keep.click()
    page.get_by_text("Thank you. It is kept as a 7.").wait_for()
    kept = load_corrections(folders.corrections)
    assert list(kept.labels) == [7]
    assert kept.images[0].shape == (210, 280)


def test_a_small_phone_needs_no_sideways_scroll(open_page, tmp_path):
    page = open_page(320, 640)
    for line in SEVEN:
        stroke(page, line)
    says(page, "This is a 7")
    page.screenshot(path=tmp_path / "phone.png", full_page=True)
    for tab in ("Upload", "Compare", "Report", "Draw"):
        open_tab(page, tab)
        page.locator(".tabitem:visible").wait_for()
        assert sideways(page) == 0, tab
    said = page.locator(".answer:visible .words").bounding_box()
    assert said["y"] + said["height"] < 640 - 100  # in sight while drawing, below a browser's bars
