"""What a classifier tells apart: its classes' names, and what to call one of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from model.errors import InputError

DIGIT_NAMES = tuple(map(str, range(10)))
FEWEST, MOST = 2, 100
MANY = 30  # Figures show a part of more classes than this; tables hold them all.
SHOWN_OF_MANY = 20
NAME_LENGTH = 60
SHORT_LENGTH = 16


def noun_of(names: Sequence[str]) -> str:
    """What one class is called in a sentence."""
    return "digit" if tuple(names) == DIGIT_NAMES else "class"


def nouns(noun: str) -> str:
    """The plural."""
    return "classes" if noun == "class" else f"{noun}s"


def short(name: str) -> str:
    """The name as it fits beside a figure: its beginning and its end."""
    if len(name) <= SHORT_LENGTH:
        return name
    return f"{name[:9].rstrip()}…{name[-6:].lstrip()}"


def read_names(path: Path) -> tuple[str, ...]:
    """Read class names, one a line, in the order of the network's outputs. Raises InputError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); give a text file") from error
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text; give one class name a line") from None
    names = tuple(line.strip() for line in lines if line.strip())
    wrong = fault_of(names)
    if wrong:
        raise InputError(f"{path}: {wrong}")
    return names


def fault_of(names: Sequence[str]) -> str | None:
    """Say what keeps `names` from naming classes, in one line; None where nothing does."""
    if not FEWEST <= len(names) <= MOST:
        return f"holds {len(names)} class names; give {FEWEST} to {MOST}"
    for name in names:
        if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
            return (
                f"{name[:NAME_LENGTH]!a} is no class name: at most {NAME_LENGTH} letters, all of "
                "which can be printed"
            )
        if names.count(name) > 1:
            return f"“{name}” is there twice; give every class its own name"
    return None
