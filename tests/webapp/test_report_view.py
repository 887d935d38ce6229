"""The report as the demo shows it: about the network that is served, or a hint how to make one."""

import base64
import json
from pathlib import Path

import pytest

from model.bundles.store import load_bundle
from webapp import report_view
from webapp.language import words_of

ENGLISH = words_of("en")


@pytest.fixture(scope="module")
def bundle():
    return load_bundle("linear")


@pytest.fixture
def page(bundle):
    """The HTML of a report about the bundle."""
    return f"<h1>Größe</h1><td>{bundle.metadata['files']['model.tflite']['sha256']}</td>"


@pytest.fixture
def folder(tmp_path, bundle, page):
    """A folder with a report about the bundle."""
    about = {"model": {"files": bundle.metadata["files"]}}
    (tmp_path / "report.json").write_text(json.dumps(about))
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    return tmp_path


def test_a_report_is_shown_with_its_pdf_if_there_is_one(folder, bundle, page):
    shown = report_view.read_report(folder, bundle, ENGLISH)
    assert (shown["state"], shown["html"], shown["pdf"]) == ("report", page, None)
    assert "linear" in shown["words"]
    (folder / "report.pdf").write_bytes(b"%PDF-1.7")
    kind, _, data = report_view.read_report(folder, bundle, ENGLISH)["pdf"].partition(";base64,")
    assert (kind, base64.b64decode(data)) == ("data:application/pdf", b"%PDF-1.7")


def test_without_a_report_it_says_how_to_make_one(tmp_path, bundle):
    for folder in (tmp_path, tmp_path / "none"):
        shown = report_view.read_report(folder, bundle, ENGLISH)
        assert shown["state"] == "none"
        assert shown["command"] == "python -m report build --bundle linear --out DIR"
        assert str(tmp_path) not in json.dumps(shown)
    shown = report_view.read_report(Path("no such folder"), bundle, ENGLISH)
    assert shown["command"] == "python -m report build --bundle linear --out 'no such folder'"


def test_a_report_about_another_network_is_not_shown(folder, bundle):
    shown = report_view.read_report(folder, load_bundle("mlp100"), ENGLISH)
    assert "another network" in shown["words"]
    assert "html" not in shown
    assert "--bundle mlp100" in shown["command"]


def test_a_page_about_another_network_than_its_numbers_is_not_shown(folder, bundle):
    """What a build can leave that was killed between two files."""
    (folder / "report.html").write_text("<h1>Of another build</h1>")
    assert "another network" in report_view.read_report(folder, bundle, ENGLISH)["words"]


@pytest.mark.parametrize("numbers", ["", "[]", "{}", '{"model": 3}', "\udcff"])
def test_numbers_that_cannot_be_read_are_about_no_network(folder, bundle, numbers):
    (folder / "report.json").write_text(numbers, errors="surrogateescape")
    assert report_view.read_report(folder, bundle, ENGLISH)["state"] == "none"


def test_a_file_far_too_large_is_left_out(folder, bundle):
    with open(folder / "report.pdf", "wb") as file:
        file.truncate(report_view.MOST_BYTES + 1)
    assert report_view.read_report(folder, bundle, ENGLISH)["pdf"] is None
    (folder / "report.pdf").replace(folder / "report.html")
    assert report_view.read_report(folder, bundle, ENGLISH)["state"] == "none"
