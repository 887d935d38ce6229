"""The report as a PDF, which Typst sets from the elements of the HTML page.

The report's words stand in the HTML templates alone. `templates/report.typ` reads the elements
as JSON; none of their text is taken for Typst code.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unicodedata import category

from report.charts.fonts import describe, fonts_for
from report.documents.elements import Page
from report.documents.pages import plan_of
from report.documents.templating import TEMPLATES
from report.numbers.provenance import parse_time

if TYPE_CHECKING:
    from typst import Compiler

TEMPLATE = "report.typ"
PAGE_END, PAGE_HEIGHT = 785.2, 717.2  # points: 277 mm, 253 mm of text
LOST = (
    "This system has no font with some of the letters here; they are given by their code points, "
    "such as (U+732B). The page report.html shows them."
)


def render_pdf(html: str, created_at: str) -> bytes:
    """Set the page `html` as PDF/UA-1 and PDF/A-2a, with the time `created_at` in its metadata.

    The same page and time give the same bytes. Raises RuntimeError for an element that the template
    does not know and for a warning of Typst, and TypstError for a picture without alt text.
    """
    from typst import TypstError

    moment = parse_time(created_at)
    try:
        return _compiled(html, moment)
    except (TypstError, RuntimeError):  # of a font
        return _compiled(html, moment, is_font_used=False)


def _compiled(html: str, moment: datetime, is_font_used: bool = True) -> bytes:
    with compiler(html, moment, is_font_used) as typst:
        pdf, warnings = typst.compile_with_warnings(
            format="pdf",
            pdf_standards=["ua-1", "a-2a"],  # for screen readers, and for archives
            timestamp=moment,
        )
    if warnings:
        raise RuntimeError(f"{TEMPLATE}: {warnings[0].message}")
    assert isinstance(pdf, bytes)  # Only other formats have several files.
    return pdf


@contextmanager
def compiler(html: str, moment: datetime, is_font_used: bool = True) -> Iterator[Compiler]:
    """Give Typst, with the template and the page's elements, but no other file.

    It measures them first, so that pages can be planned. Fonts of the system are used for letters
    that its own lack; Typst opens them late, so their folder exists until the context ends.
    """
    from typst import Compiler

    page = Page(html)
    lacking = page.lacking
    fonts, found = fonts_for(lacking if is_font_used else ())
    lost = {x for x in lacking if category(x)[0] in "LMNS" and ord(x) not in found}
    content = {
        "date": moment.timetuple()[:6],
        "pictures": page.pictures,
        **page.content(frozenset(map(chr, found))),
        "fonts": [describe(path)[0] for path in fonts],
        "note": LOST if lost else "",
    }
    template = (TEMPLATES / TEMPLATE).read_bytes()
    # Typst takes files by their names, which its type annotations leave out.
    files: Any = {"main.typ": template, "report.json": json.dumps(content).encode()}
    with TemporaryDirectory() as folder:  # as Typst takes folders of fonts, not files
        for place, path in enumerate(fonts):
            shutil.copy(path, Path(folder) / f"{place}{path.suffix}")
        given: Any = {"ignore_system_fonts": True, "font_paths": [folder]}
        (measured,) = json.loads(Compiler(files, **given).query("<measured>", field="value"))
        planned = json.dumps(plan_of(measured, PAGE_END, PAGE_HEIGHT))
        yield Compiler(files, **given, sys_inputs={"plan": planned})
