"""The drawings of a visit in Chromium: brought back, judged, and saved."""

import io
import re
import zipfile

from PIL import Image

from tests.browser.hand import ENGLISH, SEVEN, says, settle, stroke, tool

# Notes what is written on cards.
NOTE_TEXTS = """() => {
  window.texts = [];
  const pen = CanvasRenderingContext2D.prototype, write = pen.fillText;
  pen.fillText = function (text, ...place) {
    texts.push(text);
    write.call(this, text, ...place);
  };
}"""


def test_drawings_are_kept_brought_back_judged_and_saved(open_page, tmp_path):
    page = open_page()
    stroke(page, SEVEN[0])
    says(page, "This is a 7")
    tool(page, "clear")
    says(page, ENGLISH["draw_prompt"])
    for x in (100, 250):
        stroke(page, [(x, 60), (x, 230)])
    says(page, "This is 11")
    kept = page.locator(".history .strip li")
    kept.nth(1).wait_for()
    assert kept.locator(".back b").all_inner_texts() == ["11", "7"]
    kept.nth(0).locator("[data-right=true]").click()
    kept.nth(1).locator("[data-right=false]").click()
    assert page.locator(".history .score").inner_text() == "1 of 2 right"
    page.evaluate(NOTE_TEXTS)
    with page.expect_download() as saving:
        page.get_by_role("button", name=ENGLISH["save_zip"]).click()
    assert any(re.match(r"[A-Z][a-z]+ \d+, \d{4}", text) for text in page.evaluate("texts"))
    with zipfile.ZipFile(saving.value.path()) as saved:
        assert saved.testzip() is None
        assert saved.namelist() == ["drawings.csv", "01.png", "02.png"]
        rows = saved.read("drawings.csv").decode("utf-8-sig").splitlines()
        assert [row.split(",")[2] for row in rows] == ['"answer"', '"7"', '"11"']
        assert Image.open(io.BytesIO(saved.read("02.png"))).size == (800, 800)
    kept.nth(1).locator(".back").click()
    says(page, "This is a 7")
    assert kept.count() == 2  # it is the same drawing
    page.context.set_offline(True)
    stroke(page, [(320, 60), (320, 230)])
    page.get_by_text(ENGLISH["lost"]).wait_for()
    assert not page.locator(".toast-title").first.is_visible()  # it is English in every language
    page.context.set_offline(False)
    says(page, "This is 71")  # Gradio has loaded the page anew: no ink is lost with it
    assert kept.locator(".back b").all_inner_texts() == ["11", "71"]
    assert page.locator(".history .score").inner_text() == "1 of 2 right"
    page.get_by_role("button", name=ENGLISH["full_screen"]).click()
    settle(page, lambda page: page.locator("#heading").bounding_box()["height"] <= 1)
    assert page.get_by_role("heading", level=1).count()  # the page keeps its name all the same
    settle(page, lambda page: page.locator("#sketch canvas").bounding_box()["y"] > 0)
    assert page.locator("#sketch canvas").bounding_box()["width"] > 280  # on a phone, too
    page.screenshot(path=tmp_path / "projector.png")
