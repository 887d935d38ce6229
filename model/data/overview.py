"""What a labelled set holds, in numbers and pictures; and which of its images were misread."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from model.calibration import DIGIT_CLASSES
from model.data.dataset import Dataset
from model.data.labelled import LabelledImages
from model.preprocessing import GLYPH_SIDE, to_glyphs

_COLUMNS = 24  # glyphs of each digit on a contact sheet
_GAP = 2  # px between them
_ENLARGED = 2
_CAPTION = 14  # px, height of a line under a misread glyph
_MOST_MISREAD = 480  # shown on a sheet; of more, a sample


def overview(dataset: Dataset) -> dict:
    """Counts of a set in plain values: of each part its digits, and its writers where known."""
    parts = {"train": dataset.train, "test": dataset.test}
    return {
        "name": dataset.name,
        "source": dataset.source,
        "licence": dataset.licence,
        "parts": {
            name: {
                "count": len(part),
                "class_counts": part.class_counts,
                "writer_count": None if part.writers is None else len(set(part.writers)),
            }
            for name, part in parts.items()
        },
    }


def contact_sheet(part: LabelledImages) -> Image.Image:
    """Draw some glyphs of each digit, a row a digit, as the network would see them.

    Dark on white, and always the same. A digit without images has a blank row.
    """
    random = np.random.default_rng(0)
    step = GLYPH_SIDE + _GAP
    sheet = np.zeros((DIGIT_CLASSES * step + _GAP, _COLUMNS * step + _GAP), np.uint8)
    for digit in range(DIGIT_CLASSES):
        rows = random.permutation(np.flatnonzero(part.labels == digit))[:_COLUMNS]
        for column, glyph in enumerate(to_glyphs([part.images[row] for row in rows])):
            top, left = digit * step + _GAP, column * step + _GAP
            sheet[top : top + GLYPH_SIDE, left : left + GLYPH_SIDE] = glyph
    return _enlarged(sheet)


def misread_sheet(glyphs: np.ndarray, labels: np.ndarray, digits: np.ndarray) -> Image.Image:
    """Draw the misread among n glyphs, uint8 (n, 28, 28), by label and answer, int64 (n,) each.

    Under each stands its label and what was read, as in "1 as 7". At least one must be misread.
    """
    rows = np.flatnonzero(labels != digits)
    if len(rows) > _MOST_MISREAD:
        rows = np.random.default_rng(0).choice(rows, _MOST_MISREAD, replace=False)
    rows = rows[np.lexsort((rows, digits[rows], labels[rows]))]
    step = GLYPH_SIDE * _ENLARGED + _GAP
    columns = min(len(rows), _COLUMNS)
    size = columns * step + _GAP, -(-len(rows) // columns) * (step + _CAPTION) + _GAP
    sheet = Image.new("L", size, 255)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_CAPTION - 2)
    for place, row in enumerate(rows):
        left = place % columns * step + _GAP
        top = place // columns * (step + _CAPTION) + _GAP
        sheet.paste(_enlarged(glyphs[row]), (left, top))
        caption = f"{labels[row]} as {digits[row]}"
        pen.text((left + step / 2, top + step), caption, fill=0, font=font, anchor="ma")
    return sheet


def _enlarged(ink: np.ndarray) -> Image.Image:
    """Bright ink, uint8 (h, w), as a larger picture of dark ink on white."""
    return ImageOps.scale(Image.fromarray(255 - ink), _ENLARGED, Image.Resampling.NEAREST)
