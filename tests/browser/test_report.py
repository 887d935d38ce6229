"""A report in Chromium, as it is opened from its folder."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from report import evaluate


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    random = np.random.default_rng(1)
    labels = random.integers(10, size=400)
    scores = random.random((400, 10)) + 3 * np.eye(10)[labels] * random.random((400, 1))
    folder = tmp_path_factory.mktemp("report")
    evaluate(labels, scores / scores.sum(1, keepdims=True)).save(folder)
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(browser, report, scheme, width):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(report.as_uri())
    found = Axe().run(page).response
    assert len(found["passes"]) > 20
    assert not found["violations"]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.close()
