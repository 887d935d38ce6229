"""The demo's Compare and Report tabs in Chromium, and what holds for every tab."""

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from model.bundles.store import shipped_bundles
from tests.browser.hand import ENGLISH, SEVEN, open_tab, picture_of_page, says, stroke
from webapp.language import LANGUAGES, words_of

# Writes names on the tools, and gives those that are then not seen beside their icons.
UNSEEN = """(tools, names) => tools.filter((tool, i) => {
  const [icon, name] = tool.children;
  name.textContent = names[i];
  const seen = name.getBoundingClientRect(), box = tool.getBoundingClientRect();
  return seen.y > icon.getBoundingClientRect().y + 5 || seen.right > box.right;
}).map(tool => tool.textContent)"""


def test_all_shipped_networks_read_the_same_drawing(open_page, tmp_path):
    page = open_page(320, 640)
    open_tab(page, "Compare")
    page.wait_for_selector("#compare-sketch canvas")
    says(page, ENGLISH["compare_prompt"])
    networks = page.locator(".network:visible")
    assert networks.count() == len(shipped_bundles())
    stroke(page, SEVEN[0], "#compare-sketch")
    says(page, f"All {len(shipped_bundles())} networks read 7")
    assert networks.locator(".digit").all_inner_texts() == ["7"] * len(shipped_bundles())
    assert all(share.endswith("%") for share in networks.locator(".share").all_inner_texts())
    page.screenshot(path=tmp_path / "compare-phone.png", full_page=True)


def test_the_report_is_shown_and_can_be_saved(open_page, folders):
    page = open_page()
    open_tab(page, "Report")
    report = page.frame_locator(".report iframe")
    report.get_by_role("heading", name="How well does it read?").wait_for()
    for kind in ("html", "pdf"):
        with page.expect_download() as saving:
            page.get_by_role("link", name=f"Save as {kind.upper()}").click()
        assert saving.value.suggested_filename == f"report.{kind}"
        assert saving.value.path().read_bytes() == (folders.report / f"report.{kind}").read_bytes()


def test_the_names_of_the_tools_fit_in_every_language(open_page):
    page = open_page(1280, 800)
    tools = page.locator("#sketch .tools button")
    for language in LANGUAGES:
        own = words_of(language)
        names = [own[f"tool_{name}"] for name in ("draw", "erase", "undo", "redo", "clear")]
        assert not tools.evaluate_all(UNSEEN, names), language


def test_the_names_of_the_answers_fit_in_every_language(open_page):
    page = open_page(320, 640)
    row = page.locator(".guesses li:visible").last
    name = row.locator(".name")
    row.evaluate("row => row.classList.add('first')")  # in bold
    for language in LANGUAGES:
        name.evaluate("(name, text) => { name.textContent = text; }", words_of(language)["none"])
        assert name.evaluate("name => name.scrollWidth <= name.clientWidth"), language


def test_what_a_colour_tells_is_seen_where_the_visitor_has_colours_of_his_own(open_page):
    page = open_page()
    page.emulate_media(forced_colors="active")
    stroke(page, SEVEN[0])
    says(page, "This is a 7")
    for telling in ("[role=tab].selected", "[data-tool=draw]", ".first .bar", ".legend .for"):
        png = np.frombuffer(page.locator(f"{telling}:visible").first.screenshot(), np.uint8)
        assert np.ptp(cv2.imdecode(png, cv2.IMREAD_COLOR).astype(int), axis=2).max() > 60, telling


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page, tmp_path, scheme):
    page = open_page(1280, 800, scheme)

    def check(where):
        page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
        page.screenshot(path=tmp_path / f"{where}-{scheme}.png", full_page=True)
        found = Axe().run(page).response
        assert len(found["passes"]) > 20
        assert not found["violations"], where

    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 27)"}[scheme]
    check("draw-empty")
    stroke(page, SEVEN[0])
    says(page, "This is a 7")
    check("draw")
    open_tab(page, "Upload")
    says(page, ENGLISH["upload_prompt"])
    check("upload-empty")
    page.set_input_files("#picture input[type=file]", picture_of_page(tmp_path))
    says(page, "5 digits in 2 lines")
    page.get_by_text("Every digit with its confidence").click()
    check("upload-page")
    open_tab(page, "Compare")
    page.wait_for_selector("#compare-sketch canvas")
    stroke(page, SEVEN[0], "#compare-sketch")
    says(page, "All 4 networks read 7")
    check("compare")
    open_tab(page, "Inside")
    page.locator("#inside [data-filled]").wait_for()
    page.locator(".mistakes.counted, .mistakes.none").wait_for()
    check("inside")
    open_tab(page, "Teach")
    stroke(page, SEVEN[0], "#teach-sketch")
    page.locator(".readings li").wait_for()
    page.locator("#teach").get_by_text("7", exact=True).first.click()
    page.get_by_role("button", name="Add my drawing").click()
    page.get_by_text("Your drawings: 1.").wait_for()
    check("teach")
    open_tab(page, "Report")
    page.locator(".report iframe").wait_for()
    check("report")
