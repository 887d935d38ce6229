"""The report as a PDF, which Typst sets from the elements of the HTML page.

So the report's words stand in the HTML templates alone. The page is parsed into a tree, which
`templates/report.typ` reads as JSON; none of its text is taken for Typst code.
"""

from __future__ import annotations

import json
import re
import unicodedata
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from report.documents.templating import TEMPLATES
from report.numbers.provenance import parse_time

if TYPE_CHECKING:
    from typst import Compiler

TEMPLATE = "report.typ"
EMPTY = {"img", "meta"}
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
HASH = re.compile(r"[0-9a-f]{64}")
BREAK_HERE = "\u200b"


def render_pdf(html: str, created_at: str) -> bytes:
    """Set the page `html` as PDF/UA-1 and PDF/A-2a, with the time `created_at` in its metadata.

    The same page and time give the same bytes. Raises TypstError for an element that the template
    does not know, and RuntimeError for a warning of Typst.
    """
    moment = parse_time(created_at)
    pdf, warnings = compiler(html, moment).compile_with_warnings(
        format="pdf",
        pdf_standards=["ua-1", "a-2a"],  # for screen readers, and for archives
        timestamp=moment,
    )
    if warnings:
        raise RuntimeError(f"{TEMPLATE}: {warnings[0].message}")
    assert isinstance(pdf, bytes)  # Only other formats have several files.
    return pdf


def compiler(html: str, moment: datetime) -> Compiler:
    """Return Typst, given the template and the page's elements, but no other file or font."""
    from typst import Compiler

    page = _Page()
    page.feed(html)
    content = {
        "date": moment.timetuple()[:6],
        "pictures": page.pictures,
        "page": _plain(page.root),
    }
    template = (TEMPLATES / TEMPLATE).read_bytes()
    # Typst takes files by their names, which its type annotations leave out.
    files: Any = {"main.typ": template, "report.json": json.dumps(content).encode()}
    return Compiler(files, ignore_system_fonts=True)


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


def _plain(element: _Element) -> dict[str, Any]:
    """Return an element as JSON, without what the PDF does not show."""
    kept = {name: element.attributes.get(name, "") for name in ("class", "src")}
    children = [
        _shown(child) if isinstance(child, str) else _plain(child)
        for child in element.children
        if not isinstance(child, _Element) or child.tag not in ("style", "nav", "meta")
    ]
    if element.tag not in WRITTEN:
        children = [child for child in children if not isinstance(child, str) or child.strip()]
    elif element.tag not in ("span", "strong", "dfn", "em", "code", "a"):
        children = _trimmed(children)
    alt = _shown(element.attributes.get("alt", ""))
    return {"tag": element.tag, "alt": alt, **kept, "children": children}


def _trimmed(children: list) -> list:
    """Remove the white space at both ends of an element's text."""
    if children and isinstance(children[0], str):
        children[0] = children[0].lstrip(" ")
    if children and isinstance(children[-1], str):
        children[-1] = children[-1].rstrip(" ")
    return [child for child in children if child != ""]


def _shown(text: str) -> str:
    """Return text as the PDF can show it: on one line, with no letter that the fonts lack."""
    text = unicodedata.normalize("NFC", re.sub(r"[ \t\r\n\f]+", " ", text))
    text = UNSHOWN.sub(_code_point, text)
    return LONG_WORD.sub(_breakable, text)


def _code_point(letter: re.Match[str]) -> str:
    """Replace a letter that the fonts lack by its code point; one that is invisible by nothing."""
    hidden = unicodedata.category(letter[0]) in ("Cc", "Cf", "Cs", "Mn", "Me")
    return "" if hidden else f"(U+{ord(letter[0]):04X})"


def _breakable(word: re.Match[str]) -> str:
    """Allow line breaks within a very long word, unless it is a hash, which people copy."""
    if HASH.fullmatch(word[0]):
        return word[0]
    return BREAK_HERE.join(word[0][k : k + 10] for k in range(0, len(word[0]), 10))
