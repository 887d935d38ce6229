"""The demo's page and its HTTP interface, served in the tests' own process."""

import warnings
from contextlib import contextmanager

import httpx
import jsonschema_rs
import pytest

from model.inference.predictor import Predictor
from tests.encoding import encoded
from webapp.api import Api
from webapp.page import build_demo
from webapp.serving import launch_options


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load("cnn")


@contextmanager
def launched(predictor, corrections=None, **options):
    """Serve the page in this process with its limits and routes; gives it and its API."""
    api = Api(predictor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from inside Gradio and what it imports
        page = build_demo(predictor, corrections=corrections)
        everything = launch_options(api) | options
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
    with (
        launched(predictor) as (page, api),
        httpx.Client(base_url=page.local_url, timeout=30) as client,
    ):
        yield page, api, client


@pytest.fixture
def page(served):
    return served[0]


@pytest.fixture
def api(served):
    return served[1]


@pytest.fixture
def client(served):
    return served[2]


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
    """The published description of the HTTP interface."""
    return served[2].get("api/openapi.json").json()


def check(described, name, value):
    """Validate an answer against a schema of the published description."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    jsonschema_rs.Draft202012Validator(schema).validate(value)
