"""What hostile input may come to: what was asked for, or one line that says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.errors import InputError, is_printable


def outcome(refusal: type[InputError], call: Callable, *args) -> tuple[Any, str | None]:
    """What a call gives and None, or None and the line by which it refuses; others are raised."""
    try:
        return call(*args), None
    except refusal as error:
        words = str(error)
    assert is_printable(words), words
    return None, words
