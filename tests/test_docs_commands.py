"""Every command that the documentation gives is run, on small things under the names it uses.

Those of `docs/publish.md` that ask a demo are run by `tests/test_publish.py`.
"""

import io
import json
import re
import shlex
import shutil
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import httpx
import keras
import numpy as np
import pytest
from PIL import Image

from benchmarks.servers import ROOT
from model.__main__ import main as model
from model.bundles import store
from model.data import dataset
from model.data.corrections import Drawn, keep
from model.inference.predictor import Predictor
from model.preprocessing import preprocess, to_glyphs
from report.__main__ import main as report
from report.numbers.formats import chance, interval, percent
from report.numbers.significance import mcnemar
from tests.forked import demo
from tests.model.data import test_unipen as unipen
from tests.test_docs import CALLS, PAGES
from tools.batch import main as batch
from webapp.examples import draw_page

MAINS = {"-m model": model, "-m report": report, "-m tools.batch": batch}
# Devices are made before anything else, so these are run in processes of their own.
ELSEWHERE = {"--strategy": "tests/model/training/test_devices.py"}
INSTEAD = {"$arch": "linear", "/shared/": "", "--address FIRST:6379": "", "--share": "",
           "export --bundle cnn": "export --bundle linear"}  # fmt: skip
SHORTER = {"train": ["--arch", "linear", "--epochs", "2"], "-m tools.batch": ["--workers", "0"]}
GIVEN = dict.fromkeys(
    (program, arguments.removesuffix(" --out report-out"))  # where `report build` writes anyway
    for _, program, arguments, is_summary in CALLS
    if not is_summary and not any(word in arguments for word in ELSEWHERE)
)


class Ran(NamedTuple):
    """The folder in which all were run, and each one's exit code and what it printed."""

    folder: Path
    ended: dict[tuple[str, str], tuple[int, str]]

    def printed(self, start: str) -> str:
        """What the one command printed whose arguments begin so."""
        (out,) = (out for (_, words), (_, out) in self.ended.items() if words.startswith(start))
        return out


@pytest.fixture(scope="module")
def ran(digits, drawn_once, fork, tmp_path_factory):
    """All commands, run in the order of the pages."""
    folder = tmp_path_factory.mktemp("commands")
    fill(folder, digits)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MNIST_PATH", str(folder / "mnist.npz"))
        patch.setenv("UNIPEN_PATH", str(folder / "unipen"))
        patch.setattr(dataset, "_is_mnist", lambda *_: True)
        patch.setattr(store, "SHIPPED", folder / "shipped")  # `report record` writes there
        assert report(["build", "--bundle", "linear", "--out", "old"]) == 0
        shutil.copy("old/report.json", "report.json")
        return Ran(folder, {call: run(*call, folder, fork) for call in GIVEN})


def fill(folder, digits):
    """Put what the commands name into a folder."""
    test = digits.test
    for name in ("folder", "pages", "shards", "corrections"):
        (folder / name).mkdir()
    for name, per_digit in (("my-digits", 12), ("others", 2)):
        for digit in range(10):
            (folder / name / str(digit)).mkdir(parents=True)
            for number, row in enumerate(np.flatnonzero(test.labels == digit)[:per_digit]):
                picture(test.images[row]).save(folder / name / str(digit) / f"{number}.png")
    for row, name in enumerate(("photo.png", "folder/one.png")):
        picture(test.images[row]).save(folder / name)
    for name in ("page.jpg", "form.jpg", "pages/one.png"):
        Image.fromarray(draw_page(("3141", "59265"))).save(folder / name)
    for name in ("set.npz", "shards/one.npz", "test.npz"):
        np.savez(folder / name, x=test.images[:60], y=test.labels[:60])
    (folder / "names.txt").write_text("\n".join("0123456789"))
    (folder / "predictions.csv").write_text("y_true,y_pred\n" + "cat,cat\ndog,cat\n" * 3)
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    keras.Sequential(layers).save(folder / "MODEL.keras")
    steps, reader = preprocess(test.images[0]), Predictor.load("linear")
    keep(folder / "corrections", Drawn.of(steps, reader.predict_steps(steps), "linear"), 3)
    shutil.copytree(store.SHIPPED, folder / "shipped")
    segments = '.SEGMENT CHARACTER 0 ? "1"', '.SEGMENT CHARACTER 1-2 ? "4"'
    unipen.write(
        folder / "unipen", unipen.labels(*segments, include="gmd/data/one.dat"), collector="gmd"
    )
    # In place of MNIST, as it holds its own.
    arrays = {}
    for name, part in (("train", digits.train), ("test", digits.test)):
        some = part.take(np.arange(200))
        arrays |= {f"x_{name}": to_glyphs(some.images), f"y_{name}": some.labels}
    np.savez(folder / "mnist.npz", **arrays)


def picture(image):
    return Image.fromarray(255 - np.kron(image, np.ones((5, 5), np.uint8)))


def run(program, arguments, folder, fork):
    for words, instead in INSTEAD.items():
        arguments = arguments.replace(words, instead)
    words = shlex.split(arguments)
    if program == "demo.py":
        return serve(words, folder, fork)
    words += SHORTER.get(program, SHORTER.get(words[0], []))
    with redirect_stdout(io.StringIO()) as out:
        code = MAINS[program](words)
    return code, out.getvalue()


def serve(words, folder, fork):
    """Start a demo, visit it and stop it."""
    with demo(fork, words, folder) as address:
        visited = httpx.get(address)
    assert visited.status_code == 200
    return 0, visited.text


@pytest.mark.slow
def test_every_command_does_what_it_is_there_for(ran):
    fell_short = [words for (_, words), (code, _) in ran.ended.items() if code == 1]
    assert {code for code, _ in ran.ended.values()} <= {0, 1}
    assert all(words.startswith(("check", "compare")) for words in fell_short)
    assert {program for program, _ in ran.ended} == {*MAINS, "demo.py"}


def test_what_is_run_elsewhere_is_run_there():
    for word, file in ELSEWHERE.items():
        assert any(word in arguments for _, _, arguments, _ in CALLS)
        assert f'"{word}"' in (ROOT / file).read_text("utf-8")


@pytest.mark.slow
def test_a_network_is_trained_in_a_minute(ran, own_cache):
    said = ran.printed("train --arch linear --dataset digits")
    assert f"bundle 'tiny' is in {own_cache / 'bundles' / 'tiny'}" in said
    assert re.search(r"^tiny +7,850 parameters  digits, 2 epochs", ran.printed("list"), re.M)
    about = json.loads((ran.folder / "tiny-report/report.json").read_text("utf-8"))
    assert about["model"]["name"] == "tiny"


def share(part: int, whole: int) -> str:
    return percent(part / whole, 1)


def figures(small: dict, larger: dict) -> list[str]:
    """What the page must say of the two reports."""
    metrics, after = small["metrics"], larger["metrics"]
    count, errors, confusion = metrics["count"], metrics["errors"], metrics["confusion_matrix"]
    nines, threes = sum(confusion[9]), sum(row[3] for row in confusion)
    bin_ = metrics["confidence_bins"][12]
    surest = dict(zip(*map(metrics["risk_coverage"].get, ("answered", "correct")), strict=True))
    accepted, wrong = metrics["accepted"], metrics["accepted"] - metrics["accepted_correct"]
    curves = {curve["name"]: curve for curve in small["robustness"]}
    shift, turn = curves["shift"], curves["rotation"]
    moved, prepared = shift["correct"][2], shift["prepared"][2]
    test = next(n for n in small["networks"] if n["name"] == "mlp128")["against_subject"]
    recorded = json.loads((ROOT / "model/pretrained/linear/evaluation.json").read_text("utf-8"))
    return [
        f"{count - errors} of {count} correctly: {percent(metrics['accuracy'])}",
        f"On MNIST the same network reads {percent(recorded['metrics']['accuracy'])}",
        f"interval** of {interval(metrics['accuracy_interval'])}",
        f"of {nines} nines, {confusion[9][3]} were read as 3 and only {confusion[9][9]} as 9",
        f"{confusion[9][9]} of {nines}: {share(confusion[9][9], nines)}",
        f"{confusion[3][3]} of {threes}: {share(confusion[3][3], threes)}",
        f"lie {bin_['count']} answers; the network is "
        f"{share(bin_['confidence_sum'], bin_['count'])} sure of them on average, "
        f"and {bin_['correct']} of them, {share(bin_['correct'], bin_['count'])}, are right",
        f"answers: {percent(metrics['ece'])}, interval {interval(metrics['ece_interval'])}",
        f"({metrics['brier']:.4f} here)",
        f"Baseline | {percent(metrics['baseline_accuracy'])} |",
        f"Balanced accuracy | {percent(metrics['balanced_accuracy'])} |",
        f"Macro F1 | {percent(metrics['macro_f1'])} |",
        f"{metrics['mcc']:.3f}, {metrics['cohen_kappa']:.3f} |",
        f"Top 2 | {percent(metrics['top2_accuracy'])} |",
        f"ROC AUC | {metrics['roc_auc']:.4f} |",
        f"Average precision | {metrics['average_precision']:.4f} |",
        f"Log loss | {metrics['log_loss']:.4f} |",
        f"Of the surest 45, {45 - surest[45]} are wrong; of the surest 182, {182 - surest[182]} "
        f"({share(182 - surest[182], 182)}); of all {count}, {errors} ({share(errors, count)})",
        f"accepts {accepted}, of which {wrong} ({share(wrong, accepted)}) are wrong, and declines "
        f"{count - accepted}",
        f"misread {errors - wrong} and read {count - accepted - errors + wrong} correctly",
        f"2 pixels, {moved} of {count} are read: {share(moved, count)}",
        f"Prepared first, {prepared}: {share(prepared, count)}",
        f"{turn['correct'][5]} ({share(turn['correct'][5], count)}) are left on one side and "
        f"{turn['correct'][1]} on the other",
        f"right on {test['only_subject']} images, `mlp128` alone on {test['only_other']}",
        f"probability p {chance(test['p_value'])}",
        f"With 13 against 20 nobody could tell (p = {mcnemar(13, 20):.2f})",
        f"contradicts {len(small['labels']['suspects'])} of these labels",
        f"accuracy {metrics['accuracy']:.4f} is at least {small['verdicts'][0]['bound']}",
        f"ECE {metrics['ece']:.4f} at most {small['verdicts'][1]['bound']}",
        f"interval begins at {percent(metrics['accuracy_interval'][0])}",
        f"rose from {percent(metrics['ece'])} to {percent(after['ece'])}",
    ]  # fmt: skip


def plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.slow
def test_every_figure_of_the_reading_is_the_reports(ran):
    small, larger = (
        json.loads((ran.folder / name / "report.json").read_text("utf-8"))
        for name in ("small", "larger")
    )
    page = plain(PAGES["docs/reading-the-report.md"])
    assert [words for words in map(plain, figures(small, larger)) if words not in page] == []
    checked = ran.printed("check small/report.json --min accuracy=0.75 --max")
    assert checked == "2 of 2 thresholds hold\n"
    change = ran.printed("compare small/report.json larger/report.json --fail").splitlines()[-1]
    assert plain(change).partition(" (p")[0] in page
    suspects = [(shown["label"], shown["top"][0][0]) for shown in small["labels"]["shown"]]
    assert suspects == [(8, 1), (2, 1), (9, 3)]
