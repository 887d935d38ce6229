"""What docs/publish.md says holds: its limits are the code's; its and README's examples run."""

import os
import re
import shutil
import subprocess
import sys
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from benchmarks.servers import ROOT
from model.data import corrections
from model.files import pictures
from tests.forked import demo
from webapp import api, intake, limits, uploads
from webapp.examples import draw_page
from webapp.page import QUEUE_LENGTH

TEXT = (ROOT / "docs" / "publish.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:7860"
EXAMPLE = re.compile(r"^<!-- run(?: with ([^\n]*))? -->\n```(bash|python)\n(.*?)^```$", re.M | re.S)


class Example(NamedTuple):
    """A block to run as it stands, against a demo started with these arguments."""

    arguments: str
    language: str
    text: str


ALL = (ROOT / "README.md").read_text("utf-8") + TEXT
EXAMPLES = sorted(Example(*found) for found in EXAMPLE.findall(ALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the pictures that the examples send."""
    folder = tmp_path_factory.mktemp("examples")
    seven = np.full((280, 280), 255, np.uint8)
    seven[70:86, 80:190] = seven[70:220, 174:190] = 0
    for name in ("seven.png", "photo.png"):
        Image.fromarray(seven).save(folder / name)
    for name in ("page.png", "page.jpg"):
        Image.fromarray(draw_page(("3141", "59265"))).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def said(folder, fork):
    """What each example prints."""
    outputs = {}
    for arguments, examples in groupby(EXAMPLES, lambda example: example.arguments):
        with demo(fork, arguments.split(), ROOT) as address:
            for example in examples:
                text = example.text.replace(ADDRESS, address.removesuffix("/digits"))
                outputs[example] = run(example.language, text, folder, fork)
    return outputs


def run(language, text, folder, fork):
    if language == "python":
        ran = fork(execute, text, folder)
        assert ran.wait(60) == 0, ran.err
        return ran.out
    bash = ["bash", "-euo", "pipefail", "-c", text]
    ran = subprocess.run(bash, cwd=folder, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def execute(text, folder):
    """Run a Python program in a folder."""
    os.chdir(folder)
    exec(text, {"__name__": "__main__"})


def output(said, word, arguments=""):
    """What the one example with these words printed."""
    (found,) = (out for example, out in said.items()
                if word in example.text and example.arguments == arguments)  # fmt: skip
    return found


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_every_example_runs(said):
    assert len(said) == ALL.count("<!-- run") >= 9
    for picture in ("@photo.png", "@page.png"):
        assert '"digit":7' in output(said, picture)
        assert '"lines":["3141","59265"]' in output(said, picture)
        assert '"status":"ok"' in output(said, picture)
    assert re.search(r'\{"error":"[A-Z].*"\} status 400', output(said, "no picture"))
    assert output(said, "urlopen") == "7 True\n"
    assert output(said, '"page.jpg"').endswith("\n['3141', '59265']\n")
    assert output(said, "/draw").startswith("This is a 7 7 ")
    assert output(said, "/draw").endswith("['3141', '59265']\n")
    assert '"digit":7' in output(said, "curl", "--auth visitor:secret")
    assert output(said, "Client", "--auth visitor:secret") == "7\n"
    assert '"digit":7' in output(said, "curl", "--root-path /digits")


def test_all_examples_to_run_are_marked():
    for language in ("bash", "python"):
        marked = [example for example in EXAMPLES if example.language == language]
        assert ALL.count(f"```{language}\n") == len(marked) > 0


@pytest.mark.parametrize(
    "words",
    [
        f"{pictures.MAX_BYTES >> 20} MB, {pictures.MAX_PIXELS // 10**6} million pixels",
        f"arrival | {intake.RECEIVE_SECONDS} seconds",
        f"at once by `/api` | {intake.HELD_BYTES >> 20} MB",
        f"`/api/predict` | {api.PREDICT_WAITING} |",
        f"`/api/read` | {api.READ_WAITING} |",
        f"on the page | {QUEUE_LENGTH} in all",
        f"{uploads.FOLDER_BYTES >> 30} GB, {uploads.UPLOAD_SECONDS // 60} minutes",
        f"corrections kept | {corrections.MOST_KEPT:,} |",
        f"client_max_body_size {-(-limits.REQUEST_BYTES >> 20)}m",
    ],
)
def test_its_limits_are_the_codes(words):
    assert words in TEXT


def test_the_command_that_pushes_a_space_is_one_that_there_is():
    command = re.search(r"^hf (upload) .*$", TEXT, re.M)
    options = set(re.findall(r"--[\w-]+", command[0]))
    said = subprocess.run(
        [sys.executable, "-m", "huggingface_hub.cli.hf", command[1], "--help"],
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert options
    assert options <= set(re.findall(r"--[\w-]+", said))
