"""Whether JSON has the form that a JSON Schema asks for: the few keywords that ours uses.

The `jsonschema` package judges the same and needs seconds for a report's 80,000 values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from model.errors import MAX_MESSAGE_CHARACTERS, is_printable

SCHEMA_PATH = Path(__file__).parent / "report.schema.json"
TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: TYPES["number"](value) and value == int(value),
}


def load_schema() -> dict[str, Any]:
    """The schema of report.json."""
    return json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))


def faults(value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any], at="") -> Iterator[str]:
    """Yield what is wrong with `value`, each with its place; `whole` is where $refs point into."""
    if "$ref" in schema:
        target = schema["$ref"].removeprefix("#/$defs/")
        yield from faults(value, whole["$defs"][target], whole, at)
    for part in schema.get("allOf", ()):
        yield from faults(value, part, whole, at)
    if "const" in schema and value != schema["const"]:
        yield f"{at} should be {schema['const']}"
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(TYPES[kind](value) for kind in kinds):
        yield f"{at or 'all of it'} should be {' or '.join(kinds)}"
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, whole, at)
    elif isinstance(value, list):
        yield from _array_faults(value, schema, whole, at)
    elif isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at} has not the form it should have"
    elif TYPES["number"](value):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            yield f"{at} is out of its range"


def unshown(value: Any, at: str = "") -> Iterator[str]:
    """Yield the places of text that can't be shown as one line, or is too long to; not pictures."""
    if isinstance(value, dict):
        for name, item in value.items():
            if not _is_shown(name):
                yield f"a name in {at or 'it'}"
            if name not in ("picture", "samples"):
                yield from unshown(item, f"{at}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, dict | list | str):
                yield from unshown(item, f"{at}[{place}]")
    elif isinstance(value, str) and not _is_shown(value):
        yield at


def _is_shown(text: str) -> bool:
    return len(text) <= MAX_MESSAGE_CHARACTERS and is_printable(text)


def _object_faults(value: dict, schema, whole, at: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}.{name} is missing".removeprefix(".")
    known, other = schema.get("properties", {}), schema.get("additionalProperties")
    for name, item in value.items():
        rule = known.get(name, other)
        if rule is not None:
            yield from faults(item, rule, whole, f"{at}.{name}".removeprefix("."))


def _array_faults(value: list, schema, whole, at: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{at} has {len(value)} entries"
    if "items" in schema:
        for place, item in enumerate(value):
            yield from faults(item, schema["items"], whole, f"{at}[{place}]")
