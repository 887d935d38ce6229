"""The digit demo that one writes first: Gradio's own parts, and Keras asked once a call.

It serves the very network that ours does, so that nothing but the serving differs.
"""

import gradio as gr
import keras
import numpy as np
from PIL import Image

from model.bundles.store import SHIPPED

network = keras.models.load_model(SHIPPED / "cnn" / "model.keras", compile=False)


def read(sketch: dict) -> dict[str, float]:
    """Shrink the drawing and ask the network."""
    drawing = Image.fromarray(sketch["composite"]).convert("L").resize((28, 28))
    pixels = (255 - np.asarray(drawing, np.float32)) / 255
    scores = network.predict(pixels[None, :, :, None], verbose=0)[0]
    return {str(digit): float(scores[digit]) for digit in range(10)}


gr.Interface(read, gr.Sketchpad(), gr.Label(), api_name="draw").launch()
