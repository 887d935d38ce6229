"""The form of a bundle's `bundle.json`: what must be there, and of which kind it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from model.errors import MAX_MESSAGE_CHARACTERS, is_printable


def metadata_faults(about: Any) -> Iterator[str]:
    """Yield the path of each invalid or missing field of a bundle.json, as `data.sha256`."""
    return _faults(about, _FORM, "")


def _faults(value: Any, form: Any, at: str) -> Iterator[str]:
    if isinstance(form, dict) and isinstance(value, dict):
        for key, inner in form.items():
            place = f"{at}.{key}".lstrip(".")
            if key in value:
                yield from _faults(value[key], inner, place)
            elif key not in _OPTIONAL:
                yield place
    elif isinstance(form, list) and isinstance(value, list):
        for row, inner in enumerate(value):
            yield from _faults(inner, form[0], f"{at}[{row}]")
    elif isinstance(form, dict | list) or not form(value):
        yield at or "all of it"


def _number(least: float = -1e12, most: float = 1e12) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and least <= value <= most


def _like(form: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(form, value, re.ASCII))


def _or_null(form: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or form(value)


_sha256, _time = _like("[0-9a-f]{64}"), _like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_any_number, _share = _number(), _number(0, 1)


def _text(value: Any) -> bool:
    return isinstance(value, str) and is_printable(value) and len(value) <= MAX_MESSAGE_CHARACTERS


def is_bundle_name(value: Any) -> bool:
    """Return whether a value is text that may name a bundle and its folder."""
    return _text(value) and 0 < len(value) <= 100 and not re.search(r"[/\\]", value)


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _sides(value: Any) -> bool:
    """An array's shape."""
    return isinstance(value, list) and bool(value) and all(_count(v) and 0 < v < 1e9 for v in value)


def _class_counts(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 10 and all(map(_count, value))


def _texts(value: Any) -> bool:
    """Names and texts, such as versions."""
    return isinstance(value, dict) and all(map(_text, [*value, *value.values()]))


def _settings(value: Any) -> bool:
    """Names and texts, numbers or switches."""
    plain = (_text, _any_number, lambda v: v is None or isinstance(v, bool))
    return isinstance(value, dict) and all(
        _text(key) and any(form(v) for form in plain) for key, v in value.items()
    )


def is_epoch(value: Any) -> bool:
    """Return whether a value is a row of a training's history, with finite numbers."""
    if not isinstance(value, dict) or not {"epoch", "loss", "accuracy", "seconds"} <= set(value):
        return False
    shares = [value["accuracy"], value.get("val_accuracy", 0)]
    return (
        _count(value["epoch"])
        and all(map(_any_number, value.values()))
        and all(map(_share, shares))
    )


_LAYER = {
    "name": _text, "type": _text, "output_shape": _sides, "activation": _or_null(_text),
    "parameters": _count, "inputs": [_text],
}  # fmt: skip
_OPTIONAL = {"inputs", "validation_accuracy"}  # newer than some bundles
_FILE = {"sha256": _sha256, "bytes": _count}
_FORM = {
    "name": is_bundle_name,
    "created_at": _time,
    "key": _text,
    "architecture": {"name": _text, "parameters": _count, "layers": [_LAYER]},
    "config": _settings,
    "history": [is_epoch],
    "validation_accuracy": _or_null(_share),
    "train_seconds": _number(0),
    "data": {
        "name": _text,
        "sha256": _sha256,
        "source": _text,
        "licence": _text,
        "train_count": _count,
        "validation_count": _count,
        "test_count": _count,
        "train_class_counts": _class_counts,
        "split_seed": _count,
    },
    "calibration": {
        "outputs": lambda value: value in ("softmax", "sigmoid"),
        "temperature": _number(1e-3, 1e3),
        "accept_confidence": _share,
        "accept_digit_probability": _or_null(_share),
    },
    "versions": _texts,
    "files": {"model.keras": _FILE, "model.tflite": _FILE},
}
