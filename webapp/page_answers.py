"""What the demo says of a picture with several digits, and the picture with all of them marked."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from functools import partial
from typing import Any

from PIL import Image

from model.pages.annotation import annotate
from model.pages.page import Page, PageDigit, PageSign, turn_box
from model.records import page_record, page_rows
from webapp.encoding import data_url
from webapp.language import Words

SHOWN_SIDE = 1200  # px, longer side of the picture that comes back with boxes
SHORT = 8  # characters of a number that is shown large
_NOWHERE = 10**6  # the line number of marks on no line: they come last


def describe_page(image: Image.Image, page: Page, words: Words) -> dict[str, Any]:
    """Put a page into words: the fields of `read --json`, and the picture with boxes drawn.

    A short number is `shown` large. The boxes in `digits` are those of the picture as it was sent.
    """
    boxes = annotate(*turn_upright(image, page))
    boxes.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    jpeg = io.BytesIO()
    boxes.save(jpeg, "JPEG", quality=85)
    doubtful = sum(not digit.accepted for digit in page.digits)
    hints = [words.count("hint_doubtful", doubtful)] if doubtful else []
    hints += [words["hint_turned"]] if page.turned else []
    number = page.number
    shown = number if number and len(number) <= SHORT else None
    record = page_record("", page)
    del record["source"]
    return record | {
        "state": "page",
        "words": _page_words(page, shown, words),
        "sure": not doubtful,
        "hint": " ".join(hints),
        "shown": shown,
        "marks": _marks(page, words),
        "table": page_rows(page) if page.cells else None,
        "csv": data_url("text/csv;charset=utf-8", write_csv(page).encode()),
        "picture": data_url("image/jpeg", jpeg.getvalue()),
    }


def name_page(page: Page) -> tuple[str, bool]:
    """What a page reads, all its lines in one, and whether there is no doubt about it."""
    number = page.number
    if number is None:
        return " ".join(page.text), all(digit.accepted for digit in page.digits)
    is_whole = number in page.text or number in page.lines
    return number, is_whole and not any(digit.guessed for digit in page.digits)


def _page_words(page: Page, number: str | None, words: Words) -> str:
    if number is not None:
        return words.say("sure" if name_page(page)[1] else "unsure", what=number)
    read = sum(digit.is_read for digit in page.digits)
    if not read:
        return words["nothing_sure"]
    return words.say("read", digits=words.count("digits", read),
                     lines=words.count("lines", len(page.lines)))  # fmt: skip


def _marks(page: Page, words: Words) -> list[dict[str, Any]]:
    """Give every digit and sign in the order of reading, ready to show."""
    marks = [
        (_place(digit), str(digit.digit), words.percent(digit.confidence), digit.accepted)
        for digit in page.digits
    ]
    marks += [(_place(sign), sign.char, words["sign"], True) for sign in page.signs]
    return [
        {
            "number": number,
            "line": words["no_line"] if line == _NOWHERE else line + 1,
            "char": char,
            "percent": share,
            "sure": sure,
            "said": words["yes" if sure else "no"],
        }
        for number, ((line, _), char, share, sure) in enumerate(sorted(marks), start=1)
    ]


def _place(mark: PageDigit | PageSign) -> tuple[int, int]:
    return _NOWHERE if mark.line is None else mark.line, mark.box[0]


def turn_upright(image: Image.Image, page: Page) -> tuple[Image.Image, Page]:
    """Turn a picture, and the boxes on it, upright."""
    if not page.turned:
        return image, page
    upright = partial(turn_box, turned=page.turned, size=image.size)
    digits = tuple(replace(digit, box=upright(digit.box)) for digit in page.digits)
    signs = tuple(replace(sign, box=upright(sign.box)) for sign in page.signs)
    turned = image.rotate(-page.turned, expand=True)
    return turned, replace(page, digits=digits, signs=signs, turned=0)


def write_csv(page: Page) -> str:
    """Write a page's digits as a table for spreadsheets, a row a digit and boxes in pixels."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(
        ["number", "line", "digit", "confidence", "accepted", "left", "top", "width", "height"]
    )
    for number, digit in enumerate(page.digits, start=1):
        line = "" if digit.line is None else digit.line + 1
        sure = "yes" if digit.accepted else "no"
        table.writerow(
            [number, line, digit.digit, f"{digit.confidence:.6f}", sure, *map(int, digit.box)]
        )
    return text.getvalue()
