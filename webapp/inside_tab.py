"""The Inside tab: what each layer makes of what is drawn, and which test images are read wrong.

What happens while one draws is in `templates/demo_inside.js`, which asks `/api/inside`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model.bundles.store import BundleError
from model.errors import InputError
from webapp.canvas import make_canvas
from webapp.inside import Insides
from webapp.language import Speaker, Words
from webapp.mistakes import describe_mistakes
from webapp.tabs import MARKS, QUIETLY, make_box

if TYPE_CHECKING:
    import gradio as gr


def inside_tab(tab: gr.Tab, insides: Insides, served: str, speaker: Speaker) -> None:
    """Make the Inside tab; `served` names the network that is looked into first."""
    import gradio as gr

    with gr.Row(elem_classes="reader", elem_id="inside"):
        with gr.Column(elem_classes="hand"):
            make_canvas("inside-sketch", follows="sketch")
            names = [predictor.bundle.name for predictor in insides.predictors]
            network = gr.Radio(names, value=served, label=MARKS["inside_network"])
        nothing = {"state": "empty", "network": "", "words": MARKS["inside_prompt"], "layers": []}
        box = make_box(nothing, "demo_inside.html")
    waiting = {"state": "wait", "words": MARKS["wrong_wait"], "rows": [], "images": []}
    mistakes = make_box(waiting, "demo_mistakes.html")

    def describe(name: str, words: Words) -> dict[str, Any]:
        try:
            return insides.of(name).describe(words)
        except BundleError:
            return nothing | {"words": words["inside_closed"]}
        except InputError as error:
            return nothing | {"words": words.error(error)}

    def tell_mistakes(name: str, words: Words) -> dict[str, Any]:
        known = {predictor.bundle.name: predictor for predictor in insides.predictors}
        return describe_mistakes(known.get(name, known[served]), words)

    for event in (tab.select, network.change):
        event(speaker.with_words(describe), network, box, **QUIETLY)
        event(speaker.with_words(tell_mistakes), network, mistakes, **QUIETLY)
