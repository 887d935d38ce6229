"""The JSON Schema of a bundle's `bundle.json`, and validation against it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from model.errors import MAX_MESSAGE_CHARACTERS, is_printable


def _object(fields: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*fields], "properties": fields | optional}


def _map(value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": _TEXT, "additionalProperties": value}


def _list(value: dict[str, Any], **more: int) -> dict[str, Any]:
    return {"type": "array", "items": value, **more}


def _or_null(form: dict[str, Any]) -> dict[str, Any]:
    return form | {"type": [form["type"], "null"]}


_TEXT = {"type": "string", "maxLength": MAX_MESSAGE_CHARACTERS, "format": "line"}
_NAME = _TEXT | {"minLength": 1, "maxLength": 100, "pattern": r"^[^/\\]*$"}
_TIME = {"type": "string", "pattern": r"^[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z$"}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NUMBER = {"type": "number", "minimum": -1e12, "maximum": 1e12}
_AMOUNT = _NUMBER | {"minimum": 0}
_SHARE = _AMOUNT | {"maximum": 1}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_SIDES = _list({"type": "integer", "minimum": 1, "maximum": 10**9}, minItems=1)
_SETTING = {"anyOf": [_TEXT, _NUMBER, {"type": ["null", "boolean"]}]}
_EPOCH = _object(
    {"epoch": _COUNT, "loss": _NUMBER, "accuracy": _SHARE, "seconds": _NUMBER}, val_accuracy=_SHARE
) | {"additionalProperties": _NUMBER}
_LAYER = _object(
    {"name": _TEXT, "type": _TEXT, "output_shape": _SIDES, "activation": _or_null(_TEXT),
     "parameters": _COUNT},
    inputs=_list(_TEXT),  # newer than some bundles
)  # fmt: skip
_FILE = _object({"sha256": _SHA256, "bytes": _COUNT})
_BUNDLE = _object(
    {
        "name": _NAME,
        "created_at": _TIME,
        "key": _TEXT,
        "architecture": _object({"name": _TEXT, "parameters": _COUNT, "layers": _list(_LAYER)}),
        "config": _map(_SETTING),
        "history": _list(_EPOCH),
        "train_seconds": _AMOUNT,
        "data": _object(
            {
                **dict.fromkeys(("name", "source", "licence"), _TEXT),
                "sha256": _SHA256,
                **dict.fromkeys(("train_count", "validation_count", "test_count"), _COUNT),
                "train_class_counts": _list(_COUNT, minItems=10, maxItems=10),
                "split_seed": _COUNT,
            }
        ),
        "calibration": _object(
            {
                "outputs": {"enum": ["softmax", "sigmoid"]},
                "temperature": _NUMBER | {"minimum": 1e-3, "maximum": 1e3},
                "accept_confidence": _SHARE,
                "accept_digit_probability": _or_null(_SHARE),
            }
        ),
        "versions": _map(_TEXT),
        "files": _object({"model.keras": _FILE, "model.tflite": _FILE}),
    },
    validation_accuracy=_or_null(_SHARE),  # newer than some bundles
)


_BUNDLE_FORM, _NAME_FORM, _EPOCH_FORM = (
    jsonschema_rs.validator_for(schema, formats={"line": is_printable}, validate_formats=True)
    for schema in (_BUNDLE, _NAME, _EPOCH)
)


def metadata_faults(about: Any) -> Iterator[str]:
    """Yield the path of each invalid or missing field of a bundle.json, as `data.sha256`."""
    return _faults(about, _BUNDLE_FORM)


def is_bundle_name(value: Any) -> bool:
    """Return whether a value is text that may name a bundle and its folder."""
    return not any(_faults(value, _NAME_FORM))


def is_epoch(value: Any) -> bool:
    """Return whether a value is a row of a training's history, with finite numbers."""
    return not any(_faults(value, _EPOCH_FORM))


def _faults(value: Any, form: Any) -> Iterator[str]:
    try:
        for error in form.iter_errors(value):
            lacks = getattr(error.kind, "property", None)  # a field that is required
            keys = [*error.instance_path, *([lacks] if lacks else [])]
            place = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in keys)
            yield place.removeprefix(".") or "all of it"
    except ValueError:  # text that is no Unicode, or a number that is not finite
        yield "all of it"
