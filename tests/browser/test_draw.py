"""The Draw tab in Chromium, drawn on with the mouse as people would."""

import numpy as np

from model.data.corrections import load_corrections
from model.inference.predictor import Predictor, decide, predictions
from tests.browser.conftest import serving
from tests.browser.hand import (
    BUNDLE,
    ONE,
    PATIENCE_SECONDS,
    SEVEN,
    glyph,
    open_tab,
    press_pen,
    says,
    settle,
    sideways,
    stroke,
    strokes_in,
    words,
)
from webapp import answers, tabs

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
BUSY = """
const unrefused = window.fetch;
window.asked = [];
window.fetch = async (url, ...rest) => {
  if (!String(url).includes("/api/predict")) return unrefused.call(window, url, ...rest);
  window.asked.push(performance.now());
  return new Response("{}", { status: 429 });
};
"""


def test_the_first_stroke_on_a_fresh_page_is_answered(open_page, tmp_path):
    page = open_page(1280, 800)
    assert words(page) == tabs.DRAW_PROMPT
    stroke(page, SEVEN[0])
    says(page, "This is a 7")
    page.screenshot(path=tmp_path / "desktop.png", full_page=True)


def test_five_quick_strokes_end_in_the_answer_for_all(open_page):
    page = open_page(script=HELD_BACK.replace("PART", "/queue/join"))
    for x in (60, 100, 140, 180, 220):
        stroke(page, [(x, 60), (x, 220)])
    page.evaluate("release()")  # until now the first was still being read
    settle(page, lambda page: strokes_in(glyph(page)) == 5)
    predictor = Predictor.load(BUNDLE)
    final = predictions(predictor.score(glyph(page)[None]))[0]
    state = decide(final, predictor.calibration)
    assert words(page) == answers.put_in_words(final, state)


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
    assert words(page) == tabs.DRAW_PROMPT
    stroke(page, SEVEN[0])
    says(page, "This is a 7")


def test_the_eraser_takes_ink_away(open_page):
    page = open_page()
    for x in (80, 200):
        stroke(page, [(x, 60), (x, 220)])
    settle(page, lambda page: strokes_in(glyph(page)) == 2)
    page.get_by_role("button", name="Erase").click()
    stroke(page, [(200, 40), (200, 240)])
    settle(page, lambda page: strokes_in(glyph(page)) == 1)


def test_the_answer_comes_while_the_pen_is_down_and_the_full_one_when_it_lifts(open_page):
    page = open_page()
    under_way, most = set(), []

    def begin(request):
        if request.url.endswith("/api/predict"):
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
    page = open_page(script=HELD_BACK.replace("PART", "/api/predict"))
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
        page.get_by_label("username").fill("ada")
        page.get_by_label("password").fill("secret")
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector("#sketch button.highlight")
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
    assert kept.images[0].shape == (tabs.CANVAS_SIDE, tabs.CANVAS_SIDE)


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
    box = page.locator("#sketch .image-container").bounding_box()
    assert box["width"] == box["height"] >= tabs.CANVAS_SIDE
    assert 0 <= box["x"] <= 320 - box["width"]
