"""What the demo says of a picture: an answer's numbers, words and small pictures, as plain JSON.

Every answer is a dict that a program can use and a template of the page can show.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from model.files.pictures import MAX_BYTES, ImageError, load_image
from model.inference.explain import explain, paint
from model.inference.predictor import Prediction, Predictor, decide
from model.pages.annotation import annotate
from model.pages.reader import Page
from model.preprocessing import Steps
from model.words import percent, put_in_words

NOT_SENT = "the picture did not arrive: send it again"
SHOWN_SIDE = 1200  # px, longer side of the picture that comes back with boxes
STEP_SIDE = 112  # px, longer side of a step's picture
STEPS = {  # the caption of each step from picture to glyph, and what it shows
    "ink": ("Found", "The ink, told from its ground"),
    "crop": ("Cropped", "The part that holds the ink"),
    "scaled": ("Scaled", "The ink brought to 20 pixels on its longer side"),
    "glyph": ("Centred", "Your digit as the network sees it, in 28 by 28 pixels"),
}
KINDS = {  # a title and an explanation of each architecture
    "linear": ("No hidden layer", "Each pixel has one weight for each digit, as in a stencil."),
    "mlp100": ("100 hidden units", "Hidden units weigh pixels together, so shapes count."),
    "mlp128": ("128 hidden units", "More of them, and answers that compete (softmax)."),
    "cnn_small": ("A few convolutions", "Four layers of small filters, shown digits as they are."),
    "cnn": ("Convolutions", "Small filters look for strokes and corners wherever they lie."),
}


def open_sent(file: dict, folder: str) -> Image.Image:
    """Open what a visitor sent: a data URL, or a file in the upload folder and nowhere else.

    Raises ImageError when it is neither or no picture that can be read.
    """
    url, path = file.get("url") or "", file.get("path")
    try:
        if url.startswith("data:"):
            text = url.partition(",")[2]
            if len(text) > MAX_BYTES * 4 / 3 + 4:
                raise ImageError("the picture is over 20 MB: make it smaller")
            return load_image(base64.b64decode(text, validate=True))
        if not path or not Path(path).resolve().is_relative_to(Path(folder).resolve()):
            raise ImageError(NOT_SENT)
        with open(path, "rb") as stream:  # not by its path: errors would name it
            return load_image(stream)
    except (OSError, binascii.Error):
        raise ImageError(NOT_SENT) from None


def describe(predictor: Predictor, steps: Steps) -> dict[str, Any]:
    """Put an answer into numbers, words and pictures: the fields of `predict --json` and more.

    `bars` has all ten digits in their order, `steps` and `why` what led to the answer.
    """
    prediction = predictor.predict_steps(steps)
    state = decide(prediction, predictor.calibration)
    return {
        "state": state,
        "words": put_in_words(prediction, state),
        **asdict(prediction),
        "bars": bars(prediction),
        "steps": [_step(name, getattr(steps, name)) for name in STEPS],
        "why": _why(predictor, steps.glyph, prediction),
        "glyph": png_url(steps.glyph),
    }


def empty_answer(words: str) -> dict[str, Any]:
    """Give the answer for an empty canvas: a prompt as its words, and the other fields blank."""
    return {
        "state": "empty",
        "words": words,
        "digit": None,
        "bars": bars(None),
        "steps": [
            {"name": caption, "alt": alt, "picture": None} for caption, alt in STEPS.values()
        ],
        "why": None,
        "glyph": None,
    }


def bars(prediction: Prediction | None) -> list[dict[str, Any]]:
    """Give the ten probabilities in the digits' order, ready to show; blank without an answer."""
    if prediction is None:
        return [{"digit": d, "probability": 0, "percent": "", "first": False} for d in range(10)]
    return [
        {"digit": d, "probability": p, "percent": percent(p), "first": d == prediction.digit}
        for d, p in enumerate(prediction.probabilities)
    ]


def _step(name: str, picture: np.ndarray) -> dict[str, str]:
    caption, alt = STEPS[name]
    ratio = STEP_SIDE / max(picture.shape)
    if ratio < 1:
        size = tuple(max(1, round(side * ratio)) for side in picture.shape[::-1])
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return {"name": caption, "alt": alt, "picture": png_url(picture)}


def _why(predictor: Predictor, glyph: np.ndarray, prediction: Prediction) -> dict[str, Any]:
    reasons = explain(glyph, predictor, prediction.probabilities)
    return {
        "digit": reasons.digit,
        "runner_up": reasons.runner_up,
        "picture": png_url(paint(glyph, reasons)[..., ::-1]),
    }


def describe_page(image: Image.Image, page: Page) -> dict[str, Any]:
    """Put a page into words: its lines, its digits as `read --json` has them, and boxes drawn."""
    boxes = annotate(image, page)
    boxes.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    jpeg = io.BytesIO()
    boxes.save(jpeg, "JPEG", quality=85)
    read = sum(digit.accepted for digit in page.digits)
    lines = f"{len(page.lines)} line" + "s" * (len(page.lines) != 1)
    doubtful = len(page.digits) - read
    more = f"; {doubtful} more may be none" if doubtful else ""
    return {
        "state": "page",
        "words": f"{read} digits in {lines}{more}" if read else "No digit that is sure",
        "lines": page.lines,
        "digits": [asdict(digit) for digit in page.digits],
        "rows": [
            {
                "number": number,
                "line": "–" if digit.line is None else digit.line + 1,
                "digit": digit.digit,
                "percent": percent(digit.confidence),
                "sure": "yes" if digit.accepted else "no",
            }
            for number, digit in enumerate(page.digits, start=1)
        ],
        "csv": data_url("text/csv;charset=utf-8", write_csv(page).encode()),
        "picture": data_url("image/jpeg", jpeg.getvalue()),
    }


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


def compare(predictors: Sequence[Predictor], steps: Steps) -> dict[str, Any]:
    """Put several networks' answers to one glyph side by side, in the networks' order."""
    rows = []
    for predictor in predictors:
        prediction = predictor.predict_steps(steps)
        state = decide(prediction, predictor.calibration)
        rows.append(
            _network(predictor)
            | {"state": state, "words": put_in_words(prediction, state)}
            | {"digit": prediction.digit, "percent": percent(prediction.confidence)}
            | {"bars": bars(prediction)}
        )
    digits = [row["digit"] for row in rows]
    agreed = len(set(digits)) == 1
    words = f"All {len(rows)} networks read {digits[0]}" if agreed else "They do not agree"
    return {"state": "compared", "words": words, "glyph": png_url(steps.glyph), "networks": rows}


def empty_comparison(predictors: Sequence[Predictor], words: str) -> dict[str, Any]:
    """Give the comparison for an empty canvas: a prompt, and no answer of any network."""
    blank = {"state": "empty", "words": "", "digit": None, "percent": "", "bars": bars(None)}
    rows = [_network(predictor) | blank for predictor in predictors]
    return {"state": "empty", "words": words, "glyph": None, "networks": rows}


def _network(predictor: Predictor) -> dict[str, Any]:
    about = predictor.bundle.metadata
    title, text = KINDS.get(about["architecture"]["name"], ("Your own network", ""))
    last = about["history"][-1] if about["history"] else {}
    validated = about.get("validation_accuracy", last.get("val_accuracy"))
    accuracy = "" if validated is None else f", {percent(validated)} right on digits kept aside"
    size = f"{about['architecture']['parameters']:,} parameters{accuracy}"
    return {"name": predictor.bundle.name, "title": title, "text": text, "size": size}


def png_url(picture: np.ndarray) -> str:
    """Encode uint8 grey (h, w) or BGR (h, w, 3) as a PNG that the page needs no file for."""
    return data_url("image/png", cv2.imencode(".png", picture)[1].tobytes())


def data_url(kind: str, data: bytes) -> str:
    """Wrap bytes of a media type so that the page needs no file for them."""
    return f"data:{kind};base64," + base64.b64encode(data).decode("ascii")


def sentence(error: object) -> str:
    """Write a message with a capital letter."""
    text = str(error)
    return text[:1].upper() + text[1:]
