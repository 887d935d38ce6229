"""Dataclasses as plain values for JSON, and back again by the types of their fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import NoneType
from typing import Any, Self, get_args, get_type_hints

# The types of a dataclass's fields, by name.
_kinds: Callable[[Any], dict[str, Any]] = cache(get_type_hints)


class Plain:
    """A dataclass whose JSON form is an object of its fields.

    These hold numbers, texts, others that have such a form, and tuples of any of them.
    """

    def to_json(self) -> Any:
        """Plain values for JSON."""
        return {name: _plain(getattr(self, name)) for name in _kinds(type(self))}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The object that `to_json` wrote; what `values` hold beside its fields is left.

        Raises KeyError, TypeError or ValueError for anything else.
        """
        kinds = _kinds(cls).items()
        return cls(**{name: _revived(kind, values[name]) for name, kind in kinds if name in values})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and any(hasattr(part, "to_json") for part in value):
        return list(map(_plain, value))
    return value.to_json() if hasattr(value, "to_json") else value


def _revived(kind: Any, value: Any) -> Any:
    """The value of a field of type `kind`."""
    if value is None:
        return None
    if NoneType in get_args(kind):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if hasattr(kind, "from_json"):
        return kind.from_json(value)
    if not isinstance(value, list | tuple):
        return value
    part = get_args(kind)[0]
    return tuple(value) if part in (int, float) else tuple(_revived(part, one) for one in value)
