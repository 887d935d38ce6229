"""The report as a PDF: the page's own elements, set anew by Typst.

The words are written once, in the HTML templates. What they rendered to is read here element by
element and handed to `templates/report.typ` as JSON: text stays text there, whatever it says.
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
# What text stands in directly; between the others, white space is only the template's indentation.
WRITTEN = {"p", "h1", "h2", "h3", "h4", "figcaption", "caption", "th", "td", "dt", "dd", "span",
           "strong", "dfn", "em", "code", "a", "summary", "title"}  # fmt: skip
SVG = "data:image/svg+xml"
# What Typst's own fonts can show. A missing letter is an error in PDF/A, and some crash it.
UNSHOWN = re.compile(
    "[^\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u04ff\u1e00-\u1eff\u2010-\u2027\u202f-\u205e"
    "\u20a0-\u20bf\u2190-\u21ff\u2200-\u22ff]"
)
LONG_WORD = re.compile(r"[^\s]{41,}")
HASH = re.compile(r"[0-9a-f]{64}")
BREAK_HERE = "\u200b"


def render_pdf(html: str, created_at: str) -> bytes:
    """Set the report's page `html`, made at `created_at`, as PDF/UA-1 and PDF/A-2a.

    The same page and time give the same bytes. Raises TypstError for an element that the template
    does not know, and RuntimeError for anything Typst warns of.
    """
    moment = parse_time(created_at)
    pdf, warnings = compiler(html, moment).compile_with_warnings(
        format="pdf",
        pdf_standards=["ua-1", "a-2a"],  # for screen readers, and for archives
        timestamp=moment,
    )
    if warnings:
        raise RuntimeError(f"{TEMPLATE}: {warnings[0].message}")
    assert isinstance(pdf, bytes)  # as for every PDF; other formats have a file a page
    return pdf


def compiler(html: str, moment: datetime) -> Compiler:
    """Typst with the template and the page's elements at hand, and no other file or font."""
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
    """One element of the page: its name, what the template asks of it, and what it holds."""

    tag: str
    attributes: dict[str, str]
    children: list[_Element | str] = field(default_factory=list)


class _Page(HTMLParser):
    """Reads a page into a tree from `root`, its pictures apart, each once."""

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
        """Keep a picture in a form that JSON has; equal ones have one name and are kept once."""
        kind, _, text = source.partition(";base64,")
        content, name = b64decode(text), sha256(text.encode()).hexdigest()[:16]
        self.pictures[name] = content.decode() if kind == SVG else list(content)
        return name


def _plain(element: _Element) -> dict[str, Any]:
    """An element as JSON: only what is shown, its text as it will be set."""
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
    """Take the white space off both ends of a line of text."""
    if children and isinstance(children[0], str):
        children[0] = children[0].lstrip(" ")
    if children and isinstance(children[-1], str):
        children[-1] = children[-1].rstrip(" ")
    return [child for child in children if child != ""]


def _shown(text: str) -> str:
    """Text as the PDF can hold it: one line, no control characters, every letter in the fonts."""
    text = unicodedata.normalize("NFC", re.sub(r"[ \t\r\n\f]+", " ", text))
    text = UNSHOWN.sub(_code_point, text)
    return LONG_WORD.sub(_breakable, text)


def _code_point(letter: re.Match[str]) -> str:
    """Spell out a letter that the fonts lack; what is not meant to be seen goes."""
    hidden = unicodedata.category(letter[0]) in ("Cc", "Cf", "Cs", "Mn", "Me")
    return "" if hidden else f"(U+{ord(letter[0]):04X})"


def _breakable(word: re.Match[str]) -> str:
    """Let a very long word run on in the next line, but keep a hash in one piece."""
    if HASH.fullmatch(word[0]):
        return word[0]
    return BREAK_HERE.join(word[0][k : k + 10] for k in range(0, len(word[0]), 10))
