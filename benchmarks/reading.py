"""How fast a photograph of digits is read, by its megapixels, from the file to the lines.

python -m benchmarks.reading [--rounds N]
The peer is the plain way: OpenCV's adaptive threshold, connected components, each one cut out,
shrunk and read, all in one batch, by the same network. The limit is to decode the file.
"""

from __future__ import annotations

import io
import sys

import cv2
import numpy as np
from PIL import Image

from benchmarks.preparing import rows_of
from benchmarks.results import publish
from benchmarks.turns import rounds_of
from model.data.dataset import load_dataset
from model.files.pictures import load_image, to_grey
from model.inference.predictor import Predictor
from model.pages.reader import read_page
from tests.model.pages.synthetic import make_page

MEGAPIXELS = (0.1, 0.5, 2, 12, 48)
_LEAST, _MOST = 0.01, 0.5  # of the picture's longer side: what the peer takes for a digit


def main(argv: list[str] | None = None) -> int:
    rounds = rounds_of(__doc__, argv)
    predictor = Predictor.load("cnn")
    rows = []
    for size in MEGAPIXELS:
        photograph = take_photograph(size)
        calls = {
            "ours": lambda file=photograph: read_page(load_image(file), predictor),
            "plain way": lambda file=photograph: read_plainly(file, predictor),
            "limit: decoding": lambda file=photograph: to_grey(load_image(file)),
        }
        rows += rows_of(f"{size} megapixels, ms", calls, rounds)
    publish("reading", rows, ("ai-edge-litert", "opencv-python-headless", "pillow"))
    return 0


def take_photograph(megapixels: float) -> bytes:
    """Photograph one and the same page of digits with a camera of so many megapixels: a JPEG."""
    digits = load_dataset("digits").test
    page = make_page(3, digits.images, digits.labels, "medium").image
    ratio = (megapixels * 1e6 / (page.width * page.height)) ** 0.5
    size = (round(page.width * ratio), round(page.height * ratio))
    file = io.BytesIO()
    page.resize(size, Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def read_plainly(file: bytes, predictor: Predictor) -> str:
    """Read a photograph as a tutorial does: what is darker than its surroundings is a digit."""
    grey = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_GRAYSCALE)
    around = max(grey.shape) // 30 | 1
    ink = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, around, 12
    )
    boxes = cv2.connectedComponentsWithStats(ink)[2][1:, :4]
    tall = boxes[:, 3] / max(grey.shape)
    boxes = boxes[(tall > _LEAST) & (tall < _MOST)]
    if not len(boxes):
        return ""
    glyphs = np.stack([_shrink(ink[y : y + h, x : x + w]) for x, y, w, h in boxes])
    return "".join(map(str, predictor.score(glyphs).probabilities.argmax(1)))


def _shrink(ink: np.ndarray) -> np.ndarray:
    height, width = ink.shape
    margin = max(height, width) // 5
    across = (max(height, width) - width) // 2 + margin
    down = (max(height, width) - height) // 2 + margin
    square = cv2.copyMakeBorder(ink, down, down, across, across, cv2.BORDER_CONSTANT)
    return cv2.resize(square, (28, 28), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    sys.exit(main())
