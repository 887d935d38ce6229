"""The batch job: the same answers as one call gives, whatever stops it on its way."""

import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from model.__main__ import main as model
from tools import action, release, space
from tools.batch import ROOT, main
from tools.shards import READ, find_shards
from webapp.examples import draw_page

HERE = ("--bundle", "linear", "--workers", "0")
# The job, killed as hard as can be in place of saying that a sixth shard is done.
KILLED = """
import os, signal, sys
from tools.batch import main
done = 0
def watch(event, args):
    global done
    if event == "os.rename" and str(args[1]).endswith(".done"):
        done += 1
        if done == 6:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def shards(digits, tmp_path_factory):
    """24 shards of 30 digits each at 40×40 px, so that preprocessing has something to do."""
    folder = tmp_path_factory.mktemp("shards")
    images = np.stack([cv2.resize(image, (40, 40)) for image in digits.train.images[:720]])
    labels = digits.train.labels[:720]
    for part in range(24):
        rows = slice(part * 30, part * 30 + 30)
        np.savez(folder / f"{part:02}.npz", x=images[rows], y=labels[rows])
    return folder


def answers(out):
    """All records of a finished job."""
    texts = (path.read_text("utf-8") for path in sorted(out.glob("*.jsonl")))
    return [json.loads(line) for text in texts for line in text.splitlines()]


def whole(out):
    """Every file of a job, by name: its text."""
    return {path.name: path.read_text("utf-8") for path in sorted(out.iterdir())}


def call(*words):
    command = [sys.executable, "-m", "tools.batch", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)


def kill_after(out, count, process):
    """Kill a job as hard as can be once so many of its shards are done."""
    deadline = time.monotonic() + 120
    while len(list(out.glob("*.done"))) < count and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    said, _ = process.communicate()
    assert process.returncode != 0, said


def test_it_answers_as_predict_does(shards, seven, tmp_path, capsys):
    Image.fromarray(seven).save(tmp_path / "seven.png")
    words = [str(shards / "00.npz"), str(shards / "01.npz"), str(tmp_path / "seven.png")]
    assert model(["predict", *words, "--bundle", "linear", "--json"]) == 0
    wanted = sorted(capsys.readouterr().out.splitlines())
    out = tmp_path / "out"
    assert main(["predict", str(out), *words, *HERE]) == 0
    assert sorted("".join(p.read_text("utf-8") for p in out.glob("*.jsonl")).splitlines()) == wanted
    assert json.loads((out / "summary.json").read_text())["count"] == 61


def test_it_scores_as_evaluate_does(digits, tmp_path, capsys):
    sets = []
    for part in (0, 1):
        sets.append(tmp_path / f"{part}.npz")
        data = digits.test.take(np.arange(part * 90, part * 90 + 90))
        np.savez(sets[-1], x=data.images, y=data.labels)
    np.savez(tmp_path / "all.npz", x=digits.test.images[:180], y=digits.test.labels[:180])
    words = ["--bundle", "linear", "--json"]
    assert model(["evaluate", str(tmp_path / "all.npz"), *words]) == 0
    wanted = json.loads(capsys.readouterr().out)
    assert main(["evaluate", str(tmp_path / "out"), *map(str, sets), *HERE]) == 0
    assert json.loads((tmp_path / "out/summary.json").read_text())["evaluation"] == wanted


def test_a_folder_is_its_pictures_label(digits, tmp_path, capsys):
    for row in range(20):
        folder = tmp_path / "set" / str(digits.test.labels[row])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.test.images[row]).resize((64, 64)).save(folder / f"{row}.png")
    out = tmp_path / "out"
    words = [str(tmp_path / "set"), "--pictures", "7", *HERE]
    assert main(["evaluate", str(out), *words]) == 0
    assert len(list(out.glob("*.done"))) == 3
    assert {record["label"] for record in answers(out)} == set(digits.test.labels[:20].tolist())
    assert "accuracy" in capsys.readouterr().out


def test_pages_are_read_as_read_reads_them(tmp_path, capsys):
    page = tmp_path / "page.png"
    Image.fromarray(draw_page(("3141", "59265"))).save(page)
    assert model(["read", str(page), "--json"]) == 0
    wanted = json.loads(capsys.readouterr().out)
    assert main(["read", str(tmp_path / "out"), str(page), "--workers", "0"]) == 0
    assert answers(tmp_path / "out") == [wanted]


@pytest.mark.slow
def test_a_job_that_was_killed_goes_on_where_it_was(shards, tmp_path):
    main(["evaluate", str(tmp_path / "unbroken"), str(shards), *HERE])
    out = tmp_path / "out"
    words = ["evaluate", str(out), str(shards), *HERE]
    killed = subprocess.run([sys.executable, "-c", KILLED, *map(str, words)], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    before = {path: path.stat().st_mtime_ns for path in out.glob("[0-9]*.done")}
    assert len(before) == 5
    (out / ".half-1-00.jsonl").write_text('{"half a rec')  # as a killed worker leaves one
    said, _ = (process := call(*words)).communicate(timeout=120)
    assert process.returncode == 0, said
    assert f"24 shards, of which {len(before)} are done already" in said
    assert whole(out) == whole(tmp_path / "unbroken")
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_only_what_changed_is_read_again(shards, tmp_path, capsys):
    copies = [tmp_path / f"{part:02}.npz" for part in range(3)]
    for path in copies:
        path.write_bytes((shards / path.name).read_bytes())
    words = ["predict", str(tmp_path / "out"), *map(str, copies)]
    main([*words, *HERE])
    copies[1].write_bytes((shards / "09.npz").read_bytes())
    next((tmp_path / "out").glob("02-*.done")).write_text('{"fingerprint": "')
    capsys.readouterr()
    main([*words, *HERE])
    assert "3 shards, of which 1 are done already" in capsys.readouterr().out
    main([*words, "--bundle", "mlp100", "--workers", "0"])
    assert "3 shards, of which 0 are done already" in capsys.readouterr().out


def test_what_cannot_be_read_keeps_nothing_else_from_it(shards, tmp_path, capsys):
    with np.load(shards / "00.npz") as file:
        images, labels = file["x"].copy(), file["y"]
    images[4] = 0
    np.savez(tmp_path / "blank.npz", x=images, y=labels)
    (tmp_path / "torn.npz").write_bytes((shards / "00.npz").read_bytes()[:900])
    paths = [str(tmp_path / "blank.npz"), str(tmp_path / "torn.npz")]
    assert main(["evaluate", str(tmp_path / "out"), *paths, *HERE]) == 1
    assert "2 could not be read" in capsys.readouterr().err
    blank, torn = (
        [r for r in answers(tmp_path / "out") if r["source"] == path and "error" in r]
        for path in paths
    )
    assert [record["index"] for record in blank] == [4]
    assert "no ink" in blank[0]["error"]
    assert "not a readable .npz" in torn[0]["error"]
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["count"], summary["failed"], summary["evaluation"]["count"]) == (31, 2, 29)


def test_a_link_that_leads_nowhere_is_one_bad_picture(seven, tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(seven).save(tmp_path / "in" / "7.png")
    (tmp_path / "in" / "gone.png").symlink_to(tmp_path / "none.png")
    assert main(["predict", str(tmp_path / "out"), str(tmp_path / "in"), *HERE]) == 1
    whole, gone = answers(tmp_path / "out")
    assert whole["digit"] == 7
    assert "gone.png: No such file" in gone["error"]


def test_names_tell_files_of_one_name_apart(shards, tmp_path):
    from model.bundles.store import load_bundle

    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.png").write_bytes(b"any")
    found = find_shards([str(tmp_path)], 1, READ, load_bundle("linear"))
    assert len({shard.name for shard in found}) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["read", "{out}", "{shards}"], "an .npz holds digits"),
        (["predict", "{out}", "nowhere.npz"], "nowhere.npz: No such file"),
        (["predict", "{out}", "{out}"], "neither .npz files nor pictures"),
        (["predict", "{out}", "{shards}", "--bundle", "none"], "there is no bundle"),
        (["predict", "{out}", "{shards}", "--pictures", "0"], "above zero"),
        (["predict", "{out}", "{shards}", "--workers", "-1"], "above zero"),
        (["predict", "/proc/none/here", "{shards}", "--workers", "0"], "cannot be written"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(words, said, shards, tmp_path, capsys):
    assert main([word.format(out=tmp_path, shards=shards) for word in words]) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert error[0].startswith("error: ")
    assert said in error[0]


@pytest.mark.parametrize("tool", [main, action.main, release.main, space.main])
def test_a_wrong_call_of_a_tool_is_one_line_and_exit_2(tool, capsys):
    with pytest.raises(SystemExit) as ended:
        tool([])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_ray_is_asked_for(shards, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["predict", str(tmp_path), str(shards)]) == 2
    said = capsys.readouterr().err
    assert said.startswith('error: this needs ray: pip install -e ".[batch]"')


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_said_at_once(shards, tmp_path, capsys):
    words = ["predict", str(tmp_path / "out"), str(shards), "--address", "127.0.0.1:1"]
    assert main(words) == 2
    assert "no Ray cluster answers at 127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.slow
def test_ray_gives_the_same_answers_after_a_kill(shards, tmp_path):
    pytest.importorskip("ray", reason="the extra `batch` is not installed")
    main(["evaluate", str(tmp_path / "here"), str(shards), *HERE])
    out = tmp_path / "out"
    words = ["evaluate", out, shards, "--bundle", "linear", "--workers", "2"]
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    kill_after(out, 3, call(*words))
    said, _ = (process := call(*words)).communicate(timeout=120)
    assert process.returncode == 0, said
    assert "of which 0 are done" not in said
    assert whole(out) == whole(tmp_path / "here")
