"""The Teach tab: a visitor draws a few digits, and the network learns that hand for the session."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any

from model.errors import InputError
from model.inference.predictor import Predictor
from model.intervals import wilson_interval
from model.pages.one_digit import OneDigit
from model.teaching.drawings import MOST_BYTES, NOT_OURS, Drawings
from model.teaching.learner import Teacher
from webapp.answers import describe_reading
from webapp.canvas import make_canvas, open_drawing
from webapp.encoding import data_url, png_url, uploaded_path
from webapp.gradio_patches import refuse_addresses, upload_folder
from webapp.language import Speaker, Words
from webapp.tabs import MARKS, QUIETLY, find_single, make_box

KEPT_SECONDS = 3600  # after the last drawing; a visitor who closes the page is forgotten by then
ENOUGH = 3  # drawings of a digit


class Lessons:
    """Teaches visitors' hands to one network, which is opened when it is first wanted."""

    def __init__(self, predictor: Predictor):
        self._predictor = predictor
        self._opened: Teacher | None = None
        self._lock = Lock()

    @property
    def teacher(self) -> Teacher:
        """Raises BundleError for a network that cannot be taught."""
        with self._lock:
            self._opened = self._opened or Teacher(self._predictor)
            return self._opened

    def describe(self, drawings: Drawings, found: OneDigit | str, words: Words) -> dict[str, Any]:
        """Tell how a drawing is read before and after the lesson, and how much that helped."""
        told: dict[str, Any] = {"state": "taught", "words": found, "readings": []}
        if isinstance(found, OneDigit):
            taught = self.teacher.learn(drawings)
            answers = {"teach_plain": found.prediction}
            if len(drawings):
                answers["teach_taught"] = self.teacher.predict(taught, found.steps.glyph)
            told["readings"] = [
                {"name": words[name]} | describe_reading(self._predictor, answer, words)
                for name, answer in answers.items()
            ]
            told["words"] = told["readings"][-1]["words"]
        return told | self._progress(drawings, words)

    def _progress(self, drawings: Drawings, words: Words) -> dict[str, Any]:
        """Tell how each drawing is read when it is held out, and how much that says."""
        if not len(drawings):
            return {"progress": "", "sure": "", "few": "", "drawings": [], "file": None}
        right_before, right_after = self.teacher.examine(drawings)
        before, after = int(right_before.sum()), int(right_after.sum())
        low, high = wilson_interval(after, len(drawings))
        counts = [int((drawings.digits == digit).sum()) for digit in set(drawings.digits.tolist())]
        return {
            "progress": words.say("teach_progress", count=len(drawings), before=before,
                                  after=after),
            "sure": words.say("teach_sure", low=words.whole_percent(low),
                              high=words.whole_percent(high)),
            "few": words["teach_few"] if min(counts) < ENOUGH else "",
            "drawings": [
                {"picture": png_url(glyph), "kind": "right" if right else "wrong",
                 "name": words.say(f"teach_alt_{'right' if right else 'wrong'}", digit=int(digit)),
                 "digit": int(digit)}
                for glyph, digit, right in zip(
                    drawings.glyphs, drawings.digits, right_after, strict=True)
            ],
            "file": data_url("application/json", drawings.to_json().encode()),
        }  # fmt: skip


def teach_tab(predictor: Predictor, speaker: Speaker) -> None:
    """Make the Teach tab."""
    import gradio as gr

    lessons = Lessons(predictor)
    state = gr.State(Drawings.none(), time_to_live=KEPT_SECONDS)
    with gr.Row(elem_classes="reader", elem_id="teach"):
        with gr.Column(elem_classes="hand"):
            canvas = make_canvas("teach-sketch")
            digits = [(str(digit), digit) for digit in range(10)]
            truth = gr.Radio(digits, label=MARKS["teach_was"], type="value")
            add = gr.Button(MARKS["teach_add"], variant="primary")
            with gr.Row(elem_classes="actions"):
                back = gr.Button(MARKS["teach_back"])
                reset = gr.Button(MARKS["teach_reset"])
                load = gr.UploadButton(MARKS["teach_load"], file_types=[".json"], type="filepath")
        empty = {"state": "empty", "words": MARKS["teach_prompt"], "readings": [], "progress": ""}
        box = make_box(empty, "demo_teach.html")
    refuse_addresses(load)

    def find(value: dict | None, words: Words) -> OneDigit | str:
        try:
            found = find_single(open_drawing(canvas, value), predictor, words)
        except InputError as error:
            return words.error(error)
        return words["teach_prompt"] if found == words["draw_prompt"] else found

    def read(value: dict | None, drawings: Drawings, words: Words) -> dict[str, Any]:
        return lessons.describe(drawings, find(value, words), words)

    def keep(value: dict | None, digit: Any, drawings: Drawings, words: Words) -> tuple:
        found = find(value, words)
        if isinstance(found, str):
            return drawings, lessons.describe(drawings, found, words)
        try:
            drawings = drawings.with_one(found.steps.glyph, digit)
        except InputError as error:
            return drawings, lessons.describe(drawings, words.error(error), words)
        return drawings, lessons.describe(drawings, words["teach_prompt"], words) | {"added": True}

    def without_last(drawings: Drawings, words: Words) -> tuple:
        fewer = drawings.without(len(drawings) - 1) if len(drawings) else drawings
        return fewer, lessons.describe(fewer, words["teach_prompt"], words)

    def open_file(file: dict | None, drawings: Drawings, words: Words) -> tuple:
        try:
            drawings = load_drawings(file, upload_folder(load))
        except InputError as error:
            return drawings, lessons.describe(drawings, words.error(error), words)
        return drawings, lessons.describe(drawings, words["teach_prompt"], words)

    # One at a time and in order, so that an answer never replaces that of a later request.
    in_turn: dict[str, Any] = {**QUIETLY, "concurrency_id": "teach", "concurrency_limit": 1}
    canvas.input(speaker.with_words(read), [canvas, state], box, preprocess=False,
                 trigger_mode="always_last", **in_turn)  # fmt: skip
    both = [state, box]
    given = [canvas, truth, state]
    added = add.click(speaker.with_words(keep), given, both, preprocess=False, **in_turn)
    clear = "document.querySelector('#teach-sketch [data-tool=clear]').click()"
    added.then(None, box, js=f"told => {{ if (told.added) {clear}; }}")
    back.click(speaker.with_words(without_last), state, both, **in_turn)
    begin_anew = speaker.with_words(lambda words: without_last(Drawings.none(), words))
    reset.click(begin_anew, None, both, **in_turn)
    load.upload(speaker.with_words(open_file), [load, state], both, preprocess=False, **in_turn)


def load_drawings(file: Any, folder: str) -> Drawings:
    """Read an uploaded file of drawings, and delete it. Raises InputError for any other file."""
    path = uploaded_path(file, folder) if isinstance(file, dict) else None
    if path is None:
        raise InputError(NOT_OURS)
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        os.unlink(path)
    except OSError:
        raise InputError(NOT_OURS) from None
    return Drawings.from_json(data)
