"""The demo in Chromium: served as its users serve it, and watched while they use it."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import servers
from model.bundles.store import load_bundle
from tests.browser.hand import BUNDLE, PATIENCE_SECONDS

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def pytest_collection_modifyitems(items):
    missing = pytest.mark.skip(reason="needs chromium on the PATH")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(missing)


@contextmanager
def serving(*options):
    """Serve the demo as its users do and give its address; told to stop, it must end well."""
    with servers.serving("demo.py", "--bundle", BUNDLE, *map(str, options)) as server:
        yield f"{server.address}/"
    assert server.status == 0


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """What the demo is given: a report about the network it serves, and room for corrections."""
    report = tmp_path_factory.mktemp("report")
    files = load_bundle(BUNDLE).metadata["files"]
    (report / "report.json").write_text(json.dumps({"model": {"files": files}}))
    page = f"<!doctype html><h1>How well does it read?</h1>{files['model.tflite']['sha256']}"
    (report / "report.html").write_text(page)
    (report / "report.pdf").write_bytes(b"%PDF-1.7 as the report's makers left it")
    return SimpleNamespace(report=report, corrections=tmp_path_factory.mktemp("corrections"))


@pytest.fixture(scope="session")
def address(folders):
    with serving("--report", folders.report, "--corrections", folders.corrections) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Chromium, gone after each module: while it runs no other test can have an event loop."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def context(browser):
    """One visitor: later pages find the scripts in the cache."""
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        yield context


@pytest.fixture
def open_page(context, address):
    """Give a function that opens the demo; afterwards no page may have complained or called out."""
    pages, wrongs = [], []

    def watch_request(request):
        if not request.url.startswith((address, "data:", "blob:")):
            wrongs.append(f"request to {request.url}")

    def watch_console(message):
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            wrongs.append(f"console: {message.text}")

    def watch_response(response):
        if response.status >= 400:
            wrongs.append(f"{response.status} for {response.url}")

    def open_one(width=360, height=740, scheme="light", script=""):  # small: drawing is slow here
        page = context.new_page()
        page.add_init_script(script)
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.on("request", watch_request)
        page.on("console", watch_console)
        page.on("response", watch_response)
        page.on("pageerror", lambda error: wrongs.append(f"script: {error}"))
        page.goto(address)
        page.wait_for_selector("body[data-ready] #sketch canvas")
        return page

    yield open_one
    for page in pages:
        page.close()
    assert not wrongs
