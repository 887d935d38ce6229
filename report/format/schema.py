"""Validates JSON against the schema of report.json, and its text against control characters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs

from model.errors import MAX_MESSAGE_CHARACTERS, InputError, is_printable
from report.numbers.check import Threshold

SCHEMA_PATH = Path(__file__).parent / "report.schema.json"


def load_schema() -> dict[str, Any]:
    """The schema of report.json."""
    return json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))


def faults(
    value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any], at: str = ""
) -> Iterator[str]:
    """Yield what is wrong with `value`, each with the path of its field.

    `schema` may refer to the `$defs` of `whole`; `at` is the path of `value` itself.
    """
    rules = {**schema, "$defs": whole["$defs"]}
    validator = jsonschema_rs.validator_for(rules, mask="it")
    try:
        for error in validator.iter_errors(value):
            place = _path(at, error.instance_path)
            yield f"{place}: {error.message}" if place else error.message
    except ValueError:  # text that is no Unicode, or a number that is not finite
        yield f"{at or 'it'} holds a value that JSON can't"


def check_names(thresholds: Sequence[Threshold]) -> None:
    """Refuse a threshold on what no report measures. Raises InputError, which lists the numbers.

    What depends on the test set, such as `per_class.3.recall`, is checked by its first part.
    """
    schema = load_schema()
    measured = schema["$defs"]["metrics"]["properties"]
    numbers = [name for name, rule in measured.items() if next(faults(1, rule, schema), "") == ""]
    parts = {*measured, "extra"} - set(numbers)
    for name in (threshold.name for threshold in thresholds):
        first, dot, _ = name.partition(".")
        if first not in (parts if dot else numbers):
            raise InputError(f"no metric “{name}”; there are: {', '.join(numbers)}")


def _path(at: str, keys: Sequence[str | int]) -> str:
    """The path as people write it: metrics.per_class[3].recall."""
    steps = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return f"{at}{''.join(steps)}".removeprefix(".")


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
