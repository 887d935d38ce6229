"""The page's text and structure against a file that people can read, what varies scrubbed by name.

After a wanted change: `UPDATE_GOLD=1 pytest tests/report/documents/test_gold.py`, then read what
changed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.report.rendering import render_html

GOLD = Path(__file__).parent / "gold" / "report.html"


def as_size(table: re.Match[str]) -> str:
    """Name a table and say how large it is: its cells are tested where they are made."""
    caption = re.search(r"<caption>(.*?)</caption>", table[0])[1]
    rows, columns = table[0].count("<tr>") - 1, table[0].count('scope="col"')
    return f"TABLE “{caption}”, {rows} × {columns}"


def as_first(items: re.Match[str]) -> str:
    """Keep the first of a row of images, on one line, and say how many follow."""
    first, *rest = re.findall(r"<li class=\"example.*?</li>", items[0], flags=re.DOTALL)
    line = re.sub(r"\s*\n\s*", " ", first)
    return f'<ul class="examples">\n{line}\n{len(rest)} MORE\n</ul>'


SCRUBS = {
    "style sheet": (r"<style>.*?</style>", "<style>STYLE</style>"),
    "picture": (r'src="data:[^"]+"', 'src="PICTURE"'),
    "table": (r'<div class="scroll".*?</table>\n</div>', as_size),
    "cells": (r'<nav class="cells".*?</nav>', "CELLS THAT ARE LINKS"),
    "row of images": (r'<ul class="examples">.*?</ul>', as_first),
    "empty line": (r"\n\s*(?=\n)", ""),
}


def scrubbed(html: str) -> str:
    """The page without what nobody reads."""
    for pattern, replacement in SCRUBS.values():
        html = re.sub(pattern, replacement, html, flags=re.DOTALL)
    return html


@pytest.mark.parametrize("name", SCRUBS)
def test_every_scrub_finds_something(summary, name):
    pattern, replacement = SCRUBS[name]
    html = render_html(summary)
    assert re.sub(pattern, replacement, html, flags=re.DOTALL) != html


def test_the_page_reads_as_it_did(summarise_made_up):
    summary = summarise_made_up(60, error_share=0.05, extras=("mine",))
    summary.training["config"]["augmented"] = True
    found = scrubbed(render_html(summary))
    if os.environ.get("UPDATE_GOLD"):
        GOLD.write_text(found, encoding="utf-8")
    assert found.splitlines() == GOLD.read_text(encoding="utf-8").splitlines()
