"""The page's words: all of them in every language, and each visitor gets their own."""

import json
import re
import string

import numpy as np
import pytest

from benchmarks.asking import queued
from model.files.pictures import ImageError, load_image
from tests.encoding import encoded
from webapp import language
from webapp.language import LANGUAGES, Marks, Speaker, choose, translate, words_of
from webapp.tabs import TEMPLATES

SHOWN = [file for kind in ("demo*", "canvas.*", "history.*") for file in TEMPLATES.glob(kind)]


def texts(name):
    return json.loads((language.FOLDER / f"{name}.json").read_text("utf-8"))


def fields(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_values(name):
    english, own = texts("en"), texts(name)
    unlike = {key for key in own.keys() ^ english.keys() if not re.fullmatch(r"digit_\d", key)}
    assert not unlike
    for key in english.keys() & own.keys() - {"errors"}:
        assert fields(own[key]) == fields(english[key]), key
        assert not re.search(r'[`\\"]|\$\{', own[key]), key  # they stand within JavaScript
        assert own[key] or not english[key], key


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_line_can_begin_with_a_mark_that_belongs_to_the_word_before(name):
    own = texts(name)
    for text in (*own.pop("errors").values(), *own.values()):
        assert not re.search(r" ([:;?!…]|%(?!\d))", text), text


def test_every_mark_of_the_templates_has_its_words():
    for file in SHOWN:
        for key in re.findall(r"@@(\w+)@@", file.read_text("utf-8")):
            assert words_of("en")[key], (file.name, key)


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", "en"),
        ("*", "en"),
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("nl;q=0.9, fr;q=0.8, tr;q=0.7", "fr"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("nl, en;q=0.5", "en"),
        ("xx;q=abc", "en"),
        ("en;q=0.1, EN-gb;q=0.3", "en"),
    ],
)
def test_the_language_is_the_first_that_there_is(accepted, chosen):
    assert choose(accepted) == chosen


def test_numbers_are_never_rounded_to_certain_or_impossible():
    shown = [words_of("en").percent(p) for p in (1.0, 0.9997, 0.9994, 0.5, 0.0004, 0)]
    shown = [text.replace("\xa0", " ") for text in shown]
    assert shown == ["> 99.9 %", "> 99.9 %", "99.9 %", "50.0 %", "< 0.1 %", "< 0.1 %"]


def test_errors_are_told_in_the_language_where_there_are_words_for_them():
    german = words_of("de")
    for data in (
        b"",
        b"notes",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        encoded(np.zeros((3, 5), np.uint8)),
    ):
        with pytest.raises(ImageError) as caught:
            load_image(data)
        assert "was sent" not in german.error(caught.value)
        assert "What was sent" in words_of("en").error(caught.value)
    assert german.error(
        "what was sent is 5×3 px, too small to hold a digit: give at least 8×8"
    ) == ("Das Bild hat 5×3 Pixel, zu wenig für eine Ziffer: Nimm wenigstens 8×8.")
    assert german.error("nobody has translated this") == "Nobody has translated this"
    assert len({tuple(texts(name)["errors"]) for name in LANGUAGES if name != "en"}) == 1


def test_marks_are_put_into_words_and_nothing_else_is():
    marks = Marks()
    page = json.dumps(
        [
            marks["title"],
            marks.say("about", name='a"@@<b>', parameters=243619),
            "@@no such@@",
            "@@x@@",
        ]
    )
    title, about, *rest = json.loads(translate(page.encode(), words_of("en")))
    assert title == words_of("en")["title"]
    assert 'a"@@<b>' in about
    assert "243,619" in about
    assert "<b>" not in translate(page.encode(), words_of("en")).decode()
    assert rest == ["@@no such@@", "@@x@@"]


def test_the_page_is_served_in_words(client):
    for path in ("", "config"):
        served = client.get(path)
        assert "@@" not in served.text
        assert words_of("en")["draw_prompt"] in served.text
        assert "accept-language" in served.headers["vary"].lower()


def test_programs_telephones_and_messengers_see_words_too(client):
    title = words_of("en")["title"]
    assert client.get("/manifest.json").json()["name"] == title  # of the page on a home screen
    assert "@@" not in client.get("/gradio_api/info").text
    names = re.findall('"(?:og|twitter):title" content="(.*?)"', client.get("/").text)
    assert set(names) == {title}


def test_the_page_is_served_in_the_browser_s_language(client):
    assert words_of("de")["draw_prompt"] in client.get("", headers={"Accept-Language": "de"}).text


def test_answers_are_in_the_language_that_is_asked_for(client):
    client.headers["Accept-Language"] = "it"
    try:
        answer = queued(client, "read", None)
    finally:
        del client.headers["Accept-Language"]
    assert words_of("it")["tab_draw"] == "Disegna"
    assert json.dumps(words_of("it")["upload_prompt"]) in answer


def test_numbers_are_written_as_is_usual():
    assert words_of("de").percent(0.9994) == "99,9\xa0%"
    assert words_of("tr").percent(1.0) == "> %99,9"
    assert "243.619" in words_of("de").say("parameters", count=243619)


def test_a_speaker_with_a_language_speaks_no_other():
    assert Speaker("fr").words_for({"accept-language": "de"}) is words_of("fr")
