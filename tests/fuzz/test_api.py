"""Requests of any shape to a running demo: a sentence, never a traceback, and it serves on."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hostile import SECRETS
from model.errors import is_printable
from model.inference.predictor import Predictor
from tests.encoding import encoded
from tests.fuzz.damage import EDITS, damaged
from tests.fuzz.effort import tries
from tests.fuzz.greedy import GREEDY
from tests.fuzz.test_pictures import REAL
from tests.webapp.conftest import serve

pytestmark = pytest.mark.filterwarnings("ignore")  # from inside Gradio, in threads of its own
# Gradio closes a line after what it did not foresee, so each of its questions has a line of its own
JSON = {"Content-Type": "application/json", "Connection": "close"}
COSTLY = ("TIFF of long tags", "JPEG of long tags", "JPEG of empty scans", "PNG of empty chunks")


@pytest.fixture(scope="module")
def client():
    with serve(Predictor.load("cnn")) as (_, client):
        yield client


@pytest.fixture
def still_right(client, seven):
    """Say whether a plain question still gets its right answer."""
    png = encoded(seven)
    return lambda: client.post("api/predict", content=png).json()["digit"] == 7


def check(answer: httpx.Response) -> None:
    """An answer, or an error in one sentence; nothing of the server in either."""
    assert answer.status_code < 500
    assert not SECRETS.search(answer.text)
    if answer.request.method == "HEAD" or not answer.url.path.startswith("/api/"):
        return
    if answer.status_code >= 300:
        assert set(answer.json()) == {"error"}
        sentence = answer.json()["error"]
        assert is_printable(sentence)
        assert sentence[:1] == sentence[:1].upper() != ""
    elif not answer.url.path.endswith("docs"):
        json.dumps(answer.json(), allow_nan=False)


def ask(client, method: str, path: str, body: bytes, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind.encode("latin-1", "replace")}
    check(client.request(method, path, content=body, headers=headers))


BODIES = st.one_of(
    st.binary(max_size=200),
    st.builds(damaged, st.sampled_from(REAL), EDITS),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda value: json.dumps(value).encode()),
)
KINDS = st.one_of(
    st.none(),
    st.sampled_from(
        ["image/png", "image/", "", "application/json", "application/octet-stream; x=y",
         "application/x-www-form-urlencoded", "multipart/form-data",
         "multipart/form-data; boundary=", "image/svg+xml", "multipart/mixed; boundary=b",
         "multipart/form-data; boundary=b; boundary=c", "MULTIPART/FORM-DATA; boundary=é"]
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f")),
)  # fmt: skip


@tries(100)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "X-Y"]),
    name=st.sampled_from(["predict", "read", "health", "openapi.json", "docs", "read/"])
    | st.text(st.characters(codec="utf-8", exclude_characters="\n")).map(
        lambda text: quote(text, safe="")
    ),
    query=st.text(max_size=20).map(quote),
    body=BODIES,
    kind=KINDS,
)
def test_any_request_is_answered_with_a_sentence(client, method, name, query, body, kind):
    ask(client, method, f"api/{name}?{query}", body, kind)


@tries(150)
@given(way=st.sampled_from(["predict", "read"]), body=BODIES, kind=KINDS)
def test_any_picture_is_read_or_refused(client, way, body, kind):
    ask(client, "POST", f"api/{way}", body, kind)


HEADERS = st.lists(
    st.one_of(
        st.sampled_from(
            [b'Content-Disposition: form-data; name="f"; filename="7.png"',
             b'Content-Disposition: form-data; name="f"', b"Content-Disposition: form-data",
             b'Content-Disposition: form-data; name="_charset_"', b"Content-Type: image/png",
             b"Content-Type: multipart/mixed; boundary=c", b"Content-Transfer-Encoding: base64",
             b'Content-Disposition: form-data; name="f"; filename*=UTF-8\'\'%00%2e%2e%2fx',
             b'Content-Disposition: form-data; name=f; filename=\xff\xfe', b"X", b": y", b""]
        ),
        st.binary(max_size=30),
    ),
    max_size=3,
)  # fmt: skip
PARTS = st.lists(st.tuples(HEADERS, BODIES), max_size=4)


@tries(120)
@given(parts=PARTS, edits=st.none() | EDITS, ends=st.booleans())
def test_any_form_is_read_or_refused(client, parts, edits, ends):
    body = b""
    for headers, content in parts:
        body += (
            b"--b\r\n" + b"".join(line + b"\r\n" for line in headers) + b"\r\n" + content + b"\r\n"
        )
    body += b"--b--\r\n" if ends else b""
    if edits:
        body = damaged(body, edits)
    ask(client, "POST", "api/predict", body, "multipart/form-data; boundary=b")


def test_names_and_texts_of_a_form_come_back_as_one_line(client, seven):
    for name in (
        "\x1b[31m.png",
        "a\u202eb",
        "a\r\nb",
        "\0",
        "x" * 5_000,
        "<script>",
        "../../p",
        "☃",
    ):
        answer = client.post("api/predict", files={"file": (name, encoded(seven))})
        check(answer)
        if answer.status_code == 200:
            assert is_printable(answer.json()["source"])
            assert len(answer.json()["source"]) <= 120


@pytest.mark.parametrize("name", COSTLY)
def test_greedy_pictures_hold_nobody_up(client, still_right, name):
    data = GREEDY[name]()
    for way in ("predict", "read"):
        check(client.post(f"api/{way}", content=data))
    assert still_right()


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20),
        st.sampled_from(["/etc/passwd", "http://127.0.0.1:1/x", "data:image/png;base64,AAAA",
                         "gradio.FileData"]),
    ),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["path", "url", "composite", "layers", "background", "id", "meta", "_type",
                         "data", "orig_name", "size", "is_stream"]) | st.text(max_size=5),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@tries(50)
@given(name=st.sampled_from(["draw", "read"]), data=st.lists(VALUES, max_size=3) | VALUES)
def test_any_call_of_the_pages_functions_shows_nothing(client, name, data):
    """Gradio's own answers may be any; they show no file, no path, no traceback and no digit."""
    body = json.dumps({"data": data})  # with Infinity in it, perhaps, which is no JSON
    joined = client.post(f"gradio_api/call/{name}", content=body, headers=JSON)
    assert not SECRETS.search(joined.text)
    if joined.status_code == 200:
        events = f"gradio_api/call/{name}/{joined.json()['event_id']}"
        told = client.get(events, headers={"Connection": "close"}).text
        assert not SECRETS.search(told)
        assert '"digit": ' not in told or '"digit": null' in told


def test_it_still_answers_rightly(client, still_right):
    """After all of the above, in the same process."""
    assert still_right()
    assert client.get("api/health").json()["status"] == "ok"
