"""The Inside and Teach tabs in Chromium: live while the pen moves, and what was taught counts."""

import numpy as np

from tests.browser.hand import SEVEN, decoded, open_tab, press_pen, says, sent, settle, stroke, tool

GLYPH = "document.querySelector('[data-picture=glyph]').toDataURL()"
ARROW = [[(140, 230), (200, 60), (262, 232)]]


def test_what_is_drawn_is_looked_into_while_the_pen_moves(open_page):
    page = open_page(1280, 800)
    stroke(page, SEVEN[0])
    says(page, "This is a 7")
    open_tab(page, "Inside")
    inside = page.locator("#inside .inside[data-filled]")
    inside.wait_for()
    says(page, "This is a 7")
    assert (sent(page, "#inside-sketch") == sent(page)).all()  # taken over from the Draw tab
    assert inside.locator(".maps canvas:visible").count() > 20
    page.locator("#inside summary").first.click()
    page.locator("#inside .sheet:visible").wait_for()
    before = page.evaluate(GLYPH)
    tool(page, "clear", "#inside-sketch")
    says(page, "Draw a digit and watch what the network makes of it")
    press_pen(page, [(200, 40), (200, 150), (200, 260)], "#inside-sketch")
    page.wait_for_function(
        f"before => !document.querySelector('[data-picture=glyph]').hidden && {GLYPH} !== before",
        arg=before,
    )
    page.mouse.up()
    says(page, "This is a 1")
    page.get_by_label("linear").check()
    page.locator("#inside .inside[data-network=linear][data-filled]").wait_for()
    assert inside.locator(".plain img").count() == 10


def test_a_test_image_that_is_read_wrong_is_looked_into(open_page, mnist):
    page = open_page(1280, 800)
    open_tab(page, "Inside")
    cell = page.locator(".confusion [data-pair]").last
    cell.wait_for(timeout=60_000)  # ten thousand images are read meanwhile
    cell.click()
    assert cell.get_attribute("aria-pressed") == "true"
    wrong = page.locator(".wrongs li:visible")
    assert wrong.count() == int(cell.inner_text())
    picture = decoded(wrong.first.locator("img").get_attribute("src"))
    wrong.first.locator("button").click()
    settle(page, lambda page: np.array_equal(decoded(page.evaluate(GLYPH)), picture))


def test_a_hand_is_taught_saved_and_loaded(open_page, tmp_path):
    page = open_page(360, 740)
    open_tab(page, "Teach")
    for count in (1, 2, 3):
        for line in ARROW:
            stroke(page, line, "#teach-sketch")
        if count == 1:  # the reason stays, and so does the drawing
            page.get_by_role("button", name="Add my drawing").click()
            says(page, "Say which digit it is, 0 to 9")
            page.wait_for_timeout(1000)  # in which the drawing's own answer would come
            says(page, "Say which digit it is, 0 to 9")
        page.locator("#teach label").filter(has_text="1").click()
        page.get_by_role("button", name="Add my drawing").click()
        page.get_by_text(f"Your drawings: {count}.").wait_for()
    adding = page.get_by_role("button", name="Add my drawing").bounding_box()
    assert adding["y"] < page.locator(".answer:visible").bounding_box()["y"]  # which grows
    stroke(page, ARROW[0], "#teach-sketch")
    page.locator(".readings li").nth(1).wait_for()
    assert page.locator(".readings .digit").last.inner_text() == "1"
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save as a file").click()
    saving.value.save_as(tmp_path / "hand.json")
    page.get_by_role("button", name="Start anew").click()
    page.locator(".teach .progress").wait_for(state="detached")
    page.locator("#teach input[type=file]").set_input_files(tmp_path / "hand.json")
    page.get_by_text("Your drawings: 3.").wait_for()
    (tmp_path / "other.json").write_text("{}")
    page.locator("#teach input[type=file]").set_input_files(tmp_path / "other.json")
    says(page, "This is no file of drawings from here: choose one that was saved in this tab")
    page.get_by_text("Your drawings: 3.").wait_for()
