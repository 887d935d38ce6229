"""The form of a bundle's `bundle.json`: what must be there, and of which kind it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from model.errors import MAX_MESSAGE_CHARACTERS, is_printable


def metadata_faults(about: Any) -> Iterator[str]:
    """Yield each place where what a bundle.json holds lacks its form, as `data.sha256`."""
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


def _text(value: Any) -> bool:
    return isinstance(value, str) and is_printable(value) and len(value) <= MAX_MESSAGE_CHARACTERS


def _name(value: Any) -> bool:
    return _text(value) and 0 < len(value) <= 100 and not re.search(r"[/\\]", value)


def _sha256(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _time(value: Any) -> bool:
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    return isinstance(value, str) and re.fullmatch(form, value, re.ASCII) is not None


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _sides(value: Any) -> bool:
    """An array's shape."""
    return isinstance(value, list) and bool(value) and all(_count(v) and 0 < v < 1e9 for v in value)


def _class_counts(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 10 and all(map(_count, value))


def _number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value) and abs(value) <= 1e12


def _share(value: Any) -> bool:
    return _number(value) and 0 <= value <= 1


def _temperature(value: Any) -> bool:
    return _number(value) and 1e-3 <= value <= 1e3


def _or_null(form) -> Any:
    return lambda value: value is None or form(value)


def _texts(value: Any) -> bool:
    """Names and texts, such as versions."""
    return isinstance(value, dict) and all(map(_text, [*value, *value.values()]))


def _settings(value: Any) -> bool:
    """Names and texts, numbers or switches."""
    plain = (_text, _number, lambda v: v is None or isinstance(v, bool))
    return isinstance(value, dict) and all(
        _text(key) and any(form(v) for form in plain) for key, v in value.items()
    )


def _epoch(value: Any) -> bool:
    """One row of a training's history."""
    if not isinstance(value, dict) or not {"epoch", "loss", "accuracy", "seconds"} <= set(value):
        return False
    shares = [value["accuracy"], value.get("val_accuracy", 0)]
    return _count(value["epoch"]) and all(map(_number, value.values())) and all(map(_share, shares))


_LAYER = {
    "name": _text, "type": _text, "output_shape": _sides, "activation": _or_null(_text),
    "parameters": _count, "inputs": [_text],
}  # fmt: skip
_OPTIONAL = {"inputs", "narrow_history", "validation_accuracy"}  # newer than some bundles
_FILE = {"sha256": _sha256, "bytes": _count}
_FORM = {
    "name": _name,
    "created_at": _time,
    "key": _text,
    "architecture": {"name": _text, "parameters": _count, "layers": [_LAYER]},
    "config": _settings,
    "history": [_epoch],
    "narrow_history": [_epoch],
    "validation_accuracy": _or_null(_share),
    "train_seconds": lambda value: _number(value) and value >= 0,
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
        "temperature": _temperature,
        "accept_confidence": _share,
        "accept_digit_probability": _or_null(_share),
    },
    "versions": _texts,
    "files": {"model.keras": _FILE, "model.tflite": _FILE},
}
