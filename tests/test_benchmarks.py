"""The benchmarks: what they say is written down, and the peers are what they claim to be."""

import json
import subprocess
import warnings

import pytest
from PIL import Image

from benchmarks import __main__ as run
from benchmarks import demo, results
from benchmarks.servers import serving


def test_all_that_can_be_run_are_found():
    assert {"demo", "pages", "stress"} <= set(run.benchmarks())
    assert not {"asking", "servers", "results", "hostile"} & set(run.benchmarks())


def test_an_unknown_one_is_named(capsys):
    assert run.main(["nonsense"]) == 2
    assert "no benchmark nonsense" in capsys.readouterr().err


def test_numbers_are_printed_and_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(results, "OUT", tmp_path / "out")
    results.publish(
        "speed", [{"what": "a", "ratio": "2×"}, {"what": "b", "ratio": "3×"}], ("numpy",)
    )
    said = capsys.readouterr().out
    assert "| what | ratio |\n| --- | --- |\n| a | 2× |\n| b | 3× |\n" in said
    kept = json.loads((tmp_path / "out/speed.json").read_text("utf-8"))
    assert kept["rows"][1] == {"what": "b", "ratio": "3×"}
    assert "cores" in kept["machine"]
    assert set(kept["versions"]) == {"numpy"}


def test_ratios_compare_what_ran_side_by_side():
    assert demo.median_ratio([2, 20, 300], [1, 10, 100]) == 2


def asked(connect, address, picture):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        line = connect(address)
        try:
            return line.ask(picture)
        finally:
            line.close()


@pytest.fixture
def picture(seven, tmp_path):
    Image.fromarray(seven).save(tmp_path / "7.png")
    return tmp_path / "7.png"


def test_ours_and_the_constant_handler_are_asked_alike(picture):
    with serving(*demo.PROGRAMS[demo.CONSTANT], errors=subprocess.DEVNULL) as server:
        assert asked(demo.by_gradio, server.address, picture) == 7
    with serving(*demo.PROGRAMS[demo.OURS]) as server:
        assert asked(demo.by_gradio, server.address, picture) == 7
        assert asked(demo.by_http, server.address, picture) == 7


@pytest.mark.slow
def test_the_usual_demo_asks_keras(picture):
    with serving(*demo.PROGRAMS[demo.USUAL], errors=subprocess.DEVNULL) as server:
        assert asked(demo.by_gradio, server.address, picture) in range(10)
