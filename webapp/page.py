"""The demo's page: its tabs, and what stands above and below them. Its look is in `templates/`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from model.inference.predictor import Predictor
from webapp.gradio_patches import bound_session_names, check_gradio, forget_values
from webapp.inside import Insides, networks_beside
from webapp.inside_tab import inside_tab
from webapp.language import Speaker
from webapp.link import Invitation, describe_invitation
from webapp.tabs import MARKS, TEMPLATES, compare_tab, draw_tab, make_box, report_tab, upload_tab
from webapp.teach import teach_tab

if TYPE_CHECKING:
    import gradio as gr

# Gradio takes seconds to import, so functions import it; it reads this setting when they do.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
# Gradio looks at this at the first answer; unset, it would import pyplot, which takes a second.
os.environ.setdefault("MPLBACKEND", "agg")

REPORT_FOLDER = Path("report-out")
QUEUE_LENGTH = 64  # waiting requests, beyond which new ones are told to try later


def build_demo(
    predictor: Predictor,
    report: Path = REPORT_FOLDER,
    corrections: Path | None = None,
    speaker: Speaker | None = None,
    invitation: Invitation | None = None,
    insides: Insides | None = None,
) -> gr.Blocks:
    """Build the page around one network.

    `report` is the folder of the report to show. With a folder for `corrections`, visitors can
    have their drawings kept there. The `speaker` chooses each visitor's language. Raises InputError
    when a shipped network cannot be loaded, or when the installed Gradio is not supported.
    """
    import gradio as gr

    speaker = speaker or Speaker()
    insides = insides or Insides(networks_beside(predictor))
    with gr.Blocks(title=MARKS["title"], analytics_enabled=False) as demo:
        check_gradio(demo)
        forget_values()
        bound_session_names()
        gr.Markdown(MARKS["heading"], elem_id="heading")
        with gr.Tab(MARKS["tab_draw"], id="draw"):
            draw_tab(predictor, speaker, corrections)
        with gr.Tab(MARKS["tab_upload"], id="upload"):
            upload_tab(predictor, speaker)
        with gr.Tab(MARKS["tab_compare"], id="compare"):
            compare_tab(insides.predictors, predictor, speaker)
        with gr.Tab(MARKS["tab_inside"], id="inside") as tab:
            inside_tab(tab, insides, predictor.bundle.name, speaker)
        with gr.Tab(MARKS["tab_teach"], id="teach"):
            teach_tab(predictor, speaker)
        with gr.Tab(MARKS["tab_report"], id="report") as tab:
            report_tab(tab, predictor, report, speaker)
        if invitation:
            _show_invitation(demo, invitation, speaker)
        gr.Markdown(_about(predictor, bool(corrections)), elem_id="about")
        for script in ("demo.js", "demo_live.js", "demo_inside.js"):
            demo.load(fn=None, js=(TEMPLATES / script).read_text("utf-8"))
    # `api_open=True` would let calls skip the queue.
    return demo.queue(
        max_size=QUEUE_LENGTH, default_concurrency_limit=os.cpu_count(), api_open=False
    )


def _show_invitation(demo: gr.Blocks, invitation: Invitation, speaker: Speaker) -> None:
    """Show how others can join, on each page as it is opened."""
    box = make_box({"address": None}, "demo_join.html")
    tell = speaker.with_words(lambda words: describe_invitation(invitation, words))
    demo.load(tell, None, box, show_progress="hidden", api_visibility="private")


def _about(predictor: Predictor, keeps_drawings: bool) -> str:
    bundle = predictor.bundle
    parameters = bundle.metadata["architecture"]["parameters"]
    about = MARKS.say("about", name=bundle.name, parameters=parameters)
    return f"{about} {MARKS['about_kept' if keeps_drawings else 'about_deleted']}"
