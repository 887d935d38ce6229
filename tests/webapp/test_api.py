"""The demo's plain HTTP side, asked over real sockets: the right answers and clear errors."""

import asyncio
import io
import json
import re
import socket
import tempfile
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from model.__main__ import main as model_command
from model.files.pictures import MAX_BYTES
from model.inference.predictor import Predictor
from webapp import app, intake
from webapp.api import Api, WorkPool

ROOT = Path(app.__file__).parents[1]
PNG = {"Content-Type": "image/png"}
AUTH = ("somebody", "pässword")


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load("cnn")


@contextmanager
def launched(predictor, **options):
    """Serve the page in this process with all that stands before it; gives it and its API."""
    api = Api(predictor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from inside Gradio and what it imports
        page = app.build_demo(predictor)
        everything = app.launch_options() | app.app_options(api) | options
        page.launch(prevent_thread_lock=True, quiet=True, **everything)
    yield page, api
    page.close(verbose=False)


@contextmanager
def serve(predictor, **options):
    """Serve the page and its API in this process; gives its API and a client."""
    with (
        launched(predictor, **options) as (page, api),
        httpx.Client(base_url=page.local_url, timeout=30) as client,
    ):
        yield api, client


@pytest.fixture(scope="module")
def served(predictor):
    with serve(predictor) as (api, client):
        yield api, client


@pytest.fixture
def api(served):
    return served[0]


@pytest.fixture
def client(served):
    return served[1]


def encoded(pixels, format="PNG"):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format)
    return stream.getvalue()


@pytest.fixture
def seven_png(seven):
    return encoded(seven)


@pytest.fixture
def page_png(canvas):
    """Three sevens in a row and two below."""
    places = [(60, 60), (250, 60), (440, 60), (60, 330), (250, 330)]
    strokes = [[(x, y), (x + 100, y), (x + 40, y + 150)] for x, y in places]
    return encoded(canvas(*strokes, side=600, pen=14))


@pytest.fixture(scope="module")
def described(served):
    return served[1].get("api/openapi.json").json()


def check(described, name, value):
    """Hold an answer against the published description."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    Draft202012Validator(schema).validate(value)


# Answers


@pytest.mark.parametrize("command", ["predict", "read"])
def test_answers_are_those_of_the_command_line(client, command, page_png, seven_png, tmp_path,
                                                capsys):  # fmt: skip
    png = seven_png if command == "predict" else page_png
    file = tmp_path / "seven.png"
    file.write_bytes(png)
    assert model_command([command, str(file), "--json"]) == 0
    expected = json.loads(capsys.readouterr().out) | {"source": "upload"}
    assert expected["digits"] if command == "read" else expected["digit"] == 7
    assert client.post(f"api/{command}", content=png, headers=PNG).json() == expected
    assert client.post(f"api/{command}", content=png).json() == expected
    form = client.post(f"api/{command}", files={"file": ("seven.png", png)}).json()
    assert form == expected | {"source": "seven.png"}


def test_a_page_is_read_line_by_line(client, described, page_png):
    answer = client.post("api/read", content=page_png).json()
    assert answer["lines"] == ["777", "77"]
    check(described, "Page", answer)


def test_a_page_without_digits_has_no_lines(client, described):
    answer = client.post("api/read", content=encoded(np.full((300, 300), 255, np.uint8))).json()
    assert answer == {"source": "upload", "lines": [], "digits": []}


def test_a_canvas_may_be_see_through(client, described, seven):
    ink = np.zeros((*seven.shape, 4), np.uint8)
    ink[..., 3] = 255 - seven
    see_through = client.post("api/predict", content=encoded(ink), headers=PNG).json()
    plain = client.post("api/predict", content=encoded(seven), headers=PNG).json()
    assert see_through["probabilities"] == pytest.approx(plain["probabilities"], abs=1e-3)
    check(described, "Prediction", see_through)


def test_a_network_of_ten_answers_has_no_digit_probability(described, seven_png):
    with serve(Predictor.load("mlp128")) as (_, client):
        answer = client.post("api/predict", content=seven_png).json()
        assert client.get("api/health").json()["bundle"] == "mlp128"
    assert answer["digit_probability"] is None
    check(described, "Prediction", answer)


@pytest.mark.parametrize(
    ("sent", "source"),
    [
        ("my séven ☃.png", "my séven ☃.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\7.png", "7.png"),
        ("a\u202eb.png", "ab.png"),
        ("x" * 500, "x" * 120),
        ("/", "upload"),
    ],
)
def test_a_file_keeps_its_name_without_folders(client, seven_png, sent, source):
    head = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{sent}"\r\n\r\n'
    # As browsers and curl write names; a backslash is doubled, as in every quoted string.
    body = head.replace("\\", "\\\\").encode() + seven_png + b"\r\n--b--\r\n"
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    assert client.post("api/predict", content=body, headers=form).json()["source"] == source


def test_health_names_the_bundle_and_its_hash(client, described, predictor):
    answer = client.get("api/health").json()
    check(described, "Health", answer)
    assert answer["bundle_sha256"] == predictor.bundle.metadata["files"]["model.tflite"]["sha256"]
    assert answer["version"] == re.search(
        r'version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8")
    )[1]  # fmt: skip
    assert client.head("api/health").status_code == 200


# What it says of itself


def test_every_reference_of_the_description_leads_somewhere(described):
    text = json.dumps(described)
    for kind, name in set(re.findall(r'"#/components/(\w+)/(\w+)"', text)):
        assert name in described["components"][kind]
    for path, methods in described["paths"].items():
        assert path.startswith("/api/")
        assert all("200" in operation["responses"] for operation in methods.values())


def test_the_docs_load_nothing(client, described):
    answer = client.get("api/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')>\s]+)""", answer.text)
    assert links == ["openapi.json"]
    for path in described["paths"]:
        assert path in answer.text
    assert "default-src 'none'" in answer.text


# Errors


def truncated(png):
    return png[: len(png) // 2]


BOMB = encoded(np.zeros((9000, 9000), np.uint8))
BLANK = encoded(np.full((280, 280), 255, np.uint8))


@pytest.mark.parametrize(
    ("content", "headers", "status", "says"),
    [
        (b"", PNG, 400, "empty"),
        (b"no picture", PNG, 400, "PNG or JPEG"),
        (truncated(BLANK), PNG, 400, "damaged"),
        (BLANK, PNG, 400, "ink"),
        (b"\xff" * 2000, {"Content-Type": "image/svg+xml"}, 400, "PNG or JPEG"),
        (BOMB, PNG, 413, "50 million"),
        (b"x" * (MAX_BYTES + 1), PNG, 413, "20 MB"),
        (b"{}", {"Content-Type": "application/json"}, 415, "application/json"),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "Content-Type"),
        (b"--b--", {"Content-Type": "multipart/form-data"}, 400, "boundary"),
        (b"nonsense", {"Content-Type": "multipart/form-data; boundary=b"}, 400, "form"),
        (b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}, 400, "no file"),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n7\r\n--b--\r\n',
            {"Content-Type": "multipart/form-data; boundary=b"},
            400,
            "no file",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(client, described, content, headers, status, says):
    answer = client.post("api/predict", content=content, headers=headers)
    assert answer.status_code == status
    check(described, "Error", answer.json())
    assert says in answer.json()["error"]
    assert str(ROOT) not in answer.text
    assert tempfile.gettempdir() not in answer.text
    declared = described["paths"]["/api/predict"]["post"]["responses"]
    assert str(status) in declared


def test_two_files_are_one_too_many(client, seven_png):
    files = [("file", ("7.png", seven_png)), ("file", ("8.png", seven_png))]
    answer = client.post("api/predict", files=files)
    assert answer.status_code == 400
    assert "Too many files" in answer.json()["error"]


def test_a_picture_in_a_form_may_be_20_mb_and_no_more(client):
    assert client.post("api/read", files={"f": b"x" * MAX_BYTES}).status_code == 400
    assert client.post("api/read", files={"f": b"x" * (MAX_BYTES + 1)}).status_code == 413


def test_other_addresses_and_methods(client):
    assert client.post("api/nothing").status_code == 404
    assert client.get("api/../api/%2e%2e/etc/passwd").status_code == 404
    answer = client.get("api/predict")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert client.delete("api/health").status_code == 405
    assert client.get("api/health/").status_code == 200


def test_an_unforeseen_error_names_no_path(client, api, seven_png, monkeypatch, capfd):
    def fail(*_):
        raise RuntimeError(f"in {ROOT}/model")

    monkeypatch.setattr(api, "_predictor", type("Broken", (), {"predict": fail})())
    answer = client.post("api/predict", content=seven_png)
    assert answer.status_code == 500
    assert "model" not in answer.text
    assert "RuntimeError" in capfd.readouterr().err  # who runs the server learns of it


# Limits


def ask_raw(client, head, chunks=()):
    """Send a request by hand and give the answer's start and how many chunks could be sent."""
    address = (client.base_url.host, client.base_url.port)
    sent = 0
    with socket.create_connection(address, timeout=20) as line:
        line.sendall(head.encode() + b"\r\n\r\n")
        try:
            for chunk in chunks:
                line.sendall(chunk)
                sent += 1
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        try:
            while part := line.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
    return answer.decode(), sent


def test_a_declared_length_over_the_limit_is_refused_unread(client):
    length = MAX_BYTES + 1
    head = f"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}"
    answer, _ = ask_raw(client, head)
    assert answer.startswith("HTTP/1.1 413 ")
    assert "connection: close" in answer.lower()


def test_more_than_the_limit_is_refused_while_it_arrives(client):
    head = "POST /api/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
    chunk = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    answer, sent = ask_raw(client, head, [chunk] * 200)
    assert sent < 60
    assert answer == "" or answer.startswith("HTTP/1.1 413 ")  # a reset may overtake the answer
    answer = client.post("api/predict", content=(b"x" * 2**20 for _ in range(22)))
    assert answer.status_code == 413


def test_a_length_that_lies_changes_nothing(client, seven_png):
    """What follows the declared bytes is another request, and a wrong one."""
    head = "POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10"
    answer, _ = ask_raw(client, head, [seven_png])
    statuses = re.findall(r"HTTP/1.1 (\d+)", answer)
    assert set(statuses) == {"400"}
    assert client.get("api/health").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(client, monkeypatch):
    monkeypatch.setattr(intake, "RECEIVE_SECONDS", 0.3)
    head = "POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000"
    answer, _ = ask_raw(client, head, [b"x"])
    assert answer.startswith("HTTP/1.1 408 ")


def test_pictures_in_hand_are_bounded_together_and_let_go(client, api, seven_png, monkeypatch):
    monkeypatch.setattr(intake, "HELD_BYTES", len(seven_png) - 1)
    answer = client.post("api/predict", content=seven_png)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert api._intake._held_bytes == 0
    monkeypatch.undo()
    assert client.post("api/predict", content=seven_png).status_code == 200


@contextmanager
def held_up(monkeypatch, api, work):
    """Keep one kind of work from finishing until the context ends."""
    free, inner = threading.Event(), getattr(api, work)

    def wait(*args):
        assert free.wait(20)
        return inner(*args)

    monkeypatch.setattr(api, work, wait)
    try:
        yield
    finally:
        free.set()


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_too_many_at_once_are_told_to_come_again(client, api, seven_png, monkeypatch, described):
    monkeypatch.setattr(api, "_predict_pool", WorkPool("few", workers=1, waiting=2))
    with ThreadPoolExecutor(8) as askers:
        with held_up(monkeypatch, api, "_predict_record"):
            first = [askers.submit(client.post, "api/predict", content=seven_png) for _ in "123"]
            until(lambda: api._predict_pool.in_hand == 3)
            refused = client.post("api/predict", content=seven_png)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        check(described, "Error", refused.json())
        assert {asker.result().status_code for asker in first} == {200}


def test_drawings_do_not_wait_behind_photos(client, api, seven_png, page_png, monkeypatch):
    with ThreadPoolExecutor(8) as askers:
        with held_up(monkeypatch, api, "_page_record"):
            photos = [askers.submit(client.post, "api/read", content=page_png) for _ in "1234"]
            until(lambda: api._read_pool.in_hand == 4)
            assert client.post("api/predict", content=seven_png).json()["digit"] == 7
            assert not any(photo.done() for photo in photos)
        assert {tuple(photo.result().json()["lines"]) for photo in photos} == {("777", "77")}


def test_a_stopping_server_says_so(client, api, seven_png, monkeypatch):
    monkeypatch.setattr(api, "stopping", True)
    for answer in (client.post("api/predict", content=seven_png), client.get("api/health")):
        assert (answer.status_code, "stopping" in answer.json()["error"]) == (503, True)


def test_pictures_never_touch_the_disk(client, monkeypatch):
    def complain(*_):
        raise AssertionError("a picture went to the disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", complain)
    large = encoded(np.random.default_rng(0).integers(0, 255, (1500, 1500), np.uint8))
    assert len(large) > 2**20
    assert client.post("api/predict", files={"file": large}).status_code in (200, 400)


def test_a_full_pool_counts_down_again():
    async def fill():
        pool = WorkPool("few", workers=1, waiting=0)
        for _ in range(3):
            assert await pool.run(sum, [1, 2]) == 3
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 / 0)
        return pool.in_hand

    assert asyncio.run(fill()) == 0


# Behind a login and a proxy


@pytest.fixture(scope="module")
def guarded(predictor):
    with serve(predictor, auth=AUTH) as (_, client):
        yield client


@pytest.mark.parametrize("name", ["predict", "read", "health", "openapi.json", "docs", "x"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic " + "QQ=="},
        {"Authorization": "Basic ÿ"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic c29tZWJvZHk6"},  # somebody, no password
        {"Cookie": "access-token-unsecure-x=x"},
    ],
)
def test_a_login_guards_every_address(guarded, name, headers):
    latin = {key: value.encode("latin-1") for key, value in headers.items()}
    answer = guarded.request("POST" if name in ("predict", "read") else "GET", f"api/{name}",
                             headers=latin)  # fmt: skip
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert set(answer.json()) == {"error"}


def test_the_right_login_opens_it(guarded, seven_png):
    assert guarded.get("api/health", auth=AUTH).status_code == 200
    answer = guarded.post("api/predict", content=seven_png, auth=AUTH)
    assert answer.json()["digit"] == 7


def test_who_has_logged_in_on_the_page_may_use_it(guarded, seven_png):
    login = {"username": AUTH[0], "password": AUTH[1]}
    with httpx.Client(base_url=guarded.base_url) as visitor:
        assert visitor.post("login", data=login).status_code == 200
        assert visitor.get("api/health").status_code == 200
        answer = visitor.post("api/predict", content=seven_png)
    assert answer.json()["digit"] == 7


def test_a_proxy_may_keep_or_cut_the_root_path(predictor, seven_png):
    with serve(predictor, root_path="/digits") as (_, client):
        for path in ("api", "digits/api"):
            answer = client.post(f"{path}/predict", content=seven_png)
            assert answer.json()["digit"] == 7
            assert client.get(f"{path}/openapi.json").json()["servers"] == [{"url": "/digits"}]
            assert "/digits/api/predict" in client.get(f"{path}/docs").text
        assert client.get("config").json()["root"].endswith("/digits")
