"""The page: what it is given, what it promises, and that it keeps the promise."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest
from jinja2 import UndefinedError, meta

from report import evaluate
from report.charts import confused_pairs
from report.documents.document import ReportPage, report_page
from report.documents.elements import Page
from report.documents.files import json_text
from report.documents.notes import render_notes
from report.documents.templating import TEMPLATES, html_environment
from report.numbers.classes import MARK
from report.numbers.summary import Summary
from tests.report.rendering import render_html

VOID = {"meta", "img", "br", "link", "hr", "input", "wbr"}


class Outline(HTMLParser):
    """Collects what the tests ask about: ids, links, images, headings, table headers, nesting."""

    def __init__(self, html: str):
        super().__init__()
        self.open, self.unbalanced = [], []
        self.tags: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def outline(html):
    return Outline(html)


def test_every_declared_key_is_supplied_and_used_and_no_other(summary):
    environment = html_environment()
    used = set()
    names = environment.list_templates(filter_func=lambda name: name.endswith(".html.j2"))
    for name in set(names) - {"api_docs.html.j2", "notebook.html.j2"}:  # other pages
        tree = environment.parse(environment.loader.get_source(environment, name)[0])
        used |= meta.find_undeclared_variables(tree)
    page_locals = {"show", "model", "metrics", "data", "training", "accuracy"}
    page_locals |= {"names", "noun", "is_digits", "is_ours", "can_see"}
    page_locals |= {"w", "item", "scores", "short", "seen"}
    declared = set(ReportPage.__annotations__)
    assert set(report_page(summary)) == declared
    assert used - page_locals - {"table", "example"} == declared


def test_a_missing_value_is_an_error_not_a_gap():
    with pytest.raises(UndefinedError):
        html_environment().get_template("report.html.j2").render({})


def test_the_markup_is_balanced_and_ids_are_unique(outline):
    assert (outline.open, outline.unbalanced) == ([], [])
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_every_link_leads_to_a_place_on_the_page(outline):
    ids = {attributes.get("id") for _, attributes in outline.tags}
    links = [link["href"] for link in outline.all("a")]
    assert len(links) > 8
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    labels = [a["aria-labelledby"] for _, a in outline.tags if "aria-labelledby" in a]
    assert set(labels) <= ids


def test_every_picture_is_inline_and_has_alt_text(outline):
    images = outline.all("img")
    assert len(images) > 30
    for image in images:
        assert image["src"].startswith("data:image/")
        assert image["alt"].strip()


def test_nothing_points_outside_and_nothing_runs(html, outline):
    policy = next(m for m in outline.all("meta") if "http-equiv" in m)
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert policy["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert not outline.all("script")
    assert not outline.all("link")
    assert not re.search(r"url\(|@import|https?://", html)


def test_tables_have_captions_and_scoped_headers(outline):
    assert len(outline.all("table")) == len(outline.all("caption")) > 5
    assert {header.get("scope") for header in outline.all("th")} == {"col", "row"}


def test_headings_descend_one_level_at_a_time(outline):
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))


def test_it_says_the_numbers(html, summary):
    metrics = summary.metrics
    top = metrics.most_confused[0]
    assert f"{metrics.accuracy.count} of 400 images" in html
    assert f"The most frequent error is {top.truth} read as {top.reading}" in html
    for share in (metrics.accuracy.value, metrics.per_class[3].recall.value):
        assert f"{100 * share:.1f}"[:4] in html


def test_extra_sets_have_a_section_a_tile_and_their_images(html, outline, summary):
    assert outline_ids(outline) >= {"extras", "extra-mine", "extra-yours", "confidence"}
    section = html[html.index('id="extras"') : html.index('id="networks"')]
    for extra in summary.extras:
        assert f"read {extra.metrics.accuracy.count} of 200 images correctly" in section
        for shown in extra.examples.confident_mistakes:
            assert f'alt="{extra.name}, image {shown.index}: ' in section
            assert shown.picture.base64 in section
    at_a_glance = html[html.index('id="summary"') : html.index('id="results"')]
    assert at_a_glance.count("On other people’s digits") == 1
    assert at_a_glance.count("(mine)") == 1


def test_a_set_of_known_writers_lists_those_read_worst(summarise_made_up, html):
    page = render_html(summarise_made_up(200, 0.1, extras=("yours",), signed=("yours",)))
    table = page.partition("yours, by writer, the ten read worst</caption>")[2]
    assert table.partition("</table>")[0].count('<th scope="row">writer ') == 10
    assert "cluster bootstrap" in page
    assert "by writer" not in html


def test_without_extra_sets_there_is_no_such_section(summarise_made_up):
    html = render_html(summarise_made_up(60, extras=()))
    assert "other people" not in html
    assert outline_ids(Outline(html)).isdisjoint({"extras"})


def test_confidence_is_said_with_what_acceptance_costs_and_buys(html, summary):
    metrics = summary.metrics
    assert f"declines {metrics.declined.count} of 400 images" in html
    assert f"holds back {metrics.declined_errors} of its {metrics.errors} mistakes" in html
    assert f"{metrics.confidence.brier:.4f}" in html


def test_augmented_training_is_explained_where_it_happened(summarise_made_up, html):
    assert "made harder on purpose" not in html
    summary = summarise_made_up(60)
    summary.training["config"]["augmented"] = True
    html = " ".join(render_html(summary).split())
    assert "made harder on purpose (bent and restyled), so it lies below validation" in html
    summary.model["calibration"]["accept_digit_probability"] = 0.5
    html = " ".join(render_html(summary).split())
    assert "(bent and restyled, and non-digits as an eleventh class), so it lies below" in html


def test_pictures_that_were_left_out_are_said(summarise_made_up):
    summary = summarise_made_up(60, extras=("mine",))
    summary.dataset["unreadable"], summary.extras[0].facts["unreadable"] = 1, 1234
    html = render_html(Summary.from_json(json.loads(json_text(summary))))
    assert html.count("1 more picture of it could not be read, and was left out.") == 1
    assert html.count("1,234 more pictures of it could not be read, and were left out.") == 1
    assert "1 more picture could not be read, and was left out." in render_notes(summary)


def outline_ids(outline: Outline) -> set[str]:
    return {attributes["id"] for _, attributes in outline.tags if "id" in attributes}


def test_strings_from_outside_are_escaped(summarise_made_up):
    hostile = "<script>alert(1)</script>&\"'"
    html = render_html(summarise_made_up(60, name=hostile))
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)") > 3
    assert Outline(html).unbalanced == []


def test_names_break_where_their_parts_meet_and_keep_their_places():
    """Two names written from right to left would change places around an arrow."""
    long = "Tomato___Spider_mites/two-spotted"
    found = evaluate([0, 0, 1, 2], y_pred=[1, 1, 0, 1], classes=["קטה", "كلب_<b>", long])
    page = found._repr_html_(), render_html(found.summary)
    pair = f"{MARK}קטה{MARK} → {MARK}كلب_&lt;b&gt;{MARK}"
    assert all(pair in html for html in page)
    assert pair.replace("_&lt;b&gt;", "&#95;&#60;b&#62;") in render_notes(found.summary)
    labels = confused_pairs.draw(found.summary.metrics).axes[0].get_yticklabels()
    assert labels[0].get_text() == f"{MARK}קטה{MARK} → {MARK}كلب_<b>{MARK}"
    assert '<th scope="row">Tomato___<wbr>Spider_<wbr>mites/<wbr>two-<wbr>spotted</th>' in page[1]
    assert Page(page[1]).content(frozenset()) == Page(page[1].replace("<wbr>", "")).content(
        frozenset()
    )


def test_no_line_ends_before_a_percent_sign(html):
    assert not re.search(r"\d %", html)


def test_a_score_that_ranks_the_wrong_way_is_said_first():
    labels = np.arange(60) % 2
    scores = np.where(labels, 0.3, 0.7) + np.arange(60) / 200
    html = render_html(evaluate(labels, scores, classes=["ill", "well"]).summary)
    assert "The rows of “well” get a lower probability of it than the others" in " ".join(
        html.split()
    )
    assert html.index("The other way round?") < html.index("<h1>")
    html = render_html(evaluate(labels, 1 - scores, classes=["ill", "well"]).summary)
    assert "The other way round?" not in html


def test_what_averages_leave_out_is_said_where_a_class_is_absent(html):
    assert "Averages over classes" not in html
    found = evaluate(["a", "b", "b"], y_pred=["a", "b", "c"], classes=["a", "b", "c"])
    assert found.metrics["macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert "the mean of F1 counts such a class" in render_html(found.summary)


def test_a_page_without_errors_or_history_leaves_those_parts_out(summarise_made_up, flawless):
    html = render_html(flawless)
    assert "The worst digit is" not in html
    assert "No image was misread" in html
    assert 'id="pairs"' not in html
    assert "The surest mistakes" not in html
    summary = summarise_made_up(60)
    summary.training["history"] = []
    html = render_html(summary)
    assert "came without a record of its training" in html


@pytest.mark.parametrize(("count", "error_share"), [(1, 0.0), (1, 1.0), (12, 0.5)])
def test_tiny_and_lopsided_test_sets_make_a_page(summarise_made_up, count, error_share):
    outline = Outline(render_html(summarise_made_up(count, error_share)))
    assert outline.unbalanced == []


def test_it_stays_small_and_equal(summary, html):
    assert len(html.encode()) < 2_000_000
    assert render_html(summary) == html


def test_the_stylesheet_is_inlined_whole(html):
    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    assert css.strip() in html


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as engine:
        launched = engine.chromium.launch(executable_path=chromium, args=flags)
        yield launched
        launched.close()


@pytest.mark.browser
def test_a_browser_loads_the_file_alone_and_finds_no_fault(browser, html, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page()
    requests, faults = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    assert faults == []
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert page.evaluate(broken) == 0
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("unfolded", [False, True])
def test_no_page_scrolls_sideways(browser, html, width, unfolded):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_content(html)
    if unfolded:
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.browser
def test_dark_mode_is_for_screens_only(browser, html):
    page = browser.new_page(color_scheme="dark")
    page.set_content(html)
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(paper) == "rgb(255, 255, 255)" != dark
    page.close()
