"""Pages of anything: boxes within the picture, each mark once, in order, and not for ever."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from model.files.pictures import ImageError
from model.inference.predictor import Predictor
from model.pages.annotation import annotate
from model.pages.reader import find_lines, read_page
from tests.fuzz.effort import tries
from tests.fuzz.refusals import outcome
from tests.fuzz.test_glyphs import pictures

MOST_SECONDS = 20.0  # of computing, for a page of a megapixel


def look(reader: Predictor, picture: np.ndarray) -> None:
    """Read a page and hold what comes of it to what is promised."""
    started = time.process_time()
    page, _ = outcome(ImageError, read_page, picture, reader)
    assert time.process_time() - started < MOST_SECONDS
    if page is None:
        return
    for mark in page.digits:
        left, top, width, height = mark.box
        assert 0 <= left < left + width <= picture.shape[1]
        assert 0 <= top < top + height <= picture.shape[0]
        assert all(type(side) is int for side in mark.box)
        assert 0 <= mark.confidence <= 1
        assert mark.digit in range(10)
        assert not mark.is_read or mark.line is not None
    assert len({mark.box for mark in page.digits}) == len(page.digits)
    read = [
        "".join(str(m.digit) for m in page.digits if m.is_read and m.line == number)
        for number in range(len(page.lines))
    ]
    assert read == list(page.lines)
    assert all(page.lines)
    image = Image.fromarray(picture)
    assert annotate(image, page).size == image.size


@tries(25)
@given(picture=pictures(), times=st.integers(1, 6))
def test_a_picture_of_anything_is_read_or_refused(reader, picture, times):
    look(reader, np.kron(picture, np.ones((times, times), np.uint8)))


@st.composite
def scrawls(draw) -> np.ndarray:
    """Pages of strokes, blobs, bars and grain, on even or shaded ground, tall, wide or square."""
    height, width = draw(st.sampled_from([(300, 400), (60, 900), (900, 60), (500, 500), (49, 49)]))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    page = np.full((height, width), draw(st.integers(0, 255)), np.uint8)
    for kind in draw(st.lists(st.sampled_from(["stroke", "blob", "bar", "frame", "text"]))):
        x, y = (int(v) for v in random.integers(-10, (width + 10, height + 10)))
        size, ink = int(random.integers(1, 120)), int(random.integers(0, 256))
        if kind == "stroke":
            points = np.array([x, y]) + random.integers(-size, size + 1, (4, 2))
            cv2.polylines(page, [points.astype(np.int32)], False, ink, size // 20 + 1)
        elif kind == "blob":
            cv2.circle(page, (x, y), size // 3, ink, -1)
        elif kind == "bar":
            cv2.line(page, (0, y), (width, y + size // 9), ink, size // 30 + 1)
        elif kind == "frame":
            cv2.rectangle(page, (x, y), (x + size, y + size), ink, size // 40 + 1)
        else:
            cv2.putText(page, str(size), (x, y), 0, size / 40 + 0.1, ink, size // 40 + 1)
    grain = draw(st.sampled_from([0, 0, 3, 12, 60]))
    shade = draw(st.sampled_from([0, 80])) * np.linspace(-1, 1, width)
    return np.clip(page + random.normal(0, grain + 1e-9, page.shape) + shade, 0, 255).astype(
        np.uint8
    )


@tries(15)
@given(page=scrawls())
def test_a_page_of_scrawls_is_read_or_refused(reader, page):
    look(reader, page)


def crowded() -> dict[str, np.ndarray]:
    """Pages of a megapixel with far more marks than anybody writes."""
    random = np.random.default_rng(0)
    specks, rings = (np.full((1000, 1000), 255, np.uint8) for _ in range(2))
    specks[random.integers(0, 1000, 40_000), random.integers(0, 1000, 40_000)] = 0
    dots = cv2.erode(specks, np.ones((3, 3), np.uint8))
    for x in range(8, 1000, 14):
        for y in range(8, 1000, 14):
            cv2.circle(rings, (x, y), 5, 0, 2)
    grid, touching = (np.full((1000, 1000), 255, np.uint8) for _ in range(2))
    grid[::9] = grid[:, ::9] = 0
    for x in range(0, 1000, 11):
        cv2.line(touching, (x, 480), (x + 9, 520), 0, 3)
        cv2.line(touching, (x + 9, 480), (x, 520), 0, 3)
    return {
        "specks": specks,
        "dots": dots,
        "rings": rings,
        "squares": grid,
        "a touching row": touching,
        "noise": random.integers(0, 256, (1000, 1000), np.uint8),
        "stripes": np.tile(np.repeat([0, 255], 6), (1000, 84))[:, :1000].astype(np.uint8),
        "chequers": (np.indices((1000, 1000)).sum(0) // 8 % 2 * 255).astype(np.uint8),
    }


@pytest.mark.parametrize("name", crowded())
def test_a_crowded_page_is_not_read_for_ever(reader, name):
    look(reader, crowded()[name])


BOX = st.tuples(st.integers(-50, 2000), st.integers(-50, 2000), st.integers(1, 400),
                st.integers(1, 400))  # fmt: skip


@tries(100)
@given(boxes=st.lists(BOX, max_size=60))
def test_lines_hold_every_box_once(boxes):
    rows = [row for line in find_lines(boxes) for row in line]
    assert sorted(rows) == list(range(len(boxes)))
