"""Pictures as files."""

import io

import numpy as np
from PIL import Image


def encoded(picture: Image.Image | np.ndarray, form: str = "PNG", **options) -> bytes:
    """A picture, or its pixels, as a file's bytes."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()
