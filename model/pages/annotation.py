"""A page's boxes and readings drawn on its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from model.files.pictures import to_grey

if TYPE_CHECKING:
    from model.pages.reader import Page

_BLUE, _VERMILION = (0, 92, 150), (184, 74, 0)  # Okabe–Ito's, darkened until white text is legible
_GREY = (95, 95, 95)


def annotate(image: Image.Image | np.ndarray, page: Page) -> Image.Image:
    """Draw boxes and readings on a copy of the picture, RGB: blue sure, vermilion and ? unsure.

    Signs have a grey one.
    """
    if isinstance(image, Image.Image) and image.mode == "RGB":
        picture = image.copy()
    else:
        picture = Image.fromarray(to_grey(image)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    thick = max(2, max(picture.size) // 500)
    labels = [(sign.box, sign.char, _GREY) for sign in page.signs]
    for mark in page.digits:
        sure = mark.accepted
        labels.append(
            (mark.box, f"{mark.digit}{'' if sure else '?'}", _BLUE if sure else _VERMILION)
        )
    for (left, top, width, height), text, colour in labels:
        frame = (left - thick, top - thick, left + width + thick, top + height + thick)
        draw.rectangle(frame, outline=colour, width=thick)
        font = ImageFont.load_default(max(12, min(height // 2, max(picture.size) // 25)))
        _label(draw, frame, text, font, colour)
    return picture


def _label(draw: ImageDraw.ImageDraw, frame: tuple[int, ...], text: str, font, colour) -> None:
    """Write a reading in white on a tab above its box, or below where there is no room."""
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    wide, tall = right - left + 6, bottom - top + 6
    x = min(max(frame[0], 0), max(0, draw.im.size[0] - wide))
    y = frame[1] - tall if frame[1] >= tall else min(frame[3], draw.im.size[1] - tall)
    draw.rectangle((x, y, x + wide, y + tall), fill=colour)
    draw.text((x + 3 - left, y + 3 - top), text, font=font, fill="white")
