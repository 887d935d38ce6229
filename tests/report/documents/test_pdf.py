"""The report on paper: its standards, its words, and that nothing in it runs or breaks it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import unicodedata
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
import typst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from report.documents import elements
from report.documents import pdf as paper
from report.documents.pdf import render_pdf
from tests.report.rendering import render_html

MADE = "2024-01-02T03:04:05Z"
HOSTILE = [
    "#sys.inputs",
    "#panic()",
    "$x$ *bold* _em_ `raw` <label> @ref [x] // no",
    "back\\slash \\u{41} #[",
    "control \x00\x07\x1b\x7f\x85 characters",
    "soft\u00adhyphen \u200b\u200d\u202e\ufeff\ue000",
    "lone \udcff surrogate",
    "x" * 300,
    "🙂🎉👩‍👩‍👧",
    "数字 ١٢٣ e\u0301 \u0301",
    "",
]


@pytest.fixture(scope="module")
def pdf(html):
    return render_pdf(html, MADE)


def words(pdf: bytes) -> str:
    """The text of a PDF, in reading order, on one line."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (poppler-utils)")
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True)
    text = unicodedata.normalize("NFKC", done.stdout.decode())
    return " ".join(text.replace("\u200b", "").split())


def test_it_says_that_it_keeps_both_standards(pdf):
    # Typst refuses to write what breaks them; the claim stands in the file's open metadata.
    assert b"<pdfuaid:part>1<" in pdf
    assert b"<pdfaid:part>2<" in pdf
    assert b"<pdfaid:conformance>A<" in pdf


def test_it_is_dated_as_the_report_is(pdf):
    assert b"<xmp:CreateDate>2024-01-02T03:04:05" in pdf


def test_same_page_same_bytes(html, pdf):
    assert render_pdf(html, MADE) == pdf


def test_it_has_the_words_and_numbers_of_the_page(html, pdf, summary):
    text = words(pdf)
    assert f"{100 * summary.metrics.accuracy.value:.2f} %" in text
    titles = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    main = re.sub("<nav.*?</nav>", "", html[html.index("<main") :], flags=re.DOTALL)
    headings = re.findall(r"<h[234][^>]*>(.*?)</h[234]>", main)
    assert len(titles) > 10
    assert len(headings) > 20
    for line in (*titles, *headings):
        line = unicodedata.normalize("NFKC", line)
        assert line.replace("&lt;", "<") in text, line


def test_what_the_page_folds_away_stands_at_the_end_and_is_pointed_at(html, pdf):
    text, folded = words(pdf), html.count("<details>")
    assert folded > 5
    assert {int(n) for n in re.findall(r"Table A(\d+) ", text)} == set(range(1, folded + 1))
    assert len(re.findall(r"Numbers: Table A\d+", text)) == html.count("<summary>The numbers<")


def pages_as_pixels(html: str) -> list[np.ndarray]:
    """Each page as grey uint8 (h, w), two pixels a millimetre."""
    with paper.compiler(html, datetime(2024, 1, 2)) as typst:
        found = typst.compile(format="png", ppi=51)
    pages = [found] if isinstance(found, bytes) else found  # of one page, and of several
    return [np.asarray(Image.open(io.BytesIO(page)).convert("L")) for page in pages]


def assert_margins_are_blank(pages: list[np.ndarray]):
    """Nothing stands below the text but the number of the page, at the right."""
    for page in pages:
        height, width = page.shape
        assert (page[round(0.94 * height) :, : round(0.8 * width)] > 200).all()


def test_a_folded_table_never_runs_out_of_its_page():
    rows = "".join(f'<tr><th>{k}</th><td class="number">1</td></tr>' for k in range(12))
    table = f"""<details><summary>s</summary><table><caption>c</caption><thead><tr><th>a</th>
        <th class="number">b</th></tr></thead><tbody>{rows}</tbody></table></details>"""
    for lines in range(24, 36, 2):
        main = f"<section><h2>x</h2>{'<p>y</p>' * lines}{table * 2}</section>"
        head = "<head><title>t</title></head><header><p>k</p><h1>h</h1><p>p</p></header>"
        pages = pages_as_pixels(f"<html>{head}<main>{main}</main></html>")
        assert_margins_are_blank(pages)


@pytest.mark.parametrize(
    ("count", "error_share", "extras"), [(400, 0.1, ("mine",)), (400, 0.5, ()), (40, 0.0, ())]
)
def test_no_page_but_the_last_has_a_fifth_of_it_blank(
    summarise_made_up, count, error_share, extras
):
    html = render_html(summarise_made_up(count, error_share, extras=extras))
    *pages, last = pages_as_pixels(html)
    assert 5 < len(pages) < 30
    assert_margins_are_blank([*pages, last])
    for number, page in enumerate(pages, 1):
        body = page[round(0.1 * len(page)) : round(0.905 * len(page))]
        inked = np.flatnonzero((body < 200).any(axis=1))
        assert inked.max() > 0.8 * len(body), f"page {number} of {len(pages) + 1}"


def with_text(summarise_made_up, text: str) -> bytes:
    """A report where everything that comes from outside is `text`."""
    summary = summarise_made_up(20, extras=())
    summary.model["name"] = summary.dataset["name"] = summary.dataset["source"] = text
    summary.training["data"]["name"] = text
    summary.training["config"][text] = text
    summary = replace(summary, environment=summary.environment | {"machine": text})
    html = render_html(summary).encode("utf-8", "replace").decode()
    return render_pdf(html, MADE)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_outside_stays_text(summarise_made_up, text):
    pdf = with_text(summarise_made_up, text)
    if text.isascii() and text.isprintable():
        assert text.replace(" ", "") in words(pdf).replace(" ", "")


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=12))
def test_no_text_breaks_it(summarise_made_up, text):
    assert with_text(summarise_made_up, text).startswith(b"%PDF")


def test_letters_that_the_fonts_lack_are_spelt_out():
    assert elements._shown("a🙂b") == "a(U+1F642)b"
    assert elements._shown("e\u0301\x00\n\tx") == "é x"


def test_an_element_that_has_no_setting_is_an_error_not_a_gap(html):
    with pytest.raises(RuntimeError, match="no way to set marquee"):
        render_pdf(html.replace("</main>", "<marquee>lost?</marquee></main>"), MADE)
    with pytest.raises(RuntimeError, match="no way to set blink within a line"):
        render_pdf(html.replace("</main>", "<p><blink>lost?</blink></p></main>"), MADE)


def test_a_picture_without_alt_text_is_an_error(html):
    with pytest.raises(typst.TypstError, match="alt"):
        render_pdf(re.sub(r' alt="[^"]+"', ' alt=""', html, count=1), MADE)


def test_a_warning_is_an_error(html, monkeypatch, tmp_path):
    template = (paper.TEMPLATES / paper.TEMPLATE).read_text(encoding="utf-8")
    (tmp_path / paper.TEMPLATE).write_text(template + '\n#text(font: "Nonesuch")[x]')
    monkeypatch.setattr(paper, "TEMPLATES", tmp_path)
    with pytest.raises(RuntimeError, match="nonesuch"):
        render_pdf(html, MADE)
