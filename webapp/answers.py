"""What the demo says of a picture: an answer's numbers, words and small pictures, as plain JSON.

Every answer is a dict that a program can use and a template of the page can show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import cv2
import numpy as np
from PIL import Image

from model.answers import Answer, complete
from model.inference.explain import explain, paint
from model.inference.predictor import Decision, Prediction, Predictor, decide
from model.pages.one_digit import OneDigit
from model.pages.parts import count_tall_parts
from model.preprocessing import Steps
from model.records import turned_record
from webapp.encoding import png_url
from webapp.language import Words
from webapp.page_answers import describe_page, name_page

STEP_SIDE = 112  # px, longer side of a step's picture
STEPS = ("ink", "crop", "scaled", "glyph")  # from a picture to what the network sees
_WIDE = 1.2  # of its height, from which ink that is no digit may be digits that touch
EXPLAINED = ("linear", "mlp100", "mlp128", "cnn_small", "cnn")  # networks told in words


def describe(predictor: Predictor, image: Image.Image, one: OneDigit, words: Words) -> dict:
    """Put into numbers, words and pictures what a picture holds: a digit, or several.

    `one` is the digit that was found in it. Of one digit there are the fields of `predict --json`,
    and of several those of `read --json`.
    """
    whole = complete(one, image, predictor)
    if whole.page is not None:
        return describe_page(image, whole.page, words)
    state, shown = _verdict(whole, predictor)
    said = words.verdict(one.prediction, state)
    glyph, read = one.steps.glyph, one.prediction
    pictures = {name: getattr(one.steps, name) for name in STEPS}
    if turned := whole.turned:  # what is shown explains the digit that is named
        said = words.say("turned", what=words.named((turned.digit,)))
        glyph, read = turned.glyph, turned.prediction
        del pictures["glyph"]
        pictures["turned"] = glyph
    return {
        "state": state,
        "words": said,
        "hint": _hint(whole, one, state, words),
        "shown": shown,
        **asdict(one.prediction),
        "turned": turned_record(turned) if turned else None,
        "bars": bars(read, words),
        "steps": [_step(name, picture, words) for name, picture in pictures.items()],
        "why_title": words["why_none" if state == "no-digit" else "why"],
        "why": _why(predictor, glyph, read),
        "glyph": png_url(one.steps.glyph),
    }


def _verdict(whole: Answer, predictor: Predictor) -> tuple[Decision, str]:
    """Decide how the answer of one digit is presented, and what is shown large."""
    if whole.turned:
        return "unsure", str(whole.turned.digit)
    state = decide(whole.prediction, predictor.calibration)
    return state, "?" if state == "no-digit" else str(whole.prediction.digit)


def describe_so_far(predictor: Predictor, whole: Answer, words: Words) -> dict[str, Any]:
    """Put an answer to a drawing that is still being made into numbers and words.

    It reads as `describe` does and names the same digits; explanations and pictures can wait.
    """
    if whole.page is not None:
        (shown, is_sure), state, read = name_page(whole.page), "page", None
    else:
        state, shown = _verdict(whole, predictor)
        is_sure, read = state == "sure", (whole.turned or whole).prediction
    said = {"no-digit": "so_far_none"}.get(state, "so_far" if is_sure else "so_far_unsure")
    return {"state": state, "words": words.say(said, what=shown), "sure": is_sure, "shown": shown,
            "bars": bars(read, words)}  # fmt: skip


def _hint(whole: Answer, one: OneDigit, state: Decision, words: Words) -> str:
    """Say what to do next, where an answer is not all that one could wish for."""
    if whole.cut:
        return words["hint_cut"]
    if whole.turned:
        return words["hint_as_it_stands"]
    if state == "no-digit":
        return words[_about_ink(one.steps)]
    return words["hint_unsure"] if state == "unsure" else ""


def _about_ink(steps: Steps) -> str:
    """Name the hint that fits ink which is no digit: it may be several, or digits that touch."""
    if count_tall_parts(steps) > 1:
        return "hint_several"
    width, height = steps.box[2:]
    return "hint_touching" if width > _WIDE * height else "hint_no_digit"


def empty_answer(text: str, words: Words, hint: str = "") -> dict[str, Any]:
    """Give the answer for an empty canvas: a prompt as its words, and the other fields blank."""
    return {
        "state": "empty",
        "words": text,
        "hint": hint,
        "shown": "?",
        "digit": None,
        "bars": bars(None, words),
        "steps": [_step(name, None, words) for name in STEPS],
        "why_title": words["why"],
        "why": None,
        "glyph": None,
    }


def bars(prediction: Prediction | None, words: Words) -> list[dict[str, Any]]:
    """Give the probabilities of all answers, ready to show; blank without an answer.

    They are those of the ten digits in their order and, where the network can say so, of "no
    digit"; together they are 1.
    """
    if prediction is None:
        shares: tuple[float, ...] = (0.0,) * 11
    elif prediction.digit_probability is None:
        shares = prediction.probabilities
    else:
        digit = prediction.digit_probability
        shares = (*(digit * share for share in prediction.probabilities), 1 - digit)
    first = max(range(len(shares)), key=lambda place: shares[place])
    return [
        {
            "digit": place if place < 10 else None,
            "name": str(place) if place < 10 else words["none"],
            "probability": share,
            "percent": words.percent(share) if prediction else "",
            "first": bool(prediction) and place == first,
        }
        for place, share in enumerate(shares)
    ]


def _step(name: str, picture: np.ndarray | None, words: Words) -> dict[str, str | None]:
    caption, alt = words[f"step_{name}"], words[f"step_{name}_alt"]
    if picture is None:
        return {"name": caption, "alt": alt, "picture": None}
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


def compare(predictors: Sequence[Predictor], steps: Steps, words: Words) -> dict[str, Any]:
    """Put several networks' answers to one glyph side by side, in the networks' order."""
    rows = [
        _network(one, words) | describe_reading(one, one.predict_steps(steps), words)
        for one in predictors
    ]
    agreed = len({row["digit"] for row in rows}) == 1
    text = words.say("all_read", count=len(rows), digit=rows[0]["digit"])
    text = text if agreed else words["differ"]
    return {"state": "compared", "words": text, "glyph": png_url(steps.glyph), "networks": rows}


def describe_reading(predictor: Predictor, read: Prediction, words: Words) -> dict[str, Any]:
    """Put an answer that stands in a row beside others into words and numbers."""
    state, shares = decide(read, predictor.calibration), bars(read, words)
    return {
        "state": state, "words": words.verdict(read, state), "digit": read.digit,
        "shown": "?" if state == "no-digit" else str(read.digit),
        "percent": next(bar["percent"] for bar in shares if bar["first"]), "bars": shares[:10],
    }  # fmt: skip


def empty_comparison(predictors: Sequence[Predictor], text: str, words: Words) -> dict[str, Any]:
    """Give the comparison for an empty canvas: a prompt, and no answer of any network."""
    blank = {"state": "empty", "words": "", "digit": None, "shown": "?", "percent": "",
             "bars": bars(None, words)[:10]}  # fmt: skip
    rows = [_network(predictor, words) | blank for predictor in predictors]
    return {"state": "empty", "words": text, "glyph": None, "networks": rows}


def _network(predictor: Predictor, words: Words) -> dict[str, Any]:
    about = predictor.bundle.metadata
    architecture = about["architecture"]
    kind = architecture["name"] if architecture["name"] in EXPLAINED else "own"
    last = about["history"][-1] if about["history"] else {}
    validated = about.get("validation_accuracy", last.get("val_accuracy"))
    size = words.say("parameters", count=architecture["parameters"])
    if validated is not None:
        size += words.say("validated", percent=float(validated))
    title, text = words[f"kind_{kind}"], words[f"kind_{kind}_about"]
    return {"name": predictor.bundle.name, "title": title, "text": text, "size": size}
