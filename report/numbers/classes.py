"""What a classifier tells apart: its classes' names, and what to call one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import bidirectional, category, east_asian_width

from model.errors import InputError, is_printable
from report.numbers.texts import read_text

DIGIT_NAMES = tuple(map(str, range(10)))
FEWEST, MOST = 2, 100
MANY = 20  # Figures show a part of more classes than this; tables hold them all.
SHOWN_OF_MANY = 20
NAME_LENGTH = 200
SHORT_LENGTH = 20  # columns of a figure; letters of East Asian scripts take two
SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
MARK = "\u200e"  # the left-to-right mark, which is invisible
JOINERS = "\u200c\u200d"  # between letters of Indic and Arabic scripts, and within emoji


@dataclass(frozen=True)
class Words:
    """The words for answers: digits are read, other things are classified."""

    right: str
    wrong: str
    taken: str
    answer: str


DIGIT_WORDS = Words("read correctly", "misread", "read as", "a reading")
OTHER_WORDS = Words("classified correctly", "misclassified", "taken for", "an answer")


def words_of(names: Sequence[str]) -> Words:
    """The words that fit these classes."""
    return DIGIT_WORDS if tuple(names) == DIGIT_NAMES else OTHER_WORDS


def noun_of(names: Sequence[str]) -> str:
    """What one class is called in a sentence."""
    return "digit" if tuple(names) == DIGIT_NAMES else "class"


def nouns(noun: str) -> str:
    return "classes" if noun == "class" else f"{noun}s"


def letters_of(text: str) -> list[str]:
    """The letters as people see them: each with its marks, joined ones as one."""
    found: list[str] = []
    for letter in text:
        is_mark = category(letter).startswith("M") or letter in JOINERS or letter in SKIN_TONES
        if found and (is_mark or found[-1].endswith("\u200d")):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _width(letters: Sequence[str]) -> int:
    return sum(2 if east_asian_width(letter[0]) in "WF" else 1 for letter in letters)


def _cut(letters: Sequence[str], head: int) -> str:
    """The beginning, of about `head` columns, and as much of the end as then has room."""
    kept, tail = list(letters), SHORT_LENGTH - 1 - head
    while kept and _width(kept) > head:
        kept.pop()
    end = list(letters)
    while end and _width(end) > tail:
        end.pop(0)
    return f"{''.join(kept).rstrip()}…{''.join(end).lstrip()}"


def short(name: str) -> str:
    """The name as it fits beside a figure: its beginning and its end."""
    letters = letters_of(name)
    return name if _width(letters) <= SHORT_LENGTH else _cut(letters, 11)


def short_names(names: Sequence[str]) -> list[str]:
    """The names as they fit beside a figure, no two of them equal: shortened in the middle.

    Where names begin and end alike, more is kept of the end or of the beginning, and where that
    does not tell them apart either, their numbers are put in the middle.
    """
    found = {name: name for name in names if short(name) == name}
    left = [name for name in names if name not in found]
    for head in (11, 7, 4, 15, 1, 18):
        cuts = {name: _cut(letters_of(name), head) for name in left}
        taken = Counter([*found.values(), *cuts.values()])
        found |= {name: cut for name, cut in cuts.items() if taken[cut] == 1}
        left = [name for name in left if name not in found]
    for name in left:
        letters = letters_of(name)
        found[name] = f"{''.join(letters[:5])}…{list(names).index(name)}…{''.join(letters[-4:])}"
    return [found[name] for name in names]


def direction_marked(name: str) -> str:
    """The name, between left-to-right marks if it is written from right to left.

    Without them, two such names with an arrow between them would be shown the other way round.
    """
    is_turned = any(bidirectional(letter) in ("R", "AL") for letter in name)
    return f"{MARK}{name}{MARK}" if is_turned else name


def read_names(path: Path) -> tuple[str, ...]:
    """Read class names, one a line, in the order of the network's outputs. Raises InputError."""
    lines = read_text(path, "a text file of class names, one a line").splitlines()
    names = tuple(line.strip() for line in lines if line.strip())
    wrong = fault_of(names)
    if wrong:
        raise InputError(f"{path}: {wrong}")
    return names


def fault_of(names: Sequence[str]) -> str | None:
    """Say what keeps `names` from naming classes, in one line; None where nothing does."""
    if not FEWEST <= len(names) <= MOST:
        return f"the number of class names is {len(names):,}; give {FEWEST} to {MOST}"
    for name in names:
        if not 0 < len(name) <= NAME_LENGTH or not is_printable(name):
            return (
                f"{short(name)!r} is no class name: at most {NAME_LENGTH} letters, all of "
                "which can be printed"
            )
        if names.count(name) > 1:
            return f"“{name}” is there twice; give every class its own name"
    return None
