"""Requests to the demo whose correct answers are known: those of the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import numpy as np
from PIL import Image

from model.data.dataset import load_dataset
from model.inference.predictor import Predictor
from model.pages.reader import read_page
from model.records import page_record, prediction_record
from tests.encoding import encoded
from tests.model.pages.synthetic import make_page

Wrong = str | None  # what is wrong with an answer


@dataclass(frozen=True)
class Request:
    """Something to ask, by a function that sends it and says what is wrong with the answer."""

    name: str
    ask: Callable[[httpx.Client], Wrong]
    hostile: bool = False


@dataclass(frozen=True)
class Good:
    """Pictures and the answers that they must get, as the command line gives them."""

    digits: list[tuple[bytes, dict]]
    pages: list[tuple[bytes, dict]]


def known_answers(seed: int) -> Good:
    """Draw digits and pages, and have them read in this process."""
    predictor, data = Predictor.load("cnn"), load_dataset("digits").test
    digits, pages = [], []
    for row in range(40):
        side = 255 - np.asarray(Image.fromarray(data.images[row]).resize((200, 200), 3))
        picture = Image.fromarray(np.pad(side, 40, constant_values=255))
        answer = predictor.predict(picture)
        digits.append((encoded(picture), prediction_record("upload", None, answer)))
    for number in range(6):
        picture = make_page(seed + number, data.images, data.labels, "easy").image
        pages.append((encoded(picture), page_record("upload", read_page(picture, predictor))))
    return Good(digits, pages)


def digit(good: Good, number: int) -> Request:
    """Ask for a digit over plain HTTP, raw or by form."""
    png, expected = good.digits[number % len(good.digits)]
    body = {"content": png} if number % 2 else {"files": {"file": ("upload", png)}}
    return Request("digit", lambda client: same(client.post("api/predict", **body), expected))


def page(good: Good, number: int) -> Request:
    """Ask for a page over plain HTTP."""
    png, expected = good.pages[number % len(good.pages)]
    return Request("page", lambda client: same(client.post("api/read", content=png), expected))


def same(answer: httpx.Response, expected: dict) -> Wrong:
    """Compare an answer with what is expected; a busy server may refuse to answer."""
    if answer.status_code == 429 and "retry-after" in answer.headers:
        return None
    if answer.status_code != 200:
        return f"status {answer.status_code}: {answer.text[:80]}"
    got, wanted = map(rounded, (answer.text, json.dumps(expected)))
    return None if got == wanted else f"{answer.json()} instead of {expected}"


def rounded(text: str) -> object:
    """Read JSON, its numbers rounded: threads may add up in another order."""
    return json.loads(text, parse_float=lambda number: round(float(number), 3))


def gradio_draw(good: Good, number: int) -> Request:
    """Ask as gradio_client does: upload, join the queue, wait for the answer."""
    png, expected = good.digits[number % len(good.digits)]

    def ask(client: httpx.Client) -> Wrong:
        sent = client.post("gradio_api/upload", files={"files": ("7.png", png)}).json()[0]
        file = {"path": sent, "meta": {"_type": "gradio.FileData"}}
        answer = queued(client, "draw", {"composite": file})
        return None if f'"digit": {expected["digit"]},' in answer else f"answers {answer[:80]!r}"

    return Request("Gradio drawing", ask)


def queued(client: httpx.Client, name: str, value: object) -> str:
    """Call a Gradio endpoint and give its events, one a line."""
    body = json.dumps({"data": [value]})
    typed = {"Content-Type": "application/json"}
    joined = client.post(f"gradio_api/call/{name}", content=body, headers=typed)
    if joined.status_code != 200:
        return joined.text
    return client.get(f"gradio_api/call/{name}/{joined.json()['event_id']}").text


def visit(number: int) -> Request:
    path = ("", "api/docs", "api/health", "config")[number % 4]
    return Request("visit", lambda client: succeeded(client.get(path)))


def succeeded(answer: httpx.Response) -> Wrong:
    """Say so when an answer is an error."""
    return None if answer.status_code == 200 else f"status {answer.status_code}"
