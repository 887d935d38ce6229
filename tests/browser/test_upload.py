"""The Upload tab in Chromium: files, the clipboard, the examples, and the keyboard alone."""

import csv

from tests.browser.hand import (
    ENGLISH,
    HELD_BACK,
    open_tab,
    picture_of_page,
    picture_of_seven,
    says,
    settle,
    sideways,
    words,
)
from webapp.examples import draw_examples

COPY_IMAGE = """async source => {
  const canvas = document.createElement("canvas");
  const image = Object.assign(new Image(), { src: source });
  await image.decode();
  canvas.width = image.width; canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  const png = await new Promise(resolve => canvas.toBlob(resolve));
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}"""

# Drops pictures on the canvas; gives whether the browser would have left the page for them.
DROP = """async sources => {
  const dataTransfer = new DataTransfer();
  for (const source of sources) {
    const picture = await (await fetch(source)).blob();
    dataTransfer.items.add(new File([picture], "picture.png", { type: "image/png" }));
  }
  const left = ["dragover", "drop"].filter(name => document.querySelector("#sketch canvas")
    .dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true })));
  return left.length > 0;
}"""


def upload(page, file):
    open_tab(page, "Upload")
    page.set_input_files("#picture input[type=file]", file)


def tab_to(page, selector):
    """Press Tab until what is wanted has the focus, as who has no mouse does."""
    for _ in range(40):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {selector}")


def choose_by_keyboard(page, file):
    """Choose a file with Tab and Enter; again if the page was still being built under the keys."""
    choosers = []

    def press(page):
        if not choosers:
            tab_to(page, "#picture button.upload-container")
            page.keyboard.press("Enter")
            page.wait_for_timeout(1000)
        return choosers

    page.on("filechooser", lambda chooser: choosers.append(chooser))
    settle(page, press)
    choosers[0].set_files(file)


def test_a_picture_is_uploaded_read_and_removed(open_page, tmp_path):
    (tmp_path / "notes.pdf").write_text("%PDF-1.7")
    page = open_page(1280, 800, "dark", HELD_BACK.replace("PART", "/queue/join"))
    upload(page, picture_of_seven(tmp_path))
    says(page, ENGLISH["upload_reading"])
    page.evaluate("release()")
    says(page, "This is a 7")
    page.screenshot(path=tmp_path / "dark.png", full_page=True)
    page.get_by_role("button", name="Remove Image").click()
    says(page, ENGLISH["upload_prompt"])
    page.set_input_files("#picture input[type=file]", tmp_path / "notes.pdf")
    says(page, ENGLISH["upload_again"])
    assert "is a PDF" in page.locator(".answer:visible .hint").inner_text()
    page.locator("#picture img").wait_for(state="hidden")  # no browser's mark of a broken picture


def test_a_page_is_read_line_by_line_copied_and_saved(open_page, tmp_path):
    page = open_page(320, 640)
    upload(page, picture_of_page(tmp_path))
    says(page, "5 digits in 2 lines")
    assert page.locator(".answer:visible .lines").inner_text().split() == ["777", "77"]
    assert page.get_by_alt_text("Your picture with a box").is_visible()
    page.get_by_text("Every digit with its confidence").click()
    assert page.locator(".answer tbody tr:visible").count() == 5
    assert sideways(page) == 0
    page.screenshot(path=tmp_path / "page-phone.png", full_page=True)
    page.get_by_role("button", name="Copy the text").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "777\n77"
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save as CSV").click()
    assert saving.value.suggested_filename == "digits.csv"
    with open(saving.value.path(), newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["digit"] for row in rows] == ["7"] * 5
    assert [row["line"] for row in rows] == ["1", "1", "1", "2", "2"]


def test_a_picture_is_pasted_or_dropped_whatever_tab_is_open(open_page):
    page = open_page()
    examples = {example["name"]: example["picture"] for example in draw_examples(ENGLISH)}
    page.evaluate(COPY_IMAGE, examples["five"])
    page.keyboard.press("Control+V")
    says(page, "This is a 5")
    open_tab(page, "Draw")
    assert not page.evaluate(DROP, [examples["two"], examples["five"]])
    says(page, "This is a 2")
    page.get_by_text(ENGLISH["upload_first"]).wait_for()
    page.get_by_role("button", name="Remove Image").click()
    says(page, ENGLISH["upload_prompt"])
    assert not page.get_by_text(ENGLISH["upload_first"]).count()
    page.evaluate(DROP, [examples["two"], examples["five"]])
    page.get_by_text(ENGLISH["upload_first"]).wait_for()
    page.evaluate(DROP, [examples["five"]])
    says(page, "This is a 5")
    assert not page.get_by_text(ENGLISH["upload_first"]).count()
    assert page.get_by_role("tab", name="Upload").get_attribute("aria-selected") == "true"


def test_the_keyboard_alone_uploads_and_tries_examples(open_page, tmp_path):
    page = open_page()
    tab_to(page, "[role=tab]")
    page.keyboard.press("ArrowRight")
    page.locator("[data-example]").last.wait_for()
    choose_by_keyboard(page, picture_of_seven(tmp_path))
    says(page, "This is a 7")
    tab_to(page, "[data-example][data-name='two']")
    page.keyboard.press("Enter")
    says(page, "This is a 2")
    tab_to(page, "[data-example][data-name='letter']")
    page.keyboard.press("Space")
    page.locator(".answer.no-digit:visible").wait_for()
    assert words(page) == ENGLISH["no_digit"]
