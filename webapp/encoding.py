"""Pictures on their way from the browser and back to it."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from model.files.pictures import MAX_BYTES, ImageError, load_image

NOT_SENT = "the picture did not arrive: send it again"


def open_sent(file: dict, folder: str) -> Image.Image:
    """Open what a visitor sent: a data URL, or a file in the upload folder and nowhere else.

    Raises ImageError when it is neither or no picture that can be read.
    """
    url = file.get("url") or ""
    try:
        if url.startswith("data:"):
            text = url.partition(",")[2]
            if len(text) > MAX_BYTES * 4 / 3 + 4:
                raise ImageError("the picture is over 20 MB: make it smaller")
            return load_image(base64.b64decode(text, validate=True))
        path = uploaded_path(file, folder)
        if path is None:
            raise ImageError(NOT_SENT)
        with open(path, "rb") as stream:  # not by its path: errors would name it
            return load_image(stream)
    except (OSError, binascii.Error):
        raise ImageError(NOT_SENT) from None


def uploaded_path(file: dict, folder: str) -> str | None:
    """Return the path of a file that a visitor sent; None for one outside the upload folder."""
    path = file.get("path")
    if not isinstance(path, str) or not path or "\0" in path:
        return None
    return path if Path(path).resolve().is_relative_to(Path(folder).resolve()) else None


def png_url(picture: np.ndarray) -> str:
    """Encode uint8 grey (h, w) or BGR (h, w, 3) as a PNG that the page needs no file for."""
    return data_url("image/png", cv2.imencode(".png", picture)[1].tobytes())


def pixels_of(picture: np.ndarray) -> dict[str, str | int]:
    """Give uint8 grey (h, w) or BGR (h, w, 3) as bytes of grey or RGB, which a script paints.

    A PNG for each of dozens of small pictures that change as one draws costs more at both ends.
    """
    height, width = picture.shape[:2]
    data = picture if picture.ndim == 2 else picture[..., ::-1]
    return {"width": width, "height": height, "data": base64.b64encode(data.tobytes()).decode()}


def data_url(kind: str, data: bytes) -> str:
    """Wrap bytes of a media type so that the page needs no file for them."""
    return f"data:{kind};base64," + base64.b64encode(data).decode("ascii")
