"""The elements of the HTML page, as `templates/report.typ` takes them.

Typst caches every result of its functions, so that walking through the page there costs time and
memory. What it would have to search for is therefore found here: the rows of tables, the names of
figures, and which tables stand at the end.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html.parser import HTMLParser
from math import ceil
from typing import Any

from report.documents.templating import BREAK_HERE, JOINT

Node = dict[str, Any]

EMPTY = {"img", "meta", "input"}
SCREEN_ONLY = ("style", "nav", "meta", "form", "script")
# Elements that hold text. In all others, white space is the indentation of the template.
WRITTEN = {"p", "h1", "h2", "h3", "h4", "figcaption", "caption", "th", "td", "dt", "dd", "span",
           "strong", "dfn", "em", "code", "a", "summary", "title"}  # fmt: skip
SVG = "data:image/svg+xml"
# What the fonts inside Typst lack. PDF/A allows no missing letter, and some make Typst crash.
UNSHOWN = re.compile(
    "[^\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u04ff\u1e00-\u1eff\u200e\u2010-\u2027\u202f-\u205e"
    "\u20a0-\u20bf\u2190-\u21ff\u2200-\u22ff]"
)
LONG_WORD = re.compile(r"[^\s]{41,}")
CELL_WORD = re.compile(r"(?=[^\s]*[^\W\d])[^\s]{10,}")  # in a column of a table; no number
PIECE = 14  # letters of a word that no line breaks
HASH = re.compile(r"[0-9a-f]{64}")

MOST_LETTERS = 100  # in a row of a table in half of a page,
MOST_OTHERS = 62  # and in all of its columns but the first


class Page:
    """A page that was parsed: its tree of elements, and its `pictures` by their names."""

    def __init__(self, html: str) -> None:
        parser = _Parser()
        parser.feed(html)
        self._root, self.pictures = parser.root, parser.pictures

    @property
    def lacking(self) -> set[str]:
        """The letters in it that the fonts inside Typst lack."""
        return {letter for letter in "".join(_texts(self._root)) if UNSHOWN.match(letter)}

    def content(self, extra: frozenset[str]) -> Node:
        """The page as the template takes it, in fonts that have `extra` letters as well.

        `head` and `main` are elements, with the `rows` of each table; `folded` are the tables that
        the page folds away, first those too wide for half of a page.
        """
        page = _plain(self._root, extra)
        title, head, main = (next(_all(page, tag)) for tag in ("title", "header", "main"))
        for table in list(_all(page, "table")):
            _lay_out(table)
        drawn = [node for node in _all(main, "figure") if "chart" in node["class"].split()]
        for place, figure in enumerate(drawn, 1):
            figure["name"] = f"figure-{place}"
        folded = sorted(_all(main, "details"), key=_is_wide, reverse=True)
        for place, details in enumerate(folded, 1):
            details |= {"name": f"A{place}", "is-wide": _is_wide(details)}
        at_end = [details | {"table": _table(details), "children": []} for details in folded]
        for details in folded:
            details["children"] = []
        return {"title": _words(title), "head": head, "main": main, "folded": at_end}


class _Parser(HTMLParser):
    """Parses a page into a tree of elements, `root`, and its `pictures` by their names."""

    def __init__(self) -> None:
        super().__init__()
        self.root = _element("root", {})
        self.pictures: dict[str, str | list[int]] = {}
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "wbr":
            return
        element = _element(tag, dict(attrs))
        if tag == "img":
            element["src"] = self._keep(element["src"])
        self._open[-1]["children"].append(element)
        if tag not in EMPTY:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        children = self._open[-1]["children"]
        if children and isinstance(children[-1], str):
            data = f"{children.pop()}{data}"
        children.append(data)

    def _keep(self, source: str) -> str:
        """Keep a picture, SVG as text and PNG as a list of bytes, and return its name.

        The name is a hash, so that equal pictures are kept once.
        """
        kind, _, text = source.partition(";base64,")
        content, name = b64decode(text), sha256(text.encode()).hexdigest()[:16]
        self.pictures[name] = content.decode() if kind == SVG else list(content)
        return name


def _element(tag: str, attributes: dict[str, str | None]) -> Node:
    """An element: its name, its attributes that matter, its elements and text in order."""
    kept = {name: attributes.get(name) or "" for name in ("class", "src", "alt")}
    return {"tag": tag, **kept, "children": []}


def _texts(element: Node) -> Iterator[str]:
    """All text of an element that the PDF shows."""
    yield element["alt"]
    for child in element["children"]:
        if isinstance(child, str):
            yield child
        elif child["tag"] not in SCREEN_ONLY:
            yield from _texts(child)


def _plain(element: Node, extra: frozenset[str]) -> Node:
    """Return an element without what the PDF does not show; fonts have `extra` letters."""
    tag = element["tag"]
    children = [
        _shown(child, extra, tag in ("td", "th", "span"))
        if isinstance(child, str)
        else _plain(child, extra)
        for child in element["children"]
        if isinstance(child, str) or child["tag"] not in SCREEN_ONLY
    ]
    if tag not in WRITTEN:
        children = [child for child in children if not isinstance(child, str) or child.strip()]
    elif tag not in ("span", "strong", "dfn", "em", "code", "a"):
        children = _trimmed(children)
    return {**element, "alt": _shown(element["alt"], extra), "children": children}


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


def _all(node: Node, tag: str) -> Iterator[Node]:
    """All elements of a kind within another, in the order of the page."""
    for child in _elements(node):
        if child["tag"] == tag:
            yield child
        yield from _all(child, tag)


def _elements(node: Node) -> list[Node]:
    return [child for child in node["children"] if isinstance(child, dict)]


def _words(node: Node | str) -> str:
    """The text of an element."""
    return node if isinstance(node, str) else "".join(map(_words, node["children"]))


def _lay_out(table: Node) -> None:
    """Give a table its `rows` of cells, its `caption`, and the `letters` that each column takes."""
    table["rows"] = [_elements(row) for row in _all(table, "tr")]
    table["caption"] = next(_all(table, "caption"), None)
    table["letters"] = _letters([list(map(_words, row)) for row in table["rows"]])
    table["children"] = []


def _letters(rows: Sequence[Sequence[str]]) -> list[int]:
    """The letters that each column of a table takes: of its longest cell, or of half its heading.

    They are counted, as measuring the tables would take seconds.
    """
    heading, *body = rows
    widths = []
    for place, name in enumerate(heading):
        parts = name.split(" ")
        half = ceil(len(parts) / 2)
        lines = " ".join(parts[:half]), " ".join(parts[half:])
        widths.append(max(len(text) for text in (*lines, *(row[place] for row in body))))
    return widths


def _table(details: Node) -> Node:
    return next(_all(details, "table"))


def _is_wide(details: Node) -> bool:
    """Whether a table that the page folds away is too wide for half of a page."""
    first, *others = _table(details)["letters"]
    rest = sum(others) + 2 * len(others)
    return rest > MOST_OTHERS or first + rest > MOST_LETTERS
