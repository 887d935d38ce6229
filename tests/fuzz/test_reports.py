"""Every text that reaches a report stays text in it: in HTML, PDF, Markdown, figures, terminals."""

from __future__ import annotations

import json
import random
import re
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InputError, is_printable
from report.__main__ import main
from report.documents.files import NAMES, documents, json_text
from report.format.reading import read_summary
from report.numbers.check import parse_thresholds
from report.numbers.provenance import environment
from report.numbers.summary import snapshot, with_verdicts
from tests.fuzz.effort import FACTOR, tries
from tests.fuzz.refusals import outcome
from tests.report.damage import VALUES, places, put
from tests.report.documents.test_pdf import words

pytestmark = pytest.mark.usefixtures("drawn_once")

HOSTILE = {
    "HTML": "<script>alert(1)</script>\"><img src=x onerror=alert(1)>'&lt;]]>--><svg onload=a>",
    "Jinja and Typst": '{{7*7}}{%x%}#eval("1")#read("/etc/passwd")$x$`r`@a<l>//\\u{41}\\',
    "Markdown": "[x](javascript:alert(1))|a|**b**~~s~~#1![i](u)<b>",
}
UNSHOWN = ["\x1b[31mred", "two\nlines", "\u202eturned", "\0", "\ud83d", "x" * 10_000, "\u200b"]


@pytest.fixture(scope="module")
def record(summarise_made_up):
    """A report.json with every part that a report can have."""
    before = snapshot(summarise_made_up(40, 0.4, extras=("mine",)))
    summary = summarise_made_up(40, 0.2, previous=before, extras=("mine",))
    summary = with_verdicts(summary, parse_thresholds(["accuracy=0.5"], ["ece=0.9"]))
    found = json.loads(json_text(summary))
    found["environment"] = environment(["--extra", "mine=x"]) | {"commit": "ab" * 20}
    for name in ("source", "licence"):
        found["training"]["data"][name] = found["dataset"][name] = "nowhere"
        found["metrics"]["extra"][0][name] = "nowhere"
    return found


@pytest.fixture
def load(tmp_path):
    """Read a report.json that says what it is given."""

    def loaded(record):
        path = tmp_path / "report.json"
        path.write_text(json.dumps(record))
        return read_summary(path)

    return loaded


def texts(record) -> list[tuple]:
    """The place of every text in a report.json but its pictures."""

    def at(path):
        value = record
        for key in path:
            value = value[key]
        return value

    found = [p for p in places(record) if isinstance(at(p), str)]
    return [p for p in found if p[-1] != "picture" and "samples" not in p]


@pytest.fixture(scope="module")
def free(record, tmp_path_factory) -> list[tuple]:
    """The places where any text may stand; at the others its form is held."""
    path, found = tmp_path_factory.mktemp("free") / "report.json", []
    for number, place in enumerate(texts(record)):
        path.write_text(json.dumps(put(record, place, f"plain {number}")))
        summary, held = outcome(InputError, read_summary, path)
        if summary is None:
            assert place[-1] in ("sha256", "created_at", "kind", "item"), held
        else:
            found.append(place)
    return found


def filled(record, free, text: str):
    """The record with `text`, numbered, at every free place, and under names of its own."""
    for number, place in enumerate(free):
        short = "label" in place  # a class's name
        record = put(record, place, f"{text[:50] if short else text}{number}")
    for place in (("environment",), ("training", "config"), ("training", "versions")):
        record = put(record, (*place, text), text)
    return put(record, ("model", "files", text), record["model"]["files"]["model.tflite"])


_TEXT = ("alt", "aria-label", "id", "title")


class Shape(HTMLParser):
    """A page's elements and the attributes that matter, and all its text."""

    def __init__(self, html: str):
        super().__init__()
        self.elements, self.text, self.sources = [], "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "wbr":  # where a long name may break
            return
        told = {name: value for name, value in attrs if name not in _TEXT}
        if "style" in told:  # where a link lies on a figure, as wide as its names leave it
            told["style"] = re.sub(r"[\d.]+", "0", told["style"])
        self.sources += [told.pop("src")] if "src" in told else []
        self.elements.append((tag, [name for name, _ in attrs], told))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def plain(record, free, tmp_path_factory):
    """The documents of a report with plain text everywhere."""
    path = tmp_path_factory.mktemp("plain") / "report.json"
    path.write_text(json.dumps(filled(record, free, "Plain words")))
    return documents(read_summary(path))


def cells(notes: bytes) -> list[int]:
    """How many cells each line of the notes has."""
    return [line.count("|") for line in notes.decode().splitlines()]


@pytest.mark.parametrize("kind", HOSTILE)
def test_text_stays_text_in_every_document(record, free, plain, load, kind):
    text = HOSTILE[kind]
    assert len(free) > 80
    made = documents(load(filled(record, free, text)))
    html, expected = Shape(made["report.html"].decode()), Shape(plain["report.html"].decode())
    assert html.elements == expected.elements
    assert html.text.count(text) > 10
    assert all(source.startswith("data:image/") for source in html.sources)
    for source in html.sources:
        if source.startswith("data:image/svg"):
            check_drawing(b64decode(source.partition(",")[2]))
    notes = made["release_notes.md"]
    assert cells(notes) == cells(plain["release_notes.md"])
    assert text in unescape(notes.decode())
    assert not re.search(r"<|\]\((?!report\.)", notes.decode())
    assert text.replace(" ", "") in words(made["report.pdf"]).replace(" ", "")
    assert json.loads(made["report.json"]) == filled(record, free, text)


def check_drawing(svg: bytes) -> None:
    """A figure holds shapes only, and points to nothing outside."""
    for element in ElementTree.fromstring(svg).iter():
        tag = element.tag.rpartition("}")[2]
        assert tag in ("svg", "g", "path", "use", "defs", "style", "clipPath", "rect", "image",
                       "metadata"), tag  # fmt: skip
        for name, value in element.attrib.items():
            assert not name.rpartition("}")[2].startswith("on")
            assert not name.endswith("href") or value.startswith(("#", "data:image/png"))


@pytest.mark.parametrize("text", UNSHOWN, ids=range(len(UNSHOWN)))
def test_text_that_cannot_be_shown_is_refused_everywhere(record, free, text, tmp_path, capsys):
    """In any place, by any command that reads a report.json, and never printed."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(record))
    chosen = free if FACTOR > 1 else random.Random(ascii(text)).sample(free, 4)
    changed = [put(record, place, text) for place in chosen]
    changed += [put(record, ("environment", text), value) for value in ("1", 1)]
    for damaged in changed:
        bad.write_text(json.dumps(damaged))
        for call in (
            ["build", "--from", bad, "--out", tmp_path / "out"],
            ["compare", good, bad],
            ["compare", bad, good],
            ["check", bad, "--min", "accuracy=0"],
        ):
            assert main([str(word) for word in call]) == 2
            said = capsys.readouterr()
            assert (said.out, said.err.count("\n")) == ("", 1)
            assert is_printable(said.err.rstrip("\n"))
    assert not (tmp_path / "out").exists()


@tries(5)
@given(data=st.data())
def test_any_text_is_refused_or_shown(record, free, load, data):
    place = data.draw(st.sampled_from(free))
    text = data.draw(st.text() | st.text(min_size=200, max_size=900) | st.sampled_from("-–|#[ "))
    try:
        summary = load(put(record, place, text))
    except InputError:
        return
    assert set(documents(summary)) == set(NAMES)


ODD = (*VALUES, 10**400, -(10**400), 2**63, 1e-300, "nan", "\ud800", [[[[]]]], {"name": []}, "a\nb")


@pytest.mark.parametrize("seed", range(12 * FACTOR))
def test_commands_on_a_damaged_report_end_in_a_line(record, seed, tmp_path, capsys):
    """`check` and `compare` read reports of other versions too, so they hold no form."""
    chance = random.Random(seed)
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(record))
    parts = ("metrics", "model", "dataset", "predictions")
    free = [place for place in places(record) if place and place[0] in parts]
    for _ in range(10):
        place = chance.choice(free)
        bad.write_text(json.dumps(put(record, place, chance.choice(ODD))))
        for call in (
            ["check", str(bad), "--min", "accuracy=0", "--max", "brier=1"],
            ["compare", str(good), str(bad)],
            ["compare", str(bad), str(good), "--fail-on-regression"],
        ):
            assert main(call) in (0, 1, 2)
            said = capsys.readouterr()
            assert all(is_printable(line) for line in (said.out + said.err).splitlines())


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, *('{"metrics": {"accuracy": -%s}}' % ("9" * length) for length in (400, 5000))],
)
def test_commands_on_json_that_is_too_much_end_in_a_line(text, tmp_path, capsys):
    path = tmp_path / "report.json"
    path.write_text(text)
    for call in (["check", str(path), "--min", "accuracy=0"], ["compare", str(path), str(path)]):
        assert main(call) == 2
        assert capsys.readouterr().err.count("\n") == 1
