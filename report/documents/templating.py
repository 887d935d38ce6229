"""Jinja's settings and filters for the documents, and where the templates are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from report.charts.change_text import difference, matching_lines
from report.numbers import formats
from report.numbers.classes import direction_marked, nouns, short_names

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # breaks or turns a line
# Characters with a meaning in Markdown or on GitHub, as in @name.
SPECIAL = re.compile(r"[\\`*_{}\[\]<>|#~@&$]")
LONG_WORD = re.compile(r"(?=\S*[^\W\d])\S{15,}")  # with a letter
JOINT = re.compile(r"(?<=[_\-./])(?=[^_\-./])|(?<=[a-z0-9])(?=[A-Z])")
BREAK_HERE = "\u200b"


def breakable(text: str) -> Markup:
    """Let a browser break the long words of a text where their parts meet."""
    text = LONG_WORD.sub(lambda word: JOINT.sub(BREAK_HERE, word[0]), text)
    return Markup("<wbr>").join(text.split(BREAK_HERE))


FILTERS = {"plurals": nouns} | {
    write.__name__: write
    for write in (
        breakable, difference, matching_lines, formats.cell, formats.chance, formats.count,
        formats.decimal, formats.epoch, formats.interval, formats.milliseconds, formats.percent,
        formats.plural, formats.seconds, formats.shape, formats.size,
    )
}  # fmt: skip


@cache
def html_environment() -> Environment:
    """Return Jinja for HTML, which escapes every value."""
    return _environment(autoescape=True)


@cache
def markdown_environment() -> Environment:
    """Return Jinja for Markdown, which shows every string as it is, on one line."""
    return _environment(autoescape=False, finalize=as_text)


def as_text(value: Any) -> Any:
    """Escape text for Markdown and bring it to one line; other values stay."""
    if not isinstance(value, str):
        return value
    return SPECIAL.sub(lambda found: f"&#{ord(found[0])};", CONTROL.sub(" ", value))


def mark_directions(text: str, names: Sequence[str], write: Callable[[str], str]) -> str:
    """Put marks around those of `names` in a text that are written from right to left.

    `write` is how names were escaped in the text.
    """
    written = sorted(map(write, {*names, *short_names(names)}), key=len, reverse=True)
    turned = [name for name in written if direction_marked(name) != name]
    if not turned:
        return text
    return re.sub("|".join(map(re.escape, turned)), lambda found: direction_marked(found[0]), text)


def _environment(**options: Any) -> Environment:
    """Return Jinja with filters that write numbers; a missing value raises UndefinedError."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
    environment.filters |= FILTERS
    return environment
