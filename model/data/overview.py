"""What a labelled set holds: how many of each digit, by how many writers, and how they look."""

from __future__ import annotations

import numpy as np
from PIL import Image

from model.data.dataset import Dataset
from model.data.labelled import CLASSES, LabelledImages
from model.preprocessing import GLYPH_SIDE, to_glyphs

_COLUMNS = 24  # glyphs of each digit on a contact sheet
_GAP = 2  # px between them
_ENLARGED = 2


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


def contact_sheet(part: LabelledImages, seed: int = 0) -> Image.Image:
    """Draw some glyphs of each digit, a row a digit, as the network would see them.

    Dark on white; which they are hangs on the seed alone. A digit without images has a blank row.
    """
    random = np.random.default_rng(seed)
    step = GLYPH_SIDE + _GAP
    sheet = np.zeros((CLASSES * step + _GAP, _COLUMNS * step + _GAP), np.uint8)
    for digit in range(CLASSES):
        rows = random.permutation(np.flatnonzero(part.labels == digit))[:_COLUMNS]
        for column, glyph in enumerate(to_glyphs([part.images[row] for row in rows])):
            top, left = digit * step + _GAP, column * step + _GAP
            sheet[top : top + GLYPH_SIDE, left : left + GLYPH_SIDE] = glyph
    picture = Image.fromarray(255 - sheet)
    return picture.resize([side * _ENLARGED for side in picture.size], Image.Resampling.NEAREST)
