"""The report as a PDF, which Typst sets from the elements of the HTML page.

So the report's words stand in the HTML templates alone. The page is parsed into a tree, which
`templates/report.typ` reads as JSON; none of its text is taken for Typst code.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unicodedata import category

from report.charts.fonts import describe, fonts_for
from report.documents.pages import plan_of
from report.documents.templating import TEMPLATES
from report.numbers.provenance import parse_time

if TYPE_CHECKING:
    from typst import Compiler

TEMPLATE = "report.typ"
PAGE_END, PAGE_HEIGHT = 785.2, 717.2  # points: 277 mm, 253 mm of text
EMPTY = {"img", "meta", "input"}
SCREEN_ONLY = ("style", "nav", "meta", "form", "script")
LOST = (
    "This system has no font with some of the letters here; they are given by their code points, "
    "such as (U+732B). The page report.html shows them."
)
# Elements that hold text. In all others, white space is the indentation of the template.
WRITTEN = {"p", "h1", "h2", "h3", "h4", "figcaption", "caption", "th", "td", "dt", "dd", "span",
           "strong", "dfn", "em", "code", "a", "summary", "title"}  # fmt: skip
SVG = "data:image/svg+xml"
# What the fonts inside Typst lack. PDF/A allows no missing letter, and some make Typst crash.
UNSHOWN = re.compile(
    "[^\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u04ff\u1e00-\u1eff\u2010-\u2027\u202f-\u205e"
    "\u20a0-\u20bf\u2190-\u21ff\u2200-\u22ff]"
)
LONG_WORD = re.compile(r"[^\s]{41,}")
CELL_WORD = re.compile(r"(?=[^\s]*[^\W\d])[^\s]{10,}")  # in a column of a table; no number
JOINT = re.compile(r"(?<=[_\-./])(?=[^_\-./])|(?<=[a-z0-9])(?=[A-Z])")
PIECE = 14  # letters of a word that no line breaks
HASH = re.compile(r"[0-9a-f]{64}")
BREAK_HERE = "\u200b"


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
    that its own lack; it opens them late, so their folder is there until it has done.
    """
    from typst import Compiler

    page = _Page()
    page.feed(html)
    lacking = {letter for letter in "".join(_texts(page.root)) if UNSHOWN.match(letter)}
    fonts, found = fonts_for(lacking if is_font_used else ())
    lost = {x for x in lacking if category(x)[0] in "LMNS" and ord(x) not in found}
    content = {
        "date": moment.timetuple()[:6],
        "pictures": page.pictures,
        "page": _plain(page.root, frozenset(map(chr, found))),
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
        planned = json.dumps(_plan(Compiler(files, **given)))
        yield Compiler(files, **given, sys_inputs={"plan": planned})


def _plan(typst: Compiler) -> dict[str, Any]:
    """Let Typst measure each block, and say in which order and at which size to set them."""
    (measured,) = json.loads(typst.query("<measured>", field="value"))
    return plan_of(measured, PAGE_END, PAGE_HEIGHT)


@dataclass
class _Element:
    """One element of the page: its name, its attributes, its elements and text in order."""

    tag: str
    attributes: dict[str, str]
    children: list[_Element | str] = field(default_factory=list)


class _Page(HTMLParser):
    """Parses a page into a tree of elements, `root`, and its `pictures` by their names."""

    def __init__(self) -> None:
        super().__init__()
        self.root = _Element("root", {})
        self.pictures: dict[str, str | list[int]] = {}
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "img":
            attributes["src"] = self._keep(attributes["src"])
        element = _Element(tag, attributes)
        self._open[-1].children.append(element)
        if tag not in EMPTY:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def _keep(self, source: str) -> str:
        """Keep a picture, SVG as text and PNG as a list of bytes, and return its name.

        The name is a hash, so that equal pictures are kept once.
        """
        kind, _, text = source.partition(";base64,")
        content, name = b64decode(text), sha256(text.encode()).hexdigest()[:16]
        self.pictures[name] = content.decode() if kind == SVG else list(content)
        return name


def _texts(element: _Element) -> Iterator[str]:
    """All text of an element that the PDF shows."""
    yield element.attributes.get("alt", "")
    for child in element.children:
        if isinstance(child, str):
            yield child
        elif child.tag not in SCREEN_ONLY:
            yield from _texts(child)


def _plain(element: _Element, extra: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return an element as JSON, without what the PDF does not show; fonts have `extra` letters."""
    kept = {name: element.attributes.get(name, "") for name in ("class", "src")}
    children = [
        _shown(child, extra, element.tag in ("td", "th", "span"))
        if isinstance(child, str)
        else _plain(child, extra)
        for child in element.children
        if not isinstance(child, _Element) or child.tag not in SCREEN_ONLY
    ]
    if element.tag not in WRITTEN:
        children = [child for child in children if not isinstance(child, str) or child.strip()]
    elif element.tag not in ("span", "strong", "dfn", "em", "code", "a"):
        children = _trimmed(children)
    alt = _shown(element.attributes.get("alt", ""), extra)
    return {"tag": element.tag, "alt": alt, **kept, "children": children}


def _trimmed(children: list) -> list:
    """Remove the white space at both ends of an element's text."""
    if children and isinstance(children[0], str):
        children[0] = children[0].lstrip(" ")
    if children and isinstance(children[-1], str):
        children[-1] = children[-1].rstrip(" ")
    return [child for child in children if child != ""]


def _shown(text: str, extra: frozenset[str] = frozenset(), in_cell: bool = False) -> str:
    """Return text as the PDF can show it: on one line, with no letter that the fonts lack.

    `extra` are letters that fonts of this system have; words in a table's cell may be broken.
    """
    text = unicodedata.normalize("NFC", re.sub(r"[ \t\r\n\f]+", " ", text))
    text = UNSHOWN.sub(lambda x: x[0] if x[0] in extra else _code_point(x), text)
    return (CELL_WORD if in_cell else LONG_WORD).sub(_breakable, text)


def _code_point(letter: re.Match[str]) -> str:
    """Replace a letter that the fonts lack by its code point; one that is invisible by nothing."""
    hidden = unicodedata.category(letter[0]) in ("Cc", "Cf", "Cs", "Mn", "Me")
    return "" if hidden else f"(U+{ord(letter[0]):04X})"


def _breakable(word: re.Match[str]) -> str:
    """Allow line breaks within a long word, unless it is a hash, which people copy."""
    if HASH.fullmatch(word[0]):
        return word[0]
    parts = JOINT.sub(BREAK_HERE, word[0]).split(BREAK_HERE)
    pieces = [part[k : k + PIECE] for part in parts for k in range(0, len(part), PIECE)]
    return BREAK_HERE.join(pieces)
