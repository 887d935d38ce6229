"""The demo's Compare and Report tabs in Chromium, and what holds for every tab."""

import cv2
import numpy as np
import pytest

from model.bundles.store import shipped_bundles
from tests.browser.hand import ENGLISH, SEVEN, open_tab, picture_of_page, says, stroke
from webapp.language import LANGUAGES, words_of

# Each visible piece of text, with its contrast against what is painted behind it, and what it needs
# (WCAG 2.2, 1.4.3; relative luminance as defined there). Text on pictures and what is switched off
# or hidden from readers is left out.
CONTRASTS = """() => {
  const rgba = text => {
    const [red, green, blue, alpha] = text.match(/[\\d.]+/g).map(Number);
    return [red, green, blue, alpha ?? 1];
  };
  const over = (top, under) =>
    [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = color => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const part = color[i] / 255;
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement)
      layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reduceRight((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    const seen = element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const skipped = element.closest("[aria-hidden=true], :disabled, script, style, noscript");
    if (!text || !seen || skipped) continue;
    const style = getComputedStyle(element), ground = behind(element);
    const lights = [light(over(rgba(style.color), ground)), light(ground)];
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const contrast = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    found.push([text, contrast, large ? 3 : 4.5]);
  }
  return found;
}"""
# Writes names on the tools, and gives those that are then not seen beside their icons.
UNSEEN = """(tools, names) => tools.filter((tool, i) => {
  const [icon, name] = tool.children;
  name.textContent = names[i];
  const seen = name.getBoundingClientRect(), box = tool.getBoundingClientRect();
  return seen.y > icon.getBoundingClientRect().y + 5 || seen.right > box.right;
}).map(tool => tool.textContent)"""
# Pictures, and controls that can be used, without a name for who cannot see them.
NAMELESS = """() => {
  const named = e => e.getAttribute("aria-label") || e.title || e.alt || e.innerText?.trim()
    || e.labels?.[0]?.innerText.trim() || e.closest("[aria-label]:not(body, section)")
    || document.getElementById(e.getAttribute("aria-labelledby"));
  const wanted = "button, a[href], input, summary, iframe, img, canvas, [tabindex='0']";
  return [...document.querySelectorAll(wanted)]
    .filter(e => e.checkVisibility({ visibilityProperty: true }))
    .filter(e => !e.closest("[aria-hidden=true]") && !named(e))
    .map(e => e.outerHTML.slice(0, 120));
}"""


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
def test_every_text_stands_out_and_every_control_has_a_name(open_page, tmp_path, scheme):
    page = open_page(1280, 800, scheme)

    def check(where):
        page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
        page.screenshot(path=tmp_path / f"{where}-{scheme}.png", full_page=True)
        pairs = page.evaluate(CONTRASTS)
        assert len(pairs) > 10
        assert not [pair for pair in pairs if pair[1] < pair[2]], where
        assert not page.evaluate(NAMELESS), where
        assert not page.locator(":is(div, p, pre, span)[aria-label]:not([role]):visible").count()

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
