"""The benchmarks: what they say is written down, and the peers are what they claim to be."""

import io
import json
import subprocess
import time
import warnings
from functools import partial
from math import inf

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks import __main__ as run
from benchmarks import demo, prediction, preparing, reading, report, results, training, turns
from benchmarks.servers import serving
from model.inference.predictor import Predictor


def test_all_that_can_be_run_are_found():
    there = {
        "ablation",
        "demo",
        "drawing",
        "pages",
        "prediction",
        "preparing",
        "reading",
        "report",
        "shapes",
        "starting",
        "stress",
    }
    assert set(run.benchmarks()) == there | {"teaching", "training"}


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
    assert results.median_ratio([2, 20, 300], [1, 10, 100]) == 2


def test_a_row_says_by_how_much():
    row = results.compare("all, ms", "ours", [1, 2, 9], "other", [10, 10, 10], "≤ 0.5×")
    assert list(row.values()) == ["all, ms", "ours", "2", "other", "10", "0.2×", "≤ 0.5×"]


@pytest.mark.parametrize(("mine", "other"), [(inf, 5), (5, inf), (inf, inf)])
def test_what_was_not_reached_has_no_figure(mine, other):
    row = results.compare("to 99 %, s", "ours", [mine], "other", [other])
    assert row["is"] == ("–" if mine == inf else "5")
    assert row["ratio"] in ("–", "0×")


def test_calls_take_turns():
    calls = []
    quick, slow = partial(calls.append, "quick"), partial(time.sleep, 0.03)
    taken = turns.take_turns({"quick": quick, "slow": slow}, rounds=3)
    assert {len(seconds) for seconds in taken.values()} == {3}
    assert max(taken["quick"]) < 0.03 <= min(taken["slow"])
    assert len(calls) > 100  # what is quick is timed by the hundred


def test_programs_are_timed_and_their_memory_is_their_own():
    held = np.ones(100_000_000, np.uint8)  # a child's peak must not count this
    commands = {
        "small": turns.python("-c", "pass"),
        "large": turns.python("-c", "b'x' * 200_000_000; import time; time.sleep(0.3)"),
    }
    seconds, megabytes = turns.run_in_turns(commands, rounds=1)
    assert seconds["large"][0] > 0.3 > seconds["small"][0] / 10
    assert megabytes["small"][0] < 50 < held.nbytes / 1e6
    assert 200 < megabytes["large"][0] < 250


def test_a_program_that_fails_ends_the_benchmark():
    with pytest.raises(SystemExit, match="no good"):
        turns.run_in_turns({"bad": turns.python("-c", "import sys; sys.exit('no good')")}, 1)


def test_the_peak_is_a_processors():
    assert 1e9 < prediction.peak_flops() < 1e14


def test_all_ways_to_read_a_drawing_give_a_glyph(seven):
    for name, way in preparing.ways(seven).items():
        glyph = way() if name != preparing.OURS else way().glyph
        assert glyph.shape == (28, 28), name


def test_the_plain_way_reads_a_plain_page():
    """The peer is no straw man: where nothing is in the way it finds the digits."""
    page = np.full((300, 700), 255, np.uint8)
    for place in range(3):
        corners = np.array([(40, 60), (130, 60), (70, 240)]) + (220 * place, 0)
        cv2.polylines(page, [corners], False, 0, 14, cv2.LINE_AA)
    file = cv2.imencode(".png", page)[1].tobytes()
    assert reading.read_plainly(file, Predictor.load("cnn")) == "777"


def test_a_photograph_has_the_size_asked_for():
    photograph = Image.open(io.BytesIO(reading.take_photograph(0.5)))
    assert photograph.width * photograph.height == pytest.approx(5e5, rel=0.01)


def test_seconds_to_a_level_are_those_of_all_epochs_before():
    history = [{"seconds": 2, "val_accuracy": v} for v in (0.9, 0.985, 0.991, 0.98)]
    assert training.seconds_to(0.99, history) == 6
    assert training.seconds_to(0.995, history) == inf


@pytest.mark.slow
def test_the_example_learns(digits):
    from benchmarks.peers import convnet
    from model.preprocessing import to_glyphs

    images, labels = to_glyphs(digits.train.images), digits.train.labels
    held = (to_glyphs(digits.test.images), digits.test.labels)
    history = convnet.train(images, labels, held, epochs=4)
    assert history[-1]["val_accuracy"] > 0.6
    assert all(row["seconds"] > 0 for row in history)


def test_the_report_made_by_hand_is_made(tmp_path):
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(10) / 10, 200)
    labels = probabilities.argmax(1)
    labels[:20] = (labels[:20] + 1) % 10
    np.savez(tmp_path / "predictions.npz", labels=labels, probabilities=probabilities)
    command = report.peers(tmp_path)[report.BY_HAND]
    subprocess.run(command, check=True, cwd=turns.ROOT)
    page = report.page_of(tmp_path, report.BY_HAND).read_text("utf-8")
    assert "Accuracy 0.9000" in page
    assert page.count("<img") == 2


def asked(connect, address, picture):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        line = connect(address)
        try:
            return line.ask(picture)
        finally:
            line.close()


def test_ours_and_the_constant_handler_are_asked_alike(seven_file):
    with serving(*demo.PROGRAMS[demo.CONSTANT], errors=subprocess.DEVNULL) as server:
        assert asked(demo.by_gradio, server.address, seven_file) == 7
    with serving(*demo.PROGRAMS[demo.OURS]) as server:
        assert asked(demo.by_gradio, server.address, seven_file) == 7
        assert asked(demo.by_http, server.address, seven_file) == 7


@pytest.mark.slow
def test_the_usual_demo_asks_keras(seven_file):
    with serving(*demo.PROGRAMS[demo.USUAL], errors=subprocess.DEVNULL) as server:
        assert asked(demo.by_gradio, server.address, seven_file) in range(10)
