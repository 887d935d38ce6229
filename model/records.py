"""Answers as JSON objects: the same from the command line and over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.answers import Answer
    from model.inference.predictor import Prediction
    from model.pages.page import Page
    from model.pages.turned import Turned


def prediction_record(source: str, index: int | None, answer: Prediction) -> dict[str, Any]:
    """One object of `predict --json`; `index` is the row in an .npz."""
    return {"source": source, "index": index, **asdict(answer)}


def answer_record(source: str, index: int | None, answer: Answer) -> dict[str, Any]:
    """One object of `predict --json`: with `cut` where an edge cuts the digit, with `turned` where
    it is one only when it is turned, and with `lines`, `number` and `digits`, as in `read --json`,
    where the picture holds several.
    """
    record = prediction_record(source, index, answer.prediction)
    if answer.page is not None:
        page = page_record(source, answer.page)
        record |= {"accepted": False}
        record |= {key: page[key] for key in ("lines", "number", "digits")}
    if answer.cut:
        record["cut"] = list(answer.cut)
    if answer.turned:
        record["turned"] = turned_record(answer.turned)
    return record


def turned_record(turned: Turned) -> dict[str, Any]:
    """The digit that a picture shows when it is turned."""
    answer = turned.prediction
    return {"degrees": turned.degrees, "digit": answer.digit, "confidence": answer.confidence}


def page_record(source: str, page: Page) -> dict[str, Any]:
    """One object of `read --json`."""
    keys = ("box", "digit", "confidence", "accepted")
    return {
        "source": source,
        "lines": page.lines,
        "text": page.text,
        "number": page.number,
        "digits": [{key: getattr(mark, key) for key in keys} for mark in page.digits],
        "guessed": [row for row, mark in enumerate(page.digits) if mark.guessed],
        "signs": [asdict(sign) for sign in page.signs],
        "groups": [[asdict(group) for group in line] for line in page.groups],
        "cells": [asdict(cell) for cell in page.cells],
        "turned": page.turned,
    }


def page_rows(page: Page) -> list[list[str]]:
    """A page as a table: the rows of its cells, or where it has none its lines in groups."""
    if not page.cells:
        return [[group.text for group in line] for line in page.groups]
    columns = 1 + max(cell.column for cell in page.cells)
    rows = [[""] * columns for _ in range(1 + max(cell.row for cell in page.cells))]
    for cell in page.cells:
        rows[cell.row][cell.column] = cell.text
    return rows
