"""Fonts of this system for letters that the built-in ones lack."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from unicodedata import category

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path(os.path.expanduser("~/.fonts")),  # "~" stays where no home folder is known
    Path(os.path.expanduser("~/.local/share/fonts")),
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
    Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",
)
# Beginnings of the names of files with many scripts, without spaces, the best first.
PREFERRED = (
    "notosanscjk", "sourcehansans", "notosans", "notonaskh", "dejavusans.", "wqy",
    "droidsansfallback", "pingfang", "hiragino", "yugoth", "msyh", "msgothic", "malgun",
    "applesdgothic", "nirmala", "kohinoor", "geezapro", "segoeui.", "seguisym", "arialunicode",
    "arial.", "freesans.", "lohit", "unifont",
)  # fmt: skip
STYLES = ("bold", "italic", "oblique", "light", "thin", "black", "medium", "condensed", "mono")


@cache
def installed() -> tuple[Path, ...]:
    """The font files of this system that are worth a look, the best first."""
    found: list[tuple[int, str, Path]] = []
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            name = path.name.lower().replace(" ", "").replace("_", "")
            rank = next((k for k, start in enumerate(PREFERRED) if name.startswith(start)), None)
            is_font = path.suffix.lower() in (".ttf", ".otf", ".ttc")
            if is_font and rank is not None and not any(style in name for style in STYLES):
                found.append((rank, name, path))
    return tuple(path for _, _, path in sorted(found))


@cache
def describe(path: Path) -> tuple[str, frozenset[int]]:
    """A font's family and the code points of its letters; none where it can't be read."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with path.open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as font:
            if not {"glyf", "CFF ", "CFF2"} & set(font.keys()):
                return "", frozenset()  # pictures alone, as in fonts of coloured emoji
            name = font["name"].getBestFamilyName() or ""
            return name, frozenset(font.getBestCmap() or ())
    except (OSError, TTLibError, KeyError, ValueError):
        return "", frozenset()


def fonts_for(letters: Iterable[str]) -> tuple[tuple[Path, ...], frozenset[int]]:
    """Choose few fonts that have as many of these letters as any; return them and what they have.

    Only letters, their marks, numbers and symbols are looked for.
    """
    wanted = {
        ord(letter)
        for letter in letters
        if category(letter)[0] in "LMN" or category(letter) == "So"
    }
    chosen: list[Path] = []
    covered: set[int] = set()
    for path in installed() if wanted else ():
        found = describe(path)[1] & (wanted - covered)
        if found:
            chosen.append(path)
            covered |= found
        if covered == wanted:
            break
    return tuple(chosen), frozenset(covered)
